"""The questions written by hand on the town's pages: verbatim answers, in step with the pages."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import assistant.training
from assistant.indexing.parse import parse
from assistant.question_set import QuestionSet

ROOT = Path(__file__).parents[2]
PAIRS = QuestionSet.read(Path(assistant.training.__file__).parent / "data" / "town_pairs.json")


def test_there_are_enough_of_each() -> None:
    assert len(PAIRS.questions) >= 350
    assert len(PAIRS.unanswerable) >= 200


def test_the_documents_are_the_pages_as_they_are_parsed() -> None:
    pages = {p.stem: parse(p.name, p.read_bytes()).text for p in (ROOT / "corpus").glob("*.md")}
    assert pages == PAIRS.documents


def test_every_answer_stands_in_its_page() -> None:
    for asked in PAIRS.questions:
        assert all(answer in PAIRS.documents[asked.document] for answer in asked.answers)


def test_every_unanswerable_question_is_near_a_page() -> None:
    assert {document for _, document in PAIRS.unanswerable} == PAIRS.documents.keys()


def test_no_question_comes_twice() -> None:
    asked = [q.question for q in PAIRS.questions] + [question for question, _ in PAIRS.unanswerable]
    assert max(Counter(asked).values()) == 1
