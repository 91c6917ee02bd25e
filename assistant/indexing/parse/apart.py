"""Reading files in a process of their own, so that a parser takes nothing with it when it fails.

A helper is started when it is first needed (as multiprocessing's fork server is) and forks for each
file; what it does is in ``helper``. The whole program reads with one; what is shown of originals has
its own (see ``preview``).
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
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from assistant.errors import ParseError
from assistant.indexing.parse.blocks import Block
from assistant.indexing.parse.kinds import Read, parser
from assistant.indexing.parse.metadata import Metadata
from assistant.types import Audience

Task = Literal["read", "count", "page", "text", "pdf"]
Progress = Callable[[str], None]
"""Told how far the reading of a file has come (第12页), at most twice a second; returns at once."""

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

    def read(self, path: str, content: bytes, progress: Progress | None = None) -> Read:
        """Read one file.

        Raises:
            ParseError: it cannot be read, or its parser crashed, hung or wanted too much.
        """
        parser(path)  # an ending that nobody knows starts nothing
        return _read_of(self.ask("read", path, content, progress=progress))

    def ask(
        self,
        task: Task,
        path: str,
        content: bytes,
        *,
        number: int = 0,
        progress: Progress | None = None,
    ) -> dict[str, Any]:
        """The helper's answer about one file; others wait for their turn, so that memory is bounded.

        Raises:
            ParseError: as for ``read``.
        """
        request = {"task": task, "path": path, "number": number, "size": len(content)}
        sent = json.dumps(request).encode() + b"\n"
        with self._lock:
            answer: dict[str, Any] = json.loads(self._exchange(sent, content, progress))
        if "key" in answer:
            raise ParseError(answer["key"], **answer["values"])
        return answer

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

    def _exchange(self, request: bytes, content: bytes, progress: Progress | None) -> bytes:
        process = self._started()
        assert process.stdin is not None  # noqa: S101 - it was started with pipes
        assert process.stdout is not None  # noqa: S101
        try:
            process.stdin.write(request)
            process.stdin.write(content)
            process.stdin.flush()
            answer = self._answer(process.stdout.fileno(), progress)
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

    def _answer(self, pipe: int, progress: Progress | None) -> bytes:
        """The line with the answer; before it come signs of life, on lines that begin with a dot."""
        answer = bytearray()
        waiting = select.poll()  # a server may have more files open than select can name
        waiting.register(pipe, select.POLLIN)
        while not answer.endswith(b"\n"):
            if not waiting.poll(self._silence * 1000):
                raise ParseError("parser_slow")
            piece = os.read(pipe, 1 << 20)
            if not piece:
                break
            answer += piece
            while answer.startswith(b".") and b"\n" in answer:
                sign, _, answer = answer.partition(b"\n")
                if progress:
                    progress(sign[1:].decode("utf-8", "replace"))
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
            self._process = subprocess.Popen(  # noqa: S603 - the program is this one
                [sys.executable, "-m", "assistant.indexing.parse.helper", folder],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                cwd=folder, env=environment, start_new_session=True,
            )  # fmt: skip
        return self._process


_HELPER = Helper()
atexit.register(_HELPER.close)


def read_apart(path: str, content: bytes, progress: Progress | None = None) -> Read:
    """Read a file with the program's helper.

    Raises:
        ParseError: the file cannot be read, or its parser crashed, hung or wanted too much.
    """
    return _HELPER.read(path, content, progress)


def _read_of(answer: dict[str, Any]) -> Read:
    given = answer["metadata"]
    changed = {"topics": tuple(given["topics"]), "audience": Audience(given["audience"])}
    metadata = Metadata(**{**given, **changed})
    return Read([Block(*fields) for fields in answer["blocks"]], metadata)
