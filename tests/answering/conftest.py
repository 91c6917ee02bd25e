"""What tests of screening share: the built-in model behind a memory of its vectors."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.answering.meaning import Meaning
from assistant.answering.query_vectors import QueryVectors
from assistant.models.embedder import Embedder


@pytest.fixture(scope="session")
def meaning(model_folder: Path) -> Meaning:
    """Meaning by the built-in model, in 32-bit floats, which are the same on every machine."""
    return Meaning(QueryVectors(Embedder(model_folder, number_type="float32")))
