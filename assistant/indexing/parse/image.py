"""Pictures of text: photographs and scans, with several pages in one file or a single one."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from assistant.errors import ParseError
from assistant.indexing.parse import layout
from assistant.indexing.parse.blocks import Block, Parsed
from assistant.indexing.parse.guard import MOST_PIXELS
from assistant.indexing.parse.page import Line
from assistant.resources import load

_FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP")


def parse(content: bytes) -> Parsed:
    """What is written in the picture."""
    return Parsed(_blocks(content))


@contextmanager
def opened(content: bytes) -> Iterator[Image.Image]:
    """The picture, of which nothing is unpacked yet; its pages are its frames.

    Raises:
        ParseError: it is too large or damaged; also for what is found while it is open.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            yield Image.open(io.BytesIO(content), formats=_FORMATS)
    except Image.DecompressionBombError as error:
        raise ParseError("image_too_large", limit=MOST_PIXELS // 10_000) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise ParseError("file_damaged") from error


def unpacked(frame: Image.Image) -> Image.Image:
    """A page in red, green and blue on white, the way up that it was taken.

    Raises:
        ParseError: it is too large.
    """
    if frame.width * frame.height > MOST_PIXELS:
        raise ParseError("image_too_large", limit=MOST_PIXELS // 10_000)
    upright = ImageOps.exif_transpose(frame)
    if not upright.has_transparency_data:
        return upright.convert("RGB")
    white = Image.new("RGBA", upright.size, "white")
    return Image.alpha_composite(white, upright.convert("RGBA")).convert("RGB")


def _blocks(content: bytes) -> Iterator[Block]:
    from assistant.indexing.parse import ocr  # late: it loads models

    pages: list[list[Line]] = []
    place = load("places")["page"]
    with opened(content) as picture:
        for number, frame in enumerate(ImageSequence.Iterator(picture), 1):
            pages.append(ocr.lines(unpacked(frame)))
            yield Block("", place=place.format(number=number))
    yield from layout.blocks(pages)
