"""The original beside the parsed text: only pictures that we drew and plain characters, in bounds."""

from __future__ import annotations

import io
import os
import shutil
import struct
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import docx
import pypdfium2
import pytest
from PIL import Image, ImageCms, ImageOps

from assistant.errors import ParseError
from assistant.indexing.parse import PARSERS, apart, office, parse_apart, preview
from assistant.indexing.parse.preview import (
    Preview,
    kind_of_preview,
    original_text,
    page_count,
    page_image,
    pages_note,
    pages_of,
)
from tests.conftest import BUS
from tests.indexing import made
from tests.indexing.conftest import OLD, ended, left, put
from tests.indexing.test_malformed import CASES, Make, png

OFFICE = {"docx", "doc", "pptx", "ppt", "xlsx", "xls"}
TEXT = {"txt", "md", "html", "htm", "csv"}
IMAGES = {"png": "PNG", "jpg": "JPEG", "jpeg": "JPEG", "bmp": "BMP", "tif": "TIFF", "tiff": "TIFF", "webp": "WEBP"}  # fmt: skip

needs_office = pytest.mark.skipif(office.program() is None, reason="LibreOffice is not installed")
needs_calc = pytest.mark.skipif(
    not Path(shutil.which("soffice") or "/soffice").resolve().with_name("libsclo.so").exists(),
    reason="LibreOffice Calc is not installed",
)


def opened(content: bytes) -> Image.Image:
    """A picture of ours, which has nothing beside its pixels."""
    at, kinds = 8, set()
    while at < len(content):
        length, kind = struct.unpack(">I4s", content[at : at + 8])
        kinds.add(kind)
        at += length + 12
    assert kinds == {b"IHDR", b"IDAT", b"IEND"}
    picture = Image.open(io.BytesIO(content), formats=["PNG"])
    assert picture.mode == "RGB"
    assert picture.width <= 1200
    assert picture.height <= 5000
    return picture


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    """A picture as a file."""
    return made.saved(lambda out: picture.save(out, kind, **options))


def two_pages() -> bytes:
    """A pdf with text on its second page alone."""
    return made.pdf([[], [(70, 100, 16, "各村应当备足沙袋。")]])


