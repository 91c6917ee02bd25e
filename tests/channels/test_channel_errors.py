"""Every error is ``{"error": {"code", "message", "request_id"}}`` with the right status.

The message is Chinese and says nothing about the program's inside.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from assistant.answering.pipeline import QUESTION_LENGTH
from assistant.channels.app import BODY_LIMIT, _repeat, create_app
from assistant.errors import ModelError
from assistant.resources import load
from tests.channels.conftest import ANSWERED, REFUSED, Site, events

INSIDE = "hunter2 in the words of the database"
SECURITY_HEADERS = ("content-security-policy", "x-content-type-options", "referrer-policy")

SPACES = [
    *(chr(c) for c in (*range(0x09, 0x0E), *range(0x1C, 0x21), 0x85, 0xA0, 0xAD, 0x61C, 0x1680)),
    *(chr(c) for c in (0x180E, *range(0x2000, 0x2010), 0x2028, 0x2029, 0x202F)),
    *(chr(c) for c in (0x205F, *range(0x2060, 0x2065), 0x206A, 0x3000, 0xFEFF, 0xFFF9)),
    *(chr(c) for c in (0xE0001, 0xE0020)),
]
"""Characters that show nothing: white space, and formatting that takes no room."""

FILLERS = [chr(c) for c in (0x034F, 0x115F, 0x1160, 0x17B4, 0x2800, 0x3164, 0xFE0F, 0xFFA0)]
"""Letters and marks that show nothing."""

ODD_QUESTIONS = [
    pytest.param("🙂🙃😀", 200, id="emoji only"),
    pytest.param("👨‍👩‍👧‍👦🏳️‍🌈", 200, id="joined emoji"),
    pytest.param("\x01\x02\x1b\x7f", 422, id="control characters"),
    pytest.param("面积\x07多大\x1b[31m", 200, id="control characters between words"),
    pytest.param("\x00", 422, id="NUL"),
    pytest.param("面积\x00多大", 200, id="NUL between words"),
    pytest.param("\u202e\u202d\u2066\u2069", 422, id="bidi overrides only"),
    pytest.param("面积\u202e多大\u202c", 200, id="bidi overrides between words"),
    pytest.param("\ue000\uf8ff", 422, id="private use"),
    pytest.param("\uffff\ufdd0", 422, id="noncharacters"),
    pytest.param("e" + "\u0301" * 250, 200, id="a heap of accents"),
    pytest.param("𠀀𪚥龘", 200, id="rare characters"),
    pytest.param("？！。，", 200, id="marks only"),
    pytest.param("'; DROP TABLE turns; --", 200, id="SQL"),
    pytest.param('"(* AND +-~^words:[a TO z])', 200, id="query language"),
    pytest.param("{topics}{contact.__class__}%s${x}", 200, id="templates"),
    pytest.param("<script>alert(1)</script>", 200, id="HTML"),
    pytest.param("的了吗呢", 200, id="stop words only"),
    pytest.param("啊" * QUESTION_LENGTH, 200, id="one character, often"),
]


def assert_error(response: Any, status: int, code: str) -> dict[str, str]:
    """The error's content, once it has the shape of every error."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body: dict[str, dict[str, str]] = response.json()
    assert body.keys() == {"error"}
    assert body["error"].keys() == {"code", "message", "request_id"}
    assert body["error"]["code"] == code
    assert load("statuses")[code]["http"] == status
    assert re.search("[\u4e00-\u9fff]", body["error"]["message"])
    assert body["error"]["request_id"] == response.headers["x-request-id"] != ""
    assert all(name in response.headers for name in SECURITY_HEADERS)
    return body["error"]


def post(site: Site, body: object) -> Any:
    """Send JSON, escaped where need be."""
    return site.client.post(
        "/api/chat", content=json.dumps(body), headers={"content-type": "application/json"}
    )


@pytest.mark.parametrize("question", ["", " ", "\t\n", "\u3000\u3000"])
def test_an_empty_question_is_told_to_write_one(site: Site, question: str) -> None:
    assert_error(post(site, {"question": question}), 422, "error_question_empty")
    assert_error(post(site, {"question": question, "stream": True}), 422, "error_question_empty")


def test_a_question_of_the_greatest_length_is_answered(site: Site) -> None:
    for question in ("长" * QUESTION_LENGTH, "  " + "𠀀" * QUESTION_LENGTH + "\n"):
        assert post(site, {"question": question}).status_code == 200


