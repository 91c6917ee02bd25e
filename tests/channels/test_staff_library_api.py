"""The console's documents through its API: upload, review, publish, replace, withdraw."""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Message, Scope

from assistant.channels.console.rules import RULES as WHO
from assistant.segment import Segmenter
from assistant.types import Role
from tests.channels.library import METADATA, QUESTION, RULES, Office, open_office
from tests.channels.staff import browser, signed_in

API = "/api/staff/versions"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory, segmenter: Segmenter) -> Iterator[Office]:
    with open_office(tmp_path_factory.mktemp("library"), segmenter) as office:
        yield office


@pytest.fixture
def office(opened: Office) -> Iterator[Office]:
    """In which nothing of the console can be asked about."""
    yield opened
    opened.discard_all()


def test_an_upload_is_read_reviewed_published_replaced_and_withdrawn(office: Office) -> None:
    version = office.upload("借用办法.txt")
    told = office.editor.call("GET", f"{API}/{version.id}").json()
    assert (told["state"], told["task"], told["reviewed"]) == ("draft", None, False)
    assert "押金每次二百元" in told["text"]
    assert version.id not in office.cited()
    unreviewed = office.publisher.call("POST", f"{API}/{version.id}/publish")
    assert (unreviewed.status_code, unreviewed.json()["error"]["code"]) == (
        409, "error_document_unreviewed",
    )  # fmt: skip
    office.publish(version)
    assert office.cited() == {version.id}
    document = office.site.client.get(f"/api/documents/{version.id}").json()
    assert {k: document[k] for k in ("number", "issuer", "effective")} == {
        k: METADATA[k] for k in ("number", "issuer", "effective")
    }
    page = office.site.client.get(f"/documents/{version.id}").text
    for shown in ("启文〔2025〕7号", "启隆镇人民政府", "2025-04-01"):
        assert shown in page
    new = office.upload("借用办法.txt", RULES.replace("五天", "三天"), version.library_id)
    assert (new.number, new.library_id) == (2, version.library_id)
    assert office.cited() == {version.id}, "a draft changes nothing"
    office.publish(new)
    assert office.cited() == {new.id}
    assert "提前三天" in office.site.ask(QUESTION)["answer"]
    assert office.site.client.get(f"/api/documents/{version.id}").status_code == 404
    assert office.publisher.call("POST", f"{API}/{new.id}/withdraw").status_code == 202
    office.work()
    assert new.id not in office.cited()
    assert office.publisher.call("POST", f"{API}/{version.id}/publish").status_code == 202
    office.work()
    assert office.cited() == {version.id}, "a version of before can be published again"
    done = [
        (e.actor, e.action, e.target)
        for e in reversed(office.site.assembly.audit.entries(100))
        if e.target.startswith("借用办法.txt")
    ]
    assert done == [
        ("li", "document_uploaded", "借用办法.txt v1"),
        ("li", "document_described", "借用办法.txt v1"),
        ("wang", "document_published", "借用办法.txt"),
        ("li", "document_uploaded", "借用办法.txt v2"),
        ("li", "document_described", "借用办法.txt v2"),
        ("wang", "document_published", "借用办法.txt"),
        ("wang", "document_withdrawn", "借用办法.txt"),
        ("wang", "document_published", "借用办法.txt"),
    ]


def test_what_is_published_for_staff_is_never_there_for_residents(office: Office) -> None:
    version = office.publish(office.upload("内部.txt"), audience="staff", title="内部借用办法")
    asked = office.editor.call(
        "POST", "/api/staff/ask", {"question": QUESTION, "audience": "staff"}
    ).json()
    assert {c["document_id"] for c in asked["citations"]} == {version.id}
    answer = office.site.ask(QUESTION)
    assert version.id not in str(answer)
    assert "内部借用" not in str(answer)
    for _, data in office.site.stream(QUESTION):
        assert "内部借用" not in str(data)
    for path in (f"/api/documents/{version.id}", f"/documents/{version.id}"):
        assert office.site.client.get(path).status_code == 404
    found = office.editor.call("GET", f"/api/staff/search?q={QUESTION}&department=文体中心").json()
    assert {f["document_id"] for f in (*found["found"], *found["rejected"])} == {version.id}
    none = office.editor.call("GET", f"/api/staff/search?q={QUESTION}&department=没有").json()
    assert none["found"] == none["rejected"] == []


