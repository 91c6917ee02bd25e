"""The console's pages of documents, as they are without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest

from assistant.segment import Segmenter
from assistant.types import Role
from tests.channels.library import METADATA, RULES, Office, open_office
from tests.channels.staff import Person, signed_in
from tests.indexing.made import pdf

PAGE = "/staff/versions"
FIELDS = {**METADATA, "topics": "文体、场地"}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, segmenter: Segmenter) -> Iterator[Office]:
    with open_office(tmp_path_factory.mktemp("library"), segmenter) as opened:
        yield opened


def sent(person: Person, files: dict[str, bytes], replaces: str = "", **more: str) -> Any:
    """The response to a form with files."""
    page = f"/staff/library/{replaces}" if replaces else "/staff/documents"
    data = {"csrf": person.form(page), **({"replaces": replaces} if replaces else {}), **more}
    form = [("files", (name, content)) for name, content in files.items()]
    return person.client.post("/staff/uploads", data=data, files=form, follow_redirects=False)


def post(person: Person, version_id: str, name: str, **fields: Any) -> Any:
    """Send a form of a version's page."""
    return person.send(f"{PAGE}/{version_id}/{name}", f"{PAGE}/{version_id}", **fields)


def named(office: Office, name: str) -> str:
    """The id of the newest version of a file."""
    return next(v.id for v in office.site.assembly.library.versions() if v.name == name)


def test_all_documents_are_listed_for_readers_and_nothing_that_waits(office: Office) -> None:
    office.upload("等待.txt")
    page = signed_in(office.site, Role.READER).client.get("/staff/documents").text
    for told in (
        "staff/duty.md",
        "allowance.md",
        "由 corpus 文件夹管理",
        "python ingest.py",
        "内部",
    ):
        assert told in page
    assert "等待.txt" not in page
    assert "上传" not in page
    own = office.editor.client.get("/staff/documents").text
    assert "等待核对 1 份" in own
    assert 'enctype="multipart/form-data"' in own
    office.site.assembly.library.discard(named(office, "等待.txt"), "test")


def test_several_files_are_uploaded_by_a_form_each_taken_or_refused_by_itself(
    office: Office,
) -> None:
    done = sent(
        office.editor, {"甲.txt": "甲的正文。".encode(), "乙.md": "# 乙\n\n正文。".encode()}
    )
    assert (done.status_code, done.headers["location"]) == (303, "/staff/documents")
    page = office.editor.client.get("/staff/documents").text
    assert "data-busy" in page
    assert "正在处理 2 份" in page
    office.work()
    assert "等待核对 2 份" in office.editor.client.get("/staff/documents").text
    some = sent(
        office.editor, {"丙.txt": "丙的正文。".encode(), "<b>坏</b>.exe": b"MZ", "丁.txt": b""}
    )
    assert some.status_code == 422
    assert "&lt;b&gt;坏&lt;/b&gt;.exe" in some.text
    for told in ("不支持的文件格式", "文件是空的"):
        assert told in some.text
    assert named(office, "丙.txt")
    none = sent(office.editor, {})
    assert (none.status_code, "请先选择文件" in none.text) == (422, True)
    many = sent(office.editor, {f"{n}.txt": b"x" for n in range(21)})
    assert (many.status_code, "一次最多 20 份文件" in many.text) == (422, True)
    stale = office.editor.client.post(
        "/staff/uploads", data={"csrf": "wrong"}, files={"files": b"x"}
    )
    assert (stale.status_code, "页面已经过期" in stale.text) == (403, True)
    for name in ("甲.txt", "乙.md", "丙.txt"):
        assert post(office.editor, named(office, name), "discard").status_code == 303


