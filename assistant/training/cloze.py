"""Makes questions from single sentences: a name, a date or a number in one is asked for.

So where the words of an answer stand is learnt from text alone, as in Lewis et al., "Unsupervised
Question Answering by Cloze Translation", ACL 2019. The words are in ``data/cloze.yml``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import yaml

from assistant.question_set import AnswerableQuestion, QuestionSet
from assistant.segment import Segmenter, sentences

_SHORTEST, _LONGEST = 15, 160  # characters of a sentence
_FEWEST, _MOST = 6, 70  # characters of a question
_LONGEST_NAME = 20
_EACH = 2
"""How many things of one kind are asked for in a document of so many characters."""
_PER = 300

_DATE = r"(?:公元前?|西元前?)?\d{1,4}年\d{1,2}月(?:\d{1,2}日)?|\d{1,2}月\d{1,2}日"
_YEAR = r"(?:公元前?|西元前?)?\d{3,4}年"
_TITLE = r"《[^《》]{1,25}》|「[^「」]{2,20}」|“[^“”]{2,20}”"
_KINDS = {
    "nr": "person",
    "nrt": "person",
    "nrfg": "person",
    "ns": "place",
    "nt": "thing",
    "nz": "thing",
}
_GOES_ON = {"n", "ng", "nt", "nr", "nrt", "ns", "nz"}
_CLAUSE_ENDS = re.compile("[，,；;：:]")
_EDGES = "，,；;。:：、 "


@dataclass(frozen=True, slots=True)
class Thing:
    """What can be asked for in a sentence, from ``start`` to ``end``; ``unit`` of a number."""

    start: int
    end: int
    kind: str
    unit: str = ""


def make(
    files: list[Path], segmenter: Segmenter, seed: int, limit: int | None = None
) -> QuestionSet:
    """Questions on the documents of question sets; at most ``limit``, drawn from all.

    Raises:
        AssistantError: a file cannot be read.
    """
    maker = _Maker(segmenter)
    texts: dict[str, str] = {}
    found: list[AnswerableQuestion] = []
    for file in files:
        for name, text in QuestionSet.read(file).documents.items():
            random = Random(hashlib.sha256(f"{seed} {name}".encode()).digest())  # noqa: S311
            texts[name] = text
            found += [AnswerableQuestion(q, name, (a,)) for q, a in maker.questions(text, random)]
    if limit is not None and limit < len(found):
        found = Random(seed).sample(found, limit)  # noqa: S311
    asked = {question.document for question in found}
    kept = {name: text for name, text in texts.items() if name in asked}
    return QuestionSet(kept, tuple(found), ())


class _Maker:
    def __init__(self, segmenter: Segmenter) -> None:
        self._segmenter = segmenter
        words: dict[str, Any] = yaml.safe_load(
            (Path(__file__).parent / "data" / "cloze.yml").read_text("utf-8")
        )
        self._asking: dict[str, list[str]] = words["asking"]
        self._counted: list[str] = words["counted"]
        self._slight = set(words["slight"])
        units = "|".join(map(re.escape, words["measured"] + words["counted"]))
        number = rf"\d[\d,.]*[万亿多余]*(?P<unit>{units})"
        self._marked = re.compile(
            rf"(?P<date>{_DATE})|(?P<year>{_YEAR})|(?P<number>{number})|(?P<thing>{_TITLE})"
        )

    def questions(self, text: str, random: Random) -> Iterator[tuple[str, str]]:
        """Questions on a document, each with its answer; a few of each kind of thing."""
        folded = [self._segmenter.normalise(text[s.start : s.end]) for s in sentences(text)]
        fitting = [each for each in folded if _SHORTEST <= len(each) <= _LONGEST]
        candidates = [(each, thing) for each in fitting for thing in self.things(each)]
        random.shuffle(candidates)
        left = dict.fromkeys(self._asking, _EACH * (1 + len(text) // _PER))
        for sentence, thing in candidates:
            answer = sentence[thing.start : thing.end]
            question = self._question(sentence, thing, random) if left[thing.kind] else ""
            if question and answer not in question:
                left[thing.kind] -= 1
                yield question, answer

    def things(self, sentence: str) -> Iterator[Thing]:
        """What can be asked for, without one lying in another."""
        taken = [False] * len(sentence)
        for match in self._marked.finditer(sentence):
            kind, unit = str(match.lastgroup), match["unit"] or ""
            if unit in self._counted:
                kind = "count"
            taken[slice(*match.span())] = [True] * (match.end() - match.start())
            yield Thing(match.start(), match.end(), kind, unit)
        yield from (name for name in self._names(sentence) if not any(taken[name.start : name.end]))

    def _names(self, sentence: str) -> Iterator[Thing]:
        """Names, with the nouns that go on from them."""
        start = end = 0
        kind = ""
        for word, tag in [*self._segmenter.parts_of_speech(sentence), ("", "")]:
            if kind and tag in _GOES_ON:
                # 上海 is a place, 上海大学 is none.
                kind = kind if _KINDS.get(tag) == kind else "thing"
            else:
                if kind and 2 <= end - start <= _LONGEST_NAME:
                    yield Thing(start, end, kind)
                start, kind = end, _KINDS.get(tag, "")
            end += len(word)

    def _question(self, sentence: str, thing: Thing, random: Random) -> str:
        """The clause with a word that asks in the thing's place; empty where too little is left."""
        ends = [0, *(m.end() for m in _CLAUSE_ENDS.finditer(sentence)), len(sentence)]
        first = max(n for n, end in enumerate(ends) if end <= thing.start)
        last = min(n for n, end in enumerate(ends) if end >= thing.end)
        # What is asked about often stands in the clause before.
        first = max(first - (random.random() < 0.45), 0)
        last = min(last + (random.random() < 0.3), len(ends) - 1)
        before = self._thinned(sentence[ends[first] : thing.start], random)
        after = self._thinned(sentence[thing.end : ends[last]], random)
        asking = random.choice(self._asking[thing.kind]) + thing.unit
        form = random.random()
        if form < 0.65 or not (before and after):
            question = f"{before}{asking}{after}"
        elif form < 0.85:
            question = f"{after}，{before}{asking}"
        else:
            question = f"{before}{after}是{asking}"
        fits = len(question) - len(asking) >= _FEWEST and len(question) <= _MOST
        return question + random.choice(("？", "？", "")) if fits else ""

    def _thinned(self, text: str, random: Random) -> str:
        """Most of the words: people do not ask in a document's own."""
        kept = [
            word
            for word, _ in self._segmenter.parts_of_speech(text)
            if random.random() >= (0.2 if word in self._slight else 0.06)
        ]
        return "".join(kept).strip(_EDGES)
