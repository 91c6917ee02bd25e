"""Word's and PowerPoint's old binary formats, by way of LibreOffice where it is installed."""

from __future__ import annotations

from assistant.indexing.parse import docx, pptx
from assistant.indexing.parse.blocks import Parsed
from assistant.indexing.parse.office import converted


def parse_doc(content: bytes) -> Parsed:
    """A Word document of 1997 to 2003."""
    return docx.parse(converted(content, "doc", "docx"))


def parse_ppt(content: bytes) -> Parsed:
    """Slides of 1997 to 2003."""
    return pptx.parse(converted(content, "ppt", "pptx"))
