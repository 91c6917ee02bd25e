"""Text of pictures: RapidOCR with the models that come in its package, without any network."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from PIL import Image
from rapidocr import RapidOCR
from rapidocr.utils.output import RapidOCROutput

from assistant.errors import ParseError
from assistant.indexing.parse.guard import MOST_PIXELS
from assistant.indexing.parse.page import Line

_LEAST_SCORE = 0.5
_SLANTED = 0.2  # a line's rise over its length: what is steeper is a stamp or a watermark


def lines(picture: Image.Image, scale: float = 1.0) -> list[Line]:
    """The lines of a picture in reading order, in pixels divided by ``scale``.

    Raises:
        ParseError: the picture is too large.
    """
    if picture.width * picture.height > MOST_PIXELS:
        raise ParseError("image_too_large", limit=MOST_PIXELS // 10_000)
    found = _engine()(np.asarray(picture.convert("RGB"))[:, :, ::-1])
    if not isinstance(found, RapidOCROutput) or found.boxes is None:
        return []
    read = [
        _line(box / scale, text)
        for box, text, score in zip(found.boxes, found.txts or (), found.scores or (), strict=True)
        if score >= _LEAST_SCORE and abs(box[1][1] - box[0][1]) <= _SLANTED * _width(box)
    ]
    return _ordered(read)


@cache
def _engine() -> RapidOCR:
    return RapidOCR(
        params={"Global.log_level": "critical", "EngineConfig.onnxruntime.intra_op_num_threads": 1}
    )


def _width(box: np.ndarray) -> float:
    return max(math.dist(box[0], box[1]), 1.0)


def _line(box: np.ndarray, text: str) -> Line:
    left, top = box.min(axis=0)
    right, bottom = box.max(axis=0)
    return Line(text, float(left), float(right), float(top), float(bottom), float(bottom - top))


def _ordered(read: list[Line]) -> list[Line]:
    """From top to bottom, and from left to right in what is side by side."""
    rows: list[list[Line]] = []
    for line in sorted(read, key=lambda li: (li.top + li.bottom) / 2):
        middle = (line.top + line.bottom) / 2
        if rows and middle < rows[-1][0].bottom - (rows[-1][0].bottom - rows[-1][0].top) * 0.3:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda li: li.left)]
