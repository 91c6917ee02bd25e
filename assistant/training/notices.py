"""Makes a question set of made-up government notices, the same one for the same seed.

Notices come in families that differ in one thing only: place, year or subject, and the values
that go with it; so a search over them finds passages that nearly answer. A question is
unanswerable where the notice leaves out what it asks for, or tells it of another place, year or
subject. What notices say is in ``scenes``; filling their words is left to ``templates``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from assistant.question_set import AnswerableQuestion, QuestionSet
from assistant.training.scenes import Layout, Scene, Shared, scenes, shared
from assistant.training.templates import WHOLE, Values, answers, fill

DOCUMENTS = 420
_ALIKE = 0.6  # share of families whose notices are worded alike
_TOLD = 0.68  # share of its facts that a notice tells
_NUMBERS = "一二三四五六七八九十"
_ASKED = ((1, 1, 2), (2, 3))  # questions on a fact; on a lone notice more, as they name no place
_GENERAL = 0.2  # share of facts asked for by their heading, to be answered with all that is said
_UNMARKED = 0.6  # share of questions without a question mark

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Notice:
    """A made-up notice; ``told`` has by fact the answers that its text gives, by their names.

    ``axis`` is the thing in which its family differs; ``alone`` means that it has none and that
    no other notice is on its subject, so that a question need not name the place.
    """

    scene: Scene
    axis: str
    values: Values
    fixed: Mapping[str, str]
    text: str
    told: Mapping[str, Mapping[str, str]]


def make(seed: int = 7, documents: int = DOCUMENTS) -> QuestionSet:
    """At least so many notices with the questions on them."""
    maker = _Maker(Random(seed))  # noqa: S311 - texts to be repeated, not a secret
    texts: dict[str, str] = {}
    answerable: list[AnswerableQuestion] = []
    unanswerable: list[tuple[str, str]] = []
    while len(texts) < documents:
        for scene in scenes():
            family = maker.family(scene)
            for notice in family:
                name = f"{scene.name}-{len(texts) + 1}"
                texts[name] = notice.text
                answerable += [
                    AnswerableQuestion(question, name, (answer,))
                    for question, answer in maker.answerable(notice)
                ]
                unanswerable += [(q, name) for q in maker.unanswerable(notice, family)]
    return QuestionSet(texts, tuple(answerable), tuple(unanswerable))


class _Maker:
    """Keeps what is taken: no question comes twice, no town in two families of a kind."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._shared: Shared = shared()
        self._towns: set[tuple[str, str]] = set()  # scene and town
        self._lone: set[tuple[str, str]] = set()  # scene and subject of notices without family
        self._common: set[tuple[str, str]] = set()  # and of the others
        self._asked: set[str] = set()

    def family(self, scene: Scene) -> list[Notice]:
        """Notices of one kind that differ in one thing."""
        random = self._random
        axis, subjects = self._subjects(scene)
        town, year = self._town(scene), random.randint(2016, 2024)
        alike, wording = random.random() < _ALIKE, random.random()
        made = []
        for number, subject in enumerate(subjects):
            fixed = {
                **subject,
                "town": self._town(scene) if axis == "place" and number else town,
                "year": str(year + number if axis == "year" else year),
            }
            words = Random(wording if alike else random.random())  # noqa: S311 - as above
            made.append(self._notice(scene, axis, fixed, words))
        return made

    def _subjects(self, scene: Scene) -> tuple[str, list[Mapping[str, str]]]:
        """What a family is to differ in, and the subject of each of its notices."""
        random, size = self._random, self._random.randint(2, 4)
        axis = random.choice(scene.axes)
        free = [s for s in scene.subjects if (scene.name, s["subject"]) not in self._lone]
        new = [s for s in free if (scene.name, s["subject"]) not in self._common]
        if axis == "alone" and new and len(free) > len(scene.subjects) // 2:
            picked = random.sample(new, 1)
            self._lone.add((scene.name, picked[0]["subject"]))
            return axis, picked
        if axis == "subject":
            picked = random.sample(free, min(size, len(free)))
        else:
            picked = random.sample(free, 1) * size
        self._common.update((scene.name, s["subject"]) for s in picked)
        return ("place" if axis == "alone" else axis), picked

    def _town(self, scene: Scene) -> str:
        """A town that no notice of this kind is about."""
        while True:
            town = self._random.choice(self._shared.stems) + self._random.choice(self._shared.kinds)
            if (scene.name, town) not in self._towns:
                self._towns.add((scene.name, town))
                return town

    def _notice(self, scene: Scene, axis: str, fixed: Mapping[str, str], words: Random) -> Notice:
        area = {"area": fixed["town"].removesuffix("街道")[:2]}
        values = Values(scene.pools, {**fixed, **area}, self._random)
        told: dict[str, Mapping[str, str]] = {}
        parts: list[tuple[str, str]] = []
        for name, fact in scene.facts.items():
            if fact.always or words.random() < _TOLD:
                values.renew()
                said, told[name] = answers(fill(words.choice(fact.says), values, words))
                parts.append((words.choice(fact.topics), said))
        title, opening, closing = (
            fill(words.choice(some), values, words)
            for some in (scene.titles, scene.openings, scene.closings)
        )
        layout = words.choice(self._shared.layouts["headed" if scene.headed else "plain"])
        text = _laid_out(layout, title, opening, parts, closing)
        return Notice(scene, axis, values, fixed, text, told)

    def answerable(self, notice: Notice) -> Iterator[tuple[str, str]]:
        """Questions that the notice answers, each with its answer."""
        for name, found in notice.told.items():
            fact = notice.scene.facts[name]
            forms = [(a, name) for name, asks in fact.asks.items() if name in found for a in asks]
            picked = self._sample(forms, self._random.choice(_ASKED[notice.axis == "alone"]))
            if self._random.random() < _GENERAL:
                general, topic = (
                    self._random.choice(of) for of in (notice.scene.asks, fact.topics)
                )
                picked[:1] = [(general.replace("{topic}", topic), WHOLE)]
            for ask, answer in picked:
                if question := self._question(ask, notice.axis, notice.values):
                    yield question, found[answer].strip()

    def unanswerable(self, notice: Notice, family: list[Notice]) -> Iterator[str]:
        """Questions near the notice that it does not answer."""
        random = self._random
        facts = notice.scene.facts
        implied = {other for name in notice.told for other in facts[name].implies}
        untold = [
            ask
            for name, fact in facts.items()
            if name not in notice.told and name not in implied
            for asks in fact.asks.values()
            for ask in asks
        ]
        asks = self._sample(untold, 2) + self._sample(notice.scene.never, random.choice((0, 1)))
        for ask in asks:
            if question := self._question(ask, notice.axis, notice.values):
                yield question
        told = facts[random.choice(list(notice.told))]
        ask = random.choice([ask for asks in told.asks.values() for ask in asks])
        axis, other = self._other(notice, family)
        if question := self._question(ask, axis, notice.values.but(**other)):
            yield question

    def _other(self, notice: Notice, family: list[Notice]) -> tuple[str, dict[str, str]]:
        """Another year, subject or place, of which no notice tells; and the axis that names it."""
        years = {int(one.fixed["year"]) for one in family}
        subjects = {one.fixed["subject"] for one in family}
        others = [s for s in notice.scene.subjects if s["subject"] not in subjects]
        chance = self._random.random()
        if chance < 0.3 and f"{notice.fixed['year']}年" in notice.text:
            year = self._random.choice((min(years) - 1, min(years) - 2, max(years) + 1))
            return "year", {"year": str(year)}
        if chance < 0.6 and others:
            return "place", dict(self._random.choice(others))
        return "place", {"town": self._town(notice.scene)}

    def _sample(self, some: Sequence[_T], count: int) -> list[_T]:
        return self._random.sample(some, min(len(some), count))

    def _question(self, ask: str, axis: str, values: Values) -> str:
        """The question as someone might put it; empty if it was asked before."""
        random = self._random
        form = "place" if axis == "alone" and random.random() < 0.4 else axis
        keys = self._shared.keys.get(form, self._shared.keys["place"])
        question = fill(ask.replace("{key}", random.choice(keys)), values, random)
        bare = question.rstrip("？")
        if random.random() < 0.25:
            before, behind = self._shared.before, self._shared.behind
            if not bare.startswith(self._shared.polite):
                question = random.choice(before) + question
            if question.endswith("？") and bare[-1] not in "吗呢吧":
                question = question[:-1] + random.choice(behind)
        elif random.random() < _UNMARKED:
            question = bare
        else:
            question = bare + "？"
        if question in self._asked:
            return ""
        self._asked.add(question)
        return question


def _laid_out(
    layout: Layout, title: str, opening: str, parts: list[tuple[str, str]], closing: str
) -> str:
    """The text of a notice; where lines are kept, so are those of its opening and closing."""
    items = [
        layout.item.format(number=_number(n), digit=n, topic=topic, said=said)
        for n, (topic, said) in enumerate(parts, 1)
    ]
    if "\n" in layout.join:
        opening, closing = opening.replace(" ", "\n"), closing.replace(" ", "\n")
    body = layout.join.join(items)
    edge = layout.join or "\n"
    return edge.join(part for part in (title, opening.strip(), body, closing) if part)


def _number(number: int) -> str:
    tens, ones = divmod(number, 10)
    return _NUMBERS[ones - 1] if not tens else "十" + (_NUMBERS[ones - 1] if ones else "")
