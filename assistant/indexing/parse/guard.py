"""What a file must be before any library reads it: of its ending's kind, and none of the known traps."""

from __future__ import annotations

import zipfile
from io import BytesIO

from assistant.errors import ParseError
from assistant.indexing.parse.blocks import has_invisible

MOST_BYTES = 200_000_000
"""The largest file that is read."""
MOST_PIXELS = 50_000_000
"""The largest picture that is unpacked."""
_MOST_UNPACKED = 500_000_000
_MOST_RATIO = 100
_RATIO_FROM = 50_000_000  # small packages may be mostly repetition
_MOST_PARTS = 10_000
_XML_HEAD = 65_536
_PDF_HEAD, _PDF_TAIL = 1024, 2048

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAIN_PARTS = {
    "docx": "word/document.xml",
    "xlsx": "xl/workbook.xml",
    "pptx": "ppt/presentation.xml",
    "ofd": "OFD.xml",
}
_OLD_OFFICE = {"doc": "WordDocument", "xls": "Workbook", "ppt": "PowerPoint Document"}
IMAGES = {
    "png": (b"\x89PNG\r\n\x1a\n",),
    "jpg": (b"\xff\xd8\xff",),
    "jpeg": (b"\xff\xd8\xff",),
    "bmp": (b"BM",),
    "tif": (b"II*\0", b"MM\0*"),
    "tiff": (b"II*\0", b"MM\0*"),
    "webp": (b"RIFF",),
}
"""By ending, how a picture may begin."""
TEXTS = ("txt", "md", "html", "htm", "csv")
"""The endings of what is nothing but characters."""


def check_name(path: str) -> None:
    """Refuse a path that leads out of its folder or is not what it looks like.

    Raises:
        ParseError: the name cannot be used.
    """
    parts = path.replace("\\", "/").split("/")
    if has_invisible(path) or ".." in parts or path.startswith(("/", "\\")) or ":" in parts[0]:
        raise ParseError("name_unusable")


def check(suffix: str, content: bytes) -> None:
    """Refuse what is not a sound file of the kind that its ending tells.

    Raises:
        ParseError: the file is too large, of another kind, damaged, protected by a password,
            carries macros, or is made to harm.
    """
    if len(content) > MOST_BYTES:
        raise ParseError("file_too_large", limit=MOST_BYTES // 1_000_000)
    if not content.strip():
        raise ParseError("file_empty")
    if content.startswith(_OLE):
        _check_ole(suffix, content)
    found = _kind(content)
    if suffix in TEXTS:
        if found and found != "html" and found != "bmp":
            raise ParseError("file_other_kind", suffix=suffix, found=found)
    elif suffix in IMAGES:
        if not content.startswith(IMAGES[suffix]):
            _refuse_kind(suffix, found)
    elif suffix == "pdf":
        if found != "pdf":
            _refuse_kind(suffix, found)
        if b"%%EOF" not in content[-_PDF_TAIL:]:
            raise ParseError("file_damaged")
    elif suffix in _MAIN_PARTS:
        if not content.startswith(b"PK"):
            _refuse_kind(suffix, found)
        _check_package(suffix, content)
    elif found != suffix:
        _refuse_kind(suffix, found)


def _refuse_kind(suffix: str, found: str) -> None:
    if found:
        raise ParseError("file_other_kind", suffix=suffix, found=found)
    raise ParseError("file_not_its_kind", suffix=suffix)


def _kind(content: bytes) -> str:
    """The ending that a file of this content would rightly have, or nothing if that is not sure."""
    if b"%PDF-" in content[:_PDF_HEAD]:
        return "pdf"
    if content.startswith(_OLE):
        return next((s for s, name in _OLD_OFFICE.items() if _named(name) in content), "")
    if content.startswith(b"PK\x03\x04"):
        return next((s for s, part in _MAIN_PARTS.items() if part.encode() in content), "zip")
    if content[:_PDF_HEAD].lstrip().lower().startswith((b"<html", b"<!doctype html", b"<table")):
        return "html"
    return next((s for s, marks in IMAGES.items() if content.startswith(marks)), "")


def _check_ole(suffix: str, content: bytes) -> None:
    """The old binary formats, and the new ones that a password hides in their container."""
    if _named("EncryptedPackage") in content:
        raise ParseError("file_protected")
    if suffix in _OLD_OFFICE and _named("_VBA_PROJECT") in content:
        raise ParseError("file_macros")


def _named(name: str) -> bytes:
    """A name as the container's directory writes it."""
    return name.encode("utf-16-le")


def _check_package(suffix: str, content: bytes) -> None:
    """A zip of XML parts; only what its directory says is unpacked, and nothing to the disk."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as package:
            parts = package.infolist()
            names = [part.filename.replace("\\", "/") for part in parts]
            if any(part.flag_bits & 1 for part in parts):
                raise ParseError("file_protected")
            if any(name.startswith("/") or ".." in name.split("/") for name in names):
                raise ParseError("package_names")
            unpacked = sum(part.file_size for part in parts)
            many = unpacked > _RATIO_FROM and unpacked > _MOST_RATIO * len(content)
            if unpacked > _MOST_UNPACKED or many or len(parts) > _MOST_PARTS:
                raise ParseError("package_bomb")
            if _MAIN_PARTS[suffix] not in names:
                other = next((s for s, part in _MAIN_PARTS.items() if part in names), "zip")
                raise ParseError("file_other_kind", suffix=suffix, found=other)
            if any(name.lower().endswith("vbaproject.bin") for name in names):
                raise ParseError("file_macros")
            for part in parts:
                if part.filename.lower().endswith((".xml", ".rels")):
                    with package.open(part) as opened:
                        head = opened.read(_XML_HEAD).replace(b"\0", b"").upper()
                    if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                        raise ParseError("package_entities")
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError) as error:
        raise ParseError("file_damaged") from error
