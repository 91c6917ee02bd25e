"""Made-up notices: every answer stands in its notice, and what is called unanswerable is left out."""

from __future__ import annotations

import re
from collections import Counter
from difflib import SequenceMatcher
from itertools import pairwise
from random import Random

import pytest

from assistant.question_set import QuestionSet
from assistant.training.notices import make
from assistant.training.scenes import Scene, scenes, shared
from assistant.training.templates import Values, answers, fill

MADE = make(seed=7)
SCENES = {scene.name: scene for scene in scenes()}
SLOT = re.compile(r"\{\w+\}")
TOWN = re.compile(rf"(?:{'|'.join(shared().stems)})(?:{'|'.join(set(shared().kinds))})")


def seeded(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - to be repeated, not a secret


def scene_of(document: str) -> Scene:
    return SCENES[document.rsplit("-", 1)[0]]


def test_there_are_enough_of_each() -> None:
    assert len(MADE.documents) >= 400
    assert len(MADE.questions) >= 3000
    assert len(MADE.unanswerable) >= 1000


def test_every_answer_stands_in_its_notice() -> None:
    for asked in MADE.questions:
        (answer,) = asked.answers
        assert answer
        assert answer == answer.strip()
        assert answer in MADE.documents[asked.document]


def test_the_same_seed_makes_the_same_set() -> None:
    again = make(seed=7)
    assert again == MADE
    assert make(seed=8) != MADE


def test_no_question_and_no_notice_comes_twice() -> None:
    asked = [q.question for q in MADE.questions] + [question for question, _ in MADE.unanswerable]
    assert max(Counter(asked).values()) == 1
    assert max(Counter(MADE.documents.values()).values()) == 1


def test_nothing_is_left_unfilled() -> None:
    texts = [*MADE.documents.values(), *(q.question for q in MADE.questions)]
    texts += [question for question, _ in MADE.unanswerable]
    for text in texts:
        assert not re.search(r"[{}<>|*]", text), text


def about(question: str, document: str) -> bool:
    """Whether a question is on the place, year and subject that a notice is about."""
    text = MADE.documents[document]
    here = [s["subject"] for s in scene_of(document).subjects if s["subject"] in text]
    return (
        all(town in text for town in TOWN.findall(question))
        and all(year in text for year in re.findall(r"20\d\d年", question))
        and any(subject in question for subject in here)
    )


def test_a_telephone_that_is_asked_for_in_vain_is_not_given() -> None:
    asks = SCENES["elderly"].facts["contact"].asks["answer"]
    asked = re.compile("|".join(re.escape(ask.replace("{key}", "").rstrip("？")) for ask in asks))
    vain = {d for q, d in MADE.unanswerable if asked.search(q) and about(q, d)}
    assert len(vain) > 20
    for document in vain:
        if scene_of(document).name != "epidemic":  # which words its hotline in its own way
            assert not re.search(r"\d{8}|12345", MADE.documents[document]), document


def test_another_place_is_not_in_any_notice_of_the_kind() -> None:
    swapped = 0
    for question, document in MADE.unanswerable:
        for town in TOWN.findall(question):
            if town not in MADE.documents[document]:
                swapped += 1
                kind = scene_of(document)
                assert not any(
                    town in text for name, text in MADE.documents.items() if scene_of(name) == kind
                ), question
    assert swapped > 100


def test_many_notices_have_a_sibling_that_is_nearly_the_same() -> None:
    near = 0
    for (one, text), (other, following) in pairwise(MADE.documents.items()):
        if scene_of(one) == scene_of(other):
            near += SequenceMatcher(None, text, following, autojunk=False).ratio() > 0.7
    assert near > 50


@pytest.mark.parametrize("scene", scenes(), ids=lambda scene: scene.name)
def test_a_scene_is_whole(scene: Scene) -> None:
    assert all("{town}" in title for title in scene.titles)
    for fact in scene.facts.values():
        assert fact.implies <= _facts_of_all(), fact.implies
        for name, asks in fact.asks.items():
            assert name == "all" or any(
                re.search(rf"<(?:\w+\+)*{name}[+:]", say) for say in fact.says
            )
            assert all(
                "{key}" in a or {"{town}", "{subject}"} <= set(SLOT.findall(a)) for a in asks
            )


def _facts_of_all() -> set[str]:
    return {fact for scene in scenes() for fact in scene.facts}


def test_a_template_is_filled_and_its_answers_are_found() -> None:
    pools = {"fee": "5..5/5", "paper": ["身份证"]}
    values = Values(pools, {"year": "2020", "town": "安澜镇"}, seeded(1))
    filled = fill("{town}收费<answer+sum:{fee}元>，带{paper*、}{。|。}", values, seeded(1))
    text, found = answers(filled)
    assert text == "安澜镇收费5元，带身份证。"
    assert found == {"answer": "5元", "sum": "5元", "all": text}


def test_later_numbers_of_a_fact_are_higher_and_dates_follow_each_other() -> None:
    values = Values({"age": "60..90/5"}, {"year": "2020"}, seeded(3))
    first, second = (int(values.get(name, seeded(1))) for name in ("age", "age2"))
    assert first < second
    text = fill("{full_issued} {full_start} {full_end} {full_later}", values, seeded(1))
    days = [tuple(map(int, re.findall(r"\d+", day))) for day in text.split(" ")]
    assert days == sorted(days)


def test_a_pool_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError):
        Values({}, {"year": "2020"}, seeded(1)).get("nothing", seeded(1))


def test_the_set_is_of_the_shape_that_evaluation_reads() -> None:
    assert isinstance(MADE, QuestionSet)
