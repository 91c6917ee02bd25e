"""The order of the rooms: each imports only from rooms above it, and libraries stay where adapted."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

ROOMS: list[set[str]] = [
    {"assistant.types"},
    {"assistant.resources"},
    {"assistant.errors"},
    {"assistant.settings"},
    {"assistant.segment"},
    {"assistant.models"},
    {"assistant.store"},
    {"assistant.indexing", "assistant.answering"},
    {"assistant.assembly", "assistant.measures", "assistant.question_set"},
    {"assistant.evaluate"},
    {"assistant.training"},
    {"assistant.channels"},
    {"assistant.__main__", "ingest", "server"},
]
"""From top to bottom; rooms of one line do not know each other."""

ADAPTED: dict[str, set[str]] = {
    "argon2": {"assistant/store/passwords.py"},
    "PIL": {
        "assistant/indexing/parse/image.py",
        "assistant/indexing/parse/ocr.py",
        "assistant/indexing/parse/ofd.py",
    },
    "cryptography": {"assistant/channels/wechat/crypto.py"},
    "defusedxml": {"assistant/channels/wechat/messages.py"},
    "httpx": {
        "assistant/channels/wechat/__main__.py",
        "assistant/channels/wechat/check.py",
        "assistant/channels/wechat/client.py",
        "assistant/channels/wechat/simulate.py",
    },
    "regex": {"assistant/channels/wechat/text.py"},
    "chromadb": {"assistant/store/vectors.py"},
    "docx": {"assistant/indexing/parse/docx.py", "assistant/indexing/parse/numbering.py"},
    "fastapi": {
        "assistant/channels/api.py",
        "assistant/channels/app.py",
        "assistant/channels/console/account.py",
        "assistant/channels/console/accounts.py",
        "assistant/channels/console/api.py",
        "assistant/channels/console/guard.py",
        "assistant/channels/console/library.py",
        "assistant/channels/console/library_api.py",
        "assistant/channels/console/pages.py",
        "assistant/channels/console/questions.py",
        "assistant/channels/console/search.py",
        "assistant/channels/console/search_api.py",
        "assistant/channels/console/sign_in.py",
        "assistant/channels/console/uploads.py",
        "assistant/channels/console/versions.py",
        "assistant/channels/errors.py",
        "assistant/channels/page.py",
        "assistant/channels/widget.py",
        "assistant/channels/wechat/routes.py",
    },
    "fastapi_offline": {"assistant/channels/app.py"},
    "jieba": {"assistant/segment.py"},
    "langchain_core": {
        "assistant/answering/pipeline.py",
        "assistant/answering/retrieve.py",
        "assistant/models/embedder.py",
    },
    "opencc": {"assistant/segment.py"},
    "pptx": {"assistant/indexing/parse/pptx.py"},
    "pyotp": {"assistant/store/second_factor.py"},
    "pypdfium2": {"assistant/indexing/parse/pdf.py"},
    "pypinyin": {"assistant/answering/sounds.py"},
    "python_calamine": {"assistant/indexing/parse/sheet.py"},
    "rapidocr": {"assistant/indexing/parse/ocr.py"},
    "segno": {"assistant/channels/console/sign_in.py"},
    "sentence_transformers": {"assistant/models/embedder.py"},
    "sqlalchemy": {
        "assistant/assembly.py",  # hands the database on from one part to the others
        "assistant/store/attempts.py",
        "assistant/store/audit.py",
        "assistant/store/conversations.py",
        "assistant/store/database.py",
        "assistant/store/documents.py",
        "assistant/store/library.py",
        "assistant/store/library_tasks.py",
        "assistant/store/migrations.py",
        "assistant/store/questions.py",
        "assistant/store/second_factor.py",
        "assistant/store/sessions.py",
        "assistant/store/staff.py",
        "assistant/store/tables.py",
        "assistant/store/versions.py",
        "assistant/store/wechat.py",
    },
    "starlette": {
        "assistant/channels/console/guard.py",
        "assistant/channels/app.py",
        "assistant/channels/errors.py",
        "assistant/channels/wechat/routes.py",
    },
    "tantivy": {"assistant/store/keywords.py"},
    "trafilatura": {"assistant/indexing/parse/html.py"},
    "peft": {"assistant/training/reader.py"},
    "torch": {
        "assistant/models/embedder.py",
        "assistant/models/reader.py",
        "assistant/models/reader_network.py",
        "assistant/training/average.py",
        "assistant/training/losses.py",
        "assistant/training/reader.py",
        "assistant/training/sentences.py",
    },
    "transformers": {
        "assistant/models/embedder.py",
        "assistant/models/reader_network.py",
        "assistant/training/reader.py",
    },
    "uvicorn": {"server.py"},
    "zxcvbn": {"assistant/store/passwords.py"},
}
"""The files in which a library may be named; each adapts it for all others."""

FILES = sorted(
    path.relative_to(ROOT)
    for path in (*(ROOT / "assistant").rglob("*.py"), ROOT / "ingest.py", ROOT / "server.py")
)


def module(path: Path) -> str:
    """The dotted name of a file."""
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> Iterator[str]:
    """The dotted name of everything a file imports, at its top or inside."""
    for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports from a place relative to itself"
            assert node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room(name: str) -> tuple[int, str] | None:
    """The line and the name of the room that a module is in."""
    for line, rooms in enumerate(ROOMS):
        for found in rooms:
            if name == found or name.startswith(found + "."):
                return line, found
    return None


@pytest.mark.parametrize("path", FILES, ids=str)
def test_a_room_imports_only_from_rooms_above(path: Path) -> None:
    if module(path) == "assistant":
        assert list(imports(path)) == []
        return
    here = room(module(path))
    assert here is not None, f"{path} is in no room"
    for name in imports(path):
        if name.split(".")[0] in ("assistant", "ingest", "server"):
            there = room(name)
            assert there is not None, f"{path} imports {name}, which is in no room"
            assert there == here or there[0] < here[0], f"{path} imports {name}"


def test_every_room_is_there() -> None:
    rooms = {found[1] for path in FILES if (found := room(module(path)))}
    assert rooms == set().union(*ROOMS)


@pytest.mark.parametrize("library", ADAPTED)
def test_a_library_is_named_only_where_it_is_adapted(library: str) -> None:
    users = {p.as_posix() for p in FILES if library in {n.split(".")[0] for n in imports(p)}}
    assert users == ADAPTED[library]


def test_heavy_libraries_are_not_imported_at_the_top_of_a_file() -> None:
    """A command that embeds nothing starts without waiting for them."""
    heavy = {"torch", "sentence_transformers", "transformers", "reader_network"}
    network = Path("assistant/models/reader_network.py")  # is imported late itself
    for path in FILES:
        if path.parts[:2] == ("assistant", "training") or path == network:
            continue
        for node in ast.parse((ROOT / path).read_text("utf-8")).body:
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not heavy & {part for name in names for part in name.split(".")}, path
