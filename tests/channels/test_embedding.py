"""Which sites may show the chat in a frame: told by the page's policy and to the widget."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.resources import load
from assistant.segment import Segmenter
from tests.answering.readers import PlainReader
from tests.channels.conftest import ANSWERED, Site, open_site

ALLOWED = "https://www.qidong.gov.cn"
OTHERS = [
    "https://qidong.gov.cn", "http://www.qidong.gov.cn", f"{ALLOWED}:8443", f"{ALLOWED}.evil.cn",
    f"{ALLOWED}/", "null", "*", "https://evil.cn, https://www.qidong.gov.cn", "<script>",
]  # fmt: skip


@pytest.fixture(scope="module")
def embeddable(tmp_path_factory: pytest.TempPathFactory, segmenter: Segmenter) -> Iterator[Site]:
    """The application that two sites may embed."""
    folder: Path = tmp_path_factory.mktemp("embeddable")
    origins = f"{ALLOWED},https://b.cn:8443"
    with open_site(folder, segmenter, PlainReader(), {}, embed_origins=origins) as opened:
        yield opened


def policy(site: Site, path: str) -> dict[str, str]:
    """The directives of a page's policy."""
    value = site.client.get(path).headers["content-security-policy"]
    return dict(part.split(" ", 1) for part in value.split("; "))


def test_the_chat_may_be_framed_by_the_sites_of_the_settings_alone(
    site: Site, embeddable: Site
) -> None:
    assert policy(site, "/embed")["frame-ancestors"] == "'none'"
    assert policy(embeddable, "/embed")["frame-ancestors"] == f"{ALLOWED} https://b.cn:8443"


@pytest.mark.parametrize(
    "path",
    ["/", "/healthz", "/documents/x", "/answers/x", "/static/page.css"],
)
def test_nothing_else_may_be_framed(embeddable: Site, path: str) -> None:
    assert policy(embeddable, path)["frame-ancestors"] == "'none'"


@pytest.mark.parametrize("path", ["/", "/embed"])
def test_pages_with_the_chat_run_our_own_files_and_nothing_inline(
    embeddable: Site, path: str
) -> None:
    told = policy(embeddable, path)
    for directive in ("script-src", "style-src", "connect-src", "form-action"):
        assert told[directive] == "'self'"
    assert told["img-src"] == "'self' data:"
    assert told["default-src"] == told["base-uri"] == "'none'"


@pytest.mark.parametrize("path", ["/documents/x", "/answers/x", "/healthz", "/nothing"])
def test_no_other_page_runs_anything(embeddable: Site, path: str) -> None:
    assert "script-src" not in policy(embeddable, path)


def test_the_embedded_page_is_the_page_and_knows_who_may_embed_it(embeddable: Site) -> None:
    page, embedded = (embeddable.client.get(path).text for path in ("/", "/embed"))
    form = re.compile("<form.*</form>", re.S)
    assert form.findall(embedded) == form.findall(page)
    assert '"origins": []' in page
    assert f'"origins": ["{ALLOWED}"' in embedded


def test_a_site_that_may_embed_is_told_so(embeddable: Site) -> None:
    response = embeddable.client.get("/api/embedding", headers={"Origin": ALLOWED})
    told = {"allowed": True, "message": load("replies")["embedding"]["allowed"]}
    assert response.json() == told
    assert response.headers["access-control-allow-origin"] == ALLOWED
    assert response.headers["vary"] == "Origin"


@pytest.mark.parametrize("origin", OTHERS)
def test_any_other_site_can_read_that_it_may_not(embeddable: Site, origin: str) -> None:
    response = embeddable.client.get("/api/embedding", headers={"Origin": origin})
    told = {"allowed": False, "message": load("replies")["embedding"]["refused"]}
    assert response.json() == told
    assert response.headers["access-control-allow-origin"] == origin
    assert response.headers["vary"] == "Origin"
    assert "access-control-allow-credentials" not in response.headers


def test_without_an_origin_nothing_is_echoed(embeddable: Site) -> None:
    response = embeddable.client.get("/api/embedding")
    assert response.json()["allowed"] is False
    assert "access-control-allow-origin" not in response.headers
    assert response.headers["vary"] == "Origin"


@pytest.mark.parametrize(
    "path", ["/", "/embed", "/api/suggestions", "/healthz", "/api/documents/x"]
)
def test_no_other_answer_can_be_read_by_another_site(embeddable: Site, path: str) -> None:
    response = embeddable.client.get(path, headers={"Origin": ALLOWED})
    assert not [name for name in response.headers if name.startswith("access-control-")]


def test_nobody_of_another_site_can_ask(embeddable: Site) -> None:
    for method in ("POST", "OPTIONS"):
        headers = {"Origin": ALLOWED, "Access-Control-Request-Method": "POST"}
        sent = {"question": ANSWERED}
        response = embeddable.client.request(method, "/api/chat", json=sent, headers=headers)
        assert not [name for name in response.headers if name.startswith("access-control-")]
