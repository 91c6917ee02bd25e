"""What staff tell of a document: the dates that are taken."""

from __future__ import annotations

import pytest

from assistant.channels.console.metadata import told
from assistant.errors import MetadataError
from assistant.types import TOLD, Document

DOCUMENT = Document("a", "办法.txt", "办法", "办法\n\n正文。\n", ())
TYPED = {**dict.fromkeys(TOLD, ""), "title": "办法", "topics": "", "audience": "residents"}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("2025-7-1", "2025-07-01"), ("2025/7/1", "2025-07-01"), ("2025.7.1", "2025-07-01"),
        ("2025年7月1日", "2025-07-01"), ("2025 年 7 月 1 日", "2025-07-01"), ("2025-07", "2025-07"),
        ("2025年7月", "2025-07"), ("2025年", "2025"), ("2025", "2025"), ("", ""),
    ],
)  # fmt: skip
def test_a_date_is_taken_as_people_write_it(typed: str, kept: str) -> None:
    assert told(DOCUMENT, {**TYPED, "date": typed}).date == kept


@pytest.mark.parametrize(
    "typed",
    [
        "2025-7月1", "2025年7-1", "2025-7-1日", "2025-7/1", "2025.7月", "2025年7", "2025日", "2025月",
        "2025-7-", "2025-13-1", "2025年2月30日", "25-7-1", "7月1日",
    ],
)  # fmt: skip
def test_a_date_that_mixes_ways_of_writing_or_is_none_is_refused(typed: str) -> None:
    with pytest.raises(MetadataError) as refused:
        told(DOCUMENT, {**TYPED, "effective": typed})
    assert list(refused.value.fields) == ["effective"]
