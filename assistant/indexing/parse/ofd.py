"""OFD, the national format of fixed pages (GB/T 33190): the text objects of each page.

Templates, which hold what repeats on pages, are not read. No kept library reads it, and of its many
parts only few are needed: pages, text objects, and pictures where there is no text.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator

from lxml import etree
from PIL import Image, UnidentifiedImageError

from assistant.errors import ParseError
from assistant.indexing.parse import layout
from assistant.indexing.parse.blocks import Block, Parsed
from assistant.indexing.parse.page import Line
from assistant.resources import load

_REPEATED = re.compile(r"g\s+(\d+)\s+(\S+)")
_MOST_PAGES = 3000


def parse(content: bytes) -> Parsed:
    """Pages as places; see ``layout`` for what becomes of their lines."""
    return Parsed(_blocks(content))


def _blocks(content: bytes) -> Iterator[Block]:
    pages: list[list[Line]] = []
    place = load("places")["page"]
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            for document in _texts(_xml(package, "OFD.xml"), "DocRoot"):
                for page in _pages(package, document.lstrip("/")):
                    pages.append(page)
                    yield Block("", place=place.format(number=len(pages)))
    except (KeyError, ValueError, etree.XMLSyntaxError, zipfile.BadZipFile) as error:
        raise ParseError("file_damaged") from error
    yield from layout.blocks(pages)


def _pages(package: zipfile.ZipFile, path: str) -> Iterator[list[Line]]:
    root = _xml(package, path)
    folder = posixpath.dirname(path)
    pictures = _pictures(package, root, folder)
    found = [e for e in root.iter("{*}Page") if e.get("BaseLoc")][:_MOST_PAGES]
    for element in found:
        page = _xml(package, _inside(folder, element.get("BaseLoc", "")))
        lines = [line for text in page.iter("{*}TextObject") for line in _lines(text)]
        if not lines:
            lines = [line for o in page.iter("{*}ImageObject") for line in _recognised(
                package, pictures.get(o.get("ResourceID", ""), ""))]  # fmt: skip
        yield lines


def _xml(package: zipfile.ZipFile, path: str) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.fromstring(package.read(path), parser)


def _texts(element: etree._Element, tag: str) -> list[str]:
    return [(e.text or "").strip() for e in element.iter(f"{{*}}{tag}")]


def _inside(folder: str, path: str) -> str:
    """A path of the package, from its root or from ``folder``."""
    return path.lstrip("/") if path.startswith("/") else posixpath.normpath(f"{folder}/{path}")


def _lines(text: etree._Element) -> Iterator[Line]:
    """The lines of a text object; ``TextCode`` gives where each begins within its boundary."""
    left, top, width, height = _numbers(text.get("Boundary", ""))[:4]
    a, *_, d, e, f = matrix = _numbers(text.get("CTM", "1 0 0 1 0 0"))[:6]
    if matrix[1] or matrix[2]:
        return  # set at a slant: a watermark
    size = float(text.get("Size", "0")) * (abs(d) or 1.0)
    for code in text.iter("{*}TextCode"):
        written = "".join(code.itertext())
        start = left + float(code.get("X") or 0) * a + e
        base = top + float(code.get("Y") or 0) * d + f
        steps = _steps(code.get("DeltaX", ""), len(written) - 1)
        end = start + (sum(steps) * a + size if steps else width)
        yield Line(written, start, end, base - size, base, size or height)


def _numbers(written: str) -> list[float]:
    return [float(part) for part in written.split()]


def _steps(written: str, count: int) -> list[float]:
    """The distances between characters; ``g 3 2.5`` stands for three of 2.5 each."""
    whole = _REPEATED.sub(lambda m: " ".join([m[2]] * min(int(m[1]), max(count, 0))), written)
    return _numbers(whole)[: max(count, 0)]


def _pictures(package: zipfile.ZipFile, root: etree._Element, folder: str) -> dict[str, str]:
    """The path of each picture by its id."""
    found: dict[str, str] = {}
    for resource in (*_texts(root, "PublicRes"), *_texts(root, "DocumentRes")):
        path = _inside(folder, resource)
        element = _xml(package, path)
        base = _inside(posixpath.dirname(path), element.get("BaseLoc", ""))
        for medium in element.iter("{*}MultiMedia"):
            for name in _texts(medium, "MediaFile"):
                found[medium.get("ID", "")] = _inside(base, name)
    return found


def _recognised(package: zipfile.ZipFile, path: str) -> list[Line]:
    """What is written in a picture; nothing where it is of a kind that is not known."""
    if path not in package.namelist():
        return []
    from assistant.indexing.parse import ocr  # late: it loads models

    try:
        with Image.open(io.BytesIO(package.read(path))) as picture:
            return ocr.lines(picture)
    except (UnidentifiedImageError, OSError):
        return []
