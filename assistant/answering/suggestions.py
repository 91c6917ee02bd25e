"""Which questions may be offered: those of resources/suggestions.yml that the documents answer.

Who asks them, and when, is for the pipeline and the channels to know.
"""

from __future__ import annotations

from assistant.resources import load

SUGGESTED = 3
"""How many are offered beside an answer."""


class Suggestions:
    """What was found answered, for the generation of the index that it was checked with."""

    def __init__(self) -> None:
        # Replaced whole, so that it can be read while it is checked anew.
        self._checked: tuple[str, tuple[str, ...]] = ("", ())

    @property
    def generation(self) -> str:
        """The id of the generation last checked; empty before the first."""
        return self._checked[0]

    def keep(self, generation: str, answered: tuple[str, ...]) -> None:
        """Remember what a generation answers; what an older one did is forgotten."""
        self._checked = (generation, answered)

    def of(self, generation: str) -> tuple[str, ...]:
        """The questions that a generation is known to answer; none if it was not checked."""
        checked, answered = self._checked
        return answered if checked == generation else ()


def candidates() -> tuple[str, ...]:
    """The questions that may be offered where the documents answer them."""
    return tuple(load("suggestions"))


def nearest(offered: tuple[str, ...], asked: str) -> tuple[str, ...]:
    """A few of what is offered, nearest to what was asked first, without that one."""
    others = [s for s in offered if s.strip("？") != asked.strip("?？")]
    return tuple(sorted(others, key=lambda s: -len(set(s) & set(asked)))[:SUGGESTED])
