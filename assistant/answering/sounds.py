"""How characters sound and look, and how easily one is taken for another; adapts pypinyin."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import chain

from pypinyin import Style, lazy_pinyin, pinyin

from assistant.resources import load

_READINGS = 2  # after these come rare and old ones, such as xiǎn for 省
NUMERALS = dict(zip("0123456789", "零一二三四五六七八九", strict=True))
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_HAN_OR_LATIN = re.compile(rf"[a-z]+|{_HAN.pattern}")
_LONGEST_SYLLABLE = 6
_SYLLABLE = re.compile(r"(zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?([a-zê]+)([1-5])")
# Initials that some accents do not tell apart, by the one that stands for all of them.
_INITIAL = {"n": "l", "r": "l", "zh": "z", "ch": "c", "sh": "s", "j": "z", "q": "c", "x": "s"}
_CLOSE = ({"n", "l"}, {"zh", "z"}, {"ch", "c"}, {"sh", "s"})
_NASAL = re.compile(r"(?<=[aei])ng$")
_CONTRACTED = {"uei": "ui", "uen": "un", "uu": "u", "uo": "u"}


@dataclass(frozen=True, slots=True)
class Costs:
    """What a difference costs, in nats: minus the log of how often people make it."""

    homophone: float
    tone: float
    near: float
    far: float
    shape: float
    other: float
    dropped: float
    numeral: float
    pinyin: float
    initials: float


COSTS = Costs(**load("correction")["costs"])
_SHAPES = tuple(frozenset(group) for group in load("correction")["shapes"])


@dataclass(frozen=True, slots=True)
class Sound:
    """One reading of a character; ``tone`` is 1 to 5, or 0 where it was typed without."""

    initial: str
    final: str
    tone: int

    @property
    def syllable(self) -> str:
        """The syllable as it is typed, without its tone."""
        return self.initial + self.final

    @property
    def folded(self) -> tuple[str, str]:
        """The same for all sounds that may be taken for each other."""
        return _folded(self.initial, self.final)

    def cost(self, other: Sound) -> float | None:
        """What it costs to take one for the other; None if nobody does."""
        if self.syllable == other.syllable:
            if not (self.tone and other.tone):
                return COSTS.pinyin
            return COSTS.homophone if self.tone == other.tone else COSTS.tone
        if self.folded != other.folded:
            return None
        cost = 0.0
        if self.initial != other.initial:
            cost += COSTS.near if {self.initial, other.initial} in _CLOSE else COSTS.far
        if self.final != other.final and "f" not in (self.initial, other.initial):
            cost += COSTS.near
        return cost


@cache
def _folded(initial: str, final: str) -> tuple[str, str]:
    final = _NASAL.sub("n", final)
    if initial == "f":  # 福 and 湖, 房 and 黄
        initial, final = "h", _CONTRACTED.get("u" + final, "u" + final)
    return _INITIAL.get(initial, initial), final


@cache
def sounds(character: str) -> tuple[Sound, ...]:
    """The usual readings of a character or digit, the first one first; none of another mark."""
    character = NUMERALS.get(character, character)
    if not _HAN.fullmatch(character):
        return ()
    found = pinyin(character, Style.TONE3, heteronym=True, neutral_tone_with_five=True)
    return tuple(_parsed(reading) for reading in found[0][:_READINGS])


def is_pinyin(normal: str) -> bool:
    """Whether a folded text has no 汉字, and all its letters can be read as pinyin."""
    words: list[str] = _HAN_OR_LATIN.findall(normal)
    return bool(words) and all(map(_is_spelt, words))


def _is_spelt(word: str) -> bool:
    """Whether letters fall into syllables; whatever they are, that takes no long search."""
    ends = {0}
    for end in range(1, len(word) + 1):
        starts = ends & set(range(max(0, end - _LONGEST_SYLLABLE), end))
        if any(word[start:end] in _syllables() for start in starts):
            ends.add(end)
    return len(word) in ends


@cache
def _syllables() -> frozenset[str]:
    """Those of the common characters, as they are typed without tones.

    The common ones are level 1 of GB 2312, rows 16 to 55, since the library also gives readings that are
    no syllable of pinyin.
    """
    pairs = (bytes((row, cell)) for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF))
    common = (pair.decode("gb2312", "ignore") for pair in pairs)
    return frozenset(chain.from_iterable(map(lazy_pinyin, common)))


def alike(one: str, other: str) -> bool:
    """Whether two characters look so much alike that one is read or written for the other."""
    return any(one in group and other in group for group in _SHAPES)


def _parsed(reading: str) -> Sound:
    match = _SYLLABLE.fullmatch(reading)
    if match is None:  # a character without a known reading is given back as it is
        return Sound("", reading, 5)
    return Sound(match[1] or "", match[2], int(match[3]))
