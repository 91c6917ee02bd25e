"""How a document is cut: whole sentences, nothing lost, an article of law on its own."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.indexing.chunk import CHUNK_LENGTH, chunks, passage
from assistant.indexing.parse import parse
from assistant.segment import Segmenter, sentences
from assistant.types import Chunk, Document
from tests.conftest import DOCUMENTS, FLOOD

LONG = "\n\n".join(
    f"## 第{n}部分\n\n"
    + "".join(f"这是第{n}部分的第{i}句话，讲的是办事流程。" for i in range(n * 7))
    for n in range(1, 6)
)
TEXTS = {**DOCUMENTS, "long.md": LONG, "one.txt": "没有句号的一行" * 100}


def document(path: str) -> Document:
    """The document under a path."""
    return parse(path, TEXTS[path].encode())


def check(found: Document, cut: list[Chunk]) -> None:
    """What holds of every document."""
    at = 0
    for ordinal, chunk in enumerate(cut):
        assert chunk.id == f"{found.id}-{ordinal}"
        assert chunk.text == found.text[chunk.start : chunk.end]
        assert chunk.text
        assert len(chunk.words) == len(chunk.sentences)
        assert len(chunk.text) <= CHUNK_LENGTH or len(chunk.sentences) == 1
        assert chunk.start == chunk.sentences[0].start
        assert chunk.end == chunk.sentences[-1].end
        for span in chunk.sentences:
            assert at <= span.start < span.end
            assert chunk.quote(span) == found.text[span.start : span.end]
            at = span.end
    kept = "".join(c.quote(s) for c in cut for s in c.sentences)
    below_headings = "".join(found.text[s.start : s.end] for s in found.sections)
    assert "".join(kept.split()) == "".join(below_headings.split())


@pytest.mark.parametrize("path", TEXTS)
def test_a_chunk_is_an_exact_part_of_its_document(path: str, segmenter: Segmenter) -> None:
    found = document(path)
    check(found, chunks(found, segmenter))


@pytest.mark.parametrize("path", [path for path in TEXTS if path != "flood.txt"])
def test_every_sentence_is_in_exactly_one_chunk(path: str, segmenter: Segmenter) -> None:
    found = document(path)
    expected = [span for s in found.sections for span in sentences(found.text, s.start, s.end)]
    assert [span for c in chunks(found, segmenter) for span in c.sentences] == expected


def test_a_chunk_never_reaches_over_a_heading(segmenter: Segmenter) -> None:
    found = document("long.md")
    for chunk in chunks(found, segmenter):
        number = chunk.headings[-1][1]
        assert all(f"第{number}部分" in chunk.quote(s) for s in chunk.sentences)


def test_an_article_of_law_heads_its_own_chunk(segmenter: Segmenter) -> None:
    cut = chunks(document("flood.txt"), segmenter)
    assert [c.headings for c in cut] == [(), ("第一条",), ("第二条",), ("第三条",), ("第四条",)]
    for chunk in cut[1:]:
        assert chunk.text.startswith(chunk.headings[0])
    assert "\n".join(c.text for c in cut) == FLOOD.strip()


def test_an_article_that_is_only_mentioned_heads_nothing(segmenter: Segmenter) -> None:
    found = parse("a.txt", "按照第三条的规定办理。违反第四条规定的，予以批评。".encode())
    assert [c.headings for c in chunks(found, segmenter)] == [()]


def test_chunks_of_one_section_are_of_about_equal_length(segmenter: Segmenter) -> None:
    last = [c for c in chunks(document("long.md"), segmenter) if c.headings[-1] == "第5部分"]
    lengths = [len(c.text) for c in last]
    assert len(lengths) > 1
    assert min(lengths) > max(lengths) / 2


def test_title_and_headings_are_embedded_with_the_text(segmenter: Segmenter) -> None:
    chunk = chunks(document("allowance.md"), segmenter)[0]
    assert passage(chunk) == f"最低生活保障申请指南\n申请条件\n{chunk.text}"


@settings(max_examples=60)
@given(
    text=st.lists(
        st.sampled_from(
            [
                "# 甲\n\n",
                "第一条　",
                "第二条：",
                "要按规定办理。",
                "乙；",
                "\n",
                "\n\n",
                " ",
                "丙" * 140,
            ]
        ),
        min_size=1,
        max_size=40,
    ).map("".join),
    path=st.sampled_from(["a.md", "a.txt"]),
)
def test_nothing_is_lost_of_any_document(segmenter: Segmenter, text: str, path: str) -> None:
    found = parse(path, f"开头。\n\n{text}".encode())
    check(found, chunks(found, segmenter))
