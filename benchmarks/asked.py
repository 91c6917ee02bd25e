"""python benchmarks/asked.py [--show] [--out DIR]

How many questions of asked_questions.yml are answered: those that corpus/ tells and those that it
does not, though it speaks of the same thing. What comes is not judged here.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import yaml
from figures import FIGURES, line, machine, save, show
from town import published
from tqdm import tqdm

from assistant.answering.pipeline import Pipeline
from assistant.types import ANSWERED, Answer, Question

QUESTIONS = Path(__file__).with_name("asked_questions.yml")


def main() -> None:
    """Ask, print and save."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument("--show", action="store_true", help="what was answered though not told")
    parser.add_argument("--out", type=Path, default=FIGURES)
    options = parser.parse_args()
    about = machine()
    asked: dict[str, list[str]] = yaml.safe_load(QUESTIONS.read_text("utf-8"))
    answers: dict[str, list[Answer]] = {}
    with published() as town:
        parts = town.assembly
        pipeline = Pipeline(parts.segmenter, parts.embedder, town.store, town.current, parts.reader)
        for kind, questions in asked.items():
            answers[kind] = [pipeline.answer(Question(q)) for q in tqdm(questions, kind)]
    figures = {
        kind: {"questions": len(some), "answered": sum(a.status == ANSWERED for a in some)}
        for kind, some in answers.items()
    }
    save("asked", about, figures, options.out)
    print(line(about))
    show(["", "questions", "answered"], [[k, *v.values()] for k, v in figures.items()])
    if options.show:
        for question, answer in zip(asked["not_told"], answers["not_told"], strict=True):
            if answer.status == ANSWERED:
                print(f"{answer.confidence:.2f}  {question}  {answer.text}")


if __name__ == "__main__":
    main()
