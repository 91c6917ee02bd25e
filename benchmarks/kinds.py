"""python benchmarks/kinds.py [--pages 300] [--scans 20] [--rows 50000] [--out DIR]

Reads a large pdf, a scanned one and a large workbook, all made here, as taking in documents does:
apart, then cut into chunks and words. Embedding, which takes longest, is `ingesting.py`'s to measure.
"""

from __future__ import annotations

import argparse
import io
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count, islice
from pathlib import Path

import psutil
import xlsxwriter
from figures import FIGURES, MB, ROOT, fresh, isolated, line, machine, peak_memory_mb, save, show
from notices import notices
from PIL import Image, ImageDraw, ImageFont
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen import canvas

from assistant.indexing.chunk import chunks
from assistant.indexing.parse import parse_apart
from assistant.segment import Segmenter, town_words

FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
LINES, WIDTH = 28, 27
"""Lines of a page and characters of a line: what an official document has."""


def pages(number: int) -> list[list[str]]:
    """The lines of so many pages of made notices."""
    text = "".join(
        character
        for notice in islice(notices(6), number)
        for character in notice.markdown
        if not character.isspace() and character not in "#-|*"
    )
    whole = text * (number * LINES * WIDTH // len(text) + 1)
    lines = (whole[at : at + WIDTH] for at in count(0, WIDTH))
    return [list(islice(lines, LINES)) for _ in range(number)]


def text_pdf(number: int) -> bytes:
    """A pdf of text with running headers and page numbers."""
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    out = io.BytesIO()
    drawn = canvas.Canvas(out, pagesize=(595, 842))
    for at, lines in enumerate(pages(number), 1):
        drawn.setFont("STSong-Light", 9)
        drawn.drawString(70, 800, "启隆镇文件汇编")
        drawn.drawString(290, 30, f"— {at} —")
        drawn.setFont("STSong-Light", 16)
        for row, text in enumerate(lines):
            drawn.drawString(80, 760 - 25 * row, text)
        drawn.showPage()
    drawn.save()
    return out.getvalue()


def scanned_pdf(number: int) -> bytes:
    """A pdf of pictures of pages, 200 dots an inch."""
    font = ImageFont.truetype(str(FONT), 44)
    pictures = []
    for lines in pages(number):
        picture = Image.new("L", (1654, 2339), 255)
        draw = ImageDraw.Draw(picture)
        for row, text in enumerate(lines):
            draw.text((220, 230 + 69 * row), text, font=font, fill=0)
        pictures.append(picture)
    out = io.BytesIO()
    pictures[0].save(out, "PDF", resolution=200, save_all=True, append_images=pictures[1:])
    return out.getvalue()


def workbook(rows: int) -> bytes:
    """A workbook of one sheet with six columns."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("补贴发放")
        sheet.write_row(0, 0, ["序号", "村名", "户主", "面积（亩）", "金额（元）", "发放日期"])
        for at in range(1, rows):
            village = f"第{at % 12 + 1}村{at % 40 + 1}组"
            sheet.write_row(
                at, 0, [at, village, f"户主{at}", at % 97 / 10, at % 97 * 12, "2024年3月15日"]
            )
    return out.getvalue()


@contextmanager
def watched() -> Iterator[dict[str, float]]:
    """The memory that the processes below this one hold at most, and their processor time."""
    peak = {"parser_peak_mb": 0.0}
    times: dict[int, float] = {}
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            held = 0
            for process in psutil.Process().children(recursive=True):
                try:
                    held += process.memory_info().rss
                    times[process.pid] = sum(process.cpu_times()[:2])
                except psutil.NoSuchProcess:
                    continue
            peak["parser_peak_mb"] = max(peak["parser_peak_mb"], round(held / MB, 1))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peak
    finally:
        done.set()
        thread.join()
        peak["cpu_seconds"] = round(sum(times.values()), 2)


def read(path: Path) -> dict[str, float]:
    """Read and cut one file, in a process that did nothing before."""
    content = path.read_bytes()
    parse_apart("warm.txt", "一句话。".encode())  # starts the helper, as the first file does
    with watched() as parser:
        start = time.perf_counter()
        document = parse_apart(path.name, content)
        read_seconds = time.perf_counter() - start
    with tempfile.TemporaryDirectory() as cache:
        segmenter = Segmenter(town_words(), Path(cache))
        start = time.perf_counter()
        cut = chunks(document, segmenter)
    return {
        "file_mb": round(len(content) / 1e6, 2),
        "read_seconds": round(read_seconds, 2),
        "cut_seconds": round(time.perf_counter() - start, 2),
        **parser,
        "own_peak_mb": peak_memory_mb(),
        "characters": len(document.text),
        "chunks": len(cut),
    }


def main() -> None:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--scans", type=int, default=20)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--out", type=Path, default=FIGURES)
    options = parser.parse_args()
    about = machine()
    kinds: dict[str, tuple[Callable[[int], bytes], int]] = {
        "text.pdf": (text_pdf, options.pages),
        "book.xlsx": (workbook, options.rows),
    }
    if FONT.exists():
        kinds["scanned.pdf"] = (scanned_pdf, options.scans)
    figures: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder, isolated():
        for name, (make, size) in kinds.items():
            path = Path(folder, name)
            path.write_bytes(make(size))
            figures[name] = {"size": size, **fresh(read, path)}
    save("kinds", about, {"kinds": figures}, options.out)
    print(line(about), end="\n\n")
    show(["file", *figures["text.pdf"]], [[name, *row.values()] for name, row in figures.items()])


if __name__ == "__main__":
    os.chdir(ROOT)
    main()
