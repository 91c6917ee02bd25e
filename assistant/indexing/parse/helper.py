"""The process that reads files: ``python -m assistant.indexing.parse.helper FOLDER``, of ``apart``.

In comes a line of JSON (task, path, number of a page, size) and the content, again and again. Out go
signs of life while a parser is at work, each a dot and how far it has come on a line, then a line of
JSON. Each file is read by a child of its own; if that one dies, this process ends too, and ``apart``
starts another.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import resource
import shutil
import sys
import time
from dataclasses import asdict, astuple
from importlib import import_module
from typing import Any

from assistant.errors import ParseError
from assistant.indexing.parse import guard, office
from assistant.indexing.parse.kinds import parser, read, suffix_of

MEMORY = 4_000_000_000
"""Bytes of address space for one file; recognising scanned pages takes the most."""
SECONDS = 3600
"""Seconds of processor time for one file: some hundred scanned pages."""
_DISK = 500_000_000  # a converted file of the old formats
_STEP = 0.5  # seconds between two signs of life
_OUT = 1


def main(folder: str) -> int:
    """Serve until the other side closes, be it killed, and then remove the folder of its own."""
    os.nice(10)  # questions go on being answered meanwhile
    while line := sys.stdin.buffer.readline():
        request = json.loads(line)
        content = sys.stdin.buffer.read(request["size"])
        with contextlib.suppress(Exception):  # the child will tell
            _load(request)
        child = os.fork()
        if child == 0:
            _serve(request, content)
        del content
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            return os.WTERMSIG(status)
        if status:
            return 1
    shutil.rmtree(folder, ignore_errors=True)
    return 0


def _load(request: dict[str, Any]) -> None:
    """Load what a task needs once, for all later children."""
    if request["task"] == "read":
        parser(request["path"])
    elif request["task"] != "pdf":
        import_module("assistant.indexing.parse.original")


def _serve(request: dict[str, Any], content: bytes) -> None:
    """Do one task, answer and end: in the child."""
    code = 1
    try:
        _limit()
        _write(json.dumps(_answer(request, content)).encode() + b"\n")
        code = 0
    finally:
        os._exit(code)


def _limit() -> None:
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, _DISK),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    # The soft one first: its signal tells that it was the time.
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 10))


def _answer(request: dict[str, Any], content: bytes) -> dict[str, Any]:
    try:
        if request["task"] == "read":
            return _read(request["path"], content)
        return {"found": _seen(request, content)}
    except ParseError as error:
        return {"key": error.key, "values": {k: str(v) for k, v in error.values.items()}}
    except MemoryError:
        return {"key": "parser_memory", "values": {}}
    # Of any kind: the formats' libraries raise whatever they stumble over in a file.
    except Exception as error:
        return {"key": "file_unparsable", "values": {"kind": type(error).__name__}}


def _read(path: str, content: bytes) -> dict[str, Any]:
    """A file's blocks and metadata, with signs of life meanwhile."""
    last = time.monotonic()

    def alive(place: str) -> None:
        nonlocal last
        if time.monotonic() - last > _STEP:
            _write(b"." + " ".join(place.split()).encode() + b"\n")
            last = time.monotonic()

    found = read(path, content, alive)
    return {
        "blocks": [astuple(block) for block in found.blocks],
        "metadata": asdict(found.metadata),
    }


def _seen(request: dict[str, Any], content: bytes) -> int | str:
    """What a person sees of the original; pictures and files in base64."""
    guard.check_name(request["path"])
    suffix = suffix_of(request["path"])
    guard.check(suffix, content)
    if request["task"] == "pdf":
        return _encoded(office.converted(content, suffix, "pdf"))
    from assistant.indexing.parse import original  # late: the other tasks do without its libraries

    match request["task"]:
        case "count":
            return original.count(suffix, content)
        case "page":
            return _encoded(original.page(suffix, content, request["number"]))
        case _:
            return original.text(content)


def _encoded(found: bytes) -> str:
    return base64.b64encode(found).decode()


def _write(data: bytes) -> None:
    while data:
        data = data[os.write(_OUT, data) :]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
