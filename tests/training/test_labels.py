"""Where in a passage the right answer stands, for the reader to learn from."""

from __future__ import annotations

from assistant.models.reader_input import Passage
from assistant.segment import sentences
from assistant.training.pairs import Label, label

BODY = "婚姻登记窗口周一开放。社会救助窗口周三开放。\n残疾人窗口周一开放，周日休息。"


def passage(body: str) -> Passage:
    """A passage cut as the product cuts it."""
    return Passage("办事指南", body, tuple((span.start, span.end) for span in sentences(body)))


def test_the_answer_is_found_with_its_sentence() -> None:
    right = label(passage(BODY), "社会救助窗口什么时候开放?", ["周三"])
    at = BODY.index("周三")
    assert right == Label((1,), (at, at + 2))


def test_of_several_places_the_one_nearest_to_the_question_is_taken() -> None:
    first = label(passage(BODY), "婚姻登记窗口什么时候开放?", ["周一"])
    last = label(passage(BODY), "残疾人窗口什么时候开放?", ["周一"])
    assert first == Label((0,), (BODY.index("周一"), BODY.index("周一") + 2))
    assert last == Label((2,), (BODY.rindex("周一"), BODY.rindex("周一") + 2))


def test_any_of_the_right_answers_will_do() -> None:
    right = label(passage(BODY), "残疾人窗口哪天休息?", ["星期天", "周日"])
    at = BODY.index("周日")
    assert right == Label((2,), (at, at + 2))


def test_an_answer_over_two_sentences_touches_both() -> None:
    answer = BODY[: BODY.index("\n")]
    assert label(passage(BODY), "窗口什么时候开放?", [answer]) == Label((0, 1), (0, len(answer)))


def test_an_answer_that_goes_beyond_the_passage_is_its_whole_sentences() -> None:
    answer = f"各窗口:{BODY.replace(chr(10), '')}节假日另行通知。"
    assert label(passage(BODY), "各窗口什么时候开放?", [answer]) == Label((0, 1, 2), None)


def test_a_sentence_of_a_few_characters_does_not_count_as_part_of_a_long_answer() -> None:
    seen = passage("周一开放。社会救助窗口周三开放。")
    answer = "先说明:周一开放。此外,社会救助窗口周三开放。请带证件。"
    assert label(seen, "什么时候开放?", [answer]) == Label((1,), None)


def test_a_passage_without_the_answer_has_nothing_right_about_it() -> None:
    assert label(passage(BODY), "镇长是谁?", ["不在这里"]) == Label()
    assert label(passage(BODY), "镇长是谁?", []) == Label()
