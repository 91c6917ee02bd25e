"""Personal data in what residents write: where it stands, and the text without it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache

from assistant.resources import load

# Between the digits of a number people put spaces, dashes or points. `\b` is of no use: to it,
# 汉字 are letters like digits, so there is no boundary in 电话13812345678.
_GAP = r"[ \t\u3000\-‐‑–—―－_.·•]{0,2}"
_BEFORE, _AFTER = r"(?<!\d)", r"(?!\d)"
_STOPS = r",，。.!！?？;；、\s"
_PROVINCES = (
    "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领滬雲遼魯蘇贛晉陝閩貴粵寧瓊"
)
_PAIR = "[A-HJ-NP-Z0-9]"
_NUMERALS = str.maketrans("〇零一幺二三四五六七八九", "001123456789")


def _digits(first: str, count: str) -> str:
    """A number that begins with ``first``, then as many digits, with gaps anywhere."""
    return rf"{_BEFORE}{first}(?:{_GAP}\d){count}"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of personal data: how it is written, and what its characters must obey."""

    name: str
    pattern: re.Pattern[str]
    valid: Callable[[str], bool]


def is_identity_card(number: str) -> bool:
    """Whether 18 characters look like a resident identity number (GB 11643-1999).

    By the date of birth in them, or X as the last. The check digit is not asked for: a number
    with a digit mistyped still tells nearly all of somebody's own.
    """
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return number.endswith("X")
    return born.year >= 1850


def is_bank_card(number: str) -> bool:
    """Whether 16 to 19 digits end in the right check digit (Luhn, ISO/IEC 7812-1)."""
    doubled = [int(d) * (2 if at % 2 else 1) for at, d in enumerate(reversed(number))]
    return len(set(number)) > 1 and sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def _is_plate(number: str) -> bool:
    return sum(c.isdecimal() for c in number) >= 2


def _anything(_number: str) -> bool:
    return True


_AREA = rf"0(?:{_GAP}10|{_GAP}2{_GAP}\d|{_GAP}[3-9]{_GAP}\d{_GAP}\d)"
_LABEL = r"(?<=电话|座机|固话|联系|号码|電話|打给|座機)(?:是|号码?|為|为|:|：| )*"
_PASSPORT_LABEL = r"[护護]照(?:号码?|號碼?|编号|編號)?(?:是|為|为|:|：| )*"
_MARK = "[·•・. \\-]{0,2}"

_KINDS = (
    Kind(
        "identity_card",
        re.compile(_digits("[1-9]", "{16}") + rf"{_GAP}[\dX](?![\dA-Z])"),
        is_identity_card,
    ),
    Kind("bank_card", re.compile(_digits("[3-69]", "{15,18}") + _AFTER), is_bank_card),
    # Written as a card's number is, it is taken for one whatever its check digit: it may be mistyped.
    Kind(
        "bank_card",
        re.compile(
            rf"{_BEFORE}(?:[1-9]\d{{15,18}}|[3-69]\d{{3}}(?:[ -]\d{{4}}){{3}}(?:[ -]?\d{{1,3}})?){_AFTER}"
        ),
        _anything,
    ),
    Kind(
        "mobile",
        re.compile(
            rf"{_BEFORE}(?:(?:\+|00)?86{_GAP})?1{_GAP}[3-9](?:{_GAP}\d){{9}}{_AFTER}",
        ),
        _anything,
    ),
    Kind(
        "landline",
        re.compile(
            rf"{_BEFORE}[(（]?{_AREA}[)）]?{_GAP}[2-8](?:{_GAP}\d){{6,7}}{_AFTER}"
            rf"|{_LABEL}(?P<own>[2-8](?:{_GAP}\d){{6,7}}){_AFTER}"
        ),
        _anything,
    ),
    Kind(
        "passport",
        re.compile(rf"{_PASSPORT_LABEL}(?P<own>[A-Z]{{1,2}}\d{{7,8}}){_AFTER}"),
        _anything,
    ),
    Kind(
        "plate",
        re.compile(
            rf"[{_PROVINCES}]{_MARK}[A-HJ-NP-Z]{_MARK}"
            rf"(?:{_PAIR}{{4}}[学警挂港澳領领]|{_PAIR}{{5,6}})(?![A-Z0-9])"
        ),
        _is_plate,
    ),
    Kind(
        "email",
        re.compile(r"[A-Z0-9][A-Z0-9._%+\-]*@[A-Z0-9\-]+(?:\.[A-Z0-9\-]+)+"),
        _anything,
    ),
)


@dataclass(frozen=True, slots=True)
class Found:
    """Personal data at ``text[start:end]``; ``kind`` is a key of resources/personal.yml."""

    kind: str
    start: int
    end: int


def find(text: str) -> tuple[Found, ...]:
    """All personal data in ``text``, in its order, none overlapping another."""
    plain = "".join(map(_folded, text))
    found: list[Found] = []
    for written in (plain, plain.translate(_NUMERALS)):
        for kind in _KINDS:
            for place in _places(kind, written):
                if all(place.end <= other.start or other.end <= place.start for other in found):
                    found.append(place)
    return tuple(sorted(found, key=lambda place: place.start))


def masked(text: str, found: tuple[Found, ...]) -> str:
    """``text`` with the name of each kind, in 【】, where it stood."""
    kinds = load("personal")["kinds"]
    for place in reversed(found):
        name = kinds[place.kind]["name"]
        text = f"{text[: place.start]}【{name}】{text[place.end :]}"
    return text


def without_masks(text: str) -> str:
    """A masked text as it is searched for: the names that stand for what was taken out go too.

    A clause that told nothing but one's own number goes whole, since the question is beside it.
    """
    text = _only_own().sub(" ", text)
    for kind in load("personal")["kinds"].values():
        text = text.replace(f"【{kind['name']}】", " ")
    return text.strip()


@cache
def _only_own() -> re.Pattern[str]:
    """A clause of a masked text that is made of such a name and of the words that lead to it."""
    data = load("personal")
    names = "|".join(re.escape(kind["name"]) for kind in data["kinds"].values())
    return re.compile(
        rf"(?:(?<=^)|(?<=[{_STOPS}]))(?:{data['own']})*(?:【(?:{names})】(?:{data['own']})*)+"
        rf"(?:[{_STOPS}]+|$)"
    )


def notice(found: tuple[Found, ...]) -> str:
    """What the resident is told about what was found."""
    data = load("personal")
    names = dict.fromkeys(data["kinds"][place.kind]["name"] for place in found)
    return str(data["notice"]).format(names=data["separator"].join(names))


def _places(kind: Kind, plain: str) -> Iterator[Found]:
    for match in kind.pattern.finditer(plain):
        start, end = match.span("own" if match.groupdict().get("own") else 0)
        if kind.valid("".join(c for c in plain[start:end] if c.isalnum())):
            yield Found(kind.name, start, end)


def _folded(character: str) -> str:
    """One character for one: any digit as 0 to 9, letters narrow and large."""
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    if "\uff01" <= character <= "\uff5e":
        character = chr(ord(character) - 0xFEE0)
    return character.upper() if character.isascii() else character
