"""Fit the reader.

python -m assistant.training split FILE … --out DIR [--train 0.7] [--tune 0.1]
python -m assistant.training reader --data FILE … --tune FILE … --out DIR [--epochs N] [--seed N]
python -m assistant.training weights sentences|trained FILE … [--limit N]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from assistant.answering.features import NAMES, READER_NAMES
from assistant.answering.weigh import FeatureWeigher
from assistant.assembly import Assembly
from assistant.errors import AssistantError
from assistant.evaluate import QuestionSet
from assistant.resources import load
from assistant.settings import load_settings
from assistant.training import pairs
from assistant.training.sentences import collect, fit, write
from assistant.training.split import split

RESOURCES = Path(__file__).parents[1] / "resources"


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
    splitting.add_argument("--train", type=float, default=0.7, help=text["train_share"])
    splitting.add_argument("--tune", type=float, default=0.1, help=text["tune_share"])
    reading = commands.add_parser("reader", help=text["reader_help"])
    reading.add_argument("--data", type=Path, nargs="+", required=True, help=text["data"])
    reading.add_argument("--tune", type=Path, nargs="+", required=True, help=text["tune"])
    reading.add_argument("--out", type=Path, required=True, help=text["out"])
    reading.add_argument("--epochs", type=float, default=2.5, help=text["epochs"])
    reading.add_argument("--seed", type=int, default=7, help=text["seed"])
    fitting = commands.add_parser("weights", help=text["weights"])
    fitting.add_argument("weigher", choices=("sentences", "trained"), help=text["weigher"])
    fitting.add_argument("files", type=Path, nargs="+", help=text["files"])
    fitting.add_argument("--limit", type=int, default=800, help=text["limit"])
    options = parser.parse_args(arguments)
    try:
        if options.command == "split":
            for file in options.files:
                split(file, options.out, options.train, options.tune)
        elif options.command == "reader":
            train_reader(options)
        else:
            fit_weights(options)
    except AssistantError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def train_reader(options: argparse.Namespace) -> None:
    """Collect the pairs of files that have none yet, then train, or go on with it."""
    # Imported here, since nothing else needs peft.
    from assistant.training.reader import Trainer

    parts = Assembly(load_settings())
    folder = options.out / "pairs"
    folder.mkdir(parents=True, exist_ok=True)
    for file in {*options.data, *options.tune}:
        out = folder / f"{file.stem}.jsonl"
        if not out.exists():
            pairs.collect(file, out, parts.segmenter, parts.embedder)
    encoder = parts.settings.data_dir / "models" / "default"
    train, tune = (
        [pair for file in files for pair in pairs.read(folder / f"{file.stem}.jsonl")]
        for files in (options.data, options.tune)
    )
    Trainer(encoder, options.out, train, tune, options.epochs, options.seed).run()


def fit_weights(options: argparse.Namespace) -> None:
    """Fit the weights of one of the weighers."""
    parts = Assembly(load_settings())
    trained = options.weigher == "trained"
    weigher = parts.weigher if trained else FeatureWeigher(parts.segmenter)
    names = (*NAMES, *READER_NAMES) if trained else NAMES
    sets = [
        collect(QuestionSet.read(file), parts.segmenter, parts.embedder, weigher, options.limit)
        for file in options.files
    ]
    file = "reader_weights.yml" if trained else "sentence_weights.yml"
    write(fit(sets), names, RESOURCES / file)


if __name__ == "__main__":
    sys.exit(main())
