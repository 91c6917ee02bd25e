"""LibreOffice, where it is installed: an office file made into another format."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

from assistant.errors import ParseError

MOST_PAGES = 200
"""Pages of a pdf that a file is made into; what comes after them is left out."""

PDF_FILTERS = {
    "docx": "writer", "doc": "writer", "pptx": "impress", "ppt": "impress", "xlsx": "calc", "xls": "calc",
}  # fmt: skip
"""By ending, the part of LibreOffice that makes a pdf of it."""

# No macro runs, and nothing that a file points to is fetched, be it a picture of another server or
# a file of this one; should a link slip through, it meets a proxy that is not there.
_SECURITY = "/org.openoffice.Office.Common/Security/Scripting"
_INTERNET = "/org.openoffice.Inet/Settings"
_PROFILE = (
    (_SECURITY, "DisableMacrosExecution", "true"),
    (_SECURITY, "MacroSecurityLevel", "3"),
    (_SECURITY, "BlockUntrustedRefererLinks", "true"),
    (_INTERNET, "ooInetProxyType", "2"),
    *((_INTERNET, f"ooInet{kind}ProxyName", "127.0.0.1") for kind in ("HTTP", "HTTPS")),
    *((_INTERNET, f"ooInet{kind}ProxyPort", "9") for kind in ("HTTP", "HTTPS")),
    (_INTERNET, "ooInetNoProxy", ""),
)


def program() -> str | None:
    """The path of LibreOffice, or nothing where it is not installed."""
    return shutil.which("soffice") or shutil.which("libreoffice")


def converted(content: bytes, old: str, new: str) -> bytes:
    """The file of the ending ``old`` as one of the ending ``new``.

    LibreOffice gets a profile of its own. How long it may take is for the helper to bound (see
    ``apart``): it ends all that was started, not only the script that LibreOffice is started by.

    Raises:
        ParseError: LibreOffice is not installed, or cannot read the file.
    """
    office = program()
    if office is None:
        raise ParseError("office_missing", suffix=old, better=new)
    with tempfile.TemporaryDirectory() as folder:
        profile = Path(folder, "profile", "user", "registrymodifications.xcu")
        profile.parent.mkdir(parents=True)
        profile.write_text(_settings(), "utf-8")
        given = Path(folder, f"given.{old}")
        given.write_bytes(content)
        command = [
            office, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--norestore",
            "--convert-to", _pdf(old) if new == "pdf" else new, "--outdir", folder, str(given),
        ]  # fmt: skip
        try:
            subprocess.run(  # noqa: S603 - the path is the program's own
                command, check=True, capture_output=True,
                env={"PATH": "/usr/bin:/bin", "HOME": folder, "TMPDIR": folder},
            )  # fmt: skip
            return Path(folder, f"given.{new}").read_bytes()
        except (subprocess.CalledProcessError, OSError) as error:
            raise ParseError("office_failed") from error


def _pdf(old: str) -> str:
    """The format pdf in LibreOffice's words, with no more than so many pages."""
    options = {"PageRange": {"type": "string", "value": f"1-{MOST_PAGES}"}}
    return f"pdf:{PDF_FILTERS[old]}_pdf_Export:{json.dumps(options)}"


def _settings() -> str:
    items = "".join(
        f'<item oor:path="{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
        for path, name, value in _PROFILE
    )
    return f'<oor:items xmlns:oor="http://openoffice.org/2001/registry">{items}</oor:items>'