@pytest.mark.parametrize("stream", [False, True])
def test_one_character_more_is_too_long(site: Site, stream: bool) -> None:
    sent = {"question": "长" * (QUESTION_LENGTH + 1), "stream": stream}
    told = assert_error(post(site, sent), 422, "error_question_too_long")
    assert str(QUESTION_LENGTH) in told["message"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"question": None},
        {"question": 5},
        {"question": ["面积"]},
        {"question": {"text": "面积"}},
        {"question": True},
        {"question": "面积", "conversation_id": 7},
        {"question": "面积", "conversation_id": "a" * 65},
        {"question": "面积", "stream": "maybe"},
        {"question": "面积", "audience": "staff"},
        {"question": "面积", "quesiton": "面积"},
        [],
        "面积",
        None,
        5,
    ],
)
def test_a_wrong_type_or_an_unknown_field_is_an_invalid_request(site: Site, body: object) -> None:
    assert_error(post(site, body), 422, "error_invalid_request")


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b'{"question": "\xff\xfe"}',
        b"question=1",
        b'{"question": "a",}',
        b"[" * 30_000,
        b'{"question": ' + b"9" * 5_000 + b"}",
        b"\x00",
    ],
)
def test_what_is_not_json_is_malformed(site: Site, content: bytes) -> None:
    headers = {"content-type": "application/json"}
    assert_error(
        site.client.post("/api/chat", content=content, headers=headers), 400, "error_malformed_json"
    )


@pytest.mark.parametrize("path", ["/api/nothing", "/nothing", "/api/documents", "/static/none.css"])
def test_an_unknown_path_is_not_found(site: Site, path: str) -> None:
    assert_error(site.client.get(path), 404, "error_not_found")


@pytest.mark.parametrize("identity", ["none", "0" * 16, "a" * 4000, "%F0%9F%99%82", "'--"])
def test_an_unknown_document_is_not_found(site: Site, identity: str) -> None:
    assert_error(site.client.get(f"/api/documents/{identity}"), 404, "error_not_found")


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("identity", ["none", "0" * 32, "'; --"])
def test_an_unknown_conversation_is_not_found(site: Site, identity: str, stream: bool) -> None:
    sent = {"question": ANSWERED, "conversation_id": identity, "stream": stream}
    assert_error(post(site, sent), 404, "error_conversation_not_found")


@pytest.mark.parametrize("identity", ["none", "0" * 32, "'; --"])
def test_rating_an_unknown_answer_is_not_found(site: Site, identity: str) -> None:
    response = site.client.post("/api/feedback", json={"answer_id": identity, "rating": "up"})
    assert response.status_code == 404
    assert response.json()["error"]["code"].endswith("not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/api/chat", "POST"),
        ("DELETE", "/api/suggestions", "GET"),
        ("PUT", "/api/feedback", "POST"),
        ("POST", "/healthz", "GET"),
    ],
)
def test_a_wrong_method_is_told_the_right_one(
    site: Site, method: str, path: str, allowed: str
) -> None:
    response = site.client.request(method, path)
    assert_error(response, 405, "error_method_not_allowed")
    assert response.headers["allow"] == allowed


def test_a_form_that_cannot_be_read_is_not_said_to_be_json(site: Site) -> None:
    headers = {"content-type": "multipart/form-data"}
    assert_error(site.client.post("/", content=b"x", headers=headers), 422, "error_invalid_request")


@pytest.mark.parametrize("path", ["/api/chat", "/api/feedback", "/"])
def test_a_body_that_is_too_large_is_refused(site: Site, path: str) -> None:
    kind = "application/x-www-form-urlencoded" if path == "/" else "application/json"
    content = b'{"question": "' + b"a" * BODY_LIMIT + b'"}'
    response = site.client.post(path, content=content, headers={"content-type": kind})
    assert_error(response, 413, "error_too_large")


