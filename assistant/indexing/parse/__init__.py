"""From a file's bytes to a document; cutting it into chunks is left to ``chunk``."""

from __future__ import annotations

from assistant.indexing.parse.apart import Progress, read_apart
from assistant.indexing.parse.blocks import named_safely
from assistant.indexing.parse.document import document, document_id
from assistant.indexing.parse.guard import MOST_BYTES
from assistant.indexing.parse.kinds import PARSERS, check_path, read, suffix_of
from assistant.types import Document

__all__ = [
    "MOST_BYTES",
    "PARSERS",
    "Progress",
    "check_path",
    "document_id",
    "named_safely",
    "parse",
    "parse_apart",
    "suffix_of",
]


def parse(path: str, content: bytes) -> Document:
    """Parse the file ``path`` (its ending tells the format) with the given content.

    Raises:
        ParseError: the format is not known, or the file is empty, unreadable or has no text.
    """
    found = read(path, content)
    return document(path, content, found.blocks, found.metadata)


def parse_apart(path: str, content: bytes, progress: Progress | None = None) -> Document:
    """The same, read in another process with limits on time and memory: for files of others.

    Args:
        path: tells the format by its ending.
        content: the file's bytes.
        progress: told how far the reading has come (第12页), at most twice a second.

    Raises:
        ParseError: as above, or the parser crashed, hung or wanted too much.
    """
    found = read_apart(path, content, progress)
    return document(path, content, found.blocks, found.metadata)
