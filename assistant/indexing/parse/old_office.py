"""Word's and PowerPoint's old binary formats, by way of LibreOffice where it is installed."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from assistant.errors import ParseError
from assistant.indexing.parse import docx, pptx
from assistant.indexing.parse.blocks import Parsed

_SECONDS = 180.0


def parse_doc(content: bytes) -> Parsed:
    """A Word document of 1997 to 2003."""
    return docx.parse(_converted(content, "doc", "docx"))


def parse_ppt(content: bytes) -> Parsed:
    """Slides of 1997 to 2003."""
    return pptx.parse(_converted(content, "ppt", "pptx"))


def _converted(content: bytes, old: str, new: str) -> bytes:
    """The file in its new format; LibreOffice gets a profile of its own and runs no macros."""
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        raise ParseError("office_missing", suffix=old, better=new)
    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder, f"given.{old}")
        given.write_bytes(content)
        command = [
            office, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--norestore",
            "--convert-to", new, "--outdir", folder, str(given),
        ]  # fmt: skip
        try:
            subprocess.run(  # noqa: S603 - the path is the program's own
                command, check=True, timeout=_SECONDS, capture_output=True,
                env={"PATH": "/usr/bin:/bin", "HOME": folder, "TMPDIR": folder},
            )  # fmt: skip
            return Path(folder, f"given.{new}").read_bytes()
        except subprocess.TimeoutExpired as error:
            raise ParseError("parser_slow") from error
        except (subprocess.CalledProcessError, OSError) as error:
            raise ParseError("office_failed") from error
