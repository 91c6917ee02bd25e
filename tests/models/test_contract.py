"""What the rest of the program relies on in an embedder, of the real one and of its stand-in."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from assistant.models.embedder import Embedder
from tests.fakes import HashEmbedder

TEXTS = [
    "申请最低生活保障需要户口簿、身份证和家庭收入证明。",
    "发现堤坝险情的，应当立即报告镇防汛指挥部。",
    "崇明南门至启隆镇的专线公交每四十分钟一班。",
]
QUESTIONS = ["申请低保要什么证明？", "发现堤坝险情报告给谁？", "专线公交多少分钟一班？"]

AnyEmbedder = Embedder | HashEmbedder


@pytest.fixture(params=["built-in", "stand-in"])
def kind(request: pytest.FixtureRequest) -> AnyEmbedder:
    """Each of the two in turn."""
    if request.param == "stand-in":
        return HashEmbedder()
    real: Embedder = request.getfixturevalue("embedder")
    return real


def test_passages_become_unit_vectors(kind: AnyEmbedder) -> None:
    vectors = kind.encode_passages(TEXTS)
    assert vectors.shape == (len(TEXTS), kind.dimension)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_a_question_becomes_one_unit_vector(kind: AnyEmbedder) -> None:
    vector = kind.encode_query(QUESTIONS[0])
    assert vector.shape == (kind.dimension,)
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_no_passages_become_no_vectors(kind: AnyEmbedder) -> None:
    assert kind.encode_passages([]).shape == (0, kind.dimension)


@pytest.mark.parametrize("text", ["", " ", "。", "\ud800", "长" * 2000])
def test_any_text_is_taken(kind: AnyEmbedder, text: str) -> None:
    for vector in (kind.encode_query(text), kind.encode_passages([text])[0]):
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_the_same_passages_give_the_same_bytes(kind: AnyEmbedder) -> None:
    assert kind.encode_passages(TEXTS).tobytes() == kind.encode_passages(TEXTS).tobytes()


def test_a_question_is_nearest_to_the_passage_that_answers_it(kind: AnyEmbedder) -> None:
    passages = kind.encode_passages(TEXTS)
    nearest = [int(np.argmax(passages @ kind.encode_query(q))) for q in QUESTIONS]
    assert nearest == [0, 1, 2]


@pytest.mark.parametrize(
    "made", [lambda: HashEmbedder("a"), lambda: HashEmbedder("b")], ids=["a", "b"]
)
def test_the_stand_in_is_told_apart_by_its_fingerprint(made: Callable[[], HashEmbedder]) -> None:
    assert made().fingerprint == made().fingerprint
    assert made().fingerprint != HashEmbedder().fingerprint
