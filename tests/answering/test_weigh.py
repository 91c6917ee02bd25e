"""Weighing by a trained reader of known logits: what is read, and what is made of its logits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import numpy as np
import pytest

from assistant.answering.context import Context
from assistant.answering.features import NAMES, READER_NAMES
from assistant.answering.read import Read as ReadStep
from assistant.answering.understand import Understand
from assistant.answering.weigh import Candidate, FeatureWeigher, ReaderWeigher, Weights
from assistant.errors import ModelError
from assistant.models.reader import PassageReader, Read
from assistant.models.reader_input import Encoded, Passage
from assistant.resources import load
from assistant.segment import Segmenter
from assistant.types import Hit, Question
from tests.chunks import chunk_of, hit_of

QUESTION = "圖書館幾點開門？"
OPENS = "圖書館早上８點開門。"
RULES = "進館請保持安靜。"
CHECKUP = "卫生院为老人免费体检。"


class KnownReader:
    """Says of each sentence (folded) what it was told, and where in it the words that answer are.

    Every other sentence is unlikely; a passage is as relevant as its likeliest sentence.
    """

    def __init__(self, logits: dict[str, float], words: str = "") -> None:
        self._logits = logits
        self._words = words
        self.asked: list[tuple[str, list[str]]] = []

    def read(self, question: str, passages: Sequence[Passage]) -> list[Read]:
        """Read, and remember what was asked."""
        self.asked.append((question, [passage.body for passage in passages]))
        return [self._read(passage) for passage in passages]

    def _read(self, passage: Passage) -> Read:
        body = passage.body
        logits = [self._logits.get(body[start:end], -5.0) for start, end in passage.sentences]
        # A token is a character.
        starts = np.arange(len(body))
        sentence_of = np.full(len(body), -1)
        for n, (start, end) in enumerate(passage.sentences):
            sentence_of[start:end] = n
        begins, ends = np.full((2, len(body)), -5, np.float32)
        if self._words and self._words in body:
            at = body.index(self._words)
            begins[at] = ends[at + len(self._words) - 1] = 5
        encoded = Encoded(starts, sentence_of, starts, starts + 1)
        return Read(max(logits), np.array(logits, np.float32), begins, ends, encoded)


def weighed(
    segmenter: Segmenter, known: KnownReader, hits: Sequence[Hit], question: str = QUESTION
) -> list[Candidate]:
    """The candidates for a question."""
    weigher = ReaderWeigher(segmenter, cast(PassageReader, known))
    return weigher.weigh(Understand(segmenter).read(question), hits)


@pytest.fixture(autouse=True)
def known_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights that go by the reader's logit of a sentence and by nothing else."""
    names = (*NAMES, *READER_NAMES)
    zero = np.zeros(len(names), np.float32)
    hidden = zero[None, :].copy()
    hidden[0, names.index("sentence")] = 1
    one = np.ones(1, np.float32)
    weights = Weights(zero, zero + 1, hidden, 0 * one, 5 * one, null=0.0)
    monkeypatch.setattr(ReaderWeigher, "_weights", weights)


@pytest.fixture
def hits(segmenter: Segmenter) -> list[Hit]:
    return [
        hit_of(chunk_of(segmenter, CHECKUP, title="体检")),
        hit_of(chunk_of(segmenter, f"{RULES}\n{OPENS}", title="圖書館", start=30)),
    ]


def test_question_and_passages_are_read_folded(segmenter: Segmenter, hits: list[Hit]) -> None:
    known = KnownReader({})
    weighed(segmenter, known, hits)
    ((question, bodies),) = known.asked
    assert question == "图书馆几点开门?"
    assert bodies == ["卫生院为老人免费体检。", "进馆请保持安静。\n图书馆早上8点开门。"]


def test_the_sentence_that_the_reader_is_sure_of_weighs_most(
    segmenter: Segmenter, hits: list[Hit]
) -> None:
    candidates = weighed(segmenter, KnownReader({"图书馆早上8点开门。": 5.0}), hits)
    assert [c.text for c in candidates] == [CHECKUP, RULES, OPENS]
    assert max(candidates, key=lambda c: c.share).text == OPENS
    assert 0 < sum(c.share for c in candidates) <= 1


def test_nothing_is_likely_where_the_reader_sees_nothing(
    segmenter: Segmenter, hits: list[Hit]
) -> None:
    sure = weighed(segmenter, KnownReader({"图书馆早上8点开门。": 5.0}), hits)
    unsure = weighed(segmenter, KnownReader({}), hits)
    assert sum(c.share for c in unsure) < sum(c.share for c in sure)


def test_part_is_the_readers_own_probability(segmenter: Segmenter, hits: list[Hit]) -> None:
    known = KnownReader({"图书馆早上8点开门。": 2.0, "进馆请保持安静。": 0.0})
    parts = {c.text: c.part for c in weighed(segmenter, known, hits)}
    assert parts[OPENS] == pytest.approx(1 / (1 + math.exp(-2)))
    assert parts[RULES] == pytest.approx(0.5)


