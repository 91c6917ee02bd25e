"""Which of the sentences that were weighed are quoted, with which confidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from assistant.answering.context import Context, Reading, Understood
from assistant.answering.read import Read
from assistant.answering.understand import Understand
from assistant.answering.weigh import Candidate, Look
from assistant.resources import load
from assistant.segment import Segmenter
from assistant.types import Chunk, Hit, Question, Span
from tests.chunks import chunk_of, hit_of

QUOTING = load("search")["quoting"]["trained"]
BELONGS = QUOTING["part"] + 0.1
NOT = QUOTING["part"] - 0.1
UNLIKELY = 0.5 * QUOTING["second_share"] - 0.01
"""Beside a best one of a half; not quoted as a second place."""
SENTENCES = ("窗口周一至周五开放。", "周六只收件。", "周日休息。", "请带身份证。")


@dataclass(frozen=True)
class Weight:
    """What is said of one sentence."""

    share: float
    part: float = NOT
    able: bool = True
    words: Span | None = None


class FixedWeigher:
    """Gives the sentences, in order, weights that are known."""

    name = "trained"

    def __init__(self, weights: Sequence[Weight]) -> None:
        self._weights = weights

    def look(self, understood: Understood, hits: Sequence[Hit]) -> Look:
        """It goes by nothing."""
        return Look(tuple(hits), (), np.empty((0, 0), np.float32))

    def weigh(self, understood: Understood, hits: Sequence[Hit]) -> list[Candidate]:
        """The candidates, by hit and place."""
        places = [(hit, at) for hit in hits for at in range(len(hit.chunk.sentences))]
        return [
            Candidate(hit, at, w.share, w.part, w.able)
            for (hit, at), w in zip(places, self._weights, strict=True)
        ]

    def words(self, understood: Understood, candidates: Sequence[Candidate]) -> list[Span | None]:
        """Those that are known of each."""
        of = {(w.share, w.part): w.words for w in self._weights}
        return [of[candidate.share, candidate.part] for candidate in candidates]


def read(segmenter: Segmenter, weights: Sequence[Weight], *hits: Hit) -> Context:
    """What reading makes of hits, whatever the question."""
    context = Context(
        Question("窗口何时开放？"), Understand(segmenter).read("窗口何时开放？"), hits=hits
    )
    return Read(FixedWeigher(weights), segmenter)(context)


def quotes(context: Context) -> list[list[str]]:
    """The quoted sentences of each reading."""
    return [[r.hit.chunk.quote(span) for span in r.sentences] for r in context.readings]


@pytest.fixture
def hit(segmenter: Segmenter) -> Hit:
    return hit_of(chunk_of(segmenter, "".join(SENTENCES), title="窗口", start=12))


@pytest.fixture
def other(segmenter: Segmenter) -> Hit:
    return hit_of(chunk_of(segmenter, "大厅每天开放。门卫值夜班。", title="大厅", start=7))


def test_neighbours_that_belong_are_quoted_with_the_best(segmenter: Segmenter, hit: Hit) -> None:
    weights = [
        *(Weight(share, BELONGS) for share in (UNLIKELY, 0.5, UNLIKELY)),
        Weight(UNLIKELY, NOT),
    ]
    assert quotes(read(segmenter, weights, hit)) == [list(SENTENCES[:3])]


def test_a_gap_ends_what_is_quoted_with_the_best(segmenter: Segmenter, hit: Hit) -> None:
    weights = [
        Weight(0.5, BELONGS),
        Weight(UNLIKELY, NOT),
        *[Weight(UNLIKELY, BELONGS)] * 2,
    ]
    assert quotes(read(segmenter, weights, hit)) == [[SENTENCES[0]]]


def test_the_best_is_quoted_even_if_it_hardly_belongs(segmenter: Segmenter, hit: Hit) -> None:
    weights = [*[Weight(UNLIKELY)] * 2, Weight(0.5, part=0.0), Weight(UNLIKELY)]
    assert quotes(read(segmenter, weights, hit)) == [[SENTENCES[2]]]


def test_quotes_are_not_longer_than_an_answer_may_be(segmenter: Segmenter) -> None:
    each = QUOTING["answer_length"] // 3 - 4  # with number and stop, three fit and not four
    text = "".join(f"第{n}项{'材料' * (each // 2)}。" for n in range(1, 9))
    chunk = chunk_of(segmenter, text)
    weights = [Weight(0.5 if n == 3 else 0.05, BELONGS + n / 100) for n in range(8)]
    (sentences,) = quotes(read(segmenter, weights, hit_of(chunk)))
    assert len("".join(sentences)) <= QUOTING["answer_length"]
    # Towards the side that belongs more.
    assert [sentence[1] for sentence in sentences] == ["4", "5", "6"]


def test_a_best_sentence_that_is_too_long_is_still_quoted_whole(segmenter: Segmenter) -> None:
    long = "材料" * QUOTING["answer_length"] + "。"
    hit = hit_of(chunk_of(segmenter, f"{long}另有规定。"))
    assert quotes(read(segmenter, [Weight(0.6, 1.0), Weight(0.3, 1.0)], hit)) == [[long]]


def test_a_second_place_nearly_as_likely_is_quoted_too(
    segmenter: Segmenter, hit: Hit, other: Hit
) -> None:
    nearly = 0.4 * QUOTING["second_share"] + 0.01
    weights = [Weight(0.4), *[Weight(0.0)] * 3, Weight(nearly), Weight(0.0)]
    assert quotes(read(segmenter, weights, hit, other)) == [[SENTENCES[0]], ["大厅每天开放。"]]


def test_a_second_place_less_likely_is_not_quoted(
    segmenter: Segmenter, hit: Hit, other: Hit
) -> None:
    less = 0.4 * QUOTING["second_share"] - 0.01
    weights = [Weight(0.4), *[Weight(0.0)] * 3, Weight(less), Weight(0.0)]
    assert quotes(read(segmenter, weights, hit, other)) == [[SENTENCES[0]]]


def test_a_second_place_that_says_the_same_is_not_quoted(segmenter: Segmenter, hit: Hit) -> None:
    same = hit_of(chunk_of(segmenter, "窗口周一至周五開放。", title="別處"))
    weights = [Weight(0.4), *[Weight(0.0)] * 3, Weight(0.4)]
    assert quotes(read(segmenter, weights, hit, same)) == [[SENTENCES[0]]]


def test_no_more_places_are_quoted_than_may_be(segmenter: Segmenter) -> None:
    hits = [hit_of(chunk_of(segmenter, f"{n}号窗口开放。", title=f"{n}")) for n in range(5)]
    context = read(segmenter, [Weight(0.2)] * 5, *hits)
    assert len(context.readings) == QUOTING["passages_quoted"]


def test_a_second_place_counts_towards_the_length(segmenter: Segmenter) -> None:
    half = QUOTING["answer_length"] // 2 + 1
    hits = [hit_of(chunk_of(segmenter, f"{mark * half}。", title=mark)) for mark in "甲乙"]
    assert len(read(segmenter, [Weight(0.4), Weight(0.4)], *hits).readings) == 1


def test_what_misses_a_demand_is_not_quoted_and_counts_as_none(
    segmenter: Segmenter, hit: Hit, other: Hit
) -> None:
    weights = [
        Weight(0.4, BELONGS, able=False),
        Weight(0.2, BELONGS),
        Weight(0.1, BELONGS, able=False),
        Weight(0.2 * UNLIKELY, BELONGS),
        Weight(0.19, able=False),
        Weight(0.01),
    ]
    context = read(segmenter, weights, hit, other)
    assert quotes(context) == [[SENTENCES[1]]]
    assert context.readings[0].confidence == pytest.approx(0.21 + 0.2 * UNLIKELY)


def test_where_nothing_meets_the_demands_nothing_is_quoted(segmenter: Segmenter, hit: Hit) -> None:
    assert read(segmenter, [Weight(0.2, able=False)] * 4, hit).readings == ()


def test_the_words_lie_within_what_is_quoted(segmenter: Segmenter, hit: Hit) -> None:
    spans = hit.chunk.sentences
    words = [Span(span.start, span.start + 2) for span in spans]
    weights = [
        Weight(share, BELONGS, words=found)
        for share, found in zip((0.1, 0.5, 0.2, 0.1), words, strict=True)
    ]
    (reading,) = read(segmenter, weights, hit).readings
    assert reading == Reading(hit, spans, pytest.approx(0.9), words[1])
    assert reading.span is not None
    assert reading.sentences[0].start <= reading.span.start
    assert reading.span.end <= reading.sentences[-1].end


def test_words_are_not_looked_for_in_what_will_be_refused(segmenter: Segmenter, hit: Hit) -> None:
    words = hit.chunk.sentences[0]
    weights = [Weight(0.15, NOT, words=words), *[Weight(0.01, NOT, words=words)] * 3]
    (reading,) = read(segmenter, weights, hit).readings
    assert (reading.confidence, reading.span) == (pytest.approx(0.18), None)


def test_hits_are_put_in_the_order_that_reading_gives(
    segmenter: Segmenter, hit: Hit, other: Hit
) -> None:
    rejected = hit_of(_chunk(segmenter, "另一件事。"), rejected="far")
    weights = [*[Weight(0.05)] * 4, Weight(0.3), Weight(0.1)]
    assert read(segmenter, weights, hit, rejected, other).hits == (other, hit, rejected)


def test_without_hits_there_is_nothing_to_read(segmenter: Segmenter) -> None:
    rejected = hit_of(_chunk(segmenter, "另一件事。"), rejected="far")
    context = read(segmenter, [], rejected)
    assert context.readings == ()
    assert context.hits == (rejected,)


def _chunk(segmenter: Segmenter, text: str) -> Chunk:
    return chunk_of(segmenter, text, title="其他")
