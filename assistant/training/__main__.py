"""Train the reader, fit what weighs beside it, and make what both are fitted on.

python -m assistant.training split FILE … --out DIR [--train 0.7] [--tune 0.1]
python -m assistant.training notices --out FILE [--seed N]
python -m assistant.training headings FILE … --out FILE
python -m assistant.training cloze FILE … --out FILE [--seed N] [--limit N]
python -m assistant.training reader --data FILE … --tune FILE … --out DIR [--epochs N] [--rate R]
    [--seed N] [--start ADAPTER] [--words]
python -m assistant.training average ADAPTER … --out DIR
python -m assistant.training weights sentences|trained FILE … [--limit N]
python -m assistant.training screen
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from assistant.answering.features import NAMES, READER_NAMES
from assistant.answering.weigh import FeatureWeigher
from assistant.assembly import Assembly
from assistant.errors import AssistantError
from assistant.question_set import QuestionSet
from assistant.resources import load
from assistant.settings import load_settings
from assistant.training import cloze, headings, notices, pairs, screen
from assistant.training.average import average
from assistant.training.sentences import collect, fit, write
from assistant.training.split import split

RESOURCES = Path(__file__).parents[1] / "resources"


def main(arguments: list[str] | None = None) -> int:
    """Run a command; 0 when done, 2 if a file cannot be used."""
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], None] = options.run
    try:
        run(options)
    except AssistantError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    text = load("commands")["training"]
    parser = argparse.ArgumentParser(
        prog="python -m assistant.training", description=text["description"]
    )
    commands = parser.add_subparsers(required=True)

    def command(name: str, run: Callable[[argparse.Namespace], None]) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text[name])
        made.set_defaults(run=run)
        return made

    splitting = command("split", _split)
    splitting.add_argument("files", type=Path, nargs="+", help=text["files"])
    splitting.add_argument("--out", type=Path, required=True, help=text["out"])
    splitting.add_argument("--train", type=float, default=0.7, help=text["train_share"])
    splitting.add_argument("--tune", type=float, default=0.1, help=text["tune_share"])

    making = command("notices", _make_notices)
    making.add_argument("--out", type=Path, required=True, help=text["out"])
    making.add_argument("--seed", type=int, default=7, help=text["seed"])

    heading = command("headings", _make_headings)
    heading.add_argument("files", type=Path, nargs="+", help=text["sources"])
    heading.add_argument("--out", type=Path, required=True, help=text["out"])

    asking = command("cloze", _make_cloze)
    asking.add_argument("files", type=Path, nargs="+", help=text["files"])
    asking.add_argument("--out", type=Path, required=True, help=text["out"])
    asking.add_argument("--seed", type=int, default=7, help=text["seed"])
    asking.add_argument("--limit", type=int, help=text["limit_made"])

    reading = command("reader", _train_reader)
    reading.add_argument("--data", type=Path, nargs="+", required=True, help=text["data"])
    reading.add_argument("--tune", type=Path, nargs="+", required=True, help=text["tune"])
    reading.add_argument("--out", type=Path, required=True, help=text["out"])
    reading.add_argument("--epochs", type=float, default=2, help=text["epochs"])
    reading.add_argument("--rate", type=float, default=6e-4, help=text["rate"])
    reading.add_argument("--start", type=Path, help=text["start"])
    reading.add_argument("--words", action="store_true", help=text["only_words"])
    reading.add_argument("--seed", type=int, default=7, help=text["seed"])

    averaging = command("average", _average)
    averaging.add_argument("adapters", type=Path, nargs="+", help=text["adapters"])
    averaging.add_argument("--out", type=Path, required=True, help=text["out"])

    command("screen", _fit_screen)

    fitting = command("weights", _fit_weights)
    fitting.add_argument("weigher", choices=("sentences", "trained"), help=text["weigher"])
    fitting.add_argument("files", type=Path, nargs="+", help=text["files"])
    fitting.add_argument("--limit", type=int, default=800, help=text["limit"])
    return parser


def _split(options: argparse.Namespace) -> None:
    for file in options.files:
        split(file, options.out, options.train, options.tune)


def _make_notices(options: argparse.Namespace) -> None:
    about = load("commands")["training"]["notices_about"].format(seed=options.seed)
    notices.make(options.seed).write(options.out, about)


def _make_headings(options: argparse.Namespace) -> None:
    made = headings.make(options.files, Assembly(load_settings()).segmenter)
    made.write(options.out, load("commands")["training"]["headings_about"])


def _make_cloze(options: argparse.Namespace) -> None:
    about = load("commands")["training"]["cloze_about"].format(seed=options.seed)
    segmenter = Assembly(load_settings()).segmenter
    made = cloze.make(options.files, segmenter, options.seed, options.limit)
    made.write(options.out, about)


def _train_reader(options: argparse.Namespace) -> None:
    """Collect the pairs of files that have none yet, then train, or go on with it."""
    # Imported here, since nothing else needs peft.
    from assistant.training.reader import Trainer

    parts = Assembly(load_settings())
    folder = options.out / "pairs"
    folder.mkdir(parents=True, exist_ok=True)
    for file in dict.fromkeys([*options.data, *options.tune]):
        out = folder / f"{file.stem}.jsonl"
        if not out.exists():
            pairs.collect(file, out, parts.segmenter, parts.embedder)
    train, tune = (
        [pair for file in files for pair in pairs.read(folder / f"{file.stem}.jsonl")]
        for files in (options.data, options.tune)
    )
    Trainer(
        parts.built_in_model, options.out, train, tune,
        options.epochs, options.rate, options.seed, options.start, options.words,
    ).run()  # fmt: skip


def _average(options: argparse.Namespace) -> None:
    average(options.adapters, options.out)


def _fit_screen(_options: argparse.Namespace) -> None:
    parts = Assembly(load_settings())
    fitted = screen.fit(parts.embedder, parts.segmenter.normalise)
    screen.write(fitted, RESOURCES / "screen_weights.yml")


def _fit_weights(options: argparse.Namespace) -> None:
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
