"""The console's documents for tests: people who work on them, and a worker that does what they ask."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from assistant.indexing.librarian import Librarian
from assistant.segment import Segmenter
from assistant.store.library_tasks import TaskQueue
from assistant.store.versions import Version
from assistant.types import Role
from tests.answering.readers import PlainReader
from tests.channels.conftest import Site, open_site
from tests.channels.staff import Person, signed_in
from tests.conftest import DOCUMENTS

RULES = (
    "文体中心借用办法\n\n启文〔2025〕7号\n\n"
    "第一条　借用场地的，应当提前五天向文体中心提出申请。\n第二条　押金每次二百元。\n"
)
QUESTION = "借用场地应当提前几天提出申请？"
METADATA: dict[str, Any] = {
    "title": "文体中心借用办法",
    "number": "启文〔2025〕7号",
    "issuer": "启隆镇人民政府",
    "department": "文体中心",
    "date": "2025-03",
    "effective": "2025-04-01",
    "topics": ["文体", "场地"],
    "audience": "residents",
}


@dataclass
class Office:
    """A site with an editor and a publisher, each before a browser."""

    site: Site

    @cached_property
    def editor(self) -> Person:
        """Who uploads and reviews."""
        return signed_in(self.site, Role.EDITOR, "li")

    @cached_property
    def publisher(self) -> Person:
        """Who publishes and withdraws."""
        return signed_in(self.site, Role.PUBLISHER, "wang")

    @cached_property
    def _worker(self) -> Librarian:
        parts = self.site.assembly
        return Librarian(parts.library, TaskQueue(parts.engine), parts.indexer, parts.index_lock)

    def work(self) -> None:
        """Do everything that was asked for."""
        while self._worker.work():
            pass
        self.site.assembly.index.refresh()

    def send(self, name: str, content: bytes, replaces: str = "") -> Any:
        """The response to an upload through the API."""
        asked = {"name": name, **({"replaces": replaces} if replaces else {})}
        token = self.editor.client.get("/api/staff/session").json()["csrf"]
        return self.editor.client.post(
            "/api/staff/uploads", params=asked, content=content,
            headers={"X-CSRF-Token": token, "Content-Type": "application/octet-stream"},
        )  # fmt: skip

    def upload(self, name: str, text: str = RULES, replaces: str = "") -> Version:
        """A file, uploaded and read; the name goes into it, since no file is taken twice."""
        response = self.send(name, f"{text}\n（{name}）\n".encode(), replaces)
        assert response.status_code == 200, response.text
        self.work()
        return self.version(response.json()["id"])

    def version(self, version_id: str) -> Version:
        """A version as it is now."""
        return self.site.assembly.library.version(version_id)

    def review(self, version: Version, **more: object) -> None:
        """Say what a draft is."""
        path = f"/api/staff/versions/{version.id}/metadata"
        response = self.editor.call("PUT", path, {**METADATA, **more})
        assert response.status_code == 200, response.text

    def publish(self, version: Version, **more: object) -> Version:
        """Review a draft and publish it."""
        self.review(version, **more)
        response = self.publisher.call("POST", f"/api/staff/versions/{version.id}/publish")
        assert response.status_code == 202, response.text
        self.work()
        return self.version(version.id)

    def cited(self, question: str = QUESTION) -> set[str]:
        """The documents that residents are cited."""
        return {c["document_id"] for c in self.site.ask(question)["citations"]}

    def discard_all(self) -> None:
        """Let no document of the console be asked about."""
        library = self.site.assembly.library
        for version in library.versions():
            if version.published:
                library.withdraw(version.id, "test")
        self.work()


@contextmanager
def open_office(folder: Path, segmenter: Segmenter) -> Iterator[Office]:
    """The application over the small folder; nobody but ``work`` does what is asked for."""
    with open_site(folder, segmenter, PlainReader(), DOCUMENTS) as site:
        site.assembly.librarian.stop()
        yield Office(site)
