"""Files that are broken, locked or made to harm: each refused with its reason, the index untouched."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
import xlsxwriter

from assistant.errors import ParseError
from assistant.indexing.parse import PARSERS, parse, parse_apart
from tests.conftest import DOCUMENTS, Indexed
from tests.indexing import made

Make = Callable[[], bytes]
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


def page() -> bytes:
    """A pdf of one line."""
    return made.pdf([[(70, 100, 16, "各村应当备足沙袋。")]])


def fixed() -> bytes:
    """The same as OFD."""
    return made.ofd([[(20, 20, 4, "各村应当备足沙袋。")]])


def book() -> bytes:
    """A workbook."""
    return made.xlsx({"Sheet1": made.FEES})


def png() -> bytes:
    """A picture without any text."""
    return made.saved(lambda out: made.Image.new("RGB", (300, 200), "white").save(out, "PNG"))


def half(make: Make) -> bytes:
    """The first half of a file."""
    content = make()
    return content[: len(content) // 2]


def zip_bomb() -> bytes:
    """A document with a part of zeros, a thousand times as large as packed."""
    return made.with_part(made.word(), "word/media/a.bin", bytes(60_000_000))


def xml_bomb() -> bytes:
    """A document whose text would be billions of letters."""
    names = [f"e{n}" for n in range(10)]
    entities = "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in pairwise(names)
    )
    text = f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e0 "ha">{entities}]><a>&e9;</a>'
    return made.with_part(made.word(), "word/document.xml", text.encode())


def locked_zip() -> bytes:
    """A package whose parts say that a password is needed."""
    content = bytearray(fixed())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def locked_office() -> bytes:
    """The container in which a password hides a new office file."""
    return OLE + "EncryptedPackage".encode("utf-16-le")


def old_macros() -> bytes:
    """An old workbook that names a macro project."""
    return made.xls(made.FEES) + "_VBA_PROJECT".encode("utf-16-le")


def far_cell() -> bytes:
    """A workbook of few bytes whose sheet reaches from one corner to the other."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write(0, 0, "甲")
        sheet.write(1_048_575, 16_383, "乙")
    return out.getvalue()


