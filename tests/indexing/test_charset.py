"""Files come in whatever encoding an office computer of the last thirty years has written."""

from __future__ import annotations

import codecs
import hashlib
import zlib

import pytest

from assistant.errors import ParseError
from assistant.indexing.charset import decode

SIMPLIFIED = [
    "启隆镇位于崇明岛的中北部，面积四十八平方公里，由永隆沙、兴隆沙和新村沙组成。",
    "申请最低生活保障，应当提交申请书、户口簿和家庭收入证明，二十个工作日内审核。",
    "关于做好2024年汛期值班工作的通知\r\n各村（社区）：\r\n汛期为5月1日至9月30日。",
    "Office hours: 周一至周五 8:30-17:00，地点在便民服务中心一楼 A 座 101 室。",
]
TRADITIONAL = [
    "啟隆鎮位於崇明島的中北部，面積四十八平方公里，由三個沙洲組成，居民五千人。",
    "申請最低生活保障，應當提交申請書、戶口簿和家庭收入證明，二十個工作日內審核。",
    "關於做好汛期值班工作的通知：各村應當在三月底之前修訂防汛預案，並報鎮指揮部備案。",
    "辦公時間：週一至週五 8:30-17:00，地點在便民服務中心一樓，請帶身分證。",
]


@pytest.mark.parametrize("text", SIMPLIFIED + TRADITIONAL)
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"]
)
def test_text_is_read_in_the_encoding_it_was_written_in(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize("text", TRADITIONAL)
def test_big5_is_read(text: str) -> None:
    assert decode(text.encode("big5")) == text


@pytest.mark.parametrize("text", SIMPLIFIED)
@pytest.mark.parametrize(
    ("mark", "encoding"),
    [(codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")],
)
def test_a_mark_tells_the_byte_order_and_is_not_in_the_text(
    text: str, mark: bytes, encoding: str
) -> None:
    assert decode(mark + text.encode(encoding)) == text


def test_a_character_outside_the_common_planes_is_read() -> None:
    text = "居民𠮷先生申请办理户口迁移，材料齐全，予以受理。"
    assert decode(text.encode("gb18030")) == decode(text.encode("utf-16-le")) == text


def test_plain_english_is_read() -> None:
    assert decode(b"Office hours are from nine to five.") == "Office hours are from nine to five."


@pytest.mark.parametrize("text", SIMPLIFIED)
def test_one_stray_zero_byte_does_not_make_another_text_of_it(text: str) -> None:
    assert decode(text.encode() + b"\x00") == text + "\x00"


def noise(seed: int) -> bytes:
    """Bytes without any order, the same ones each time."""
    return hashlib.shake_128(bytes([seed])).digest(600)


RUBBISH = {
    "picture": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + zlib.compress(bytes(range(256)) * 4),
    "office document": b"PK\x03\x04\x14\x00\x06\x00" + noise(1),
    "printed page": b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n" + noise(2),
    "program": b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00" * 10,
    "zeros": bytes(50),
    **{f"noise {seed}": noise(seed) for seed in range(3, 8)},
}


@pytest.mark.parametrize("content", RUBBISH.values(), ids=RUBBISH)
def test_what_is_no_text_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(ParseError, match="认不出文件的编码"):
        decode(content)


@pytest.mark.parametrize(
    "content", [codecs.BOM_UTF8 + b"\xff\xff", codecs.BOM_UTF16_LE + b"\x00\xd8\x41"]
)
def test_a_mark_that_does_not_keep_its_word_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(ParseError, match="编码有误"):
        decode(content)
