"""python benchmarks/screened.py [FILE…] [--show] [--out DIR]

How many questions that documents answer are taken by screening, for calls for help or for nothing
of the documents'. FILEs are question sets such as `assistant.evaluate` reads; without any, those
that were written for training.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from figures import FIGURES, ROOT, line, machine, save, show
from town import published
from tqdm import tqdm

from assistant.answering.context import Context
from assistant.answering.pipeline import Pipeline
from assistant.question_set import QuestionSet
from assistant.types import Question

WRITTEN = ROOT / "assistant" / "training" / "data"
NAMES = ("written", "families", "town_pages")
URGENT = "routed_urgent"


def main() -> None:
    """Screen, print and save."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument("files", type=Path, nargs="*")
    parser.add_argument("--show", action="store_true", help="what was taken")
    parser.add_argument("--out", type=Path, default=FIGURES)
    options = parser.parse_args()
    files = options.files or [WRITTEN / f"{name}.json" for name in NAMES]
    about = machine()
    taken: dict[str, Counter[str]] = {}
    with published() as town:
        parts = town.assembly
        pipeline = Pipeline(parts.segmenter, parts.embedder, town.store, town.current, parts.reader)
        screen = dict(pipeline.steps)["screen"]
        for file in files:
            questions = dict.fromkeys(q.question for q in QuestionSet.read(file).questions)
            counts = taken.setdefault(file.stem, Counter(questions=len(questions)))
            for question in tqdm(questions, file.stem):
                answer = screen(Context(Question(question))).answer
                if answer:
                    counts["urgent" if answer.status == URGENT else "others"] += 1
                    if options.show:
                        tqdm.write(f"{answer.status}  {question}")
    save("screened", about, {name: dict(counts) for name, counts in taken.items()}, options.out)
    print(line(about))
    columns = ("questions", "urgent", "others")
    show(["", *columns], [[name, *(counts[c] for c in columns)] for name, counts in taken.items()])


if __name__ == "__main__":
    main()
