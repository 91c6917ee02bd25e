"""Misheard and misspelt forms of questions, the same ones for the same seed.

A name of the town or of its documents that stands in a question is changed the way people, a
keyboard or speech recognition would change it; what it was is remembered. How questions are
corrected is not known here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

import frontmatter
import jieba
import opencc
import yaml
from pypinyin import Style, lazy_pinyin

from assistant.segment import town_words

ROOT = Path(__file__).resolve().parents[1]
COMMON = 3500
"""How many of the most frequent characters a name's character may be mistaken for."""

FILLERS = (
    "请问一下那个",
    "呃，",
    "嗯…",
    "就是那个",
    "我想问一下，",
    "那个，我想问问",
    "你好，请问一下",
)
_QUOTED = re.compile("[《“]([^》”]{3,16})[》”]")
_NAME = re.compile(r"[\u4e00-\u9fff\w]{3,12}")
_NUMERALS = "一二三四五六七八九"
_NEAR_INITIALS = (
    ("n", "l"), ("zh", "z"), ("ch", "c"), ("sh", "s"), ("h", "f"), ("r", "l"), ("q", "c"),
)  # fmt: skip
_NEAR_FINALS = (("en", "eng"), ("in", "ing"), ("an", "ang"), ("ian", "iang"), ("uan", "uang"))


@dataclass(frozen=True, slots=True)
class Corrupted:
    """A question in which ``name`` was changed in the way ``kind`` into ``corrupted``."""

    id: str
    kind: str
    text: str
    right: str
    name: str
    corrupted: str


@cache
def names() -> tuple[str, ...]:
    """The town's words, and the topics and quoted names of corpus/; the longest first."""
    found = set(town_words())
    for path in sorted((ROOT / "corpus").glob("*.md")):
        page = frontmatter.load(str(path))
        topics = [str(topic) for topic in page.metadata["topics"]]
        for text in (*topics, *_QUOTED.findall(page.content)):
            found.update(_NAME.findall(text))
    return tuple(sorted(found, key=lambda name: (-len(name), name)))


def corrupted(
    questions: Sequence[tuple[str, str]], seed: int = 7, variants: int = 3
) -> list[Corrupted]:
    """Every way, up to ``variants`` times each, with every name of every (id, question)."""
    found: dict[tuple[str, str], Corrupted] = {}
    for identity, question in questions:
        for name in _held(question):
            for kind, way in WAYS.items():
                rng = Random(f"{seed} {identity} {name} {kind}")  # noqa: S311 - to be repeated
                for _ in range(variants):
                    wrong = way(name, rng)
                    text = question.replace(name, wrong, 1) if wrong else ""
                    if wrong not in ("", name):
                        item = Corrupted(identity, kind, text, question, name, wrong)
                        found.setdefault((identity, text), item)
        for kind, whole in WHOLE.items():
            rng = Random(f"{seed} {identity} {kind}")  # noqa: S311
            text = whole(question, rng)
            held = _held(question)
            if text != question and held:
                found.setdefault(
                    (identity, text), Corrupted(identity, kind, text, question, held[0], held[0])
                )
    return list(found.values())


def _held(question: str) -> list[str]:
    """The names in a question, the longest where they overlap."""
    held: list[str] = []
    rest = question
    for name in names():
        if name in rest:
            held.append(name)
            rest = rest.replace(name, "\n")
    return held


# --- the ways; each gives "" where it does not apply


def _same_sound(name: str, rng: Random) -> str:
    return _replaced(name, rng, lambda syllable: [syllable])


def _near_sound(name: str, rng: Random) -> str:
    return _replaced(name, rng, lambda syllable: list(_near(syllable)))


def _two_same_sounds(name: str, rng: Random) -> str:
    once = _same_sound(name, rng) if len(name) > 2 else ""
    if not once:
        return ""
    changed = next(i for i, (a, b) in enumerate(zip(name, once, strict=True)) if a != b)
    twice = _replaced(name, rng, lambda syllable: [syllable], avoid=changed)
    return twice[:changed] + once[changed] + twice[changed + 1 :] if twice else ""


def _similar_shape(name: str, rng: Random) -> str:
    table = yaml.safe_load((Path(__file__).parent / "similar_shapes.yml").read_text("utf-8"))
    places = [i for i, c in enumerate(name) if c in table]
    if not places:
        return ""
    at = rng.choice(places)
    return name[:at] + rng.choice(table[name[at]]) + name[at + 1 :]


def _dropped(name: str, rng: Random) -> str:
    if len(name) < 3:
        return ""
    # Without its first or last character a short name is another name, or only shortened.
    at = 1 if len(name) == 3 else rng.randrange(len(name))
    return name[:at] + name[at + 1 :]