def test_of_two_who_publish_at_once_one_is_refused(office: Office) -> None:
    version = office.upload("同时.txt")
    office.review(version)
    people = [office.publisher, signed_in(office.site, Role.PUBLISHER, "zhao")]
    path = f"{API}/{version.id}/publish"
    with ThreadPoolExecutor(2) as pool:
        codes = [r.status_code for r in pool.map(lambda p: p.call("POST", path), people)]
    assert sorted(codes) == [202, 409]
    office.work()
    assert office.version(version.id).published


def test_a_published_version_is_changed_by_a_new_draft_alone(office: Office) -> None:
    version = office.publish(office.upload("改.txt"))
    path = f"{API}/{version.id}"
    assert office.editor.call("PUT", f"{path}/metadata", METADATA).status_code == 409
    assert office.editor.call("DELETE", path).status_code == 409
    new = office.editor.call("POST", f"{path}/revision").json()["id"]
    told = office.editor.call("GET", f"{API}/{new}").json()
    assert (told["number"], told["state"], told["reviewed"]) == (2, "draft", False)
    assert told["metadata"]["title"] == METADATA["title"]
    assert office.editor.call("POST", f"{API}/{new}/revision").status_code == 409
    assert office.editor.call("DELETE", f"{API}/{new}").status_code == 200
    assert office.editor.call("GET", f"{API}/{new}").status_code == 404
    listed = office.editor.call("GET", "/api/staff/library").json()["versions"]
    assert version.id in [v["id"] for v in listed if v["published"]]


def test_the_original_is_for_the_disk_and_never_for_a_page(office: Office) -> None:
    content = b"<html><body><p>" + "网页的正文，请看。".encode() + b"</p><script>1</script>"
    response = office.send("主 页'.html", content)
    for base in (API, "/staff/versions"):
        got = office.editor.client.get(f"{base}/{response.json()['id']}/original")
        assert got.content == content
        assert got.headers["content-type"] == "application/octet-stream"
        assert got.headers["x-content-type-options"] == "nosniff"
        assert got.headers["content-disposition"] == (
            "attachment; filename=original; filename*=UTF-8''%E4%B8%BB%20%E9%A1%B5%27.html"
        )
    office.work()


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("title", "", "请填写标题"),
        ("title", "\u200b\n", "请填写标题"),
        ("title", "长" * 201, "标题太长"),
        ("number", "7" * 500, "文号太长"),
        ("date", "去年", "发文日期请写成"),
        ("effective", "2025-13", "施行日期请写成"),
        ("topics", ["主题"] * 3 + [f"主题{n}" for n in range(30)], "主题太多"),
        ("topics", ["长" * 31], "主题太多或太长"),
    ],
)
def test_what_cannot_be_told_of_a_document_is_refused_in_words(
    office: Office, field: str, value: object, told: str
) -> None:
    version = office.upload(
        f"错-{field}-{told}-{str(value)[:3]}.txt".replace("\n", "").replace("\u200b", "")
    )
    sent = {**METADATA, field: value}
    response = office.editor.call("PUT", f"{API}/{version.id}/metadata", sent)
    assert response.status_code == 422
    assert response.json()["error"]["code"] == "error_document_metadata"
    assert told in response.json()["error"]["message"]
    assert not office.version(version.id).reviewed
    office.editor.call("DELETE", f"{API}/{version.id}")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"audience": "all"}, "给谁看（audience）只能是 residents、staff"),
        ({"audience": None, "title": 7}, "标题（title）应当是文字；给谁看（audience）只能是 residents、staff"),
        ({"title": "a\x00b"}, "标题（title）格式不对，或者有不能保存的字符"),
        ({"number": "\ud800"}, "文号（number）有不完整的字符"),
        ({"issuer": "长" * 1001}, "发文机关（issuer）太长，最多 1000 个字"),
        ({"owner": "corpus"}, "owner不是认识的字段"),
        ({"\ud800": ""}, "请求的内容有不完整的字符"),
        ({"topics": "文体"}, "主题（topics）应当是列表"),
        ({"topics": ["文体", "a\x00"]}, "主题（topics）第2项格式不对，或者有不能保存的字符"),
        ({"topics": ["文体"] * 101}, "主题（topics）太多，最多 100 项"),
    ],
)  # fmt: skip
def test_metadata_of_another_form_is_refused_with_the_field_and_the_reason(
    office: Office, wrong: dict[str, object], told: str
) -> None:
    response = sent_as_it_is(office, {**METADATA, **wrong})
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (422, "error_invalid_request")
    assert error["message"] == told