def test_the_words_are_the_documents_own(segmenter: Segmenter, hits: list[Hit]) -> None:
    known = KnownReader({"图书馆早上8点开门。": 5.0}, words="8点")
    weigher = ReaderWeigher(segmenter, cast(PassageReader, known))
    understood = Understand(segmenter).read(QUESTION)
    candidates = weigher.weigh(understood, hits)
    found = weigher.words(understood, candidates)
    for candidate, words in zip(candidates, found, strict=True):
        assert words is not None
        assert candidate.span.start <= words.start < words.end <= candidate.span.end
        assert candidate.text != OPENS or candidate.hit.chunk.quote(words) == "８點"


def test_for_its_words_a_sentence_is_read_with_those_beside_it(segmenter: Segmenter) -> None:
    text = "馆内有茶。馆外有树。馆前有路。馆后有河。馆旁有桥。"
    known = KnownReader({})
    weigher = ReaderWeigher(segmenter, cast(PassageReader, known))
    understood = Understand(segmenter).read(QUESTION)
    candidates = weigher.weigh(understood, [hit_of(chunk_of(segmenter, text))])
    weigher.words(understood, [candidates[2], candidates[0]])
    question, bodies = known.asked[-1]
    assert question == "图书馆几点开门?"
    assert bodies == ["馆外有树。馆前有路。馆后有河。", "馆内有茶。馆外有树。"]


def test_words_that_are_sure_are_not_looked_for_again(
    segmenter: Segmenter, hits: list[Hit]
) -> None:
    known = KnownReader({}, words="8点")
    weigher = ReaderWeigher(segmenter, cast(PassageReader, known))
    understood = Understand(segmenter).read(QUESTION)
    checkup, _, opens = weigher.weigh(understood, hits)
    _, words = weigher.words(understood, [checkup, opens])
    assert words is not None
    assert opens.hit.chunk.quote(words) == "８點"
    assert known.asked[1:] == [("图书馆几点开门?", ["卫生院为老人免费体检。"])]


def test_only_the_likeliest_passages_are_read_in_their_order(segmenter: Segmenter) -> None:
    count = load("search")["passages_read"]
    texts = [CHECKUP] * count + [f"图书馆{n}号厅几点开门看通知。" for n in range(count)]
    hits = [
        hit_of(chunk_of(segmenter, text, title=str(n)), 0.9 if "图书馆" in text else 0.1)
        for n, text in enumerate(texts)
    ]
    known = KnownReader({})
    candidates = weighed(segmenter, known, hits)
    assert known.asked[0][1] == texts[count:]
    assert [c.hit for c in candidates] == hits[count:]


def test_a_border_of_another_level_is_another_border(segmenter: Segmenter) -> None:
    hit = hit_of(chunk_of(segmenter, "省际治安卡点有4个。", title="平安建设"))
    asked = {"省际治安卡点有几个？": True, "省际卡点有几个？": True, "市际治安卡点有几个？": False}
    for question, able in asked.items():
        candidates = weighed(segmenter, KnownReader({}), [hit], question)
        assert [c.able for c in candidates] == [able]


def test_a_sentence_that_misses_a_demand_is_told(segmenter: Segmenter) -> None:
    hit = hit_of(chunk_of(segmenter, "2019年图书馆来了三万人。", title="图书馆"))
    for question, able in (("2019年图书馆来了多少人？", True), ("2021年图书馆来了多少人？", False)):
        known = KnownReader({hit.chunk.text: 5.0})
        assert [c.able for c in weighed(segmenter, known, [hit], question)] == [able]


def test_what_the_reader_is_sure_of_is_quoted_with_its_words(
    segmenter: Segmenter, hits: list[Hit]
) -> None:
    known = KnownReader({"图书馆早上8点开门。": 5.0, "进馆请保持安静。": 1.0}, words="8点")
    weigher = ReaderWeigher(segmenter, cast(PassageReader, known))
    asked = "圖書館有什麼規定？"
    understood = Understand(segmenter).read(asked)
    context = Context(Question(asked), understood, hits=tuple(hits))
    (reading,) = ReadStep(weigher, segmenter)(context).readings
    assert [hits[1].chunk.quote(span) for span in reading.sentences] == [RULES, OPENS]
    assert reading.span is not None
    assert hits[1].chunk.quote(reading.span) == "８點"


def test_without_a_reader_every_sentence_is_weighed(segmenter: Segmenter, hits: list[Hit]) -> None:
    weigher, understood = FeatureWeigher(segmenter), Understand(segmenter).read(QUESTION)
    candidates = weigher.weigh(understood, hits)
    assert [(c.hit, c.at) for c in candidates] == [(hits[0], 0), (hits[1], 0), (hits[1], 1)]
    best = max(candidates, key=lambda c: c.share)
    assert best.text == OPENS
    assert best.part == 1
    assert weigher.words(understood, candidates) == [None, None, None]


def test_shares_and_the_share_of_none_make_one() -> None:
    zero = np.zeros(2, np.float32)
    one = Weights(zero, zero + 1, np.eye(2, dtype=np.float32), zero, zero + 1, null=0.0)
    shares = one.probabilities(np.zeros((3, 2), np.float32))
    assert shares.tolist() == pytest.approx([0.25] * 3)
    higher = one.probabilities(np.array([[1, 1], [0, 0]], np.float32))
    assert higher[0] > higher[1]


def test_weights_of_other_features_are_refused() -> None:
    with pytest.raises(ModelError, match="阅读参数与程序不符"):
        Weights.load("sentence_weights", NAMES[:-1])
