"""The step after screening: which words a question is made of, and what a follow-up leaves out."""

from __future__ import annotations

from assistant.answering.context import Context, Understood
from assistant.answering.correct import Corrector
from assistant.answering.demands import Demands
from assistant.answering.personal import without_masks
from assistant.resources import load
from assistant.segment import Segmenter
from assistant.types import Turn

_MARKS = " \t\n，。？！?!,.、；;：:~～…"


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
        signs = data["follow_up"]
        self._openings: tuple[str, ...] = tuple(signs["openings"])
        self._pronouns: tuple[str, ...] = tuple(signs["pronouns"])
        self._endings: tuple[str, ...] = tuple(signs["endings"])
        self._home_names: tuple[str, ...] = tuple(data["home_names"])
        town = load("town_words")
        self._home: str = town["home"]
        self._places: tuple[str, ...] = tuple(p for p in town["places"] if p not in self._home)

    def __call__(self, context: Context) -> Context:
        """Understand the question in the light of the conversation."""
        asked = self._corrector.correct(context.question.text.strip()).text
        history = context.question.history
        text = self._at_home(asked)
        if history:
            text = self._resolve(text, history[-1])
        return context.with_(understood=self.read(text))

    def read(self, text: str) -> Understood:
        """The words of a question that stands by itself, each with its weight.

        The names that stand for personal data taken out are not among them.
        """
        asked = without_masks(text)
        words = tuple(self._segmenter.words(asked))
        content = {w: self._segmenter.weight(w) for w in words if w not in self._stop_words}
        # A question made of nothing but stop words has only those to be found by.
        normal = self._segmenter.normalise(asked)
        demands = Demands.of(normal, content)
        return Understood(text, normal, words, content or dict.fromkeys(words, 1.0), demands)

    def _at_home(self, asked: str) -> str:
        """``asked`` with the town's name for 我们镇, 镇上 and the like, if it names no other place."""
        name = next((n for n in self._home_names if n in asked), None)
        elsewhere = any(place in asked for place in self._places)
        return asked if name is None or elsewhere else asked.replace(name, self._home, 1)

    def _resolve(self, asked: str, before: Turn) -> str:
        """``asked`` with its subject put in front, if it leaves that to ``before``.

        那海门呢 asks the same of another; 面积呢 asks something else of the same; 什么时候签的
        leaves out everything that was spoken of.
        """
        normal = self._segmenter.normalise(asked).strip(_MARKS)
        rest = self._without_signs(normal)
        names, content, nouns = self._names(rest), self._content(rest), self._nouns(rest)
        signed = rest != normal or any(p in normal for p in self._pronouns)
        earlier = self._names(before.understood_as)
        if names and earlier and signed and set(content) <= set(self._content("".join(names))):
            return self._segmenter.normalise(before.understood_as).replace(earlier[0], names[0], 1)
        if names or len(nouns) > 1 or (nouns and not signed and len(content) > 1):
            return asked
        subject = (nouns and earlier) or self._subject(before.understood_as)
        missing = [word for word in subject if word not in normal]
        return " ".join([*missing, asked])

    def _without_signs(self, normal: str) -> str:
        for opening in self._openings:
            if normal.startswith(opening):
                normal = normal[len(opening) :].strip(_MARKS)
        for ending in self._endings:
            normal = normal.removesuffix(ending).strip(_MARKS)
        return normal

    def _names(self, text: str) -> list[str]:
        """The town's own names in ``text``, longest first where they overlap, in its order."""
        normal = self._segmenter.normalise(text)
        found: list[tuple[int, str]] = []
        for name in sorted(self._segmenter.town_words, key=len, reverse=True):
            at = normal.find(name)
            if at >= 0:
                found.append((at, name))
                normal = normal.replace(name, "\0" * len(name))
        return [name for _, name in sorted(found)]

    def _nouns(self, text: str) -> list[str]:
        """What is spoken of in ``text``, without words such as 地方 that name nothing."""
        return [
            word
            for word, tag in self._segmenter.tagged(text)
            if tag.startswith("n") and word not in self._stop_words
        ]

    def _subject(self, text: str) -> list[str]:
        """What a question is about, its names and other telling words, each once, in its order."""
        words = [w for w, _ in self._segmenter.tagged(text) if w not in self._stop_words]
        return list(dict.fromkeys(words))

    def _content(self, text: str) -> list[str]:
        """The words of ``text`` that carry meaning, each once, in its order."""
        words = self._segmenter.words(text)
        return [w for w in dict.fromkeys(words) if w not in self._stop_words]
