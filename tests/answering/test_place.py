"""The place of a quote names all that it has a part of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.answering.place import place_of
from assistant.segment import Segmenter
from assistant.types import Place
from tests.chunks import chunk_of


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        ("第2行", "第3行", "第2—3行"),
        ("第9页", "第10页", "第9—10页"),
        ("2025 第2行", "2025 第4行", "2025 第2—4行"),
        ("名单 第9行", "电话 第1行", "名单 第9行—电话 第1行"),
        ("甲", "乙", "甲—乙"),
    ],
)
def test_a_quote_over_several_places_names_the_first_and_the_last(
    segmenter: Segmenter, first: str, last: str, told: str
) -> None:
    places = (Place(first, 10, 15), Place("中", 15, 20), Place(last, 20, 25))
    chunk = replace(chunk_of(segmenter, "一二三四五" * 3, start=10), places=places)
    assert place_of(chunk, 12, 21) == told
    assert place_of(chunk, 10, 15) == first
    assert place_of(chunk, 20, 24) == last
    assert place_of(replace(chunk, places=()), 12, 21) == ""
