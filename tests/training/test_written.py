"""The passages and questions written for training: verbatim answers, and nothing of the town."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

import assistant.training
from assistant.question_set import QuestionSet

DATA = Path(assistant.training.__file__).parent / "data"
AT_LEAST = {  # documents, questions, unanswerable
    "written": (1000, 8000, 2000),
    "families": (1500, 12000, 3000),
    "town_pages": (300, 2000, 4000),
}


@pytest.fixture(scope="module", params=AT_LEAST)
def name(request: pytest.FixtureRequest) -> str:
    """The name of each set in turn."""
    return str(request.param)


@pytest.fixture(scope="module")
def written(name: str) -> QuestionSet:
    """The set of that name."""
    return QuestionSet.read(DATA / f"{name}.json")


def test_there_are_enough_of_each(name: str, written: QuestionSet) -> None:
    counts = (len(written.documents), len(written.questions), len(written.unanswerable))
    assert all(count >= least for count, least in zip(counts, AT_LEAST[name], strict=True))


def test_every_answer_stands_in_its_passage_and_not_in_its_question(written: QuestionSet) -> None:
    for asked in written.questions:
        (answer,) = asked.answers
        assert answer in written.documents[asked.document], asked
        assert answer not in asked.question, asked


def test_every_passage_has_questions_with_and_without_an_answer(written: QuestionSet) -> None:
    assert {q.document for q in written.questions} == written.documents.keys()
    assert {document for _, document in written.unanswerable} == written.documents.keys()


def test_no_question_comes_twice_about_a_passage(written: QuestionSet) -> None:
    asked = [(q.question, q.document) for q in written.questions]
    assert max(Counter([*asked, *written.unanswerable]).values()) == 1


def test_the_town_itself_is_left_to_its_own_pages(written: QuestionSet) -> None:
    assert not [name for name, text in written.documents.items() if "启隆" in name + text]
