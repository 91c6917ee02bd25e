"""python benchmarks/serving.py [--questions 150] [--repeats 3] [--clients 1 4 16] [--out DIR]

Starts the server over the town's own documents and asks it questions over HTTP: how long it
takes to start, what it holds in memory, how long answers take and how many come a second, to
questions that are new to it and to the same ones asked again.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import psutil
import yaml
from figures import (
    FIGURES,
    MB,
    ROOT,
    borrow_model,
    isolated,
    line,
    machine,
    medians,
    save,
    show,
    spread,
)

_START_LIMIT = 180.0
_POLL = 0.02
_FIRST = "启隆镇的工作时间是几点到几点？"  # in no bank
_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Server:
    """A running server and how long it took until it could answer."""

    port: int
    process: psutil.Process
    start_seconds: float

    @property
    def memory_mb(self) -> float:
        """What it and the processes it started hold."""
        everyone = [self.process, *self.process.children(recursive=True)]
        return round(sum(float(p.memory_info().rss) for p in everyone) / MB, 1)


def bank() -> list[str]:
    """The single questions of the test's bank, answerable and not, in a fixed mixed order."""
    entries = yaml.safe_load((ROOT / "tests" / "questions.yml").read_text("utf-8"))
    found = [entry["question"] for entry in entries if "question" in entry]
    Random(7).shuffle(found)  # noqa: S311 - an order to be repeated, not a secret
    return found


@contextmanager
def serving(data: Path) -> Iterator[Server]:
    """A server on a free port, stopped at the end."""
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port = probe.getsockname()[1]
    log = data / "server.log"
    command = [sys.executable, "server.py", "--port", str(port), "--data-dir", str(data)]
    # All ask from this one machine.
    environment = {**os.environ, "ASSISTANT_QUESTIONS_PER_MINUTE": "0"}
    start = time.perf_counter()
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    try:
        while not _ready(port):
            if process.poll() is not None or time.perf_counter() - start > _START_LIMIT:
                raise RuntimeError(f"the server did not start: {log.read_text()[-2000:]}")
            time.sleep(_POLL)
        yield Server(port, psutil.Process(process.pid), time.perf_counter() - start)
    finally:
        process.terminate()
        process.wait()


def _ready(port: int) -> bool:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False


def ask(server: Server, questions: Sequence[str]) -> list[tuple[float, str]]:
    """Ask one after the other on one connection; the seconds and status of each answer."""
    found = []
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)) as connection:
        for question in questions:
            body = json.dumps({"question": question}).encode()
            start = time.perf_counter()
            connection.request("POST", "/api/chat", body, _JSON)
            response = connection.getresponse()
            answer = json.loads(response.read())
            took = time.perf_counter() - start
            if response.status != 200:
                raise RuntimeError(f"status {response.status}: {answer}")
            found.append((took, answer["status"]))
    return found


def level(server: Server, questions: Sequence[str], clients: int) -> tuple[dict[str, float], int]:
    """Times and rate with so many clients at once, and how many questions were answered."""
    shares = [questions[at::clients] for at in range(clients)]
    start = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        answers = [one for some in pool.map(ask, [server] * clients, shares) for one in some]
    took = time.perf_counter() - start
    statuses = Counter(status for _, status in answers)
    figures = {**spread([t for t, _ in answers]), "per_second": len(answers) / took}
    return figures, statuses["answered"]


def main() -> None:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument("--questions", type=int, default=150)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--out", type=Path, default=FIGURES)
    options = parser.parse_args()
    about = machine()
    questions = bank()[: options.questions]
    starts: list[dict[str, float]] = []
    levels: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder, isolated():
        data = Path(folder)
        borrow_model(data)
        subprocess.run(
            [sys.executable, "ingest.py", "--corpus", "corpus", "--data-dir", folder],
            cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        for clients in options.clients:
            runs: dict[str, list[tuple[dict[str, float], int]]] = {"new": [], "again": []}
            for _ in range(options.repeats):
                # Each in a server of its own, which remembers nothing yet.
                with serving(data) as server:
                    after_start = server.memory_mb
                    first = ask(server, [_FIRST])[0][0]
                    for found in runs.values():
                        found.append(level(server, questions, clients))
                    starts.append(
                        {
                            "start_seconds": server.start_seconds,
                            "first_question_ms": first * 1000,
                            "memory_after_start_mb": after_start,
                            "memory_after_load_mb": server.memory_mb,
                        }
                    )
            for name, found in runs.items():
                answered = statistics.median(count for _, count in found)
                levels.append(
                    {
                        "questions": name,
                        "clients": clients,
                        **medians([figures for figures, _ in found]),
                        "answered_share": round(answered / len(questions), 3),
                    }
                )
    start = medians(starts)
    save(
        "serving", about,
        {"questions": len(questions), "repeats": options.repeats, "start": start, "levels": levels},
        options.out,
    )  # fmt: skip
    print(line(about), end="\n\n")
    show(["", "median"], [[name, value] for name, value in start.items()])
    print()
    show(list(levels[0]), [list(row.values()) for row in levels])


if __name__ == "__main__":
    os.chdir(ROOT)
    main()
