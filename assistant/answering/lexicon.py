"""Finds the names that a run of units may stand for, and what each mistake costs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from assistant.answering.names import Name
from assistant.answering.sounds import COSTS, NUMERALS, alike, sounds
from assistant.answering.units import Unit

_Folded = tuple[str, str]
_Key = tuple[_Folded, ...]

_ANY: _Folded = ("?", "?")
# The shortest names of which any one character may be another, of which the first or last may be
# left out, and of which the initials are enough; shorter ones are too often something else.
_CHANGEABLE, _SHORTENED, _INITIALS = 3, 4, 3
_LONG = 4  # the shortest name of a document's that is told by shape too; shorter ones are many


@dataclass(frozen=True, slots=True)
class Match:
    """A name that may be meant; ``mistakes`` is 0.0 where it was written rightly."""

    name: Name
    mistakes: float


class Lexicon:
    """An index of names by sound; finds those with one unit that sounds different, too.

    Of the town's own names, any one character may be another or be left out. Documents write
    确定性图灵机 and 图灵机, 全国 and 全市: their names are only told by sound and shape.

    Attributes:
        lengths: of what may stand for a name, in units.
        syllables: all of the names', as they are typed.
    """

    def __init__(self, names: Iterable[Name]) -> None:
        self._whole: dict[_Key, list[Name]] = defaultdict(list)
        self._changed: dict[_Key, list[Name]] = defaultdict(list)
        self._shortened: dict[str, set[Name]] = defaultdict(set)
        self._initials: dict[str, set[Name]] = defaultdict(set)
        lengths: set[int] = set()
        syllables: set[str] = set()
        for name in names:
            readings = [sounds(character) for character in name.text]
            key = tuple(
                found[0].folded if found else (character, "")
                for found, character in zip(readings, name.text, strict=True)
            )
            self._whole[key].append(name)
            if name.own or len(key) >= _LONG:
                for at in range(len(key)):
                    self._changed[(*key[:at], _ANY, *key[at + 1 :])].append(name)
            self._add_shortened(name)
            syllables.update(sound.syllable for found in readings for sound in found)
            if all(readings) and len(readings) >= _INITIALS + (not name.own):
                self._initials["".join(found[0].syllable[0] for found in readings)].add(name)
            lengths.update((len(name.text), len(name.text) - name.own))
        self.lengths = tuple(sorted(lengths - {0, 1}))
        self.syllables = frozenset(syllables)

    def _add_shortened(self, name: Name) -> None:
        if name.own:
            for at in range(len(name.text)):
                if 0 < at < len(name.text) - 1 or len(name.text) >= _SHORTENED:
                    self._shortened[name.text[:at] + name.text[at + 1 :]].add(name)

    def matches(self, units: Sequence[Unit]) -> list[Match]:
        """The names that ``units`` may stand for, those with the fewest mistakes first."""
        best: dict[Name, float] = {}
        for name, cost in self._found(units):
            best[name] = min(cost, best.get(name, cost))
        return sorted(
            (Match(*each) for each in best.items()), key=lambda m: (m.mistakes, m.name.text)
        )

    def _found(self, units: Sequence[Unit]) -> Iterator[tuple[Name, float]]:
        key = tuple(unit.folded for unit in units)
        names = list(self._whole.get(key, ()))
        for at in range(len(key)):
            names += self._changed.get((*key[:at], _ANY, *key[at + 1 :]), ())
        for name in names:
            cost = _cost(units, name)
            if cost is not None:
                yield name, cost
        for name in self._shortened.get("".join(unit.character for unit in units), ()):
            yield name, COSTS.dropped

    def of_initials(self, letters: str) -> Name | None:
        """The only name with these initials; the town's own ones come first."""
        names = self._initials.get(letters, set())
        chosen = [name for name in names if name.own] or list(names)
        return chosen[0] if len(chosen) == 1 else None


def _cost(units: Sequence[Unit], name: Name) -> float | None:
    """What the mistakes in ``units`` cost if the name is meant; None if it cannot be.

    One character at least is right, and all others where one is another altogether.
    """
    if not any(unit.character in ("", c) for unit, c in zip(units, name.text, strict=True)):
        return None
    costs = [_mistake(*each) for each in zip(units, name.text, strict=True)]
    known = [cost for cost in costs if cost is not None]
    if len(known) == len(costs):
        return sum(known)
    lost = units[costs.index(None)]
    only = len(known) == len(costs) - 1 and not any(known)
    return COSTS.other if only and name.own and len(costs) >= _CHANGEABLE and lost.is_han else None


def _mistake(unit: Unit, character: str) -> float | None:
    """What it costs to write a unit for a character, by any of its readings."""
    if unit.character == character:
        return 0.0
    if character == NUMERALS.get(unit.character) or unit.character == NUMERALS.get(character):
        return COSTS.numeral
    if character in NUMERALS or (unit.character and not unit.is_han):
        return None
    pairs = ((one, other) for one in unit.sounds for other in sounds(character))
    costs = [cost for one, other in pairs if (cost := one.cost(other)) is not None]
    if unit.character and alike(unit.character, character):
        costs.append(COSTS.shape)
    return min(costs, default=None)
