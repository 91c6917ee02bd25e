"""The commands that make training pairs, and the file they write."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.question_set import AnswerableQuestion, QuestionSet
from assistant.segment import Segmenter
from assistant.training import notices, pairs
from assistant.training.__main__ import main
from tests.fakes import HashEmbedder


@pytest.fixture(autouse=True)
def own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_DATA_DIR", str(tmp_path / "data"))


def test_notices_are_written_and_read_again(tmp_path: Path) -> None:
    file = tmp_path / "new" / "notices.json"
    assert main(["notices", "--out", str(file), "--seed", "3"]) == 0
    assert QuestionSet.read(file) == notices.make(3)


def test_headings_are_written(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# 食堂\n\n## 食堂在哪里\n\n食堂设在中心路十二号文化站一楼。\n", "utf-8")
    file = tmp_path / "headings.json"
    assert main(["headings", str(page), "--out", str(file)]) == 0
    (asked,) = QuestionSet.read(file).questions
    assert asked.answers == ("食堂设在中心路十二号文化站一楼。",)


def test_a_file_that_cannot_be_used_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text("[]", "utf-8")
    assert main(["headings", str(bad), "--out", str(tmp_path / "out.json")]) == 2
    assert str(bad) in capsys.readouterr().err


def test_a_question_without_an_answer_is_misled_by_its_own_document_alone(
    tmp_path: Path, segmenter: Segmenter, embedder: HashEmbedder
) -> None:
    documents = {
        "东河图书馆": "东河图书馆周二到周日开放。\n办证不收费。",
        "西河图书馆": "西河图书馆每天开放。\n办证收费十元。",
        "南河图书馆": "南河图书馆周末开放。\n办证要带证件。",
    }
    asked = AnswerableQuestion("东河图书馆哪天开放？", "东河图书馆", ("周二到周日",))
    unanswerable = (("东河图书馆的馆长是谁？", "东河图书馆"),)
    file = tmp_path / "libraries.json"
    QuestionSet(documents, (asked,), unanswerable).write(file, "a test")
    pairs.collect(file, tmp_path / "libraries.jsonl", segmenter, embedder)
    answered, unanswered = pairs.read(tmp_path / "libraries.jsonl")
    assert "周二到周日" in answered.positives[0][0].body
    assert all("周二到周日" not in seen.body for seen in answered.negatives)
    assert answered.negatives
    assert not unanswered.positives
    assert [seen.body for seen in unanswered.negatives] == [documents["东河图书馆"]]