def test_metadata_that_is_missing_or_no_object_is_refused_with_the_reason(office: Office) -> None:
    for sent, told in (
        ({}, "标题（title）没有填；给谁看（audience）没有填"),
        ([], "请求的内容应当是 JSON 对象"),
        ({f"{n}" * 500: "" for n in range(1, 30)}, f"{'1' * 40}不是认识的字段"),
    ):
        response = sent_as_it_is(office, sent)
        assert response.status_code == 422
        assert told in response.json()["error"]["message"]
        assert len(response.json()["error"]["message"]) < 1000


def sent_as_it_is(office: Office, metadata: object) -> Any:
    """The response to metadata in JSON that need not be text which can be encoded."""
    token = office.editor.client.get("/api/staff/session").json()["csrf"]
    return office.editor.client.put(
        f"{API}/none/metadata",
        content=json.dumps(metadata),
        headers={"X-CSRF-Token": token, "Content-Type": "application/json"},
    )


def test_what_is_told_is_kept_in_one_line_without_what_cannot_be_seen(office: Office) -> None:
    version = office.upload("看不见.txt")
    office.review(
        version,
        title=" 借用\u202e办法\n（试行） ",
        date="2025年3月1日",
        topics=["文体", "文体", ""],
    )
    told = office.editor.call("GET", f"{API}/{version.id}").json()["metadata"]
    assert (told["title"], told["date"], told["topics"]) == (
        "借用办法 （试行）",
        "2025-03-01",
        ["文体"],
    )


@pytest.mark.parametrize(
    ("name", "kept"),
    [("C:\\文件\\规定.txt", "规定.txt"), ("/etc/../路径.md", "路径.md"), ("大写.TXT", "大写.TXT")],
)
def test_of_a_name_only_its_last_part_is_kept(office: Office, name: str, kept: str) -> None:
    response = office.send(name, f"名字是{name}的文件。".encode())
    assert response.status_code == 200
    assert office.version(response.json()["id"]).name == kept


@pytest.mark.parametrize(
    "name",
    [
        "", ".", "..", "../..", "没有扩展名", "程序.exe", "宏.docm", "反\u202exslx.exe.txt",
        "零\x01宽.txt", "a:b.txt", "长" * 200 + ".txt", "txt", "a/", "换\n行.txt", "制\t表.txt", ".txt", "..txt",
    ],
)  # fmt: skip
def test_a_name_that_cannot_be_used_is_refused_before_anything_is_kept(
    office: Office, name: str
) -> None:
    before = len(office.site.assembly.library.versions())
    response = office.send(name, b"content")
    assert (response.status_code, response.json()["error"]["code"]) == (422, "error_file_refused")
    assert len(office.site.assembly.library.versions()) == before


def test_a_file_that_is_there_already_is_refused(office: Office) -> None:
    version = office.upload("一次.txt")
    same = office.site.assembly.library.content(version.id)
    for name, content, code in (
        ("两次.txt", same, "error_document_same"),
        ("一次.txt", b"other", "error_document_name"),
        ("flood.txt", b"other", "error_document_of_corpus"),
    ):
        response = office.send(name, content)
        assert (response.status_code, response.json()["error"]["code"]) == (409, code)
    assert office.send("新.txt", b"other", replaces="none").status_code == 404
    assert office.send("空.txt", b"").status_code == 422


def test_what_cannot_be_read_is_kept_as_a_reason_alone(office: Office) -> None:
    response = office.send("假的.pdf", b"this is no pdf")
    office.work()
    identity = response.json()["id"]
    told = office.editor.call("GET", f"{API}/{identity}").json()
    assert (told["state"], told["metadata"], told["text"]) == ("refused", None, "")
    assert "扩展名是 .pdf" in told["reason"]
    assert office.editor.client.get(f"{API}/{identity}/original").status_code == 404
    assert office.publisher.call("POST", f"{API}/{identity}/publish").status_code == 409
    assert office.editor.call("PUT", f"{API}/{identity}/metadata", METADATA).status_code == 404
    assert office.editor.call("DELETE", f"{API}/{identity}").status_code == 200


