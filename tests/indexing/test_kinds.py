"""What each kind of file becomes: its text, its headings, and the places to cite."""

from __future__ import annotations

import datetime
import shutil
import subprocess
from pathlib import Path

import pytest

from assistant.answering.place import place_of
from assistant.indexing.chunk import chunks
from assistant.indexing.parse import parse, parse_apart
from assistant.indexing.parse.kinds import read
from assistant.indexing.parse.numbering import _chinese
from assistant.segment import Segmenter
from assistant.types import Document
from tests.indexing import made

LONG = (
    "启隆镇地处崇明岛东北部，下辖七个村和一个社区，常住居民以务农和从事服务业为主，镇政府设在启隆村"
)
WHOLE = f"{LONG}，{LONG}。"
WIDTH = 28
"""Characters of a line that goes from edge to edge."""


def places(found: Document) -> dict[str, str]:
    """The text at each place."""
    return {p.text: found.text[p.start : p.end] for p in found.places}


def headed(found: Document, text: str) -> tuple[str, ...]:
    """The headings above a text."""
    at = found.text.index(text)
    return next(s.headings for s in found.sections if s.start <= at < s.end)


def test_rows_of_a_workbook_carry_headers_and_are_places() -> None:
    sheets = {"收费": made.FEES, "名单": [["村", "组", "人"], ["启隆村", "一组", "张三"]]}
    found = parse("a.xlsx", made.xlsx(sheets))
    assert found.title == "启隆镇便民服务收费表"
    assert places(found)["收费 第3行"] == "项目：补办身份证；费用：40；地点：一楼3号窗口。\n"
    assert places(found)["名单 第2行"] == "村：启隆村；组：一组；人：张三。\n"
    assert headed(found, "张三") == ("名单",)


def test_merged_titles_and_hidden_sheets() -> None:
    sheets = {"Sheet1": made.FEES, "底稿": [["不公开", "的", "内容"]]}
    found = parse("a.xlsx", made.xlsx(sheets, merges=["A1:C1"], hidden=["底稿"]))
    assert "不公开" not in found.text
    assert found.text.splitlines()[0] == "启隆镇便民服务收费表"
    assert places(found)["第4行"] == "项目：复印；费用：0.5；地点：一楼大厅。\n"


def test_values_are_written_as_a_person_would() -> None:
    rows = [["日期", "完成", "数"], [datetime.date(2024, 3, 15).isoformat(), True, 3.0]]
    assert "日期：2024-03-15；完成：TRUE；数：3。" in parse("a.xlsx", made.xlsx({"表1": rows})).text


def test_rows_far_down_keep_their_numbers() -> None:
    rows = [[], [], *made.FEES]
    assert "第6行" in places(parse("a.xlsx", made.xlsx({"Sheet1": rows})))


def test_a_bare_table_is_named_by_its_file() -> None:
    rows = [["村", "组", "人"], ["启隆村", "一组", "张三"]]
    assert parse("x/村组名单.xlsx", made.xlsx({"名单": rows})).title == "村组名单"


def test_an_old_workbook_is_read_too() -> None:
    found = parse("a.xls", made.xls(made.FEES))
    assert places(found)["第3行"] == "项目：补办身份证；费用：40；地点：一楼3号窗口。\n"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_a_table_as_text(encoding: str, delimiter: str) -> None:
    text = '项目,费用,地点\n办证,10,"一楼\n大厅"\n换证,5,二楼\n'.replace(",", delimiter)
    found = parse("收费.csv", text.encode(encoding))
    assert found.title == "收费"
    assert places(found) == {
        "第2行": "项目：办证；费用：10；地点：一楼 大厅。\n",
        "第4行": "项目：换证；费用：5；地点：二楼。\n",
    }


def test_a_word_document() -> None:
    found = parse("a.docx", made.word())
    assert found.title == "启隆镇公共食堂管理办法"
    lines = found.text.splitlines()
    assert "第一条 为了规范食堂管理，制定本办法。" in lines
    assert "第二条 食堂由镇机关事务办公室管理。" in lines
    assert lines[lines.index("用餐需要带：") :][1:3] == ["工作证；", "餐卡。"]
    assert "餐别：午餐；时间：11:30-12:30；价格：12元。" in lines
    assert "食堂设在二楼。" in lines
    assert headed(found, "用餐需要带")[-1] == "第二章 收费"
    for left_out in ("内部资料", "第1页", "位置示意", "三楼"):
        assert left_out not in found.text


def test_a_clause_that_word_numbers_is_cited_by_its_number(segmenter: Segmenter) -> None:
    cut = chunks(parse("a.docx", made.word()), segmenter)
    assert any(chunk.headings[-1] == "第二条" and "食堂由" in chunk.text for chunk in cut)


@pytest.mark.parametrize(
    ("number", "written"),
    [(1, "一"), (10, "十"), (12, "十二"), (20, "二十"), (105, "一百零五"), (110, "一百一十")],
)
def test_numbers_in_chinese(number: int, written: str) -> None:
    assert _chinese(number) == written


def test_slides() -> None:
    found = parse("a.pptx", made.slides())
    assert found.title == "启隆镇垃圾分类培训"
    assert "种类：可回收物；收运时间：周三上午。" in places(found)["第2张幻灯片"]
    assert "厨余垃圾投放到绿色桶。" in places(found)["第1张幻灯片"]
    assert headed(found, "周三上午")[-1] == "收运时间"
    assert "讲解的人" not in found.text


