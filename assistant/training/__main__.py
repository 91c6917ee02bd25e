"""Fit the reader, and make what it is fitted on.

python -m assistant.training split FILE --out DIR
python -m assistant.training sentences FILE … [--limit N] [--out assistant/resources/reader.yml]
python -m assistant.training notices --out FILE [--seed N]
python -m assistant.training headings FILE … --out FILE
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
from assistant.training import headings, notices
from assistant.training.pairs import save
from assistant.training.sentences import collect, fit, write
from assistant.training.split import split

READER = Path(__file__).parents[1] / "resources" / "reader.yml"


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
    making = commands.add_parser("notices", help=text["notices"])
    making.add_argument("--out", type=Path, required=True, help=text["out"])
    making.add_argument("--seed", type=int, default=7, help=text["seed"])
    heading = commands.add_parser("headings", help=text["headings"])
    heading.add_argument("files", type=Path, nargs="+", help=text["sources"])
    heading.add_argument("--out", type=Path, required=True, help=text["out"])
    options = parser.parse_args(arguments)
    try:
        if options.command == "split":
            for file in options.files:
                split(file, options.out)
        elif options.command == "notices":
            about = text["notices_about"].format(seed=options.seed)
            save(notices.make(options.seed), about, options.out)
        elif options.command == "headings":
            made = headings.make(options.files, Assembly(load_settings()).segmenter)
            save(made, text["headings_about"], options.out)
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
