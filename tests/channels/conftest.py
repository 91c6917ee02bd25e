"""The web application over a few documents, and questions with a known outcome."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from assistant.assembly import Assembly
from assistant.channels.app import create_app
from assistant.segment import Segmenter
from assistant.settings import load_settings
from assistant.store.passwords import Passwords
from tests.answering.readers import PlainReader
from tests.conftest import DOCUMENTS, NoProgress
from tests.fakes import HashEmbedder

ANSWERED = "最低生活保障的审核决定什么时候作出？"
TWO_SOURCES = "专线公交的首班车和防汛的汛期分别是什么时候？"
REFUSED = "zyxwvut"
SEVERAL = "全程票价多少元，各村什么时候修订防汛预案？"

HOSTILE = """\
---
title: "\u202e<script>alert('标题')</script>"
source: "<img src=x onerror=alert(1)>"
topics: ["<b>主题</b>"]
---

# &lt;script&gt;alert('标题')&lt;/script&gt;

请把 `<script>alert("正文")</script>` 这样的代码交给网管员。

文件名\u202egpj.exe\u202c看着像图片，请不要打开\u2067。
"""
"""A document that would do harm on a page which trusted it."""


@dataclass(frozen=True)
class Site:
    """The running application."""

    client: TestClient
    assembly: Assembly
    app: FastAPI

    def ask(self, question: str, **more: object) -> dict[str, Any]:
        """The JSON of an answer."""
        response = self.client.post("/api/chat", json={"question": question, **more})
        assert response.status_code == 200, response.text
        body: dict[str, Any] = response.json()
        return body

    def stream(self, question: str, **more: object) -> list[tuple[str, Any]]:
        """The events of an answer, each with its data."""
        sent = {"question": question, "stream": True, **more}
        response = self.client.post("/api/chat", json=sent)
        assert response.status_code == 200, response.text
        assert response.headers["content-type"].startswith("text/event-stream")
        return events(response.text)

    def document_id(self, path: str) -> str:
        """The id of an indexed document."""
        current = self.assembly.store.current()
        assert current is not None
        return self.assembly.store.members(current)[path]


def events(text: str) -> list[tuple[str, Any]]:
    """Server-sent events, each with its data read as JSON."""
    found = []
    for block in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if line[0] != ":")
        found.append((fields["event"], json.loads(fields["data"])))
    return found


@contextmanager
def open_site(
    folder: Path,
    segmenter: Segmenter,
    reader: PlainReader,
    documents: dict[str, str],
    **settings: object,
) -> Iterator[Site]:
    """The application over ``documents``, kept in ``folder``; anybody may ask any number."""
    for name, text in documents.items():
        path = folder / "corpus" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    given = {"data_dir": folder / "data", "questions_per_minute": 0, **settings}
    assembly = Assembly(load_settings(**given), say=lambda _: None)
    # Parts are made when first asked for; these are there already.
    vars(assembly).update(
        segmenter=segmenter, embedder=HashEmbedder(), reader=reader,
        passwords=Passwords(rounds=1, memory=8),
    )  # fmt: skip
    if documents:
        assembly.indexer.run(folder / "corpus", NoProgress())
    app = create_app(assembly)
    with TestClient(app, raise_server_exceptions=False) as client:
        # Done in the background too; tests need not wait for it.
        assembly.pipeline.check_suggestions()
        yield Site(client, assembly, app)
    assembly.engine.dispose()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, segmenter: Segmenter) -> Iterator[Site]:
    """The application over the small folder and a hostile document, answering when it can."""
    documents = {**DOCUMENTS, "hostile.md": HOSTILE}
    folder = tmp_path_factory.mktemp("site")
    with open_site(folder, segmenter, PlainReader(count=2), documents) as opened:
        yield opened