@pytest.mark.parametrize("path", ["/api/chat", "/"])
def test_a_body_that_grows_too_large_is_refused_without_its_length_being_told(
    site: Site, path: str
) -> None:
    def pieces() -> Iterator[bytes]:
        yield b'question="'
        for _ in range(BODY_LIMIT // 1024 + 1):
            yield b"a" * 1024

    kind = "application/x-www-form-urlencoded" if path == "/" else "application/json"
    response = site.client.post(path, content=pieces(), headers={"content-type": kind})
    assert_error(response, 413, "error_too_large")


class Failing:
    """A part that breaks whatever is asked of it."""

    def __init__(self, cause: Exception) -> None:
        self._cause = cause

    def steps(self, *_: object, **__: object) -> Iterator[object]:
        """Begin, then break."""
        raise self._cause
        yield

    def ask(self, *_: object, **__: object) -> object:
        """Break."""
        raise self._cause


@pytest.fixture(
    params=[RuntimeError(INSIDE), OSError(INSIDE), ModelError("reader_weights", name="weights")]
)
def broken(site: Site, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Site:
    """The application with a service that breaks."""
    monkeypatch.setitem(vars(site.assembly), "service", Failing(request.param))
    return site


def test_an_error_inside_tells_nothing_but_the_number_to_find_it_by(broken: Site) -> None:
    for response in (
        broken.client.post("/api/chat", json={"question": ANSWERED}),
        broken.client.post("/", data={"question": ANSWERED}),
    ):
        told = assert_error(response, 500, "error_internal")
        assert told["message"] == load("statuses")["error_internal"]["residents"]
        assert "hunter2" not in response.text
        assert "Error" not in response.text


def test_a_stream_that_breaks_ends_with_the_same_error(broken: Site) -> None:
    response = broken.client.post("/api/chat", json={"question": ANSWERED, "stream": True})
    assert response.status_code == 200
    name, data = events(response.text)[-1]
    assert name == "error"
    assert data["error"].keys() == {"code", "message", "request_id"}
    assert data["error"]["code"] == "error_internal"
    assert data["error"]["request_id"] == response.headers["x-request-id"]
    assert "hunter2" not in response.text


def test_an_error_inside_is_logged_with_the_number_that_was_told(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(vars(site.assembly), "service", Failing(RuntimeError(INSIDE)))
    for stream in (False, True):
        caplog.clear()
        response = site.client.post("/api/chat", json={"question": ANSWERED, "stream": stream})
        assert response.headers["x-request-id"] in caplog.text
        assert "hunter2" in caplog.text
        assert ANSWERED not in caplog.text


# --- odd questions


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("question", "status"), ODD_QUESTIONS)
def test_an_odd_question_has_a_defined_outcome(
    site: Site, question: str, status: int, stream: bool
) -> None:
    response = post(site, {"question": question, "stream": stream})
    assert response.status_code == status
    if status == 422:
        assert_error(response, 422, "error_question_empty")


@pytest.mark.parametrize(
    ("question", "status"), [(r"\ud800", 422), (r"\udc00\ud800", 422), (r"票价\udfff", 200)]
)
def test_half_a_character_is_passed_over(site: Site, question: str, status: int) -> None:
    content = ('{"question": "' + question + '"}').encode()
    headers = {"content-type": "application/json"}
    response = site.client.post("/api/chat", content=content, headers=headers)
    if status == 422:
        assert_error(response, 422, "error_question_empty")
    else:
        assert response.json()["understood_as"] == "票价"


@pytest.mark.parametrize("broken_text", ["\ud800", "\x00", "好\x00"])
def test_what_no_database_can_hold_is_an_invalid_request(site: Site, broken_text: str) -> None:
    kept = site.ask(ANSWERED)["answer_id"]
    for path, body in (
        ("/api/chat", {"question": ANSWERED, "conversation_id": broken_text}),
        ("/api/feedback", {"answer_id": broken_text, "rating": "up"}),
        ("/api/feedback", {"answer_id": kept, "rating": "up", "reason": broken_text}),
    ):
        headers = {"content-type": "application/json"}
        response = site.client.post(path, content=json.dumps(body), headers=headers)
        assert_error(response, 422, "error_invalid_request")


@pytest.mark.parametrize("path", ["/api/documents/%00", "/documents/%00"])
def test_an_address_that_no_database_can_hold_is_an_invalid_request(site: Site, path: str) -> None:
    assert_error(site.client.get(path), 422, "error_invalid_request")


def test_no_conversation_has_a_name_that_no_database_can_hold(site: Site) -> None:
    assert_error(site.client.delete("/api/conversations/%00"), 422, "error_invalid_request")


def test_a_character_written_in_two_halves_is_a_character(site: Site) -> None:
    content = rb'{"question": "\ud83d\ude42 \u9762\u79ef"}'
    headers = {"content-type": "application/json"}
    response = site.client.post("/api/chat", content=content, headers=headers)
    assert response.json()["understood_as"] == "🙂 面积"


@pytest.mark.parametrize("space", SPACES, ids=[f"U+{ord(c):04X}" for c in SPACES])
def test_what_shows_nothing_is_no_question_and_hides_none(site: Site, space: str) -> None:
    assert_error(post(site, {"question": space * 3}), 422, "error_question_empty")
    response = post(site, {"question": f"{space}票价{space}"})
    assert response.json()["understood_as"] == "票价"


@pytest.mark.parametrize("filler", FILLERS, ids=[f"U+{ord(c):04X}" for c in FILLERS])
def test_letters_that_show_nothing_are_never_answered(site: Site, filler: str) -> None:
    response = post(site, {"question": filler * 3})
    assert_error(response, 422, "error_question_empty")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(question=st.text(st.characters(), max_size=320))
def test_any_text_has_a_defined_outcome(site: Site, question: str) -> None:
    response = post(site, {"question": question})
    assert response.status_code in (200, 422)
    body = response.json()
    if response.status_code == 200:
        assert body["status"] in load("statuses")
        assert not body["status"].startswith("error_")
    else:
        assert_error(response, 422, body["error"]["code"])


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200))
def test_any_bytes_have_a_defined_outcome(site: Site, body: bytes) -> None:
    for path, kind in (
        ("/api/chat", "application/json"),
        ("/", "application/x-www-form-urlencoded"),
        ("/", "multipart/form-data; boundary=x"),
    ):
        response = site.client.post(path, content=body, headers={"content-type": kind})
        assert response.status_code in (200, 400, 422)


