"""A question set that was written is read as it was; another file is refused with its name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.errors import AssistantError
from assistant.question_set import AnswerableQuestion, QuestionSet

SET = QuestionSet(
    documents={"汛期": "汛期为5月1日至9月30日。\n“请注意”。", "公交": "票价六元。"},
    questions=(
        AnswerableQuestion("汛期是几月？", "汛期", ("5月1日至9月30日", "5月至9月")),
        AnswerableQuestion("公交多少钱？", "公交", ("六元",)),
    ),
    unanswerable=(("镇长是谁？", "汛期"),),
)


@pytest.mark.parametrize("written", [SET, QuestionSet({}, (), ())])
def test_what_was_written_is_read_again(tmp_path: Path, written: QuestionSet) -> None:
    file = tmp_path / "new" / "set.json"
    written.write(file, "手写")
    assert QuestionSet.read(file) == written
    assert json.loads(file.read_text("utf-8"))["about"] == "手写"


def test_chinese_is_written_so_that_people_can_read_it(tmp_path: Path) -> None:
    SET.write(tmp_path / "set.json", "手写")
    assert "汛期是几月？" in (tmp_path / "set.json").read_text("utf-8")


def test_a_set_may_have_no_unanswerable_questions(tmp_path: Path) -> None:
    file = tmp_path / "set.json"
    file.write_text('{"documents": [], "questions": []}', "utf-8")
    assert QuestionSet.read(file).unanswerable == ()


@pytest.mark.parametrize(
    "content",
    [
        None,
        "",
        "[]",
        "{}",
        '{"documents": [{"id": "a"}], "questions": []}',
        '{"documents": [], "questions": [{"question": "谁？"}]}',
        '{"documents": [], "questions": [], "unanswerable": ["谁？"]}',
        '{"documents": [{"id": "a", "text": 3}], "questions": []}',
    ],
)
def test_a_file_of_another_shape_is_refused_by_its_name(
    tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "set.json"
    if content is not None:
        file.write_text(content, "utf-8")
    with pytest.raises(AssistantError, match=r"读不出来，或格式不对") as caught:
        QuestionSet.read(file)
    assert str(file) in str(caught.value)
