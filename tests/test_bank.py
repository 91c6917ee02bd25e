"""Asks every question of tests/questions.yml of the town's own documents, with the real model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from assistant.measures import contains
from assistant.resources import load
from assistant.types import Answer, Question
from tests.conftest import Town

ROOT = Path(__file__).parents[1]
BANK: list[dict[str, Any]] = yaml.safe_load((ROOT / "tests" / "questions.yml").read_text("utf-8"))


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
    answer = town.ask(entry.get("dialogue") or [entry["question"]])
    for citation in answer.citations:
        document = town.store.document(citation.document_id)
        assert document is not None
        assert document.text[citation.start : citation.end] == citation.quote
    assert right(entry, answer), answer.text


@pytest.mark.parametrize("question", load("suggestions"))
def test_a_suggested_question_is_answered(town: Town, question: str) -> None:
    """Only what the documents answer may be suggested."""
    assert town.pipeline.answer(Question(question)).status == "answered"
