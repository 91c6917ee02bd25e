"""Shares one built model between the tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.models.embedder import Embedder


@pytest.fixture(scope="session")
def embedder(model_folder: Path) -> Embedder:
    """The built-in model calculating in 32-bit floats."""
    return Embedder(model_folder, number_type="float32")
