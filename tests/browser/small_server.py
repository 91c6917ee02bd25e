"""Serves a few documents with a plain reader, so that it starts at once and can be killed.

python -m tests.browser.small_server --port PORT --data-dir DIR [--hang]

With ``--hang`` a question that holds ``HANGS`` is read for ever: its stream has begun and does
not end.
"""

from __future__ import annotations

import argparse
import threading
from pathlib import Path

import uvicorn

from assistant.answering.context import Context
from assistant.assembly import Assembly
from assistant.channels.app import create_app
from assistant.settings import load_settings
from tests.answering.readers import PlainReader
from tests.channels.conftest import HOSTILE
from tests.conftest import DOCUMENTS, NoProgress
from tests.fakes import HashEmbedder

HANGS = "汛期"


class Hanging(PlainReader):
    """Reads some questions for ever."""

    def __call__(self, context: Context) -> Context:
        """Read, or do not come back."""
        if HANGS in context.question.text:
            threading.Event().wait()
        return super().__call__(context)


def main() -> None:
    """Index and serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--hang", action="store_true")
    options = parser.parse_args()
    corpus = options.data_dir / "corpus"
    for name, text in {**DOCUMENTS, "hostile.md": HOSTILE}.items():
        (corpus / name).parent.mkdir(parents=True, exist_ok=True)
        (corpus / name).write_text(text, "utf-8")
    assembly = Assembly(load_settings(data_dir=options.data_dir), say=lambda _: None)
    reader = (Hanging if options.hang else PlainReader)(count=2)
    vars(assembly).update(embedder=HashEmbedder(), reader=reader)
    assembly.indexer.run(corpus, NoProgress())
    uvicorn.run(create_app(assembly), port=options.port, log_level="warning")


if __name__ == "__main__":
    main()
