"""A chunk is read folded and quoted in the document's own characters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answering.passage import folded
from assistant.segment import Segmenter
from assistant.types import Span
from tests.chunks import chunk_of

START = 40
TEXT = "啟隆鎮檔案館面積２０㎡，ＷｉＦｉ免費。\n開放時間：①週一；②週五。㈠辦理費３元／㎏。"


@pytest.mark.parametrize(
    ("found", "original"),
    [
        ("启隆镇", "啟隆鎮"),
        ("20m2", "２０㎡"),
        ("wifi免费", "ＷｉＦｉ免費"),
        ("1周一", "①週一"),
        ("(一)办理费3元/kg", "㈠辦理費３元／㎏"),
    ],
)
def test_what_is_found_folded_is_quoted_as_it_was_written(
    segmenter: Segmenter, found: str, original: str
) -> None:
    chunk = chunk_of(segmenter, TEXT, start=START)
    seen = folded(chunk, segmenter)
    at = seen.passage.body.index(found)
    span = seen.span(at, at + len(found))
    assert chunk.quote(span) == original
    assert span == Span(START + TEXT.index(original), START + TEXT.index(original) + len(original))


def test_a_part_of_a_character_is_quoted_as_the_whole(segmenter: Segmenter) -> None:
    chunk = chunk_of(segmenter, "面积20㎡。")
    seen = folded(chunk, segmenter)
    at = seen.passage.body.index("m2")
    assert chunk.quote(seen.span(at, at + 1)) == chunk.quote(seen.span(at + 1, at + 2)) == "㎡"


def test_every_sentence_comes_back_whole(segmenter: Segmenter) -> None:
    chunk = chunk_of(segmenter, TEXT, start=START)
    seen = folded(chunk, segmenter)
    assert [seen.span(*sentence) for sentence in seen.passage.sentences] == list(chunk.sentences)
    assert seen.texts == [segmenter.normalise(chunk.quote(span)) for span in chunk.sentences]


@pytest.mark.parametrize(
    ("at", "beside", "first", "last"), [(0, 1, 0, 1), (1, 0, 1, 1), (2, 9, 0, 2)]
)
def test_a_sentence_with_those_beside_it_is_quoted_from_the_same_places(
    segmenter: Segmenter, at: int, beside: int, first: int, last: int
) -> None:
    seen = folded(chunk_of(segmenter, TEXT, title="檔案館", start=START), segmenter)
    near, place = seen.near(at, beside)
    assert near.texts == seen.texts[first : last + 1]
    assert near.passage.head == "档案馆"
    assert near.texts[place] == seen.texts[at]
    assert near.span(*near.passage.sentences[place]) == seen.span(*seen.passage.sentences[at])


def test_title_and_headings_stand_apart_each_once(segmenter: Segmenter) -> None:
    chunk = chunk_of(segmenter, "開放。", title="檔案館", headings=("檔案館", "開放時間"))
    passage = folded(chunk, segmenter).passage
    assert passage.head == "档案馆 开放时间"
    assert passage.body == "开放。"


@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60))
def test_each_folded_character_comes_from_one_of_the_text_in_order(
    segmenter: Segmenter, text: str
) -> None:
    body, origins = segmenter.aligned(text)
    assert len(body) == len(origins)
    assert origins == sorted(origins)
    assert set(origins) == set(range(len(text)))


@given(
    text=st.text(alphabet="啟隆鎮乾淨裡面㎡㈠①３Ａ。\n ㍿½", min_size=1, max_size=40).filter(
        str.strip
    )
)
def test_any_chunk_can_be_folded_and_quoted(segmenter: Segmenter, text: str) -> None:
    chunk = chunk_of(segmenter, text, start=START)
    seen = folded(chunk, segmenter)
    assert [seen.span(*sentence) for sentence in seen.passage.sentences] == list(chunk.sentences)
