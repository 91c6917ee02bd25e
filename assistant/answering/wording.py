"""What the words of a question do: which name things, which only ask, and what it is about.

It looks at one text at a time; what a question leaves to those before it is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.resources import load
from assistant.segment import Segmenter

MARKS = " \t\n，。？！?!,.、；;：:~～…"
_QUOTED = re.compile(r"《[^《》]+》|“[^“”]{3,}”")
_QUOTES = str.maketrans("", "", "《》“”")
_ENUMERATION = re.compile(r"[^、，。；！？]+(?:、[^、，。；！？]+)+")
_LAST_ITEMS = re.compile(r"和|以及|及|与")
_BEFORE_ITEMS = re.compile(r".*(?:[：:]|是|有|指|为|由|的|叫|包括)")
_AFTER_ITEMS = re.compile(r"都|均|等|属于")
_LITTLE = tuple("的了是有在从到由和跟与被叫给过还")
_VERB, _PREPOSITION, _NOUN, _NAMING = "v", "p", "n", "njil"


class Wording:
    """Reads texts that are folded (``Segmenter.normalise``)."""

    def __init__(self, segmenter: Segmenter) -> None:
        data = load("follow_up")
        self._segmenter = segmenter
        self._stop_words = frozenset(load("understanding")["stop_words"])
        self._generic = frozenset(data["generic"])
        self._nouns = frozenset(data["nouns"])
        self._steps = frozenset(data["steps"])
        self._how = re.compile(data["how"])
        self._owners = [(re.compile(a["of"]), frozenset(a["nouns"])) for a in data["attributes"]]
        passing = [noun for a in data["attributes"] if not a.get("kept") for noun in a["nouns"]]
        self._passing = sorted(passing, key=len, reverse=True)
        self._asking = re.compile(data["asking"].replace(" ", ""))
        self._openings = re.compile(data["openings"].replace(" |", "|"))
        self._endings = re.compile(data["endings"])

    def core(self, text: str) -> tuple[int, int]:
        """Where the text stands without the words that only lead over or ask on."""
        start, end = 0, len(text.rstrip(MARKS))
        while match := self._openings.match(text, start, end):
            start = match.end()
        if match := self._endings.search(text[start:end]):
            end = start + match.start()
        return start, end

    def asks(self, text: str) -> bool:
        """Whether anything in it asks."""
        return self._asking.search(text) is not None

    def names(self, text: str) -> list[str]:
        """The town's own names and quoted ones, the longest where they overlap, in its order."""
        found = [(match.start(), match.group()) for match in _QUOTED.finditer(text)]
        rest = _QUOTED.sub(lambda match: "\0" * len(match.group()), text)
        for name in sorted(self._segmenter.town_words, key=len, reverse=True):
            found += [(match.start(), name) for match in re.finditer(re.escape(name), rest)]
            rest = rest.replace(name, "\0" * len(name))
        return list(dict.fromkeys(name for _, name in sorted(found)))

    def words(self, text: str) -> list[str]:
        """The words that carry meaning, each once, in its order."""
        found = (word for word, _ in self._segmenter.tagged(self._asking.sub("，", text)))
        return [w for w in dict.fromkeys(found) if w not in self._stop_words]

    def things(self, text: str) -> list[str]:
        """The nouns and names that stand by themselves, each once, in its order."""
        found = (
            word
            for _, word, tag in self._tagged(self._asking.sub("，", text))
            if tag[0] in _NAMING and word not in self._stop_words
        )
        return [w for w in dict.fromkeys(found) if w not in self._generic and not self.owner(w)]

    def kind(self, text: str) -> str:
        """The noun that it begins with; empty if it begins with something else."""
        at, word, tag = next(self._tagged(text), (0, "", "-"))
        return word if at == 0 and tag[0] in _NAMING else ""

    def first(self, text: str) -> str:
        """The word that it begins with; empty if it begins with none."""
        at, word, _ = next(self._tagged(text), (0, "", ""))
        return word if at == 0 else ""

    def matter(self, text: str) -> str:
        """What it asks of how it is done, in one word in front: 离婚怎么办, 低保怎么申请.

        A dictionary takes many such matters, and papers too, for verbs. Empty where there is none.
        """
        word = self.first(text)
        little = self._generic | self._steps | self._stop_words
        plain = len(word) < 2 or word in little
        return "" if plain or not self._how.match(text, len(word)) else word

    def owner(self, word: str) -> re.Pattern[str] | None:
        """What a noun such as 面积 is of, as a pattern; none if it stands by itself."""
        return next((of for of, nouns in self._owners if word in nouns), None)

    def asked_kinds(self, text: str) -> list[str]:
        """The nouns right behind what asks: 专窗 in 设立了什么专窗."""
        ends = (match.end() for match in self._asking.finditer(text))
        return [kind for end in ends if (kind := self.kind(text[end:]))]

    def owners(self, text: str) -> list[str]:
        """The names that are not only part of a longer one: not 启东 in 启东分会场."""
        return [n for n in self.names(text) if not self.kind(text[text.find(n) + len(n) :])]

    def attributes(self, text: str) -> list[str]:
        """The nouns of something else, each once, in its order."""
        return [w for w in self.words(text) if self.owner(w)]

    def topic(self, text: str) -> str:
        """A question without what asks and without the attribute it asks for."""
        text = text[slice(*self.core(text))]
        kept = self._asking.sub(lambda match: self._tie(match), text).strip(MARKS)
        return self._trimmed(kept.removeprefix("是").removeprefix("有"))

    def _tie(self, match: re.Match[str]) -> str:
        """The little word of 和哪几个镇, where the noun behind stays; nothing elsewhere."""
        return (match.group(1) or "") if self.kind(match.string[match.end() :]) else ""

    def subject(self, text: str) -> str:
        """What a question says something of: what stands in front of its verb or what asks.

        The whole topic if nothing does.
        """
        text = text[slice(*self.core(text))]
        asking = self._asking.search(text)
        stop = asking.start() if asking else len(text)
        copula = bool(asking and (asking.group(1) or "").endswith("是")) and text[stop - 1] != "的"
        for at, _, tag in self._tagged(text):
            ends = tag == _VERB or (tag == _PREPOSITION and at > 0)
            # One with 的 after it only tells which one: 和启隆镇结对的镇.
            if not copula and ends and at < stop and "的" not in text[at:stop].rstrip("的"):
                stop = at
        found = self._trimmed(text[:stop])
        return found if self.things(found) else self.topic(text)

    def without_attribute(self, text: str) -> str:
        """A thing without the noun that is of it: 联盟 for 联盟的依据."""
        for word in self.attributes(text)[-1:]:
            text = text.removesuffix(word).removesuffix("的") or text
        return text

    def items(self, text: str) -> list[str]:
        """What a sentence lists, in its order; empty if it lists nothing."""
        lists: list[list[str]] = []
        for run in _ENUMERATION.findall(text):
            first, *more, last = run.split("、")
            lists.append(
                [
                    _BEFORE_ITEMS.sub("", first),
                    *more,
                    *_LAST_ITEMS.split(_AFTER_ITEMS.split(last)[0], maxsplit=1),
                ]
            )
        return max(lists, key=len, default=[])

    def _tagged(self, text: str) -> Iterator[tuple[int, str, str]]:
        """Each word with its place and its part of speech."""
        at = 0
        for word, tag in self._segmenter.tagged(text):
            at = max(text.find(word, at), at)
            yield at, word, _NOUN if word in self._nouns else tag

    def _trimmed(self, text: str) -> str:
        """Without the attribute and the little words at its end."""
        before = ""
        while text != before:
            before = text
            for end in (*self._passing, *_LITTLE):
                text = text.removesuffix(end).strip(MARKS) or before
        return text


def bare(name: str) -> str:
    """A name without its quotes."""
    return name.translate(_QUOTES)