# --- bodies


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> int:
    """A limit that a test can reach."""
    most = 100_000
    monkeypatch.setattr("assistant.channels.app.UPLOAD_LIMIT", most)
    monkeypatch.setattr("assistant.channels.console.uploads.MOST_BYTES", most - 1000)
    return most


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("size", [99_500, 100_001, 300_000])
def test_a_file_that_is_too_large_is_refused_with_the_limit(
    office: Office, small: int, size: int, told: bool
) -> None:
    token = office.editor.client.get("/api/staff/session").json()["csrf"]
    content = b"a" * size
    response = office.editor.client.post(
        "/api/staff/uploads?name=大.txt",
        content=content if told else iter([content[:1000], content[1000:]]),
        headers={"X-CSRF-Token": token},
    )
    assert (response.status_code, response.json()["error"]["code"]) == (413, "error_too_large")
    assert "文件太大，最多" in response.json()["error"]["message"]


def test_only_uploads_may_be_large(office: Office) -> None:
    token = office.editor.client.get("/api/staff/session").json()["csrf"]
    for path in (f"{API}/none/publish", "/staff/versions/none/metadata", "/api/staff/ask"):
        response = office.publisher.client.post(path, content=b"a" * 70_000)
        assert response.status_code == 413 or response.status_code == 403, path
    assert (
        office.editor.client.put(
            f"{API}/none/metadata", content=b"a" * 70_000,
            headers={"X-CSRF-Token": token, "Content-Type": "application/json"},
        ).status_code == 413
    )  # fmt: skip


@pytest.mark.parametrize(
    ("path", "length"), [("/staff/uploads", b"100"), ("/api/staff/uploads", b"999999999999")]
)
def test_nothing_of_a_strangers_body_is_read(office: Office, path: str, length: bytes) -> None:
    scope: Scope = {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(),
        "query_string": b"name=a.txt", "root_path": "", "scheme": "http", "http_version": "1.1",
        "headers": [
            (b"content-length", length), (b"content-type", b"multipart/form-data; boundary=x"),
        ],
        "client": ("127.0.0.1", 1), "server": ("test", 80), "app": office.site.app,
    }  # fmt: skip
    sent: list[Message] = []

    async def receive() -> Message:
        raise AssertionError("read")

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(office.site.app(scope, receive, send))
    assert sent[0]["status"] == (401 if path.startswith("/api") else 303)


def test_without_the_token_nothing_is_taken(office: Office) -> None:
    before = len(office.site.assembly.library.versions())
    for headers in ({}, {"X-CSRF-Token": "wrong"}):
        response = office.editor.client.post(
            "/api/staff/uploads?name=a.txt", content=b"text", headers=headers
        )
        assert (response.status_code, response.json()["error"]["code"]) == (
            403, "error_form_stale",
        )  # fmt: skip
    assert len(office.site.assembly.library.versions()) == before


def test_nothing_is_left_in_temporary_files(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    large = "这是一行普通的文字，没有别的。\n".encode() * 50_000
    assert office.send("大文件.txt", large).status_code == 200
    form = office.editor.form("/staff/documents")
    files = [("files", (f"表单{n}.txt", large + str(n).encode())) for n in range(2)]
    for token, code in ((form, 303), ("wrong", 403)):
        response = office.editor.client.post(
            "/staff/uploads", data={"csrf": token}, files=files, follow_redirects=False
        )
        assert response.status_code == code
    assert list(tmp_path.rglob("*")) == []
    for version in office.site.assembly.library.versions():
        if version.size > 1_000_000:
            office.site.assembly.library.discard(version.id, "test")


# --- the schema


def test_the_api_of_documents_is_described(office: Office) -> None:
    paths = office.site.app.openapi()["paths"]
    ours = [r.split(" ") for r in WHO if re.search("/api/staff/(uploads|library|versions)", r)]
    assert len(ours) == 9
    for method, path in ours:
        told = paths[path][method.lower()]
        assert told["summary"]
        assert told["description"]
        assert {"401", "403", "404", "409", "413", "422"} <= set(told["responses"])
    body = paths["/api/staff/uploads"]["post"]["requestBody"]["content"]
    assert list(body) == ["application/octet-stream"]
    assert json.dumps(paths).count("FormData") == 0
    assert browser(office.site).client.get("/api/staff/library").status_code == 401
