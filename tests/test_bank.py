"""Asks every question of tests/questions.yml of the town's own documents, with the real model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from assistant.answering.pipeline import Pipeline
from assistant.answering.read import Read
from assistant.answering.weigh import FeatureWeigher
from assistant.indexing.index import Indexer
from assistant.measures import contains
from assistant.models.embedder import Embedder
from assistant.resources import load
from assistant.segment import Segmenter
from assistant.store.database import open_database
from assistant.store.documents import DocumentStore
from assistant.store.search_index import CurrentIndex, SearchIndexes
from assistant.types import Answer, Question, Turn

ROOT = Path(__file__).parents[1]
BANK: list[dict[str, Any]] = yaml.safe_load((ROOT / "tests" / "questions.yml").read_text("utf-8"))
MISSES: dict[str, str] = yaml.safe_load((ROOT / "tests" / "misses.yml").read_text("utf-8"))


@dataclass(frozen=True)
class Town:
    """The town's pages, indexed."""

    pipeline: Pipeline
    store: DocumentStore


class Quiet:
    """Progress that nobody watches."""

    def start(self, total: int) -> None:
        """Nothing to show."""

    def advance(self, count: int) -> None:
        """Nothing to show."""


@pytest.fixture(scope="module")
def town(
    tmp_path_factory: pytest.TempPathFactory, segmenter: Segmenter, model_folder: Path
) -> Iterator[Town]:
    """In 32-bit floats, which give the same answers on every machine."""
    folder = tmp_path_factory.mktemp("town")
    engine = open_database(f"sqlite:///{folder / 'town.db'}")
    store = DocumentStore(engine)
    indexes = SearchIndexes(store, folder / "index")
    embedder = Embedder(model_folder, number_type="float32")
    report = Indexer(store, indexes, segmenter, embedder).run(ROOT / "corpus", Quiet())
    assert not report.failed
    index = CurrentIndex(store, indexes)
    index.refresh()
    yield Town(
        Pipeline(segmenter, embedder, store, index, Read(FeatureWeigher(segmenter), segmenter)),
        store,
    )
    engine.dispose()


def asked(town: Town, entry: dict[str, Any]) -> Answer:
    """The answer to an entry's last question."""
    history: tuple[Turn, ...] = ()
    for question in entry.get("dialogue") or [entry["question"]]:
        answer = town.pipeline.answer(Question(question, history))
        history = (*history, Turn(question, answer.understood_as, answer.text))
    return answer


def right(entry: dict[str, Any], answer: Answer) -> bool:
    """Whether an answer is what the bank asks for."""
    if entry.get("refused"):
        return answer.status.startswith("refused_")
    return answer.status == "answered" and all(
        contains(answer.text, wanted) for wanted in entry["contains"]
    )


@pytest.mark.parametrize("entry", BANK, ids=[entry["id"] for entry in BANK])
def test_a_question_of_the_bank_is_answered_or_refused_rightly(
    town: Town, entry: dict[str, Any]
) -> None:
    """A miss that is known must still be one, so that the list of them stays honest."""
    answer = asked(town, entry)
    for citation in answer.citations:
        document = town.store.document(citation.document_id)
        assert document is not None
        assert document.text[citation.start : citation.end] == citation.quote
    assert right(entry, answer) is (entry["id"] not in MISSES)


@pytest.mark.parametrize("question", load("suggestions"))
def test_a_suggested_question_is_answered(town: Town, question: str) -> None:
    """Only what the documents answer may be suggested."""
    assert town.pipeline.answer(Question(question)).status == "answered"
