"""The trained reader: what it says of passages, and what it says when its files are not right."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor, nn

from assistant.errors import ModelError
from assistant.models.embedder import NumberType
from assistant.models.reader import ADAPTER, PassageReader, Read
from assistant.models.reader_input import MAX_TOKENS, Passage, encode
from assistant.models.reader_network import load_network
from assistant.segment import sentences
from tests.tiny_encoder import WIDTH, write_encoder

RANK = 4
ALPHA = 8
QUESTION = "窗口何时开放？"


def passage(body: str, head: str = "办理") -> Passage:
    """A passage cut as the product cuts it."""
    return Passage(head, body, tuple((span.start, span.end) for span in sentences(body)))


PASSAGES = [
    passage("窗口周一至周五开放。" * n + "电话是一二三。\n地址在二楼。")
    for n in (3, 1, 9, 2, 20, 1, 5)
]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_encoder(tmp_path_factory.mktemp("tiny") / "encoder")


def write_adapter(folder: Path, encoder: Path, width: int = WIDTH) -> Path:
    """An adapter with random matrices for every linear layer, and random heads."""
    torch.manual_seed(11)
    weights = load_file(encoder / "model.safetensors")
    matrices: dict[str, Tensor] = {}
    for name, weight in weights.items():
        if name.startswith("encoder.") and weight.dim() == 2:
            stem = f"base_model.model.{name.removesuffix('.weight')}"
            up, down = weight.shape
            matrices[f"{stem}.lora_A.weight"] = torch.randn(RANK, down * width // WIDTH) * 0.1
            matrices[f"{stem}.lora_B.weight"] = torch.randn(up * width // WIDTH, RANK) * 0.1
    folder.mkdir(parents=True)
    save_file(matrices, folder / "adapter_model.safetensors")
    (folder / "adapter_config.json").write_text(json.dumps({"r": RANK, "lora_alpha": ALPHA}))
    heads = {"relevance": 1, "sentences": 1, "spans": 2}
    made = nn.ModuleDict({name: nn.Linear(WIDTH, size) for name, size in heads.items()})
    save_file(made.state_dict(), folder / "heads.safetensors")
    return folder


@pytest.fixture(scope="module")
def adapter(encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_adapter(tmp_path_factory.mktemp("tiny") / "adapter", encoder)


@pytest.fixture(scope="module")
def reader(encoder: Path, adapter: Path) -> PassageReader:
    return PassageReader(encoder, adapter, number_type="float32")


def same(one: Read, other: Read, tolerance: float) -> bool:
    """Whether two reads agree in every logit."""
    pairs = [
        (np.array(one.relevance), np.array(other.relevance)),
        (one.sentences, other.sentences),
        (one.begins, other.begins),
        (one.ends, other.ends),
    ]
    return all(a.shape == b.shape and np.allclose(a, b, atol=tolerance) for a, b in pairs)


@pytest.mark.parametrize(("number_type", "tolerance"), [("float32", 1e-4), ("bfloat16", 0.1)])
def test_a_passage_reads_the_same_alone_and_among_others(
    encoder: Path, adapter: Path, number_type: NumberType, tolerance: float
) -> None:
    reader = PassageReader(encoder, adapter, number_type=number_type)
    together = reader.read(QUESTION, PASSAGES)
    alone = [reader.read(QUESTION, [one])[0] for one in PASSAGES]
    assert all(same(a, b, tolerance) for a, b in zip(together, alone, strict=True))


@pytest.mark.parametrize("cpus", [1, 2, 3, 16])
def test_passages_come_back_in_their_order_however_many_threads_read(
    reader: PassageReader, monkeypatch: pytest.MonkeyPatch, cpus: int
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: cpus)
    reads = reader.read(QUESTION, PASSAGES)
    assert [len(read.sentences) for read in reads] == [len(p.sentences) for p in PASSAGES]
    for read, one in zip(reads, PASSAGES, strict=True):
        assert int(read.encoded.ends.max()) == len(one.body)


def test_other_passages_have_other_logits(reader: PassageReader) -> None:
    reads = reader.read(QUESTION, PASSAGES[:5])
    assert len({round(read.relevance, 4) for read in reads}) == 5


def test_no_passages_are_no_reads(reader: PassageReader) -> None:
    assert reader.read(QUESTION, []) == []


def test_the_words_lie_within_the_sentence_asked_for(reader: PassageReader) -> None:
    for read, one in zip(reader.read(QUESTION, PASSAGES), PASSAGES, strict=True):
        for start, end in one.sentences:
            if end > read.encoded.ends.max():
                continue
            words = read.words(start, end)
            assert words is not None
            assert start <= words.start < words.end <= end
            assert 0 < words.share <= 1


def test_the_words_are_the_likeliest_begin_and_end(encoder: Path) -> None:
    one = passage("电话是一二三。\n窗口周一开放。")
    tokenizer = Tokenizer.from_file(str(encoder / "tokenizer.json"))
    pair = encode(tokenizer, QUESTION, one)
    begins, ends = np.zeros((2, len(pair.ids)), np.float32)
    at = one.body.index
    begins[pair.starts == at("周")] = 3
    ends[pair.ends == at("开")] = 3
    begins[pair.starts == at("电")] = 9  # in the other sentence
    ends[pair.ends == at("口")] = 5  # before the begin
    read = Read(0.0, np.zeros(2, np.float32), begins, ends, pair)
    sure = read.words(*one.sentences[1])
    assert sure is not None
    assert (sure.start, sure.end) == (at("周"), at("开"))
    assert sure.share > 0.5
    assert read.words_logit(*one.sentences[1]) == 8
    unsure = read.words(*one.sentences[0])
    assert unsure is not None
    # The end of any token from there on is as likely as any other.
    assert (unsure.start, unsure.end) == (at("电"), at("电") + 1)
    assert unsure.share == pytest.approx(1 / len("电话是一二三。"), rel=0.01)


def test_a_sentence_beyond_the_cut_answers_nothing(reader: PassageReader) -> None:
    long = passage("窗口周一开放。" * (MAX_TOKENS // 4))
    (read,) = reader.read(QUESTION, [long])
    seen = int(read.encoded.sentence_of.max()) + 1
    assert 0 < seen < len(long.sentences) == len(read.sentences)
    assert (read.sentences[seen:] == -10).all()
    assert (read.sentences[:seen] > -10).all()
    assert read.words(*long.sentences[-1]) is None
    assert read.words_logit(*long.sentences[-1]) == -20


def test_merging_adds_the_scaled_product_to_each_weight(encoder: Path, adapter: Path) -> None:
    network = load_network(encoder, adapter, "float32")
    base = load_file(encoder / "model.safetensors")
    matrices = load_file(adapter / "adapter_model.safetensors")
    merged = network.encoder.state_dict()
    adapted = 0
    for name, weight in base.items():
        stem = f"base_model.model.{name.removesuffix('.weight')}"
        expected = weight
        if f"{stem}.lora_A.weight" in matrices:
            product = matrices[f"{stem}.lora_B.weight"] @ matrices[f"{stem}.lora_A.weight"]
            expected = weight + ALPHA / RANK * product
            adapted += 1
        assert torch.allclose(merged[name], expected, atol=1e-6)
    assert adapted == 12


def _missing(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def _holding(name: str, content: bytes) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / name).write_bytes(content)

    return spoil


def _cut_off(name: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        file = folder / name
        file.write_bytes(file.read_bytes()[:-100])

    return spoil


def _heads_of_another_width(folder: Path) -> None:
    heads = load_file(folder / "heads.safetensors")
    save_file({k: v[..., :8].contiguous() for k, v in heads.items()}, folder / "heads.safetensors")


@pytest.mark.parametrize(
    "spoil",
    [
        _missing("adapter_model.safetensors"),
        _missing("adapter_config.json"),
        _missing("heads.safetensors"),
        _cut_off("adapter_model.safetensors"),
        _cut_off("heads.safetensors"),
        _holding("adapter_config.json", b"{"),
        _holding("adapter_config.json", b"\xff\xfe"),
        _holding("adapter_config.json", b"[]"),
        _holding("adapter_config.json", b"{}"),
        _holding("heads.safetensors", b""),
        _heads_of_another_width,
    ],
)
def test_files_that_cannot_be_used_are_told_in_chinese(
    encoder: Path, adapter: Path, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    folder = tmp_path / "adapter"
    shutil.copytree(adapter, folder)
    spoil(folder)
    with pytest.raises(ModelError, match="无法加载阅读模型") as caught:
        PassageReader(encoder, folder, number_type="float32")
    assert str(folder) in str(caught.value)


def test_an_adapter_of_another_encoder_is_refused(encoder: Path, tmp_path: Path) -> None:
    wider = write_adapter(tmp_path / "wider", encoder, width=2 * WIDTH)
    deep = write_encoder(tmp_path / "deep", layers=3)
    deeper = write_adapter(tmp_path / "deeper", deep)
    for folder in (wider, deeper):
        with pytest.raises(ModelError, match="与向量模型不配"):
            PassageReader(encoder, folder, number_type="float32")


@pytest.mark.parametrize("name", ["tokenizer.json", "model.safetensors", "config.json"])
@pytest.mark.parametrize("damaged", [False, True])
def test_an_encoder_that_cannot_be_used_is_told_in_chinese(
    encoder: Path, adapter: Path, tmp_path: Path, name: str, damaged: bool
) -> None:
    folder = tmp_path / "encoder"
    shutil.copytree(encoder, folder)
    (folder / name).unlink()
    if damaged:
        (folder / name).write_bytes(b"{")
    with pytest.raises(ModelError, match="无法加载"):
        PassageReader(folder, adapter, number_type="float32")


@pytest.mark.skipif(not ADAPTER.exists(), reason="the adapter does not come with this copy")
def test_a_plain_question_finds_its_sentence_and_passage(model_folder: Path) -> None:
    reader = PassageReader(model_folder, number_type="float32")
    hall = passage(
        "便民服务中心设在镇政府东侧。窗口周一至周五上午八点半到下午五点开放。办事请带身份证。",
        head="便民服务中心",
    )
    other = passage("镇卫生院为六十五周岁以上的老人免费体检。体检前一天晚上不要饮酒。", head="体检")
    right, wrong = reader.read("便民服务中心几点开门?", [hall, other])
    assert int(right.sentences.argmax()) == 1
    assert right.relevance > wrong.relevance
    words = right.words(*hall.sentences[1])
    assert words is not None
    assert "八点半" in hall.body[words.start : words.end]