def report(page: int) -> list[tuple[float, float, float, str]]:
    """A page with a running header, a broken paragraph, a table, a caption and a number."""
    pieces = [(70.0, 50.0, 9.0, "启隆镇年鉴 2024")]
    if page == 1:
        pieces.append((150.0, 110.0, 22.0, "启隆镇概况"))
    lines = [WHOLE[i : i + WIDTH] for i in range(0, len(WHOLE), WIDTH)]
    lines = lines[:2] if page == 1 else lines[2:]
    pieces += [(70.0, 150.0 + 24 * n, 16.0, line) for n, line in enumerate(lines)]
    pieces.append((290.0, 800.0, 9.0, f"— {page} —"))
    if page == 2:
        rows = (("村名", "户数", "面积"), ("启隆村", "320", "5.6"), ("永隆村", "150", "3.2"))
        pieces += [
            (70.0 + 150 * c, 300.0 + 24 * r, 16.0, text)
            for r, row in enumerate(rows)
            for c, text in enumerate(row)
        ]
        pieces.append((200.0, 420.0, 16.0, "图1 村庄位置示意"))
    return pieces


def test_a_pdf_loses_what_belongs_to_its_pages_alone() -> None:
    found = parse("a.pdf", made.pdf([report(1), report(2)]))
    assert found.title == "启隆镇概况"
    assert headed(found, "启隆镇地处") == ("启隆镇概况",)
    for left_out in ("年鉴", "— 1 —", "— 2 —", "示意"):
        assert left_out not in found.text
    assert "村名：永隆村；户数：150；面积：3.2。" in places(found)["第2页"]


def test_lines_that_the_layout_broke_are_joined_over_the_page_too() -> None:
    found = parse("a.pdf", made.pdf([report(1), report(2)]))
    assert WHOLE in found.text.splitlines()
    assert places(found)["第1页"].endswith(WHOLE[: 2 * WIDTH])
    assert places(found)["第2页"].startswith(WHOLE[2 * WIDTH :])


def test_a_citation_of_a_later_page_names_that_page(segmenter: Segmenter) -> None:
    found = parse("a.pdf", made.pdf([report(1), report(2)]))
    cut = chunks(found, segmenter)
    row = found.text.index("村名：永隆村")
    assert [place_of(c, row, row + 1) for c in cut if c.start <= row < c.end] == ["第2页"]


def test_paragraphs_and_lists_of_a_pdf_stay_apart() -> None:
    lines = [f"　　{LONG[: WIDTH - 3]}。", "申请时应当带齐下列材料：", "1.身份证；", "2.户口簿。"]
    lines += ["（二）办理时间", "周一至周五。"]
    page = [
        (70.0 + 16 * (len(line) - len(line.strip())), 100.0 + 24 * n, 16.0, line.strip())
        for n, line in enumerate(lines)
    ]
    found = parse("a.pdf", made.pdf([page]))
    assert found.text.splitlines() == [line.strip() for line in lines]
    assert headed(found, "周一至周五") == ("（二）办理时间",)
    assert found.places == ()


def test_ofd() -> None:
    pages = [
        [(60.0, 20.0, 7.0, "防汛通知"), (20.0, 40.0, 4.0, "汛期为每年五月一日至九月三十日。")],
        [(20.0, 20.0, 4.0, "各村应当备足沙袋。")],
    ]
    found = parse("a.ofd", made.ofd(pages))
    assert found.title == "防汛通知"
    assert places(found)["第2页"] == "各村应当备足沙袋。\n"


def told(path: str, content: bytes) -> list[str]:
    """What is said of how far the reading of a file has come."""
    places: list[str] = []
    read(path, content, places.append)
    return places


def test_a_parser_tells_how_far_it_has_come() -> None:
    assert told("a.pdf", made.pdf([report(1), report(2)]))[:2] == ["第1页", "第2页"]
    assert told("a.ofd", made.ofd([[(20.0, 20.0, 4.0, "各村应当备足沙袋。")]]))[0] == "第1页"
    assert "第3行" in told("a.xlsx", made.xlsx({"Sheet1": made.FEES}))
    assert "第2张幻灯片" in told("a.pptx", made.slides())
    assert told("a.txt", "汛期到了。\n各村应当备足沙袋。".encode()) == ["第1段", "第2段"]


needs_font = pytest.mark.skipif(made.font(40) is None, reason="no font with Chinese characters")


@needs_font
def test_a_scanned_pdf_is_recognised_page_by_page_and_tells_how_far_it_has_come() -> None:
    content = made.scanned([["便民服务中心周一至周五办公。"], ["请带好身份证。"]])
    reached: list[str] = []
    found = parse_apart("a.pdf", content, reached.append)
    assert places(found) == {"第1页": "便民服务中心周一至周五办公。\n", "第2页": "请带好身份证。\n"}
    # Recognising takes longer than the half second between two signs of life.
    assert reached
    assert set(reached) <= {"第1页", "第2页"}


@needs_font
@pytest.mark.parametrize(("suffix", "kind"), [("png", "PNG"), ("jpg", "JPEG"), ("tif", "TIFF")])
def test_a_picture_is_recognised(suffix: str, kind: str) -> None:
    content = made.saved(lambda out: made.picture(["便民服务中心周一至周五办公。"]).save(out, kind))
    assert parse(f"a.{suffix}", content).text == "便民服务中心周一至周五办公。\n"


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_an_old_word_document_is_converted(tmp_path: Path) -> None:
    (tmp_path / "a.docx").write_bytes(made.word())
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = ["soffice", profile, "--headless", "--convert-to", "doc", "--outdir"]
    subprocess.run([*command, str(tmp_path), str(tmp_path / "a.docx")], check=True)
    found = parse_apart("a.doc", (tmp_path / "a.doc").read_bytes())
    assert "餐别：午餐；时间：11:30-12:30；价格：12元。" in found.text
    assert "第二条 食堂由镇机关事务办公室管理。" in found.text
