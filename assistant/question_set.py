"""Documents with questions on them: what evaluation measures on and training learns from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from assistant.errors import AssistantError


@dataclass(frozen=True, slots=True)
class AnswerableQuestion:
    """A question with the id of its document and its right answers, any of which will do."""

    question: str
    document: str
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Documents by id, and questions on them; ``unanswerable`` holds (question, document)."""

    documents: dict[str, str]
    questions: tuple[AnswerableQuestion, ...]
    unanswerable: tuple[tuple[str, str], ...]

    @classmethod
    def read(cls, path: Path) -> QuestionSet:
        """Read a file.

        Raises:
            AssistantError: it cannot be read or has another shape.
        """
        try:
            data = json.loads(path.read_text("utf-8"))
            shape = {
                "documents": {d["id"]: d["text"] for d in data["documents"]},
                "questions": data["questions"],
                "unanswerable": [
                    (q["question"], q["document"]) for q in data.get("unanswerable", [])
                ],
            }
            return TypeAdapter(cls).validate_python(shape)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise AssistantError("question_set_bad", path=path) from error

    def write(self, path: Path, about: str) -> None:
        """Write a file that ``read`` takes; ``about`` says where the set comes from."""
        data = {
            "about": about,
            "documents": [{"id": name, "text": text} for name, text in self.documents.items()],
            "questions": [
                {"question": q.question, "document": q.document, "answers": list(q.answers)}
                for q in self.questions
            ],
            "unanswerable": [
                {"question": question, "document": document}
                for question, document in self.unanswerable
            ],
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", "utf-8")
