"""How a question and a passage become tokens, and where in the passage each token stands."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from assistant.models.reader_input import MAX_TOKENS, Encoded, Passage, encode
from assistant.segment import sentences
from tests.tiny_encoder import write_encoder

BODY = "窗口周一至周五开放。\n电话是一二三。 地址在二楼。"


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    folder = write_encoder(tmp_path_factory.mktemp("tiny") / "encoder")
    return Tokenizer.from_file(str(folder / "tokenizer.json"))


def passage(body: str, head: str = "办理") -> Passage:
    """A passage cut as the product cuts it."""
    return Passage(head, body, tuple((span.start, span.end) for span in sentences(body)))


def text_of(body: str, pair: Encoded, sentence: int) -> str:
    """The characters that the tokens of a sentence cover, put together."""
    tokens = np.flatnonzero(pair.sentence_of == sentence)
    return "".join(body[pair.starts[t] : pair.ends[t]] for t in tokens)


def test_question_head_and_body_stand_in_this_order(tokenizer: Tokenizer) -> None:
    pair = encode(tokenizer, "何时开放？", passage("开放。", head="窗口"))
    tokens = [tokenizer.id_to_token(i).removeprefix("▁") for i in pair.ids.tolist()]
    assert tokens == ["<s>", *"何时开放？", "</s>", *"窗口", "</s>", *"开放。", "</s>"]


def test_every_token_of_the_body_belongs_to_its_sentence(tokenizer: Tokenizer) -> None:
    pair = encode(tokenizer, "何时？", passage(BODY))
    assert [text_of(BODY, pair, n) for n in range(3)] == [
        "窗口周一至周五开放。",
        "电话是一二三。",
        "地址在二楼。",
    ]


def test_nothing_outside_the_body_belongs_to_a_sentence(tokenizer: Tokenizer) -> None:
    pair = encode(tokenizer, "何时开放？", passage("开放。", head="窗口"))
    before = len("<何时开放？>窗口>")
    assert (pair.sentence_of[:before] == -1).all()
    assert pair.sentence_of[-1] == -1
    assert not pair.starts[:before].any()
    assert not pair.ends[:before].any()
    assert pair.sentence_of[before:-1].tolist() == [0, 0, 0]


def test_white_space_between_sentences_belongs_to_neither(tokenizer: Tokenizer) -> None:
    body = "开放。\n\n 电话。"
    pair = encode(tokenizer, "何时？", passage(body))
    covered = {
        at
        for token in np.flatnonzero(pair.sentence_of >= 0)
        for at in range(pair.starts[token], pair.ends[token])
    }
    assert covered == {at for at, character in enumerate(body) if not character.isspace()}


@pytest.mark.parametrize("gap", ["\n", " ", "\n\n"])
def test_the_first_token_behind_a_gap_starts_with_its_sentence(
    tokenizer: Tokenizer, gap: str
) -> None:
    body = f"开放。{gap}电话。"
    pair = encode(tokenizer, "何时？", passage(body))
    first = int(np.flatnonzero(pair.sentence_of == 1)[0])
    assert pair.starts[first] == body.index("电")


def test_a_long_body_is_cut_and_keeps_its_places(tokenizer: Tokenizer) -> None:
    body = "".join(f"第{n}窗口周一开放。" for n in range(100, 200))
    whole = passage(body)
    pair = encode(tokenizer, "何时开放？", whole)
    assert len(pair.ids) == MAX_TOKENS
    assert tokenizer.id_to_token(int(pair.ids[-1])) == "</s>"
    last = int(pair.sentence_of.max())
    assert 0 < last < len(whole.sentences) - 1
    for n, (start, end) in enumerate(whole.sentences[:last]):
        assert text_of(body, pair, n) == body[start:end]
    assert body[whole.sentences[last][0] :].startswith(text_of(body, pair, last))


def test_a_long_question_and_head_leave_room_for_the_body(tokenizer: Tokenizer) -> None:
    pair = encode(tokenizer, "何时开放" * 200, passage(BODY, head="办理" * 200))
    assert len(pair.ids) <= MAX_TOKENS
    assert int(pair.sentence_of.max()) == 2
    assert text_of(BODY, pair, 2) == "地址在二楼。"


@pytest.mark.parametrize("part", ["question", "head", "body"])
def test_an_empty_part_is_no_error(tokenizer: Tokenizer, part: str) -> None:
    question = "" if part == "question" else "何时？"
    seen = Passage("" if part == "head" else "办理", "" if part == "body" else BODY, ((0, 10),))
    pair = encode(tokenizer, question, seen)
    assert len(pair.ids) == len(pair.sentence_of) == len(pair.starts) == len(pair.ends)
    assert (int(pair.sentence_of.max()) == -1) == (part == "body")


def test_the_built_in_tokens_start_with_their_sentence_too(model_folder: Path) -> None:
    body = "第一句话。\n第二句在这里。 三、电话1234。"
    built_in = Tokenizer.from_file(str(model_folder / "tokenizer.json"))
    pair = encode(built_in, "电话？", passage(body))
    assert [text_of(body, pair, n) for n in range(3)] == [
        "第一句话。",
        "第二句在这里。",
        "三、电话1234。",
    ]
