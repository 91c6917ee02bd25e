"""Pictures of text: photographs and scans, with several pages in one file or a single one."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator

from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from assistant.errors import ParseError
from assistant.indexing.parse import layout, ocr
from assistant.indexing.parse.blocks import Block, Parsed
from assistant.indexing.parse.page import Line

_FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP")


def parse(content: bytes) -> Parsed:
    """What is written in the picture."""
    return Parsed(_blocks(content))


def _blocks(content: bytes) -> Iterator[Block]:
    pages: list[list[Line]] = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(content), formats=_FORMATS)
            for frame in ImageSequence.Iterator(picture):
                if frame.width * frame.height > ocr.MOST_PIXELS:  # before it is unpacked
                    raise ParseError("image_too_large", limit=ocr.MOST_PIXELS // 10_000)
                pages.append(ocr.lines(ImageOps.exif_transpose(frame)))
                yield Block("")
    except Image.DecompressionBombError as error:
        raise ParseError("image_too_large", limit=ocr.MOST_PIXELS // 10_000) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise ParseError("file_damaged") from error
    yield from layout.blocks(pages)
