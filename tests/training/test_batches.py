"""What of the pairs is seen in an epoch: parts of passages, and passages without their answer."""

from __future__ import annotations

import random

import pytest
from tokenizers import Tokenizer

from assistant.models.reader_input import Passage
from assistant.segment import sentences
from assistant.training import batches
from assistant.training.pairs import Label, Pairs, cropped, without
from tests.tiny_encoder import write_encoder

BODY = "馆内有茶。馆外有树。图书馆早上八点开门。馆后有河。馆旁有桥。馆前有路。"
ANSWER = "八点"
SPAN = (BODY.index(ANSWER), BODY.index(ANSWER) + len(ANSWER))
RIGHT = Label((2,), SPAN)


def passage(body: str) -> Passage:
    """A passage cut as the product cuts it."""
    return Passage("图书馆", body, tuple((span.start, span.end) for span in sentences(body)))


def texts(of: Passage) -> list[str]:
    """Its sentences."""
    return [of.body[start:end] for start, end in of.sentences]


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    folder = write_encoder(tmp_path_factory.mktemp("tiny") / "encoder")
    return Tokenizer.from_file(str(folder / "tokenizer.json"))


def test_a_part_keeps_the_answer_in_its_place() -> None:
    part, label = cropped(passage(BODY), RIGHT, 1, 3)
    assert texts(part) == ["馆外有树。", "图书馆早上八点开门。", "馆后有河。"]
    assert label.sentences == (1,)
    assert label.span is not None
    assert part.body[slice(*label.span)] == ANSWER
    assert part.head == "图书馆"


def test_a_part_may_lack_a_span() -> None:
    part, label = cropped(passage(BODY), Label((2, 3)), 2, 4)
    assert texts(part)[0] == "图书馆早上八点开门。"
    assert label == Label((0, 1))


def test_without_its_answer_a_passage_keeps_the_rest() -> None:
    rest = without(passage(BODY), RIGHT)
    assert rest is not None
    assert texts(rest) == ["馆内有茶。", "馆外有树。", "馆后有河。", "馆旁有桥。", "馆前有路。"]


@pytest.mark.parametrize(
    ("body", "label"),
    [
        pytest.param(BODY + "八点也关门。", RIGHT, id="said twice"),
        pytest.param("馆内有茶。八点开门。", Label((1,), (5, 7)), id="hardly anything is left"),
    ],
)
def test_what_may_answer_without_the_answer_is_not_misleading(body: str, label: Label) -> None:
    assert without(passage(body), label) is None


def test_an_epoch_shows_each_question_with_what_answers_and_what_misleads(
    tokenizer: Tokenizer,
) -> None:
    other = passage("卫生院为老人免费体检。")
    pairs = [Pairs(f"图书馆几点开门{n}", ((passage(BODY), RIGHT),), (other,)) for n in range(200)]
    seen = [e for batch in batches.batches(pairs, tokenizer, 7, 0) for e in batch]
    right = [e for e in seen if e.label.sentences]
    assert (len(seen), len(right)) == (400, 200)
    counts = [int(e.encoded.sentence_of.max()) + 1 for e in right]
    # The third with up to two sentences on either side is never all six.
    whole = sum(count == 6 for count in counts)
    assert whole == pytest.approx(200 * (1 - batches.CROPPED), abs=25)
    wrong = [int(e.encoded.sentence_of.max()) + 1 for e in seen if not e.label.sentences]
    assert set(wrong) == {1, 5}
    assert sum(count == 5 for count in wrong) == pytest.approx(200 * batches.ANSWERLESS, abs=25)


def test_an_epoch_is_the_same_again_and_another_is_not(tokenizer: Tokenizer) -> None:
    pairs = [Pairs(f"几点{n}", ((passage(BODY), RIGHT),), ()) for n in range(50)]

    def shown(epoch: int) -> list[list[int]]:
        found = batches.batches(pairs, tokenizer, 7, epoch)
        return [e.encoded.ids.tolist() for batch in found for e in batch]

    assert shown(1) == shown(1) != shown(2)


def test_the_answer_is_always_in_what_is_seen() -> None:
    order = random.Random(3)  # noqa: S311 - to be repeated, not a secret
    for _ in range(50):
        part, label = batches._seen_anew(passage(BODY), RIGHT, order)
        assert label.span is not None
        assert part.body[slice(*label.span)] == ANSWER
        assert texts(part)[label.sentences[0]] == "图书馆早上八点开门。"


def test_for_the_words_alone_only_parts_with_a_span_are_seen(tokenizer: Tokenizer) -> None:
    other = passage("卫生院为老人免费体检。")
    with_span = Pairs("图书馆几点开门", ((passage(BODY), RIGHT),), (other,))
    without_span = Pairs("馆里有什么", ((passage(BODY), Label((0, 1))),), (other,))
    refused = Pairs("馆长是谁", (), (other,))
    pairs = [with_span] * 50 + [without_span, refused]
    seen = [e for b in batches.batches(pairs, tokenizer, 7, 0, words=True) for e in b]
    assert len(seen) == 50
    assert all(e.label.span for e in seen)
    assert {int(e.encoded.sentence_of.max()) + 1 for e in seen} == {1, 2, 3, 4, 5}
