"""The step after screening: which words a question is made of, with its names put right.

What a follow-up leaves out is put in by a class of its own.
"""

from __future__ import annotations

import re

from assistant.answering.context import Context, Understood
from assistant.answering.correct import Corrector
from assistant.answering.demands import Demands
from assistant.answering.follow_up import FollowUp
from assistant.answering.personal import without_masks
from assistant.resources import load
from assistant.segment import Segmenter


class Understand:
    """Sets ``understood``; a question that stands by itself is left as it is.

    Args:
        segmenter: finds the words.
        corrector: mends names; by default one that knows the town's own words only.
    """

    def __init__(self, segmenter: Segmenter, corrector: Corrector | None = None) -> None:
        data = load("understanding")
        self._corrector = corrector or Corrector(segmenter)
        self._segmenter = segmenter
        self._stop_words = frozenset(data["stop_words"])
        self._spoken = [(re.compile(said), written) for said, written in data["spoken"]]
        self._spoken += [(re.compile(said), "") for said in data["only_said"]]
        self._follow_up = FollowUp(segmenter)
        self._home_names: tuple[str, ...] = tuple(data["home_names"])
        self._home_pronouns: tuple[str, ...] = tuple(data["home_pronouns"])
        town = load("town_words")
        self._home: str = town["home"]
        self._places: tuple[str, ...] = tuple(p for p in town["places"] if p not in self._home)

    def __call__(self, context: Context) -> Context:
        """Understand the question in the light of the conversation."""
        asked = self._corrector.correct(context.question.text.strip()).text
        text = self._at_home(asked, self._home_names)
        text = self._follow_up.resolve(text, context.question.history)
        # 这个镇 may be one that was just spoken of; only what is left over means ours.
        return context.with_(understood=self.read(self._at_home(text, self._home_pronouns)))

    def read(self, text: str) -> Understood:
        """The words of a question that stands by itself, each with its weight.

        The names that stand for personal data taken out are not among them.
        """
        # Documents are written; a question in their wording is found and read better. What the
        # resident is told to have been understood keeps the words that were said.
        normal = self._written(self._segmenter.normalise(without_masks(text)))
        words = tuple(self._segmenter.words(normal))
        content = {w: self._segmenter.weight(w) for w in words if w not in self._stop_words}
        # A question made of nothing but stop words has only those to be found by.
        demands = Demands.of(normal, content)
        return Understood(text, normal, words, content or dict.fromkeys(words, 1.0), demands)

    def _written(self, normal: str) -> str:
        """A folded question with what people only say put as it would be written."""
        for said, written in self._spoken:
            normal = said.sub(written, normal)
        return normal

    def _at_home(self, asked: str, names: tuple[str, ...]) -> str:
        """``asked`` with the town's name for one of these, if it names no other place."""
        name = next((n for n in names if n in asked), None)
        elsewhere = any(place in asked for place in self._places)
        return asked if name is None or elsewhere else asked.replace(name, self._home, 1)
