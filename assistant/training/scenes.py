"""Reads what made-up notices say: kinds of notices, the facts they may tell, and shared words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from assistant.training.templates import WHOLE, Pool

FOLDER = Path(__file__).parent / "data" / "notices"
SHARED = "common"
_ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Fact:
    """What a notice may tell.

    ``topics`` are headings for it, ``says`` ways to put it, ``asks`` has by the name of an answer
    the questions for it, and ``implies`` names facts of which it tells enough that a question on
    them is not plainly without answer.
    """

    topics: tuple[str, ...]
    says: tuple[str, ...]
    asks: Mapping[str, tuple[str, ...]]
    implies: frozenset[str]
    always: bool


@dataclass(frozen=True, slots=True)
class Scene:
    """A kind of notice.

    ``axes`` are what a family may differ in, ``asks`` general questions on a ``{topic}``, and
    ``never`` questions on what it never tells.
    """

    name: str
    subjects: tuple[Mapping[str, str], ...]
    titles: tuple[str, ...]
    openings: tuple[str, ...]
    closings: tuple[str, ...]
    headed: bool
    axes: tuple[str, ...]
    asks: tuple[str, ...]
    never: tuple[str, ...]
    pools: Mapping[str, Pool]
    facts: Mapping[str, Fact]


@dataclass(frozen=True, slots=True)
class Layout:
    """How a part is put down and what stands between parts."""

    item: str
    join: str


@dataclass(frozen=True, slots=True)
class Shared:
    """What is not of one kind only; ``keys`` has by axis the ways to name what is asked about."""

    keys: Mapping[str, tuple[str, ...]]
    before: tuple[str, ...]
    behind: tuple[str, ...]
    polite: tuple[str, ...]
    stems: tuple[str, ...]
    kinds: tuple[str, ...]
    layouts: Mapping[str, tuple[Layout, ...]]


@cache
def shared() -> Shared:
    """The shared words."""
    data = _data(SHARED)
    return Shared(
        keys={axis: tuple(some) for axis, some in data["keys"].items()},
        before=tuple(data["before"]),
        behind=tuple(data["behind"]),
        polite=tuple(data["polite"]),
        stems=tuple(data["pools"]["stem"]),
        kinds=tuple(data["pools"]["kind"]),
        layouts={
            name: tuple(Layout(**one) for one in some) for name, some in data["layouts"].items()
        },
    )


@cache
def scenes() -> tuple[Scene, ...]:
    """All kinds of notices."""
    files = sorted(path.stem for path in FOLDER.glob("*.yml") if path.stem != SHARED)
    return tuple(_scene(name, data) for file in files for name, data in _data(file).items())


@cache
def _data(name: str) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yml").read_text("utf-8"))
    return data


def _scene(name: str, data: Mapping[str, Any]) -> Scene:
    common = _data(SHARED)
    facts = data["facts"] | {fact: common["facts"][fact] for fact in data.get("also", ())}
    return Scene(
        name=name,
        subjects=tuple(s if isinstance(s, dict) else {"subject": s} for s in data["subjects"]),
        titles=tuple(data["titles"]),
        openings=tuple(data["openings"]),
        closings=tuple(common["closings"]),
        headed=data.get("headed", True),
        axes=tuple(data["axes"]),
        asks=tuple(data.get("asks", common["asks"])),
        never=tuple(data["never"]),
        pools=common["pools"] | data.get("pools", {}),
        facts={fact: _fact(told) for fact, told in facts.items()},
    )


def _fact(data: Mapping[str, Any]) -> Fact:
    asks = data["asks"]
    if isinstance(asks, list):
        marked = any(f"<{_ANSWER}" in say for say in data["says"])
        asks = {_ANSWER if marked else WHOLE: asks}
    return Fact(
        topics=tuple(data["topics"]),
        says=tuple(data["says"]),
        asks={answer: tuple(some) for answer, some in asks.items()},
        implies=frozenset(data.get("implies", ())),
        always=data.get("always", False),
    )
