"""Web pages: the main text without menus and footers, found by trafilatura."""

from __future__ import annotations

from typing import Any

import trafilatura

from assistant.errors import ParseError
from assistant.indexing.charset import decode
from assistant.indexing.parse import markdown
from assistant.indexing.parse.blocks import Parsed


def parse(content: bytes) -> Parsed:
    """The main text, with the title and the date that the page gives."""
    found = trafilatura.extract(
        decode(content), output_format="markdown", include_tables=True, include_comments=False,
        favor_recall=True, with_metadata=True,
        # Only a date that the page gives as its own; never one guessed from its text.
        date_extraction_params={"extensive_search": False, "original_date": True},
    )  # fmt: skip
    if not found:
        raise ParseError("page_no_text")
    parsed = markdown.parse_text(found)
    known: dict[str, Any] = {
        key: parsed.metadata[key] for key in ("title", "date") if key in parsed.metadata
    }
    return Parsed(parsed.blocks, known)