def test_a_form_that_is_too_large_is_refused_with_the_limit(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.channels.app.UPLOAD_LIMIT", 50_000)
    response = sent(office.editor, {"大.txt": b"a" * 60_000})
    assert response.status_code == 413
    assert "最多 200 MB" in response.text


def test_a_draft_is_filled_with_what_was_found_and_its_audience_is_asked_for(
    office: Office,
) -> None:
    version = office.upload("借用.txt")
    page = office.editor.client.get(f"{PAGE}/{version.id}").text
    assert 'value="启文〔2025〕7号"' in page
    assert "押金每次二百元" in page
    assert " checked" not in page
    assert "发布以后" not in page, "nothing is published before it was reviewed"
    wrong = post(
        office.editor, version.id, "metadata",
        **{**FIELDS, "title": "", "date": "昨天\x00", "number": '"><b>号', "audience": ""},
    )  # fmt: skip
    assert wrong.status_code == 422
    for told in ("请填写标题", "发文日期请写成", "请选择给谁看", 'aria-invalid="true"'):
        assert told in wrong.text
    shown = unescape(wrong.text)
    for kept in ("昨天", '"><b>号', "文体、场地", "2025-04-01"):
        assert kept in shown
    assert "<b>号" not in wrong.text
    saved = post(office.editor, version.id, "metadata", **FIELDS)
    assert saved.headers["location"] == f"{PAGE}/{version.id}?done=saved"
    page = office.editor.client.get(saved.headers["location"]).text
    assert "已保存" in page
    assert page.count(" checked") == 1
    assert "请有发布权限的同事来发布" in page
    assert f"{PAGE}/{version.id}/publish" not in page


def test_coming_into_force_before_the_date_of_issue_is_saved_with_a_reminder(
    office: Office,
) -> None:
    version = office.upload("追溯.txt")
    assert "施行日期早于" not in office.editor.client.get(f"{PAGE}/{version.id}").text
    dates = {"date": "2025-03-15", "effective": "2025-03-01"}
    saved = post(office.editor, version.id, "metadata", **{**FIELDS, **dates})
    page = office.editor.client.get(saved.headers["location"]).text
    assert "已保存" in page
    assert page.count("施行日期早于发文日期") == 1
    assert post(office.editor, version.id, "discard").status_code == 303


def test_a_new_version_begins_with_what_was_told_of_the_one_before(office: Office) -> None:
    first = office.publish(office.upload("沿用.txt"), title="借用须知", audience="staff")
    text = RULES.replace("五天", "四天").replace("7号", "8号")
    new = office.upload("沿用.txt", text, first.library_id)
    page = office.editor.client.get(f"{PAGE}/{new.id}").text
    for told in (
        'value="借用须知"',
        'value="文体中心"',
        'value="文体、场地"',
        "沿用了上一版的信息",
    ):
        assert told in page
    assert 'value="启文〔2025〕8号"' in page
    assert "2025-04-01" not in page, "another number is another issue"
    assert re.search(r'value="staff" required checked', page)
    told = office.editor.call("GET", f"/api/staff/versions/{new.id}").json()
    assert (told["metadata"]["title"], told["metadata"]["audience"]) == ("借用须知", "staff")
    assert told["reviewed"] is False
    draft = post(office.editor, first.id, "revision").headers["location"]
    page = office.editor.client.get(draft).text
    assert re.search(r'value="staff" required checked', page)
    assert "沿用了" not in page
    post(office.publisher, first.id, "withdraw")
    office.work()


def test_a_version_is_published_replaced_withdrawn_and_restored_by_forms(office: Office) -> None:
    version = office.upload("流程.txt")
    post(office.editor, version.id, "metadata", **FIELDS)
    page = office.publisher.client.get(f"{PAGE}/{version.id}").text
    assert "发布以后，居民马上可以问到" in page
    assert "data-confirm" in page
    assert post(office.publisher, version.id, "publish").status_code == 303
    assert "正在发布" in office.publisher.client.get(f"{PAGE}/{version.id}").text
    office.work()
    history = f"/staff/library/{version.library_id}"
    assert history in office.editor.client.get("/staff/documents").text
    only = office.editor.client.get("/staff/documents?department=文体中心&audience=residents").text
    assert "流程.txt" in only
    assert "staff/duty.md" not in only
    assert "没有这样的文档" in office.editor.client.get("/staff/documents?department=无").text
    done = sent(office.editor, {"流程.txt": RULES.replace("五", "六").encode()}, version.library_id)
    assert done.headers["location"] == history
    office.work()
    page = office.editor.client.get(history).text
    for told in ("第1版", "第2版", "已发布", "等待核对"):
        assert told in page
    new = named(office, "流程.txt")
    post(office.editor, new, "metadata", **FIELDS)
    post(office.publisher, new, "publish")
    office.work()
    assert post(office.publisher, new, "withdraw").status_code == 303
    office.work()
    page = office.editor.client.get("/staff/documents").text
    assert "已撤下" in page
    assert "恢复此版本" in office.publisher.client.get(f"{PAGE}/{version.id}").text
    post(office.publisher, version.id, "publish")
    office.work()
    assert office.version(version.id).published
    draft = post(office.editor, version.id, "revision").headers["location"]
    assert "修改信息" not in office.editor.client.get(draft).text
    log = signed_in(office.site, Role.ADMINISTRATOR).client.get("/staff/audit").text
    for told in (
        "上传文件",
        "改文件信息",
        "发布文件",
        "撤下文件",
        "新建草稿",
        "第2版",
        "主管部门：文体中心",
    ):
        assert told in log
    post(office.publisher, version.id, "withdraw")
    office.work()


def test_a_document_is_known_by_what_was_published_and_not_by_a_draft_of_another_name(
    office: Office,
) -> None:
    first = office.upload("养犬.txt")
    history = f"/staff/library/{first.library_id}"
    assert "养犬.txt的各版本" in office.editor.client.get(history).text
    office.publish(first)
    draft = office.upload("电话.txt", "电话123456。", first.library_id)
    page = office.editor.client.get(history).text
    assert "<h1>养犬.txt的各版本</h1>" in page
    assert "电话.txt <span" in page
    for path in (history, f"{PAGE}/{draft.id}"):
        assert office.editor.client.get(path).text.count("和发布过的养犬.txt不一样") == 1
    post(office.publisher, first.id, "withdraw")
    office.work()
    assert "<h1>养犬.txt的各版本</h1>" in office.editor.client.get(history).text
    post(office.editor, draft.id, "discard")
    assert "不一样" not in office.editor.client.get(history).text


def test_hostile_files_and_words_stay_text(office: Office) -> None:
    text = "<script>alert('正文')</script>\n\n<img src=x onerror=alert(1)>请看\u202e正文。\n"
    version = office.upload("坏.txt", text)
    hostile = {name: "<img src=x>\"'" for name in ("title", "number", "issuer", "department")}
    office.publish(version, **hostile, topics=["<b>主题</b>"], source="{{ 77777 * 3 }}\u202e")
    pages = [
        f"{PAGE}/{version.id}", f"/staff/library/{version.library_id}", "/staff/documents",
        f"/staff/documents/{version.id}", "/staff/search?q=请看正文",
    ]  # fmt: skip
    for path in pages:
        page = office.publisher.client.get(path)
        assert page.status_code == 200
        assert not re.search(r"<script>|<img src=x|<b>主题|233331", page.text), path
        assert "\u202e" not in page.text, path
    assert "<img src=x" not in office.site.client.get(f"/documents/{version.id}").text
    post(office.publisher, version.id, "withdraw")
    office.work()


def test_the_original_is_shown_beside_in_pictures_or_characters_or_not_at_all(
    office: Office,
) -> None:
    office.send(
        "两页.pdf",
        pdf([[(80, 80, 14, "第一页上的一句话。")], [(80, 80, 14, "第二页上的一句话。")]]),
    )
    office.work()
    identity = named(office, "两页.pdf")
    page = office.editor.client.get(f"{PAGE}/{identity}").text
    assert page.count('loading="lazy"') == 2
    assert "原件第2页" in page
    assert "第2页</p>" in page, "where a page begins in the text"
    for number in (1, 2):
        got = office.editor.client.get(f"{PAGE}/{identity}/pages/{number}")
        assert got.content.startswith(b"\x89PNG")
        assert got.headers["content-type"] == "image/png"
    for number, code in (("3", 404), ("0", 422), ("x", 422)):
        got = office.editor.client.get(f"{PAGE}/{identity}/pages/{number}")
        assert got.status_code == code
    text = office.upload("原样.txt", "原样\u202e的字\n第二行。\n")
    assert "原样\\u{202e}的字" in office.editor.client.get(f"{PAGE}/{text.id}").text


def test_a_long_text_is_cut_for_review_and_says_so(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.channels.console.versions.MOST_LINES", 3)
    version = office.upload("长文.txt", "".join(f"这是第{n}行的文字。\n" for n in range(10)))
    page = office.editor.client.get(f"{PAGE}/{version.id}").text
    assert "只显示开头" in page
    assert page.count("<p>这是第") == 3
    monkeypatch.setattr("assistant.channels.console.versions.MOST_LINES", 100)
    assert "只显示开头" not in office.editor.client.get(f"{PAGE}/{version.id}").text
    monkeypatch.setattr("assistant.channels.console.versions.MOST_CHARACTERS", 13)
    page = office.editor.client.get(f"{PAGE}/{version.id}").text
    assert "只显示开头" in page
    assert page.count("<p>这是第") == 2


def test_what_was_refused_says_why_and_can_be_deleted(office: Office) -> None:
    sent(office.editor, {"假的.pdf": b"no pdf"})
    office.work()
    identity = named(office, "假的.pdf")
    for path in ("/staff/documents", f"{PAGE}/{identity}"):
        assert "没有收下：扩展名是 .pdf" in office.editor.client.get(path).text
    assert post(office.editor, identity, "discard").status_code == 303
    assert office.editor.client.get(f"{PAGE}/{identity}").status_code == 404


def test_what_was_refused_stands_below_what_waits_and_is_cleared_at_once(office: Office) -> None:
    office.upload("等着.txt")
    sent(office.editor, {"坏一.pdf": b"no pdf 1", "坏二.pdf": b"no pdf 2"})
    office.work()
    page = office.editor.client.get("/staff/documents").text
    waiting, refused = page.split("<h3>没有收下的文件</h3>")
    assert "等着.txt" in waiting
    assert all(name in refused and name not in waiting for name in ("坏一.pdf", "坏二.pdf"))
    done = office.editor.send("/staff/refused/discard", "/staff/documents")
    assert (done.status_code, done.headers["location"]) == (303, "/staff/documents")
    page = office.editor.client.get("/staff/documents").text
    assert "等着.txt" in page
    assert "没有收下" not in page
    assert post(office.editor, named(office, "等着.txt"), "discard").status_code == 303


def test_every_page_keeps_to_the_policy_and_labels_its_fields(office: Office) -> None:
    version = office.upload("页面.txt")
    for path in (
        "/staff/documents", f"{PAGE}/{version.id}", f"/staff/library/{version.library_id}",
    ):  # fmt: skip
        page = office.editor.client.get(path).text
        assert not re.search(r"\son\w+=|style=|<style|<script(?! src)", page)
        ids = re.findall(r' id="([^"]+)"', page)
        assert len(ids) == len(set(ids)), path
        for name in ("for", "aria-labelledby", "aria-describedby"):
            for told in re.findall(rf' {name}="([^"]+)"', page):
                assert set(told.split()) <= set(ids), (path, told)
