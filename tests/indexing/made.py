"""Small real files of every kind, made by the formats' own libraries or by hand."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import docx
import pptx
import xlsxwriter
import xlwt
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from PIL import Image, ImageDraw, ImageFont
from pptx.util import Cm
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen import canvas

Rows = Sequence[Sequence[object]]

FEES: Rows = [
    ["启隆镇便民服务收费表"],
    ["项目", "费用", "地点"],
    ["补办身份证", 40, "一楼3号窗口"],
    ["复印", 0.5, "一楼大厅"],
]
"""A title, headers and two rows."""

FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
)


def saved(save: Callable[[io.BytesIO], object]) -> bytes:
    """The bytes that ``save`` writes."""
    out = io.BytesIO()
    save(out)
    return out.getvalue()


def xlsx(sheets: dict[str, Rows], merges: Sequence[str] = (), hidden: Sequence[str] = ()) -> bytes:
    """A workbook; ``merges`` are ranges of each sheet, whose first cell has the text already."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
            for area in merges:
                sheet.merge_range(area, "")
                first = area.split(":")[0]
                row, column = int(first[1:]) - 1, ord(first[0]) - ord("A")
                sheet.write(row, column, rows[row][column])
            if name in hidden:
                sheet.hide()
    return out.getvalue()


def xls(rows: Rows) -> bytes:
    """A workbook of the old binary format."""
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("Sheet1")
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            sheet.write(number, column, value)
    return saved(book.save)


def word() -> bytes:
    """A document with headings, a list that Word numbers, a table, a header and a caption."""
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "内部资料请勿外传"
    document.sections[0].footer.paragraphs[0].text = "第1页"
    document.add_heading("启隆镇公共食堂管理办法", 0)
    document.add_heading("第一章 总则", 1)
    for text in ("为了规范食堂管理，制定本办法。", "食堂由镇机关事务办公室管理。"):
        document.add_paragraph(text)._p.get_or_add_pPr().append(
            parse_xml(f'<w:numPr {nsdecls("w")}><w:ilvl w:val="0"/><w:numId w:val="77"/></w:numPr>')
        )
    numbering = document.part.numbering_part.element
    numbering.insert(
        0,
        parse_xml(
            f'<w:abstractNum {nsdecls("w")} w:abstractNumId="77"><w:lvl w:ilvl="0"><w:start w:val="1"/>'
            '<w:numFmt w:val="chineseCounting"/><w:lvlText w:val="第%1条"/></w:lvl></w:abstractNum>'
        ),
    )
    numbering.append(
        parse_xml(f'<w:num {nsdecls("w")} w:numId="77"><w:abstractNumId w:val="77"/></w:num>')
    )
    document.add_heading("第二章 收费", 1)
    document.add_paragraph("用餐需要带：")
    document.add_paragraph("工作证；", style="List Bullet")
    document.add_paragraph("餐卡。", style="List Bullet")
    table = document.add_table(rows=0, cols=3)
    for row in (
        ("餐别", "时间", "价格"),
        ("早餐", "7:00-8:00", "5元"),
        ("午餐", "11:30-12:30", "12元"),
    ):
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    document.add_paragraph("图1 食堂位置示意", style="Caption")
    changed = document.add_paragraph("食堂设在")
    changed._p.append(
        parse_xml(
            f'<w:ins {nsdecls("w")} w:id="1" w:author="a"><w:r><w:t>二楼。</w:t></w:r></w:ins>'
        )
    )
    changed._p.append(
        parse_xml(
            f'<w:del {nsdecls("w")} w:id="2" w:author="a"><w:r><w:delText>三楼。</w:delText></w:r></w:del>'
        )
    )
    assert changed._p.findall(qn("w:ins"))
    return saved(document.save)


def slides() -> bytes:
    """Two slides: a title with text, and a table with a footer."""
    show = pptx.Presentation()
    first = show.slides.add_slide(show.slide_layouts[1])
    first.shapes.title.text = "启隆镇垃圾分类培训"
    first.placeholders[1].text = "可回收物投放到蓝色桶。\n厨余垃圾投放到绿色桶。"
    second = show.slides.add_slide(show.slide_layouts[5])
    second.shapes.title.text = "收运时间"
    table = second.shapes.add_table(3, 2, Cm(2), Cm(5), Cm(15), Cm(4)).table
    for r, row in enumerate(
        (("种类", "收运时间"), ("厨余垃圾", "每天6点"), ("可回收物", "周三上午"))
    ):
        for c, text in enumerate(row):
            table.cell(r, c).text = text
    second.notes_slide.notes_text_frame.text = "讲解的人自己看的话。"
    return saved(show.save)