CASES: dict[str, tuple[str, Make, str]] = {
    "truncated docx": ("a.docx", lambda: half(made.word), "不完整或已损坏"),
    "truncated xlsx": ("a.xlsx", lambda: half(book), "不完整或已损坏"),
    "truncated pptx": ("a.pptx", lambda: half(made.slides), "不完整或已损坏"),
    "truncated ofd": ("a.ofd", lambda: half(fixed), "不完整或已损坏"),
    "truncated pdf": ("a.pdf", lambda: half(page), "不完整或已损坏"),
    "truncated png": ("a.png", lambda: half(png), "不完整或已损坏"),
    "truncated xls": ("a.xls", lambda: half(lambda: made.xls(made.FEES)), "已损坏"),
    "locked pdf": ("a.pdf", lambda: made.pdf([[(70, 100, 16, "秘密")]], "secret"), "有密码"),
    "locked docx": ("a.docx", locked_office, "有密码"),
    "locked xlsx": ("a.xlsx", locked_office, "有密码"),
    "locked ofd": ("a.ofd", locked_zip, "有密码"),
    "zip bomb": ("a.docx", zip_bomb, "展开后太大"),
    "xml bomb": ("a.docx", xml_bomb, "XML 定义"),
    "xml bomb in utf-16": (
        "a.ofd",
        lambda: made.with_part(fixed(), "Doc_0/x.xml", "<!DOCTYPE a []><a/>".encode("utf-16")),
        "XML 定义",
    ),
    "cell far away": ("a.xlsx", far_cell, "内存|出了错|损坏"),
    "pdf named docx": ("a.docx", page, r"内容却像是 \.pdf"),
    "docx named pdf": ("a.pdf", made.word, r"内容却像是 \.docx"),
    "xlsx named docx": ("a.docx", book, r"内容却像是 \.xlsx"),
    "html named xls": ("a.xls", lambda: b"<html><table></table></html>", r"内容却像是 \.html"),
    "png named txt": ("a.txt", png, r"内容却像是 \.png"),
    "zip named xlsx": ("a.xlsx", lambda: made.zipped({"a.txt": "x"}), r"内容却像是 \.zip"),
    "xls named doc": ("a.doc", lambda: made.xls(made.FEES), r"内容却像是 \.xls"),
    "text named doc": ("a.doc", lambda: b"hello", "内容却不是"),
    "macros": ("a.docx", lambda: made.with_part(made.word(), "word/vbaProject.bin", b"x"), "宏"),
    "old macros": ("a.xls", old_macros, "宏"),
    "unreadable charset": ("a.csv", lambda: bytes(range(128, 256)) * 9, "编码"),
    "part that leads out": ("a.docx", lambda: made.with_part(made.word(), "../a", b"x"), "路径"),
    "name that leads out": ("../a.txt", lambda: "正文。".encode(), "文件名"),
    "name from the root": ("/etc/a.txt", lambda: "正文。".encode(), "文件名"),
    "name that turns around": ("通知\u202efdp.txt", lambda: "正文。".encode(), "文件名"),
    "no text at all": ("a.png", png, "没有正文"),
    "package without its parts": (
        "a.docx",
        lambda: made.zipped({"word/document.xml": "<a/>"}),
        "不完整或已损坏",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_malformed_file_is_refused_with_its_reason(case: str) -> None:
    path, make, reason = CASES[case]
    with pytest.raises(ParseError, match=reason):
        parse_apart(path, make())


@pytest.mark.parametrize("suffix", sorted(PARSERS))
def test_an_empty_file_is_refused(suffix: str) -> None:
    with pytest.raises(ParseError, match="文件是空的"):
        parse_apart(f"a.{suffix}", b"")


@pytest.mark.parametrize("suffix", sorted(set(PARSERS) - {"txt", "md", "html", "htm", "csv"}))
def test_noise_is_refused_whatever_it_is_called(suffix: str) -> None:
    with pytest.raises(ParseError):
        parse_apart(f"a.{suffix}", bytes(range(256)) * 40)


def test_an_old_document_says_what_to_do_without_libreoffice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ParseError, match=r"没有安装 LibreOffice.*另存为 \.docx"):
        parse("a.doc", OLE + "WordDocument".encode("utf-16-le"))


def test_bad_files_stop_no_other_and_leave_the_index_as_it_was(indexed: Indexed) -> None:
    current = indexed.store.current()
    for number, (path, make, _) in enumerate(CASES.values()):
        if "/" not in path:
            (indexed.corpus / f"{number}-{path}").write_bytes(make())
    with Path(indexed.corpus, "sparse.pdf").open("wb") as sparse:
        sparse.truncate(1_000_000_000)
    report = indexed.ingest()
    assert len(report.failed) == len([p for p, _, _ in CASES.values() if "/" not in p]) + 1
    reasons = {failure.path: failure.reason for failure in report.failed}
    assert "文件太大" in reasons["sparse.pdf"]
    assert any("\\u{202e}" in path for path in reasons)
    assert not any("\u202e" in path for path in reasons)
    assert report.unchanged == sorted(DOCUMENTS)
    assert not report.differs
    assert indexed.store.current() == current
    (indexed.corpus / "good.docx").write_bytes(made.word())
    assert indexed.ingest().added == ["good.docx"]


def test_what_packages_hold_is_never_written_to_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("unpacked to the disk")

    monkeypatch.setattr(zipfile.ZipFile, "extract", refuse)
    monkeypatch.setattr(zipfile.ZipFile, "extractall", refuse)
    monkeypatch.chdir(tmp_path)
    for path, content in (("a.docx", made.word()), ("a.ofd", fixed()), ("a.xlsx", book())):
        parse(path, content)
    assert list(tmp_path.iterdir()) == []
