"""Where sentences and words begin and end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.segment import LONG_SENTENCE, Segmenter, sentences

MARKS = "。！？!?…；;：，、”’」）)》. \n\t\u3000（“《第一条1.AB镇政府办理"


def cut(text: str) -> list[str]:
    """The sentences of ``text`` as strings."""
    return [text[span.start : span.end] for span in sentences(text)]


@pytest.mark.parametrize("mark", ["。", "！", "？", "!", "?", "……", "！！", "？！"])
def test_a_sentence_ends_with_its_mark(mark: str) -> None:
    assert cut(f"请到窗口办理{mark}带好证件{mark}") == [f"请到窗口办理{mark}", f"带好证件{mark}"]


@pytest.mark.parametrize(
    "text",
    [
        "他说：“明天开会。”大家同意了。",
        "他说：「明天开会！」大家同意了。",
        "（已经办理的除外。）其他人照常。",
        "见《办法（试行？）》其他人照常。",
    ],
)
def test_closing_quotes_and_brackets_stay_with_the_sentence_they_close(text: str) -> None:
    first, second = cut(text)
    assert first[-1] in "”」）》"
    assert second[0] not in "”」）》"


def test_a_line_end_ends_a_sentence_and_is_in_none() -> None:
    assert cut("第一行没有句号\n\n第二行\n") == ["第一行没有句号", "第二行"]


def test_a_comma_or_a_short_enumeration_is_no_end() -> None:
    assert cut("身份证；户口簿；申请书，都要带。") == ["身份证；户口簿；申请书，都要带。"]


def test_an_english_full_stop_ends_a_sentence_but_a_decimal_point_does_not() -> None:
    text = "The fee is 3.5 yuan. Bring your card. 面积48.31平方公里。"
    assert cut(text) == ["The fee is 3.5 yuan.", "Bring your card. 面积48.31平方公里。"]


def test_a_web_address_is_not_cut() -> None:
    text = "请登录http://a.cn/q?id=3&page=2#!/top查询。Really? Yes!真的?是的!"
    assert cut(text) == [
        "请登录http://a.cn/q?id=3&page=2#!/top查询。",
        "Really?",
        "Yes!",
        "真的?",
        "是的!",
    ]


def test_a_long_enumeration_is_cut_at_its_semicolons() -> None:
    items = [f"（{n}）" + "应当做好本村的防汛抢险准备工作" * 2 + "；" for n in "一二三四五"]
    text = "".join(items)
    assert len(text) > LONG_SENTENCE
    assert cut(text) == items


def test_items_that_lost_their_line_ends_are_told_apart() -> None:
    text = "申请材料： 一、身份证； 二、户口簿。"
    assert cut(text) == ["申请材料：", "一、身份证；", "二、户口簿。"]


def test_only_the_range_asked_for_is_cut() -> None:
    text = "前面。中间一句。后面。"
    assert [(s.start, s.end) for s in sentences(text, 3, 8)] == [(3, 8)]


@pytest.mark.parametrize("text", ["", " \n\t\u3000"])
def test_where_there_is_no_text_there_is_no_sentence(text: str) -> None:
    assert sentences(text) == []


@given(st.text(alphabet=st.one_of(st.sampled_from(MARKS), st.characters()), max_size=300))
def test_sentences_never_overlap_and_leave_out_nothing_but_white_space(text: str) -> None:
    at = 0
    for span in sentences(text):
        assert at <= span.start < span.end
        assert not text[at : span.start].strip()
        assert text[span.start : span.end] == text[span.start : span.end].strip()
        at = span.end
    assert not text[at:].strip()


@pytest.mark.parametrize("word", ["毗邻党建", "崇启专窗", "启隆镇", "联合河长制", "花田秀水"])
def test_the_towns_own_words_are_kept_whole(segmenter: Segmenter, word: str) -> None:
    assert word in segmenter.words(f"请问{word}是什么？")


def test_every_town_word_is_found_again(segmenter: Segmenter) -> None:
    lost = [w for w in segmenter.town_words if segmenter.normalise(w) not in segmenter.words(w)]
    assert lost == []


def test_a_long_word_brings_its_parts(segmenter: Segmenter) -> None:
    assert {"便民", "服务"} < set(segmenter.words("便民服务中心"))


def test_punctuation_and_white_space_are_no_words(segmenter: Segmenter) -> None:
    assert segmenter.words("，。！？ \n“”《》——…") == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("請問哪裡辦理最低生活保障？", "请问哪里办理最低生活保障？"),
        ("啟隆鎮的聯合河長制", "启隆镇的联合河长制"),
        ("長三角一體化專窗", "长三角一体化专窗"),
        ("ＡＢＣ１２３４５", "abc12345"),
        ("电话：１２３４５，Ａ座", "电话:12345,a座"),
        ("PK赛", "pk赛"),
    ],
)
def test_script_width_and_case_make_no_difference(
    segmenter: Segmenter, one: str, other: str
) -> None:
    assert segmenter.words(one) == segmenter.words(other) != []


def test_a_rare_word_tells_more_than_a_common_one(segmenter: Segmenter) -> None:
    assert segmenter.weight("毗邻") > segmenter.weight("政府") > segmenter.weight("的")
    assert segmenter.weight("從未見過的詞") >= segmenter.weight("毗邻")


@given(text=st.text(max_size=80))
def test_a_word_never_holds_white_space(segmenter: Segmenter, text: str) -> None:
    assert all(word == "".join(word.split()) for word in segmenter.words(text))
