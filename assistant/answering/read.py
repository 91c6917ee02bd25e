"""The reading step: of the sentences that were weighed, the few that are quoted, and how surely.

It points at whole sentences of a document and writes nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from assistant.answering.context import Context, Reading, Understood
from assistant.answering.weigh import Candidate, Weigher
from assistant.resources import load
from assistant.segment import Segmenter


class Read:
    """Sets ``readings``: the best sentence, those that go on with it, and the confidence.

    The hits are put in the order that reading gives them.
    """

    def __init__(self, weigher: Weigher, segmenter: Segmenter) -> None:
        self.name = weigher.name
        self._weigher = weigher
        self._segmenter = segmenter
        search = load("search")
        self._tuning = search["quoting"][weigher.name]
        self._threshold: float = search["refusal_threshold"]

    def __call__(self, context: Context) -> Context:
        """Read the hits that were kept."""
        hits = context.kept
        if not hits or context.understood is None:
            return context
        candidates = self._weigher.weigh(context.understood, hits)
        mass: dict[str, float] = {}
        for candidate in candidates:
            identity = candidate.hit.chunk.id
            mass[identity] = mass.get(identity, 0.0) + candidate.share
        read = [replace(hit, reading=mass.get(hit.chunk.id)) for hit in hits]
        rejected = tuple(hit for hit in context.hits if hit.rejected)
        return context.with_(
            hits=(*sorted(read, key=lambda hit: -(hit.reading or 0.0)), *rejected),
            readings=tuple(self._readings(context.understood, [c for c in candidates if c.able])),
        )

    def _readings(self, understood: Understood, able: Sequence[Candidate]) -> Iterator[Reading]:
        """The readings, best first; each a run of neighbouring sentences of one hit.

        The probability of sentences that do not meet the question's demands is taken as that
        of no answer; it does not pass to other sentences.
        """
        if not able:
            return
        confidence = sum(c.share for c in able)
        best = max(able, key=lambda c: c.share)
        room = self._tuning["answer_length"] - len(best.text)
        runs = [self._run(best, able, room)]
        room -= sum(len(c.text) for c in runs[0]) - len(best.text)
        others = sorted(able, key=lambda c: -c.share)
        said = {self._segmenter.normalise(c.text) for c in runs[0]}
        for other in others:
            text = self._segmenter.normalise(other.text)
            if (
                other.share >= self._tuning["second_share"] * best.share
                and len(runs) < self._tuning["passages_quoted"]
                and text not in said
                and len(other.text) <= room
            ):
                runs.append([other])
                said.add(text)
                room -= len(other.text)
        likeliest = [max(run, key=lambda c: c.share) for run in runs]
        # What is going to be refused is not read again.
        sure = confidence >= self._threshold
        found = self._weigher.words(understood, likeliest) if sure else [None] * len(runs)
        for run, words in zip(runs, found, strict=True):
            yield Reading(run[0].hit, tuple(c.span for c in run), confidence, words)

    def _run(self, best: Candidate, able: Sequence[Candidate], room: int) -> list[Candidate]:
        """``best`` with the neighbours that are part of the answer too, as far as there is room."""
        at = {c.at: c for c in able if c.hit is best.hit}
        run = [best]
        while True:
            sides = [at.get(run[0].at - 1), at.get(run[-1].at + 1)]
            near = [
                c for c in sides if c and c.part >= self._tuning["part"] and len(c.text) <= room
            ]
            if not near:
                return run
            likeliest = max(near, key=lambda c: c.part)
            room -= len(likeliest.text)
            run = sorted([*run, likeliest], key=lambda c: c.at)
