"""Questions from headings: which headings are asked for, in which words, and what answers them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.errors import AssistantError
from assistant.question_set import QuestionSet
from assistant.segment import Segmenter
from assistant.training.headings import make, marked

NOTICE = (
    "安澜市人民政府关于印发支持养老服务若干措施的通知 各有关单位： 现将措施印发给你们。 "
    "一、适用范围 凡在本市登记的养老机构，均适用本措施，不受所有制限制。 "
    "二、加大信贷支持。对受影响较大的机构，银行不得抽贷、断贷、压贷，到期贷款可以展期。 "
    "三、其他事项 本措施由市民政局负责解释，未尽事宜另行通知。 "
    "四、补贴如何申请？ 答：机构登录市政务服务网填写申请表，五个工作日内答复。 "
    "五、工作要求 （一）要高度重视，压实责任，确保各项措施落到实处。"
)


def written(folder: Path, *texts: str) -> Path:
    file = folder / "set.json"
    documents = [{"id": str(n), "text": text} for n, text in enumerate(texts)]
    file.write_text(json.dumps({"documents": documents, "questions": []}), "utf-8")
    return file


@pytest.fixture
def made(tmp_path: Path, segmenter: Segmenter) -> QuestionSet:
    return make([written(tmp_path, NOTICE)], segmenter)


def test_headings_are_found_with_what_stands_below_them() -> None:
    found = {one.heading: NOTICE[one.start : one.end].strip() for one in marked(NOTICE)}
    assert found["适用范围"] == "凡在本市登记的养老机构，均适用本措施，不受所有制限制。"
    assert list(found) == ["适用范围", "加大信贷支持", "其他事项", "补贴如何申请", "工作要求"]


def test_a_heading_that_names_something_is_asked_for_of_the_subject(made: QuestionSet) -> None:
    (asked,) = (q for q in made.questions if "适用范围" in q.question)
    assert "支持养老服务若干措施" in asked.question
    assert asked.answers == ("凡在本市登记的养老机构，均适用本措施，不受所有制限制。",)


def test_a_heading_that_says_what_is_done_is_asked_of_who_does_it(made: QuestionSet) -> None:
    (asked,) = (q for q in made.questions if "加大信贷支持" in q.question)
    assert asked.question.startswith("安澜市")
    assert asked.answers[0].startswith("对受影响较大的机构")


def test_a_heading_that_is_a_question_is_asked_as_it_stands(made: QuestionSet) -> None:
    (asked,) = (q for q in made.questions if "补贴" in q.question)
    assert asked.question == "补贴如何申请？"
    assert asked.answers == ("机构登录市政务服务网填写申请表，五个工作日内答复。",)


@pytest.mark.parametrize("heading", ["其他事项", "工作要求"])
def test_an_empty_heading_or_section_makes_no_question(made: QuestionSet, heading: str) -> None:
    assert not [q for q in made.questions if heading in q.question]


def test_no_question_comes_twice_and_the_same_files_make_the_same_set(
    tmp_path: Path, segmenter: Segmenter
) -> None:
    file = written(tmp_path, NOTICE, NOTICE)
    made = make([file], segmenter)
    asked = [q.question for q in made.questions]
    assert len(asked) == len(set(asked))
    assert make([file], segmenter) == made


def test_an_answer_goes_on_to_whole_sentences_only(tmp_path: Path, segmenter: Segmenter) -> None:
    sentence = "对符合条件的企业按实际支出给予补助并优先纳入项目库，由主管部门审核。"
    text = f"安澜市关于支持养老的通知 一、加大财政支持。{sentence * 9}"
    (asked,) = make([written(tmp_path, text)], segmenter).questions
    assert asked.answers[0] == sentence * (150 // len(sentence))


def test_markdown_is_read_by_its_own_headings(tmp_path: Path, segmenter: Segmenter) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# 老年食堂\n\n## 服务对象\n\n年满六十周岁的本镇老年居民均可就餐。\n\n"
        "## 食堂在哪里\n\n食堂设在中心路十二号文化站一楼，有坡道。\n",
        "utf-8",
    )
    made = make([page], segmenter)
    assert made.documents.keys() == {"page"}
    assert "食堂在哪里？" in {q.question for q in made.questions}
    for asked in made.questions:
        assert asked.answers[0] in made.documents["page"]


def test_a_file_that_is_no_question_set_is_refused(tmp_path: Path, segmenter: Segmenter) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text("[]", "utf-8")
    with pytest.raises(AssistantError):
        make([bad], segmenter)


@pytest.mark.parametrize("name", ["", "missing.md"])
def test_a_folder_or_a_missing_file_is_named(
    tmp_path: Path, segmenter: Segmenter, name: str
) -> None:
    with pytest.raises(AssistantError) as refused:
        make([tmp_path / name], segmenter)
    assert str(tmp_path / name) in str(refused.value)
