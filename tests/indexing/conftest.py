"""A program in LibreOffice's place, and what helpers leave behind."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "WordDocument".encode("utf-16-le")
"""What goes to LibreOffice; tests put a program of their own in its place."""


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program called soffice, to be written, and a helper that finds it."""
    program = tmp_path / "bin" / "soffice"
    program.parent.mkdir()
    program.touch(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    return program


def put(program: Path, script: str) -> None:
    """Let the program do this."""
    program.write_text(f"#!/bin/sh\n{script}\n", "utf-8")


def left(office: Path) -> list[Path]:
    """What is on the disk."""
    return list((office.parents[1] / "temporary").rglob("*"))


def ended(pid: int) -> bool:
    """Whether a process runs no more; it may wait to be collected by the system."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True