@pytest.fixture
def drawing(office: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[apart.Helper]:
    """A drawing helper of its own."""
    own = apart.Helper()
    monkeypatch.setattr(preview, "_DRAWING", own)
    yield own
    own.close()


@pytest.fixture
def converting(office: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[apart.Helper]:
    """A converting helper of its own, which finds the program ``office``."""
    own = apart.Helper()
    monkeypatch.setattr(preview, "_CONVERTING", own)
    yield own
    own.close()


# --- kinds


@pytest.mark.parametrize("suffix", PARSERS)
def test_every_kind_that_is_read_is_shown_as_pages_or_text_or_not_at_all(
    suffix: str, office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = {"pdf", *IMAGES}
    without = Preview.TEXT if suffix in TEXT else Preview.PAGES if suffix in pages else Preview.NONE
    assert kind_of_preview(f"a.{suffix}") is (Preview.PAGES if suffix in OFFICE else without)
    monkeypatch.setenv("PATH", "")
    assert kind_of_preview(f"a.{suffix}") is without


def test_what_nobody_reads_is_not_shown() -> None:
    assert kind_of_preview("a.exe") is Preview.NONE
    assert kind_of_preview("README") is Preview.NONE


# --- pages


@pytest.mark.parametrize("suffix", IMAGES)
def test_a_picture_is_one_page(suffix: str) -> None:
    given = saved(Image.new("RGB", (600, 400), "#00ff00"), IMAGES[suffix])
    pages = pages_of(f"a.{suffix}", given)
    assert page_count(f"a.{suffix}", pages) == 1
    shown = opened(page_image(f"a.{suffix}", pages, 1))
    assert shown.size == (600, 400)
    red, green, blue = shown.getpixel((300, 200))
    assert green > 240 > 15 > max(red, blue)


def test_a_page_of_a_pdf_is_drawn_as_wide_as_allowed() -> None:
    pages = pages_of("a.pdf", two_pages())
    assert page_count("a.pdf", pages) == 2
    assert opened(page_image("a.pdf", pages, 1)).getextrema() == ((255, 255),) * 3
    second = opened(page_image("a.pdf", pages, 2))
    assert second.width == 1200
    left, top, right, bottom = ImageOps.invert(second).getbbox() or ()
    assert left == pytest.approx(70 / 595 * 1200, abs=10)
    assert bottom == pytest.approx(100 / 842 * second.height, abs=20)
    assert right - left > 5 * (bottom - top)


def test_a_scan_of_several_pages_is_shown_page_by_page() -> None:
    first, second = (Image.new("1", (300, 200), colour) for colour in (1, 0))
    pages = saved(first, "TIFF", save_all=True, append_images=[second])
    assert page_count("a.tif", pages) == 2
    assert opened(page_image("a.tif", pages, 1)).getpixel((9, 9)) == (255, 255, 255)
    assert opened(page_image("a.tif", pages, 2)).getpixel((9, 9)) == (0, 0, 0)


def test_a_photograph_is_shown_the_way_up_that_it_was_taken() -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    given = saved(Image.new("RGB", (300, 200)), "JPEG", exif=turned)
    assert opened(page_image("a.jpg", given, 1)).size == (200, 300)


def test_what_is_transparent_is_white() -> None:
    given = saved(Image.new("RGBA", (300, 200), (0, 0, 0, 0)), "PNG")
    assert opened(page_image("a.png", given, 1)).getpixel((9, 9)) == (255, 255, 255)


def test_a_pictures_profile_is_not_handed_on() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    given = saved(Image.new("RGB", (300, 200)), "PNG", icc_profile=profile)
    assert b"iCCP" in given
    opened(page_image("a.png", given, 1))


@pytest.mark.parametrize(
    ("size", "shown"), [((2400, 100), (1200, 50)), ((100, 10_000), (50, 5000))]
)
def test_a_large_picture_is_made_smaller(size: tuple[int, int], shown: tuple[int, int]) -> None:
    assert opened(page_image("a.png", saved(Image.new("1", size), "PNG"), 1)).size == shown


def test_a_picture_too_large_is_not_unpacked() -> None:
    given = saved(Image.new("1", (8000, 7000)), "PNG")
    with pytest.raises(ParseError, match="图片太大"):
        page_image("a.png", given, 1)


@pytest.mark.parametrize("number", [-1, 0, 3, 10**30])
@pytest.mark.parametrize("path", ["a.pdf", "a.tif"])
def test_a_page_that_is_not_there(path: str, number: int) -> None:
    frames = [Image.new("1", (300, 200))] * 2
    scan = saved(frames[0], "TIFF", save_all=True, append_images=frames[1:])
    with pytest.raises(ParseError, match=f"没有第 {number} 页，一共 2 页"):
        page_image(path, two_pages() if path == "a.pdf" else scan, number)


@pytest.mark.parametrize("path", ["a.txt", "a.ofd", "a.exe"])
def test_what_has_no_pages_says_so(path: str) -> None:
    for ask in (pages_of, page_count):
        with pytest.raises(ParseError, match="原样还不能在这里显示"):
            ask(path, b"x")
    with pytest.raises(ParseError, match="原样还不能在这里显示"):
        page_image(path, b"x", 1)


# --- text


def test_a_web_page_is_shown_as_the_characters_that_it_is() -> None:
    assert original_text("a.html", BUS.encode()) == BUS.rstrip("\n")
    assert "<script>" in BUS


@pytest.mark.parametrize("suffix", sorted(TEXT))
def test_a_text_is_decoded(suffix: str) -> None:
    given = "汛期为每年五月一日\r\n至九月三十日，\t各村应当备足沙袋。"
    shown = original_text(f"a.{suffix}", given.encode("gb18030"))
    assert shown == given.replace("\r\n", "\n")


def test_characters_that_hide_or_reorder_are_written_out() -> None:
    shown = original_text("a.txt", "费用\u202e元04\u202c，\u200b请带现金。".encode())
    assert shown == "费用\\u{202e}元04\\u{202c}，\\u{200b}请带现金。"


def test_a_long_text_is_cut_and_says_so() -> None:
    shown = original_text("a.txt", ("一二三四五六七八九\n" * 20_000).encode() + "完".encode())
    assert shown.endswith("八九\n（只显示前 20 万字，后面的请看原文件。）")
    assert "完" not in shown
    assert len(shown) < 200_100
    assert "只显示" not in original_text("a.txt", ("一二三四五六七八九\n" * 20_000).encode())


def test_what_is_no_text_is_not_shown_as_one() -> None:
    with pytest.raises(ParseError, match="原样还不能在这里显示"):
        original_text("a.pdf", two_pages())
    with pytest.raises(ParseError, match=r"内容却像是 \.png"):
        original_text("a.txt", png())


# --- malformed


def show(path: str, content: bytes) -> object:
    """Whatever can be shown of a file."""
    if path.rsplit(".", 1)[-1] in TEXT:
        return original_text(path, content)
    return page_image(path, pages_of(path, content), 1)


# What LibreOffice is asked about, what has no preview, and what is sound but has no text.
OTHERS = {"truncated xls", "cell far away", "package without its parts", "no text at all"}
SHOWN = [case for case, (path, *_) in CASES.items() if path != "a.ofd" and case not in OTHERS]


@pytest.mark.parametrize("case", SHOWN)
def test_a_malformed_file_is_not_shown_either(case: str) -> None:
    path, make, reason = CASES[case]
    with pytest.raises(ParseError, match=reason):
        show(path, make())


@pytest.mark.parametrize("suffix", sorted(set(PARSERS) - {"ofd"}))
def test_of_an_empty_file_nothing_is_shown(suffix: str) -> None:
    with pytest.raises(ParseError, match="文件是空的"):
        show(f"a.{suffix}", b"")


def test_only_its_own_pdf_is_taken_for_an_office_files_pages() -> None:
    with pytest.raises(ParseError, match=r"内容却像是 \.docx"):
        page_count("a.docx", made.word())


def test_a_page_that_takes_for_ever_is_given_up_and_the_next_is_drawn(
    office: Path, drawing: apart.Helper
) -> None:
    drawing._silence = 5
    with pytest.raises(ParseError, match="读得太久"):
        page_image("a.pdf", made.slow_pdf(), 1)
    assert left(office) == []
    drawing._silence = apart.SILENCE
    assert page_count("a.pdf", two_pages()) == 2


# --- office files


def test_nobody_who_looks_at_a_page_waits_for_the_reading_of_another_file(
    office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(f"{office}.gate")
    put(office, 'read -r line < "$0.gate"; exit 1')
    reading = apart.Helper()
    monkeypatch.setattr(apart, "_HELPER", reading)
    failed: list[ParseError] = []

    def read() -> None:
        try:
            parse_apart("a.doc", OLD)
        except ParseError as error:
            failed.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    try:
        with Path(f"{office}.gate").open("w"):  # opens once the reading stands there
            assert page_count("a.pdf", two_pages()) == 2
            assert not failed
    finally:
        thread.join()
        reading.close()
    assert "LibreOffice 读不了" in str(failed[0])


def test_a_converter_that_crashes_leaves_nothing_and_the_next_file_is_served(
    office: Path, converting: apart.Helper
) -> None:
    put(office, 'echo half > "$TMPDIR/left"; kill -9 $PPID')
    given = made.word()
    with pytest.raises(ParseError, match="出了错"):
        pages_of("a.docx", given)
    assert left(office) == []
    put(office, 'for last; do :; done; cp "$last" "${last%.*}.pdf"')
    assert pages_of("a.docx", given) == given
    converting.close()
    assert left(office) == []


def test_a_converter_that_hangs_is_ended_with_all_it_started(
    office: Path, converting: apart.Helper
) -> None:
    pid = office.parent / "pid"
    put(office, f'sleep 1000 & echo $! > "{pid}.new"; mv "{pid}.new" "{pid}"; wait')
    converting._silence = 5
    with pytest.raises(ParseError, match="读得太久"):
        pages_of("a.docx", made.word())
    assert left(office) == []
    if pid.exists():  # on a very slow machine it had not come that far
        assert ended(int(pid.read_text()))


def test_without_libreoffice_an_office_file_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = apart.Helper()
    monkeypatch.setattr(preview, "_CONVERTING", own)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ParseError, match=r"没有安装 LibreOffice.*另存为 \.pdf"):
        pages_of("a.docx", made.word())
    own.close()


@needs_office
@pytest.mark.parametrize(("path", "make"), [("a.docx", made.word), ("a.pptx", made.slides)])
def test_an_office_file_is_shown_as_pages(path: str, make: Make) -> None:
    pages = pages_of(path, make())
    count = page_count(path, pages)
    assert count == (1 if path == "a.docx" else 2)
    assert pages_note(path, count) == ""
    assert ImageOps.invert(opened(page_image(path, pages, count))).getbbox()


@needs_office
def test_of_a_very_long_office_file_the_first_pages_are_shown() -> None:
    document = docx.Document()
    for number in range(office.MOST_PAGES + 5):
        document.add_paragraph(str(number)).paragraph_format.page_break_before = True
    pages = pages_of("a.docx", made.saved(document.save))
    assert page_count("a.docx", pages) == office.MOST_PAGES
    assert pages_note("a.docx", office.MOST_PAGES) == "只显示前 200 页，后面的请看原文件。"
    assert pages_note("a.pdf", office.MOST_PAGES) == ""


@needs_calc
def test_of_a_very_long_workbook_the_first_pages_are_shown() -> None:
    rows = [["姓名", "村"], *([f"居民{number}", "启隆村"] for number in range(50_000))]
    pages = pages_of("a.xlsx", made.xlsx({"名单": rows}))
    assert page_count("a.xlsx", pages) == office.MOST_PAGES


@needs_office
def test_nothing_that_a_document_points_to_is_fetched(tmp_path: Path) -> None:
    asked: list[str] = []

    class Listening(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_OPTIONS = do_PROPFIND = do_GET

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Listening) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        pages_of("a.docx", made.linked_word(f"http://127.0.0.1:{server.server_port}/a.png"))
        server.shutdown()
    assert asked == []
    secret = tmp_path / "secret.png"
    secret.write_bytes(saved(Image.new("RGB", (300, 300), "red"), "PNG"))
    pages = pages_of("a.docx", made.linked_word(f"file://{secret}"))
    with pypdfium2.PdfDocument(pages) as document:
        kinds = [o.type for o in document[0].get_objects()]
    assert pypdfium2.raw.FPDF_PAGEOBJ_TEXT in kinds
    assert pypdfium2.raw.FPDF_PAGEOBJ_IMAGE not in kinds
