"""What repeats at the edges of pages: running headers, footers and page numbers."""

from __future__ import annotations

import re
from collections import Counter

from assistant.indexing.parse.page import Page, Row, text_of

_EDGE = 2  # rows at the top and at the bottom of a page that may be running ones
_OFTEN = 0.3  # the share of pages that a running row is on

_PAGE_NUMBER = re.compile(
    r"[-—–－·•~\s]*(?:第\s*)?[\dⅠ-ⅻivxl]{1,4}\s*(?:页)?(?:\s*[,，/]?\s*(?:共|of)?\s*\d{1,4}\s*页?)?[-—–－·•~\s]*",
    re.IGNORECASE,
)


def without_running(pages: list[Page]) -> list[Page]:
    """Without page numbers and what is said again at the edges of many pages."""
    edges = [_edge_rows(page) for page in pages]
    same = Counter(text for page in edges for text in {text_of(row) for row in page})
    alike = Counter(key for page in edges for key in {_key(row) for row in page})
    kept: list[Page] = []
    for page, at_edge in zip(pages, edges, strict=True):
        outer = _edge_rows(page, 1)
        drop = [
            row
            for row in at_edge
            if same[text_of(row)] >= max(2, _OFTEN * len(pages))
            or alike[_key(row)] >= max(3, _OFTEN * len(pages))
            or (row in outer and _is_page_number(text_of(row), len(pages)))
        ]
        kept.append([row for row in page if row not in drop])
    return kept


def _edge_rows(page: Page, count: int = _EDGE) -> Page:
    ordered = sorted(page, key=lambda row: row[0].top)
    return ordered[:count] + ordered[max(count, len(ordered) - count) :]


def _key(row: Row) -> str:
    """What a running row has in common with itself on other pages: all but its numbers."""
    return re.sub(r"\d+", "#", "".join(text_of(row).split()))


def _is_page_number(text: str, pages: int) -> bool:
    bare = text.strip().isalnum() and not text.strip().startswith("第")
    return _PAGE_NUMBER.fullmatch(text) is not None and (pages > 1 or not bare)
