"""Servers for the browser: the assistant in processes of its own, and other sites that embed it."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import urlopen

ROOT = Path(__file__).parents[2]
START_LIMIT = 300.0
"""Seconds that a slow machine may take to load the models."""


@dataclass
class Running:
    """A server process."""

    port: int
    process: subprocess.Popen[bytes]
    data: Path
    settings: Mapping[str, str]

    @property
    def address(self) -> str:
        """Its origin."""
        return f"http://127.0.0.1:{self.port}"

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait()


def free_port() -> int:
    """A port that nothing listens on."""
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def running(
    command: list[str], port: int, data: Path, settings: Mapping[str, str]
) -> Iterator[Running]:
    """A server started by ``command``, from when it is ready; ended at the end."""
    data.mkdir(parents=True, exist_ok=True)
    log = data / "server.log"
    arguments = [sys.executable, *command, "--port", str(port), "--data-dir", str(data)]
    with log.open("ab") as output:
        process = subprocess.Popen(
            arguments, cwd=ROOT, stdout=output, stderr=output, env=environment(settings)
        )
    try:

        def ready() -> bool:
            assert process.poll() is None, log.read_text("utf-8")
            return _ready(port)

        wait_for(ready)
        yield Running(port, process, data, settings)
    finally:
        process.kill()
        process.wait()


def wait_for(done: Callable[[], object]) -> None:
    """Look until it is so; nothing is assumed about when that is."""
    deadline = time.monotonic() + START_LIMIT
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def fetched(address: str) -> Any:
    """The JSON at an address."""
    with urlopen(address) as response:  # noqa: S310 - of a server started here
        return json.load(response)


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """The environment with these settings and no others."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ASSISTANT_")}
    return {**kept, "PYTHONPATH": str(ROOT), **settings}


def _ready(port: int) -> bool:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False


class Site:
    """Another site: its pages by path, each with a content type and a policy."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[str, str]] = {}
        self.policy = ""
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                kind, text = site.pages.get(self.path, ("text/plain", ""))
                body = text.encode()
                self.send_response(200)
                self.send_header("Content-Type", f"{kind}; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                if site.policy:
                    self.send_header("Content-Security-Policy", site.policy)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()
