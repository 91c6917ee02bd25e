"""Fit the reader, and what screening knows of meaning.

python -m assistant.training split FILE --out DIR
python -m assistant.training sentences FILE … [--limit N] [--out assistant/resources/reader.yml]
python -m assistant.training screen [--out assistant/resources/screen_weights.yml]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from assistant.assembly import Assembly
from assistant.errors import AssistantError
from assistant.evaluate import QuestionSet
from assistant.resources import load
from assistant.settings import load_settings
from assistant.training import screen
from assistant.training.sentences import collect, fit, write
from assistant.training.split import split

RESOURCES = Path(__file__).parents[1] / "resources"
READER = RESOURCES / "reader.yml"
SCREEN = RESOURCES / "screen_weights.yml"


def main(arguments: list[str] | None = None) -> int:
    """Run a command; 0 when done, 2 if a file cannot be used."""
    text = load("commands")["training"]
    parser = argparse.ArgumentParser(
        prog="python -m assistant.training", description=text["description"]
    )
    commands = parser.add_subparsers(dest="command", required=True)
    splitting = commands.add_parser("split", help=text["split"])
    splitting.add_argument("files", type=Path, nargs="+", help=text["files"])
    splitting.add_argument("--out", type=Path, required=True, help=text["out"])
    fitting = commands.add_parser("sentences", help=text["sentences"])
    fitting.add_argument("files", type=Path, nargs="+", help=text["files"])
    fitting.add_argument("--limit", type=int, default=800, help=text["limit"])
    fitting.add_argument("--out", type=Path, default=READER, help=text["out"])
    screening = commands.add_parser("screen", help=text["screen"])
    screening.add_argument("--out", type=Path, default=SCREEN, help=text["out"])
    options = parser.parse_args(arguments)
    try:
        if options.command == "split":
            for file in options.files:
                split(file, options.out)
        elif options.command == "screen":
            parts = Assembly(load_settings())
            screen.write(screen.fit(parts.embedder, parts.segmenter.normalise), options.out)
        else:
            parts = Assembly(load_settings())
            sets = [
                collect(QuestionSet.read(file), parts.segmenter, parts.embedder, options.limit)
                for file in options.files
            ]
            write(fit(sets), options.out)
    except AssistantError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
