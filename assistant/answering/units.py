"""A question in units of sound: its characters, and the syllables that stand in Latin letters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answering.sounds import NUMERALS, Sound, sounds

_PIECE = re.compile(r"(?P<latin>[a-z]+)|(?P<space>\s+)|(?P<other>.)", re.DOTALL)
_INITIAL = re.compile(r"zh|ch|sh|[^aoeiuv]|")
_JOINER = "·"
_LONGEST_SYLLABLE = 6


@dataclass(frozen=True, slots=True)
class Unit:
    """One character of a question, or one syllable typed in Latin letters.

    ``character`` is empty for a syllable. ``start`` and ``end`` are its place in the question.
    """

    character: str
    sounds: tuple[Sound, ...]
    start: int
    end: int

    @property
    def is_han(self) -> bool:
        """Whether it is a Chinese character."""
        return bool(self.character and self.sounds) and self.character not in NUMERALS

    @property
    def folded(self) -> tuple[str, str]:
        """The same for all units that may be taken for each other by their sound."""
        return self.sounds[0].folded if self.sounds else (self.character, "")


class Line:
    """A question in units.

    Attributes:
        units: without spaces and without the dot inside a name.
        text: one character a unit, NUL where it is not a Chinese one.
        inner: the places inside a run of letters, where no name begins or ends.
        letters: where each run of letters that is no pinyin ends, and the run, by its start.
    """

    def __init__(self, asked: str, normal: str, syllables: frozenset[str]) -> None:
        self._asked = asked if len(asked) == len(normal) else normal
        self._normal = normal
        self._parted: set[int] = set()
        self.units: list[Unit] = []
        self.inner: set[int] = set()
        self.letters: dict[int, tuple[int, str]] = {}
        for piece in _PIECE.finditer(normal):
            at = len(self.units)
            if piece["latin"]:
                self._add_letters(piece["latin"], piece.start(), syllables)
                self.inner.update(range(at + 1, len(self.units)))
            elif piece["space"]:
                # 启隆 人口 are two things, qilong zhen is one.
                if not _is_latin(normal[piece.start() - 1]) and not _is_latin(
                    normal[piece.end() : piece.end() + 1]
                ):
                    self._parted.add(at)
            elif piece["other"] != _JOINER:
                character = piece["other"]
                self.units.append(Unit(character, sounds(character), piece.start(), piece.end()))
        self.text = "".join(u.character if u.is_han else "\0" for u in self.units)

    def _add_letters(self, letters: str, start: int, syllables: frozenset[str]) -> None:
        parts: Sequence[str] = _syllables(letters, syllables)
        if not parts:
            parts = letters
            # Capitals are an abbreviation of something else.
            if not self._asked[start : start + len(letters)].isupper():
                self.letters[len(self.units)] = (len(self.units) + len(letters), letters)
        for part in parts:
            found = () if parts is letters else (_typed(part),)
            self.units.append(Unit("" if found else part, found, start, start + len(part)))
            start += len(part)

    def joined(self, start: int, end: int) -> bool:
        """Whether nothing parts these units from each other."""
        return not any(at in self._parted for at in range(start + 1, end))

    def normal(self, start: int, end: int) -> str:
        """These units as they stand, in folded text."""
        return self._normal[self.units[start].start : self.units[end - 1].end]

    def written(self, start: int, end: int, name: str) -> str:
        """``name`` in the place of these units; what was right keeps its script and case."""
        units = self.units[start:end]
        if len(units) != len(name):
            return name
        parts: list[str] = []
        for unit, before, character in zip(units, [None, *units[:-1]], name, strict=True):
            if before and self._asked[before.end : unit.start] == _JOINER:
                parts.append(_JOINER)
            right = unit.character == character
            parts.append(self._asked[unit.start : unit.end] if right else character)
        return "".join(parts)

    def replaced(self, found: Sequence[tuple[int, int, str]]) -> tuple[str, list[tuple[str, str]]]:
        """The question with names for units ``(start, end, name)``; each (was, now) in order."""
        text, changes = self._asked, []
        for start, end, name in reversed(found):
            first, last = self.units[start].start, self.units[end - 1].end
            changes.append((text[first:last], self.written(start, end, name)))
            text = text[:first] + changes[-1][1] + text[last:]
        return text, changes[::-1]


def _is_latin(character: str) -> bool:
    return "a" <= character <= "z"


def _typed(syllable: str) -> Sound:
    initial = _INITIAL.match(syllable)
    size = initial.end() if initial else 0
    return Sound(syllable[:size], syllable[size:], 0)


def _syllables(letters: str, known: frozenset[str]) -> list[str]:
    """Cut ``letters`` into known syllables, the first ones as long as can be; [] if it fails."""
    for size in range(min(_LONGEST_SYLLABLE, len(letters)), 0, -1):
        if letters[:size] in known:
            if size == len(letters):
                return [letters]
            if rest := _syllables(letters[size:], known):
                return [letters[:size], *rest]
    return []