def _pinyin(name: str, rng: Random) -> str:
    return "".join(lazy_pinyin(name)) if _all_han(name) else ""


def _pinyin_in_words(name: str, rng: Random) -> str:
    """qilong zhen."""
    syllables = lazy_pinyin(name)
    if len(syllables) < 3 or not _all_han(name):
        return ""
    return f"{''.join(syllables[:2])} {''.join(syllables[2:])}"


def _pinyin_in_part(name: str, rng: Random) -> str:
    """qilong镇."""
    return "".join(lazy_pinyin(name[:2])) + name[2:] if len(name) > 2 and _all_han(name) else ""


def _initials(name: str, rng: Random) -> str:
    if len(name) < 3 or not _all_han(name):
        return ""
    return "".join(syllable[0] for syllable in lazy_pinyin(name))


def _digits(name: str, rng: Random) -> str:
    return "".join(str(_NUMERALS.index(c) + 1) if c in _NUMERALS else c for c in name)


def _wide_digits(name: str, rng: Random) -> str:
    return "".join(chr(ord("０") + _NUMERALS.index(c) + 1) if c in _NUMERALS else c for c in name)


def _traditional_misheard(name: str, rng: Random) -> str:
    wrong = _same_sound(name, rng)
    return opencc.OpenCC("s2t").convert(wrong) if wrong else ""


def _traditional(question: str, rng: Random) -> str:
    return str(opencc.OpenCC("s2t").convert(question))


def _filler(question: str, rng: Random) -> str:
    return rng.choice(FILLERS) + question


WAYS: dict[str, Callable[[str, Random], str]] = {
    "same sound": _same_sound,
    "near sound": _near_sound,
    "two same sounds": _two_same_sounds,
    "similar shape": _similar_shape,
    "dropped": _dropped,
    "pinyin": _pinyin,
    "pinyin in words": _pinyin_in_words,
    "pinyin in part": _pinyin_in_part,
    "initials": _initials,
    "digits": _digits,
    "wide digits": _wide_digits,
    "Traditional, same sound": _traditional_misheard,
}
WHOLE: dict[str, Callable[[str, Random], str]] = {
    "Traditional": _traditional,
    "filler": _filler,
}


def _replaced(name: str, rng: Random, sounds: Callable[[str], list[str]], avoid: int = -1) -> str:
    syllables = lazy_pinyin(name)
    if len(syllables) != len(name):
        return ""  # Latin letters are taken as one
    places = [
        (i, [c for s in sounds(syllable) for c in _of_sound().get(s, "") if c != name[i]])
        for i, syllable in enumerate(syllables)
        if i != avoid
    ]
    places = [(i, others) for i, others in places if others]
    if not places:
        return ""
    at, others = rng.choice(places)
    return name[:at] + rng.choice(others) + name[at + 1 :]


def _near(syllable: str) -> Iterator[str]:
    initial = next((i for i in ("zh", "ch", "sh") if syllable.startswith(i)), syllable[0])
    final = syllable[len(initial) :]
    for pair in _NEAR_INITIALS:
        if initial in pair:
            other = pair[1 - pair.index(initial)]
            # 湖 and 福, not 海 and 飞; 启 and 次: only these are taken for each other.
            if {"h", "f"} == set(pair) and final != "u":
                continue
            if {"q", "c"} == set(pair) and final != "i":
                continue
            yield other + final
    for pair in _NEAR_FINALS:
        if final in pair:
            yield initial + pair[1 - pair.index(final)]


@cache
def _of_sound() -> dict[str, str]:
    """The common characters of each syllable."""
    jieba.initialize()
    frequency: Counter[str] = Counter()
    for word, count in jieba.dt.FREQ.items():
        for character in filter(_all_han, word):
            frequency[character] += count
    common = sorted(frequency, key=lambda c: (-frequency[c], c))[:COMMON]
    found: dict[str, str] = {}
    for character in common:
        syllable = lazy_pinyin(character, style=Style.NORMAL)[0]
        found[syllable] = found.get(syllable, "") + character
    return found


def _all_han(text: str) -> bool:
    return all("\u4e00" <= c <= "\u9fff" for c in text)


def halves(questions: Sequence[tuple[str, str]], seed: int = 7) -> tuple[set[str], set[str]]:
    """The ids to tune on and the ids to report on."""
    ids = sorted(identity for identity, _ in questions)
    Random(seed).shuffle(ids)  # noqa: S311
    return set(ids[::2]), set(ids[1::2])
