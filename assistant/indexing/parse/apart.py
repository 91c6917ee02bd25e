"""Reading files in a process of their own, so that a parser takes nothing with it when it fails.

One helper is started for the whole program when it is first needed (as multiprocessing's fork
server is) and forks for each file; what it does is in ``helper``.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from assistant.errors import ParseError
from assistant.indexing.parse.blocks import Block
from assistant.indexing.parse.kinds import Read, parser
from assistant.indexing.parse.metadata import Metadata
from assistant.types import Audience

SILENCE = 300.0
"""Seconds without a sign of life (a page, a row) after which a parser is ended."""
_MOST_ANSWERED = 400_000_000
# Nothing else of the environment: a parser that is taken over finds no secret there.
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


class Helper:
    """The process that reads, and its folder for what parsers put on disk."""

    def __init__(self, silence: float = SILENCE) -> None:
        self._silence = silence
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def read(self, path: str, content: bytes) -> Read:
        """Read one file; others wait for their turn, so that memory is bounded."""
        parser(path)  # an ending that nobody knows starts nothing
        with self._lock:
            answer = json.loads(self._ask(path, content))
        if "key" in answer:
            raise ParseError(answer["key"], **answer["values"])
        return _read_of(answer)

    def close(self) -> None:
        """End the process and whatever it started, and remove what it left on disk."""
        if self._process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.communicate()
            self._process = None
        if self._folder:
            self._folder.cleanup()
            self._folder = None

    def _ask(self, path: str, content: bytes) -> bytes:
        process = self._started()
        assert process.stdin is not None  # noqa: S101 - it was started with pipes
        assert process.stdout is not None  # noqa: S101
        request = {"path": path, "size": len(content)}
        try:
            process.stdin.write(json.dumps(request).encode() + b"\n" + content)
            process.stdin.flush()
            answer = self._answer(process.stdout.fileno())
        except BrokenPipeError:
            answer = b""
        except BaseException:
            self.close()  # in the middle of an answer; the next one would get the rest
            raise
        if not answer.endswith(b"\n"):
            code = process.wait()
            self.close()
            slow = code == signal.SIGXCPU
            raise ParseError("parser_slow" if slow else "parser_crashed")
        return answer

    def _answer(self, pipe: int) -> bytes:
        """Everything up to the end of the line; dots in front are signs of life."""
        answer = bytearray()
        waiting = select.poll()  # a server may have more files open than select can name
        waiting.register(pipe, select.POLLIN)
        while not answer.endswith(b"\n"):
            if not waiting.poll(self._silence * 1000):
                raise ParseError("parser_slow")
            piece = os.read(pipe, 1 << 20)
            if not piece:
                break
            answer += piece if answer else piece.lstrip(b".")
            if len(answer) > _MOST_ANSWERED:
                raise ParseError("parser_crashed")
        return bytes(answer)

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._folder = tempfile.TemporaryDirectory(prefix="assistant-")
            folder = self._folder.name
            environment = {key: os.environ[key] for key in _PASSED_ON if key in os.environ}
            environment |= {
                "HOME": folder,
                "TMPDIR": folder,
                "PYTHONPATH": os.pathsep.join(str(Path(p).resolve()) for p in sys.path),
                "PYTHONDONTWRITEBYTECODE": "1",
            }
            self._process = subprocess.Popen(
                [sys.executable, "-m", "assistant.indexing.parse.helper"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                cwd=folder, env=environment, start_new_session=True,
            )  # fmt: skip
        return self._process


_HELPER = Helper()
atexit.register(_HELPER.close)


def read_apart(path: str, content: bytes) -> Read:
    """Read a file with the program's helper.

    Raises:
        ParseError: the file cannot be read, or its parser crashed, hung or wanted too much.
    """
    return _HELPER.read(path, content)


def _read_of(answer: dict[str, Any]) -> Read:
    given = answer["metadata"]
    changed = {"topics": tuple(given["topics"]), "audience": Audience(given["audience"])}
    metadata = Metadata(**{**given, **changed})
    return Read([Block(*fields) for fields in answer["blocks"]], metadata)
