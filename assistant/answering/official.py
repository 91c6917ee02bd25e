"""A passage's citation in official form: 《标题》（文号，日期）第…条, as far as the document tells."""

from __future__ import annotations

import re

from assistant.types import Document

# 启政发〔2024〕3号; GB/T 9704-2012 writes the year in 六角括号, others what their keyboard has.
_NUMBER = re.compile(r"[\u4e00-\u9fff]{1,12}[〔［\[【（(]\d{4}[〕］\]】）)]\s*第?\d{1,4}\s*号")
_ARTICLE = re.compile(r"^[ \t\u3000]*(第[零〇一二两三四五六七八九十百千\d]+条)", re.MULTILINE)
_HEAD = 300
"""In how many characters from its beginning a document tells its own number."""


def official_citation(document: Document, position: int) -> str:
    """How the passage at ``position`` of the document's text is cited."""
    known = "，".join(part for part in (official_number(document), document.date) if part)
    return (
        f"《{document.title}》" + (f"（{known}）" if known else "") + _article(document, position)
    )


def official_number(document: Document) -> str:
    """Its number as it is told, or where it stands alone: in a sentence it is another document's."""
    if document.number:
        return document.number
    for line in (document.source, *document.text[:_HEAD].splitlines()):
        if found := _NUMBER.fullmatch(line.strip()):
            return "".join(found[0].split())
    return ""


def _article(document: Document, position: int) -> str:
    """The article that a position is in; empty where its section has none."""
    for section in document.sections:
        if section.start <= position < section.end:
            end = document.text.find("\n", position)
            before = document.text[section.start : end if end >= 0 else None]
            lines = (*section.headings, before)
            found = [match for line in lines for match in _ARTICLE.findall(line)]
            return str(found[-1]) if found else ""
    return ""
