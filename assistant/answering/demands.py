"""What a question demands that a quoted sentence must show, however well it fits otherwise.

Scores tell how near a sentence is; these tell that it is about another year, place or thing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assistant.resources import load

_DIGITS = str.maketrans("〇零一二两三四五六七八九", "001223456789")
_ORDINAL = re.compile(r"第([〇零一二两三四五六七八九十\d]{1,4})(?=[届次期条章批号])")
_YEAR = re.compile(r"(?<!\d)(1[89]\d\d|20\d\d)(?=年|$|\D)")
# 十五五 is not 十四五, though it sounds and looks like it.
_PLAN = re.compile(r"十[一二三四五六七八九]?五(?=规划|计划|时期|期间|$|\W)")
# 省际 is not 市际; spoken, it sounds like 省级 and may be written so.
_BETWEEN = re.compile(r"([省市县区镇乡村])际")
_LISTED = re.compile(r"哪([二两三四五六七八九十]{1,3}|\d{1,2})(?![年月日号点])")
_SEPARATOR = re.compile(r"[、和与及跟;,]")
_PLACE_SUFFIX = re.compile(r"(?<=..)[镇区市岛县]$")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing that questions ask for, and how it looks in a sentence."""

    must: bool
    asks: re.Pattern[str]
    looks: re.Pattern[str]


KINDS = tuple(
    Kind(entry.get("must", False), re.compile(entry["asks"]), re.compile(entry["looks"]))
    for entry in load("answer_kinds")
)


_MEASURES = tuple(
    (re.compile(entry["asks"]), re.compile(entry["looks"])) for entry in load("measures")
)

_PLACES: tuple[str, ...] = tuple(load("town_words")["places"])
_TOGETHER: dict[str, list[str]] = load("town_words")["together"]


@dataclass(frozen=True, slots=True)
class Demands:
    """The demands of one question, from its folded text.

    ``kind`` is what it asks for, if that can be told. ``figures`` are years, ordinals
    and five-year plans that must stand in the passage, ``places`` names that must stand near the
    sentence, or elsewhere in its document if no other place stands near. What it is ``between``
    (省 of 省际) and each of the ``measures`` must stand near. The sentence must list as many ``items`` as are asked
    for: seven of 哪七个镇. Of ``characters``, those of its telling words without the town's name,
    one must stand near unless the sentence holds the kind of thing asked for: one that shares
    nothing but that name is about something else.
    """

    kind: Kind | None
    figures: frozenset[str]
    places: tuple[str, ...]
    between: frozenset[str]
    measures: tuple[re.Pattern[str], ...]
    items: int
    characters: frozenset[str]

    @classmethod
    def of(cls, question: str, content: Iterable[str]) -> Demands:
        """Read the demands off a question and its telling words."""
        names = load("town_words")
        home = frozenset(names["home"])
        places = [p for p in _PLACES if p in question]
        return cls(
            kind=next((k for k in KINDS if k.asks.search(question)), None),
            figures=_figures(question),
            places=tuple(_stem(p) for p in places if _stem(p) != _stem(names["home"])),
            between=frozenset(_BETWEEN.findall(question)),
            measures=tuple(looks for asks, looks in _MEASURES if asks.search(question)),
            items=max((int(_number(n)) for n in _LISTED.findall(question)), default=0),
            characters=frozenset("".join(content)) - home,
        )

    def met(self, sentence: str, near: Sequence[str], passage: str, document: str) -> bool:
        """Whether a sentence may answer.

        Args:
            sentence: its folded text.
            near: the sentence before it, and its title and headings, folded.
            passage: the whole chunk with title and headings, folded.
            document: all that was found of its document, folded.
        """
        if self.kind and self.kind.must and not self.kind.looks.search(sentence):
            return False
        if self.items > len(_SEPARATOR.findall(sentence)) + 1:
            return False
        around = "\n".join((sentence, *near))
        named = around + "".join(
            p for t, places in _TOGETHER.items() if t in around for p in places
        )
        shown = self.kind is not None and self.kind.must  # then the sentence holds what is asked
        return (
            self.figures <= _figures(passage)
            and all(
                place in named or (place in document and not self._others(around))
                for place in self.places
            )
            and all(looks.search(around) for looks in self.measures)
            and all(f"{level}际" in around or f"{level}级" in around for level in self.between)
            and (shown or not self.characters or not self.characters.isdisjoint(around))
        )

    def _others(self, text: str) -> bool:
        """Whether a text names another place than is asked about."""
        return any(place in text and _stem(place) not in self.places for place in _PLACES)


def _figures(text: str) -> frozenset[str]:
    """Years and ordinals, in digits, and five-year plans: 第十一届 gives 第11."""
    ordinals = (f"第{_number(m)}" for m in _ORDINAL.findall(text))
    return frozenset([*_YEAR.findall(text), *ordinals, *_PLAN.findall(text)])


def _number(numeral: str) -> str:
    """A numeral below one hundred in digits; one in digits as it is."""
    if "十" not in numeral:
        return numeral.translate(_DIGITS)
    tens, _, ones = numeral.partition("十")
    return f"{tens.translate(_DIGITS) or 1}{ones.translate(_DIGITS) or 0}"


def _stem(place: str) -> str:
    return _PLACE_SUFFIX.sub("", place)