def pdf(pages: Sequence[Sequence[tuple[float, float, float, str]]], password: str = "") -> bytes:
    """Pages of text: each piece with left and top in points from the corner, its size and text."""
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    out = io.BytesIO()
    encrypt = StandardEncryption(password) if password else None
    drawn = canvas.Canvas(out, pagesize=(595, 842), encrypt=encrypt)
    for page in pages:
        for left, top, size, text in page:
            drawn.setFont("STSong-Light", size)
            drawn.drawString(left, 842 - top, text)
        drawn.showPage()
    drawn.save()
    return out.getvalue()


@cache
def font(size: int) -> ImageFont.FreeTypeFont | None:
    """A font with Chinese characters, if this machine has one."""
    found = next((f for f in FONTS if Path(f).exists()), None)
    return ImageFont.truetype(found, size) if found else None


def picture(lines: Sequence[str], size: int = 40) -> Image.Image:
    """A white page, 1240 pixels wide, with a line of text below the other."""
    drawn_with = font(size)
    assert drawn_with, "ask font() first"
    page = Image.new("RGB", (1240, 120 + len(lines) * size * 2), "white")
    draw = ImageDraw.Draw(page)
    for number, line in enumerate(lines):
        draw.text((100, 60 + number * size * 2), line, font=drawn_with, fill="black")
    return page


def scanned(pages: Sequence[Sequence[str]]) -> bytes:
    """A pdf of pictures."""
    first, *others = [picture(lines) for lines in pages]
    return saved(
        lambda out: first.save(out, "PDF", resolution=150, save_all=True, append_images=others)
    )


def zipped(parts: dict[str, str | bytes]) -> bytes:
    """A zip file of these parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return out.getvalue()


def with_part(package: bytes, name: str, content: bytes) -> bytes:
    """The package with one more part, or another in its place."""
    with zipfile.ZipFile(io.BytesIO(package)) as old:
        parts: dict[str, str | bytes] = {n: old.read(n) for n in old.namelist()}
    return zipped(parts | {name: content})


_OFD = 'xmlns:ofd="http://www.ofdspec.org/2016"'


def ofd(pages: Sequence[Sequence[tuple[float, float, float, str]]]) -> bytes:
    """Pages of text: each piece with left and top in millimetres, its size and text."""
    parts: dict[str, str | bytes] = {
        "OFD.xml": f'<ofd:OFD {_OFD} Version="1.0"><ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml'
        "</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
        "Doc_0/Document.xml": f"<ofd:Document {_OFD}><ofd:Pages>"
        + "".join(
            f'<ofd:Page ID="{n}" BaseLoc="Pages/Page_{n}/Content.xml"/>' for n in range(len(pages))
        )
        + "</ofd:Pages></ofd:Document>",
    }
    for number, page in enumerate(pages):
        objects = "".join(
            f'<ofd:TextObject ID="{i}" Boundary="{left} {top} {len(text) * size} {size}" Size="{size}">'
            f'<ofd:TextCode X="0" Y="{size}" DeltaX="g {len(text) - 1} {size}">{text}</ofd:TextCode>'
            "</ofd:TextObject>"
            for i, (left, top, size, text) in enumerate(page)
        )
        parts[f"Doc_0/Pages/Page_{number}/Content.xml"] = (
            f"<ofd:Page {_OFD}><ofd:Content><ofd:Layer>{objects}</ofd:Layer></ofd:Content></ofd:Page>"
        )
    return zipped(parts)


def slow_pdf() -> bytes:
    """A page filled with a pattern of so many tiles that drawing it takes for ever."""

    def stream(keys: str, content: bytes) -> bytes:
        return b"<<%b/Length %d>>stream\n%b\nendstream" % (keys.encode(), len(content), content)

    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        b"/Resources<</Pattern<</P 5 0 R>>>>>>",
        stream("", b"/Pattern cs /P scn 0 0 595 842 re f"),
        stream(
            "/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 1 1]"
            "/XStep 0.0001/YStep 0.0001/Resources<<>>",
            b"1 0 0 rg 0 0 1 1 re f",
        ),
    )
    out = bytearray(b"%PDF-1.7\n")
    table = b"0000000000 65535 f \n"
    for number, content in enumerate(objects, 1):
        table += b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    start, size = len(out), len(objects) + 1
    out += b"xref\n0 %d\n%btrailer\n<</Size %d/Root 1 0 R>>\n" % (size, table, size)
    out += b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(out)


def linked_word(target: str) -> bytes:
    """A document whose picture is not in it but at an address."""
    document = docx.Document()
    document.add_paragraph("图在别处。")
    document.add_picture(io.BytesIO(saved(lambda out: Image.new("RGB", (9, 9)).save(out, "PNG"))))
    [blip] = [e for e in document.element.iter() if e.tag == qn("a:blip")]
    del blip.attrib[qn("r:embed")]
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"
    blip.set(qn("r:link"), document.part.relate_to(target, relation, is_external=True))
    return saved(document.save)
