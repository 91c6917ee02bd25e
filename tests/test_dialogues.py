"""Has every dialogue of tests/dialogues.yml on the town's own documents, with the real model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from assistant.measures import contains
from assistant.segment import Segmenter
from assistant.types import Answer
from tests.conftest import Town

FOLDER = Path(__file__).parent
DIALOGUES: list[dict[str, Any]] = yaml.safe_load((FOLDER / "dialogues.yml").read_text("utf-8"))
MISSES: dict[str, dict[str, str]] = yaml.safe_load(
    (FOLDER / "dialogue_misses.yml").read_text("utf-8")
)
HALVES = {"development": 40, "held_out": 40, "fresh": 25}
"""How many dialogues each holds at least; a fifth of them stand by themselves."""


def understood(entry: dict[str, Any], answer: Answer, segmenter: Segmenter) -> bool:
    """Whether the last question was understood, compared without width, case and script."""
    if entry.get("alone"):
        return answer.understood_as == entry["turns"][-1]
    text = segmenter.normalise(answer.understood_as)
    return all(segmenter.normalise(word) in text for word in entry["has"]) and not any(
        segmenter.normalise(word) in text for word in entry.get("has_not", [])
    )


def answered(entry: dict[str, Any], answer: Answer, town: Town) -> bool:
    """Whether the last question got its answer, from its document, or its refusal."""
    if entry.get("refused"):
        return answer.status.startswith("refused_")
    documents = [town.store.document(c.document_id) for c in answer.citations]
    sources = [Path(document.path).stem for document in documents if document]
    return all(contains(answer.text, wanted) for wanted in entry["contains"]) and (
        entry.get("document") in (None, *sources) and answer.status == "answered"
    )


@pytest.mark.parametrize("entry", DIALOGUES, ids=[entry["id"] for entry in DIALOGUES])
def test_a_dialogue_is_understood_and_answered(
    town: Town, segmenter: Segmenter, entry: dict[str, Any]
) -> None:
    """A miss that is known must still be one, so that the list of them stays honest."""
    answer = town.ask(entry["turns"])
    missed = entry["id"] in MISSES["understood"]
    assert understood(entry, answer, segmenter) is not missed, answer.understood_as
    if "contains" in entry or entry.get("refused"):
        assert answered(entry, answer, town) is (entry["id"] not in MISSES["answers"]), answer.text


def test_no_dialogue_of_the_development_half_is_misunderstood() -> None:
    assert not [miss for miss in MISSES["understood"] if miss.startswith("dev-")]


@pytest.mark.parametrize("half", HALVES)
def test_every_part_holds_follow_ups_and_questions_that_stand_by_themselves(half: str) -> None:
    entries = [entry for entry in DIALOGUES if entry["half"] == half]
    assert len(entries) >= HALVES[half]
    assert sum(bool(entry.get("alone")) for entry in entries) >= HALVES[half] / 5


def test_every_dialogue_is_whole_and_every_miss_is_one_of_them() -> None:
    ids = [entry["id"] for entry in DIALOGUES]
    assert len(ids) == len(set(ids))
    assert {*MISSES["understood"], *MISSES["answers"]} <= set(ids)
    for entry in DIALOGUES:
        assert entry["half"] in HALVES
        assert len(entry["turns"]) >= 2
        assert bool(entry.get("alone")) != bool(entry.get("has"))
