"""A question set is cut in three by document; nothing is lost and nothing moves when it grows."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.question_set import AnswerableQuestion, QuestionSet
from assistant.training.__main__ import main
from assistant.training.split import PARTS, part_of, split

TRAIN, TUNE = 0.7, 0.1


def made(count: int) -> QuestionSet:
    """A set in which every document has a question and every third an unanswerable one."""
    names = [f"文件{number}" for number in range(count)]
    return QuestionSet(
        documents={name: f"{name}的正文。" for name in names},
        questions=tuple(AnswerableQuestion(f"{name}说什么？", name, ("正文",)) for name in names),
        unanswerable=tuple((f"{name}没说什么？", name) for name in names[::3]),
    )


def parts_of(whole: QuestionSet, folder: Path) -> dict[str, QuestionSet]:
    """The parts that are written of a set."""
    whole.write(folder / "set.json", "手写")
    split(folder / "set.json", folder / "parts", TRAIN, TUNE)
    return {part: QuestionSet.read(folder / "parts" / f"set.{part}.json") for part in PARTS}


def test_the_parts_are_disjoint_and_complete(tmp_path: Path) -> None:
    whole = made(300)
    parts = list(parts_of(whole, tmp_path).values())
    documents = [name for part in parts for name in part.documents]
    questions = [question for part in parts for question in part.questions]
    unanswerable = [pair for part in parts for pair in part.unanswerable]
    assert len(documents) == 300
    assert set(documents) == set(whole.documents)
    assert sorted(questions, key=repr) == sorted(whole.questions, key=repr)
    assert sorted(unanswerable) == sorted(whole.unanswerable)


def test_questions_go_with_their_document(tmp_path: Path) -> None:
    for part in parts_of(made(100), tmp_path).values():
        assert {question.document for question in part.questions} == set(part.documents)
        assert {document for _, document in part.unanswerable} <= set(part.documents)


def test_a_document_stays_in_its_part_when_the_set_grows(tmp_path: Path) -> None:
    small = parts_of(made(100), tmp_path / "small")
    large = parts_of(made(400), tmp_path / "large")
    for part in PARTS:
        assert set(small[part].documents) == set(large[part].documents) & set(made(100).documents)


@pytest.mark.parametrize(("train", "tune"), [(0.7, 0.1), (0.5, 0.25), (0.0, 0.5), (1.0, 0.0)])
def test_the_shares_are_about_right(train: float, tune: float) -> None:
    found = [part_of(f"文件{number}", train, tune) for number in range(4000)]
    wanted = {"train": train, "tune": tune, "report": 1 - train - tune}
    for part, share in wanted.items():
        assert found.count(part) / len(found) == pytest.approx(share, abs=0.03)


def test_a_file_that_cannot_be_used_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text("[]", "utf-8")
    for file in (bad, tmp_path / "missing.json"):
        assert main(["split", str(file), "--out", str(tmp_path / "parts")]) == 2
        assert str(file) in capsys.readouterr().err
