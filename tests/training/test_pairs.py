"""The commands that make training pairs, and the file they write."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.question_set import QuestionSet
from assistant.training import notices
from assistant.training.__main__ import main


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
