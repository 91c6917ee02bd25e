"""Questions from single sentences: what is asked for, in which words, and that the answer is right."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.errors import AssistantError
from assistant.question_set import QuestionSet
from assistant.segment import Segmenter
from assistant.training.cloze import make

TEXT = (
    "白沙渡大桥于1998年5月建成通车，两岸之间桥身全长1200米，由工程师王建国主持设计。"
    "大桥两岸共有12个村，桥头立着《渡江图》的石刻，游客多从广州坐车来看。"
    "短句不问。"
)


def written(folder: Path, text: str) -> Path:
    file = folder / "set.json"
    file.write_text(
        json.dumps({"documents": [{"id": "a", "text": text}], "questions": []}), "utf-8"
    )
    return file


@pytest.fixture
def made(tmp_path: Path, segmenter: Segmenter) -> QuestionSet:
    return make([written(tmp_path, TEXT)], segmenter, 7)


@pytest.mark.parametrize(
    ("answer", "asked"),
    [
        ("1998年5月", ("什么时候", "何时", "什么时间", "哪一天")),
        ("1200米", ("多少米",)),
        ("12个", ("多少个", "几个")),
        ("王建国", ("谁", "哪位", "哪个人")),
        ("广州", ("哪里", "哪个地方", "何处", "什么地方")),
        ("《渡江图》", ("什么", "哪个", "哪一个")),
    ],
)
def test_a_thing_is_asked_for_in_words_of_its_kind(
    made: QuestionSet, answer: str, asked: tuple[str, ...]
) -> None:
    questions = [q.question for q in made.questions if q.answers == (answer,)]
    assert questions
    for question in questions:
        assert any(word in question for word in asked), question


def test_no_question_holds_its_answer_and_every_answer_stands_in_the_text(
    made: QuestionSet,
) -> None:
    for question in made.questions:
        (answer,) = question.answers
        assert answer in made.documents[question.document]
        assert answer not in question.question
        assert 6 <= len(question.question) <= 71
    assert not any("不问" in q.question for q in made.questions), "too short to ask of"


def test_a_seed_makes_the_same_questions_again_and_another_one_others(
    tmp_path: Path, segmenter: Segmenter
) -> None:
    file = written(tmp_path, TEXT)
    assert make([file], segmenter, 7) == make([file], segmenter, 7)
    assert make([file], segmenter, 7) != make([file], segmenter, 8)


def test_a_limit_draws_some_of_all_questions(tmp_path: Path, segmenter: Segmenter) -> None:
    file = written(tmp_path, TEXT)
    every, some = make([file], segmenter, 7), make([file], segmenter, 7, 3)
    assert len(some.questions) == 3
    assert set(some.questions) < set(every.questions)
    assert make([file], segmenter, 7, 99) == every
    assert make([file], segmenter, 7, 0).documents == {}


def test_a_text_in_traditional_characters_is_asked_in_simplified_ones(
    tmp_path: Path, segmenter: Segmenter
) -> None:
    made = make(
        [written(tmp_path, "這座橋於1998年5月建成通車，連接東岸與西岸的村莊。")], segmenter, 7
    )
    assert any("建成通车" in q.question for q in made.questions)


def test_a_text_without_names_dates_and_numbers_gives_no_questions(
    tmp_path: Path, segmenter: Segmenter
) -> None:
    made = make([written(tmp_path, "请大家爱护花草树木，不要随地乱扔垃圾。")], segmenter, 7)
    assert (made.questions, made.documents) == ((), {})


def test_a_file_that_is_no_question_set_is_refused(tmp_path: Path, segmenter: Segmenter) -> None:
    (tmp_path / "a.json").write_text("[]", "utf-8")
    with pytest.raises(AssistantError):
        make([tmp_path / "a.json"], segmenter, 7)
