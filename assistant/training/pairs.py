"""Writes question sets for training; making them is left to the modules that import this."""

from __future__ import annotations

import json
from pathlib import Path

from assistant.evaluate import QuestionSet


def save(made: QuestionSet, about: str, file: Path) -> None:
    """Write a question set in the shape that ``QuestionSet.read`` takes."""
    data = {
        "about": about,
        "documents": [{"id": name, "text": text} for name, text in made.documents.items()],
        "questions": [
            {"question": q.question, "document": q.document, "answers": list(q.answers)}
            for q in made.questions
        ],
        "unanswerable": [
            {"question": question, "document": document} for question, document in made.unanswerable
        ],
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", "utf-8")