# --- headers


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/"), ("GET", "/healthz"), ("GET", "/static/page.css"), ("GET", "/api/suggestions")],
)
def test_every_response_has_a_number_and_security_headers(
    site: Site, method: str, path: str
) -> None:
    response = site.client.request(method, path)
    assert response.status_code == 200
    assert all(name in response.headers for name in SECURITY_HEADERS)
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert ("script-src" in policy) == (path == "/")
    other = site.client.request(method, path)
    assert response.headers["x-request-id"] != other.headers["x-request-id"]


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/readyz", "/api/suggestions", "/static/page.css"]
)
def test_a_head_request_is_told_what_get_would_tell(site: Site, path: str) -> None:
    asked, told = site.client.get(path), site.client.head(path)
    assert told.status_code == asked.status_code == 200
    assert told.headers["content-length"] == asked.headers["content-length"]


def test_only_our_own_files_may_be_kept_by_a_browser(site: Site) -> None:
    for response in (
        site.client.get("/"),
        site.client.post("/", data={"question": ANSWERED}),
        post(site, {"question": ANSWERED}),
        post(site, {"question": ANSWERED, "stream": True}),
        site.client.get("/nothing"),
    ):
        assert response.headers["cache-control"] == "no-store"
    for path in ("/static/page.css", "/widget.js"):
        # Kept, but asked about each time, so that scripts of two versions never meet.
        kept = site.client.get(path).headers
        assert kept["cache-control"] == "no-cache"
        again = site.client.get(path, headers={"If-None-Match": kept["etag"]})
        assert again.status_code == 304


def test_a_proxy_is_told_to_pass_a_stream_on_as_it_comes(site: Site) -> None:
    response = post(site, {"question": ANSWERED, "stream": True})
    assert response.headers["x-accel-buffering"] == "no"


def test_a_number_sent_along_is_not_taken_over(site: Site) -> None:
    response = site.client.get("/healthz", headers={"X-Request-ID": "evil\tid"})
    assert re.fullmatch("[0-9a-f]{16}", response.headers["x-request-id"])


def test_before_loading_errors_have_the_same_shape(site: Site) -> None:
    early = TestClient(create_app(site.assembly))
    for response in (
        early.get("/readyz"),
        early.get("/api/documents/x"),
        early.get("/api/suggestions"),
        early.post("/api/chat", json={"question": REFUSED}),
        early.post("/api/feedback", json={"answer_id": "x", "rating": "up"}),
    ):
        assert_error(response, 503, "error_not_ready")


def test_no_error_text_names_a_place_on_this_machine(site: Site) -> None:
    for response in (site.client.get("/nothing"), post(site, {"question": ""}), post(site, [])):
        assert str(Path(__file__).parent) not in response.text
        assert "Traceback" not in response.text


def test_what_is_done_again_and_again_survives_any_failure_and_logs_it_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    calls = 0

    def work() -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt
        raise RuntimeError("no room")

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(_repeat(work, 0))
    assert calls == 3
    assert caplog.text.count("no room") == 1
