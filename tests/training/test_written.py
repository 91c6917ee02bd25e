"""The passages and questions written for training: verbatim answers, and nothing of the town."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import assistant.training
from assistant.question_set import QuestionSet

WRITTEN = QuestionSet.read(Path(assistant.training.__file__).parent / "data" / "written.json")


def test_there_are_enough_of_each() -> None:
    assert len(WRITTEN.documents) >= 1000
    assert len(WRITTEN.questions) >= 8000
    assert len(WRITTEN.unanswerable) >= 2000


def test_every_answer_stands_in_its_passage_and_not_in_its_question() -> None:
    for asked in WRITTEN.questions:
        (answer,) = asked.answers
        assert answer in WRITTEN.documents[asked.document], asked
        assert answer not in asked.question, asked


def test_every_passage_has_questions_with_and_without_an_answer() -> None:
    assert {q.document for q in WRITTEN.questions} == WRITTEN.documents.keys()
    assert {document for _, document in WRITTEN.unanswerable} == WRITTEN.documents.keys()


def test_no_question_comes_twice_about_a_passage() -> None:
    asked = [(q.question, q.document) for q in WRITTEN.questions]
    assert max(Counter([*asked, *WRITTEN.unanswerable]).values()) == 1


def test_the_town_itself_is_left_to_its_own_pages() -> None:
    assert not [name for name, text in WRITTEN.documents.items() if "启隆" in name + text]
