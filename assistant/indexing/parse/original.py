"""What is shown of an original: drawn pages or its characters; run by ``helper``.

A document itself never reaches a browser: what leaves here are pixels of our own and plain text.
"""

from __future__ import annotations

import io

from assistant.errors import ParseError
from assistant.indexing.charset import decode
from assistant.indexing.parse import image, pdf
from assistant.indexing.parse.blocks import named_safely
from assistant.resources import load

MOST_CHARACTERS = 200_000
"""Characters of a text that are shown."""
WIDTH, HEIGHT = 1200, 5000
"""Pixels that a page's picture has at most."""
_DOTS = 200 / 72  # pixels a point that a small page is drawn with


def count(suffix: str, content: bytes) -> int:
    """How many pages a pdf or a picture has."""
    if suffix == "pdf":
        return len(pdf.opened(content))
    with image.opened(content) as picture:
        return getattr(picture, "n_frames", 1)


def page(suffix: str, content: bytes, number: int) -> bytes:
    """A page of a pdf or a picture as PNG, which holds nothing but pixels.

    Raises:
        ParseError: there is no such page, or it cannot be drawn.
    """
    pages = count(suffix, content)
    if not 1 <= number <= pages:
        raise ParseError("page_missing", number=number, count=pages)
    if suffix == "pdf":
        given = pdf.page(pdf.opened(content), number)
        width, height = (max(side, 1.0) for side in given.get_size())
        drawn = given.render(scale=min(_DOTS, WIDTH / width, HEIGHT / height)).to_pil()
    else:
        with image.opened(content) as picture:
            picture.seek(number - 1)
            drawn = image.unpacked(picture)
    drawn.thumbnail((WIDTH, HEIGHT))
    drawn.info.clear()  # a colour profile would be handed on
    out = io.BytesIO()
    drawn.save(out, "PNG")
    return out.getvalue()


def text(content: bytes) -> str:
    """The characters of a text file, those that hide or reorder written out, with a word where cut."""
    decoded = decode(content)
    shown = named_safely("\n".join(decoded[:MOST_CHARACTERS].splitlines()))
    if len(decoded) > MOST_CHARACTERS:
        shown += "\n" + load("preview")["text_cut"].format(limit=MOST_CHARACTERS // 10_000)
    return shown
