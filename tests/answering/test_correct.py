"""Names that were misheard or misspelt are corrected to the documents' own; the rest is left."""

from __future__ import annotations

import threading
from pathlib import Path

import opencc
import pytest
import yaml

from assistant.answering.context import Context
from assistant.answering.correct import Change, Correction, Corrector
from assistant.answering.names import LONGEST, document_names
from assistant.answering.sounds import COSTS, alike, sounds
from assistant.answering.understand import Understand
from assistant.resources import load
from assistant.segment import Segmenter
from assistant.types import Document, Question, Section
from tests.conftest import Indexed

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def corrector(segmenter: Segmenter) -> Corrector:
    """With the town's own words only."""
    return Corrector(segmenter)


WRONG = [
    # the same sound, in the same tone or another
    ("棋隆镇的面积是多少？", "启隆镇的面积是多少？"),
    ("奇隆有多少人口", "启隆有多少人口"),
    ("启龙镇在哪里", "启隆镇在哪里"),
    ("东坪镇有多少人？", "东平镇有多少人？"),
    ("冻瓶镇在哪", "东平镇在哪"),
    ("比邻党建是什么时候开始的", "毗邻党建是什么时候开始的"),
    ("花搏会在哪里办", "花博会在哪里办"),
    ("六聚交是哪六个方面", "六聚焦是哪六个方面"),
    ("从崇名怎么去启隆", "从崇明怎么去启隆"),
    # sounds that accents do not tell apart
    ("启农镇的人口", "启隆镇的人口"),
    ("次隆镇的人口", "启隆镇的人口"),
    ("新海正有多少人", "新海镇有多少人"),
    ("港西怎有多少人", "港西镇有多少人"),
    ("成桥镇管哪条河", "城桥镇管哪条河"),
    ("画博会几号开始", "花博会几号开始"),
    # pinyin and initials
    ("qilong zhen的面积", "启隆镇的面积"),
    ("qilongzhen的面积", "启隆镇的面积"),
    ("Qi Long Zhen的面积", "启隆镇的面积"),
    ("qilong镇的面积", "启隆镇的面积"),
    ("qlz的面积", "启隆镇的面积"),
    ("huabohui几月几号", "花博会几月几号"),
    ("hezhangzhi是什么", "河长制是什么"),
    # one wrong character, one that was left out
    ("后隆镇在哪里", "启隆镇在哪里"),
    ("毗邻党健联盟", "毗邻党建联盟"),
    ("启镇的户籍人口", "启隆镇的户籍人口"),
    ("毗邻建联盟", "毗邻党建联盟"),
    # what was right keeps its script and case
    ("棋隆鎮的面積是多少？", "启隆鎮的面積是多少？"),
    ("党课PK塞办了多少场", "党课PK赛办了多少场"),
    # figures for numerals
    ("６聚焦是什么", "六聚焦是什么"),
    ("3地7镇是哪些", "三地七镇是哪些"),
    # two in one question
    ("棋隆镇和东坪镇签了什么", "启隆镇和东平镇签了什么"),
]

RIGHT = [
    "启隆镇的面积是多少？",
    "啟隆鎮的面積是多少？",
    "启隆镇１２月有什么活动？",
    "２０２１年启隆镇有多少人口",
    "冻瓶里装的是什么",
    "新海镇和新开镇在哪里",
    "新开的公交线路从哪里走",
    "城镇户口怎么办",
    "海门区和启东市签了什么",
    "他还没来怎么办",
    "工程什么时候启动",
    "气氛怎么样",
    "七分熟的牛排",
    "一起龙舟比赛",
    "上海的气候怎么样",
    "东台镇在哪里",
    "东平路怎么走",
    "永隆银行几点开门",
    "省级文明村有哪些",
    "市级文件在哪里看",
    "十一届运动会在哪里",
    "app怎么下载",
    "SHS王国是什么",
    "那个镇在哪里",
    "那启隆呢",
    "面积呢",
    "额度是多少",
]

FILLER = [
    ("请问一下那个启隆镇在哪", "启隆镇在哪"),
    ("请问启隆镇在哪", "启隆镇在哪"),
    ("呃，启隆镇在哪", "启隆镇在哪"),
    ("嗯…启隆镇在哪", "启隆镇在哪"),
    ("就是那个花博会在哪", "花博会在哪"),
    ("我想问一下，启隆镇在哪", "启隆镇在哪"),
    ("那个，我想问问启隆镇在哪", "启隆镇在哪"),
    ("你好，请问一下，呃，启隆镇在哪", "启隆镇在哪"),
    ("启隆镇，嗯，在哪", "启隆镇，在哪"),
]


@pytest.mark.parametrize(("wrong", "right"), WRONG)
def test_a_name_is_corrected(corrector: Corrector, wrong: str, right: str) -> None:
    assert corrector.correct(wrong).text == right


@pytest.mark.parametrize("question", [*RIGHT, *(right for _, right in WRONG)])
def test_what_was_right_is_left_alone(corrector: Corrector, question: str) -> None:
    assert corrector.correct(question) == Correction(question)


@pytest.mark.parametrize(("asked", "left"), FILLER)
def test_filler_is_taken_away(corrector: Corrector, asked: str, left: str) -> None:
    assert corrector.correct(asked).text == left


@pytest.mark.parametrize(
    "asked", ["请问", "呃", "嗯…", "那个，", "你好", "？", "🙂", "\0", "a" * 300]
)
def test_a_question_is_never_emptied(corrector: Corrector, asked: str) -> None:
    assert corrector.correct(asked).text


def test_what_was_changed_is_told(corrector: Corrector) -> None:
    assert corrector.correct("请问，棋隆镇在哪，奇隆呢").changes == (
        Change("请问，", ""),
        Change("棋隆镇", "启隆镇"),
        Change("奇隆", "启隆"),
    )


def test_a_character_of_the_names_own_keeps_the_dot_inside_it(
    segmenter: Segmenter, indexed: Indexed
) -> None:
    indexed.write("expo.md", "# 花博会\n\n分会场叫“林洋·花田秀水”。\n")
    indexed.ingest()
    corrected = Corrector(segmenter, indexed.store, indexed.index)
    assert corrected.correct("林阳·花田秀水在哪").text == "林洋·花田秀水在哪"
    assert corrected.correct("林阳花田秀水在哪").text == "林洋花田秀水在哪"


def test_every_plain_question_of_the_bank_is_left_alone(corrector: Corrector) -> None:
    bank = yaml.safe_load((ROOT / "tests" / "questions.yml").read_text("utf-8"))
    for entry in bank:
        if entry["kind"] != "misspelt":
            for question in entry.get("dialogue") or [entry["question"]]:
                assert not [c for c in corrector.correct(question).changes if c.now], question


def test_the_step_shows_what_was_understood(segmenter: Segmenter) -> None:
    step = Understand(segmenter)
    understood = step(Context(Question("请问一下那个棋隆镇有多少人口？"))).understood
    assert understood is not None
    assert understood.text == "启隆镇有多少人口？"


# --- names of documents


def test_names_of_documents_are_known_from_their_publication_on(indexed: Indexed) -> None:
    corrector = Corrector(indexed.segmenter, indexed.store, indexed.index)
    asked = "《湿地守护者名录》在哪里看，诗地守护者名录呢"
    assert corrector.correct(asked).text == asked
    indexed.write("wetland.md", "# 湿地守护者名录\n\n名录每年更新一次。\n")
    indexed.ingest()
    assert corrector.correct(asked).text == asked.replace("诗地", "湿地")
    (indexed.corpus / "wetland.md").unlink()
    indexed.ingest()
    assert corrector.correct(asked).text == asked


def test_what_a_document_writes_itself_is_right(indexed: Indexed) -> None:
    corrector = Corrector(indexed.segmenter, indexed.store, indexed.index)
    indexed.write("dragon.md", "# 龙舟\n\n东坪镇的队伍得了第一名。\n")
    indexed.ingest()
    assert corrector.correct("东坪镇得了第几名").text == "东坪镇得了第几名"


def test_names_of_documents_for_staff_are_not_told(indexed: Indexed) -> None:
    corrector = Corrector(indexed.segmenter, indexed.store, indexed.index)
    page = "---\ntitle: 翡翠行动方案\naudience: staff\n---\n\n# 翡翠行动方案\n\n内部使用。\n"
    indexed.write("staff/secret.md", page)
    indexed.ingest()
    assert corrector.correct("翡脆行动方案是什么").text == "翡脆行动方案是什么"


def test_names_are_taken_from_titles_headings_topics_and_quotation_marks(
    segmenter: Segmenter,
) -> None:
    text = "见《湿地保护公约》和“候鸟驿站”。启隆镇委托城规院办理。"
    document = Document(
        "1",
        "a.md",
        "滩涂修复计划",
        text,
        (Section(("芦苇收割办法",), 0, 9),),
        topics=("江豚巡护队",),
    )
    names = {name.text for name in document_names([document], segmenter)}
    assert {
        "滩涂修复计划", "湿地保护公约", "候鸟驿站", "芦苇收割办法", "江豚巡护队", "启隆镇委托",
    } <= names  # fmt: skip
    assert all(len(name) <= LONGEST for name in names)


def test_many_may_ask_while_a_new_state_is_published(indexed: Indexed) -> None:
    corrector = Corrector(indexed.segmenter, indexed.store, indexed.index)
    found: set[str] = set()
    failed: list[Exception] = []

    def ask() -> None:
        try:
            for _ in range(20):
                found.add(corrector.correct("棋隆镇的防汛工作办法").text)
        except Exception as error:  # told below: in a thread it would be lost
            failed.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    indexed.write("more.md", "# 防汛物资清单\n\n清单每年更新。\n")
    indexed.ingest()
    for thread in threads:
        thread.join()
    assert not failed
    assert found == {"启隆镇的防汛工作办法"}


# --- sounds, shapes and the data


@pytest.mark.parametrize(
    ("one", "other", "cost"),
    [
        ("镇", "振", COSTS.homophone),
        ("启", "奇", COSTS.tone),
        ("隆", "农", COSTS.near),
        ("镇", "正", COSTS.near),
        ("沙", "三", None),
        ("湖", "福", COSTS.far),
        ("黄", "房", COSTS.far),
        ("启", "次", COSTS.far),
        ("隆", "荣", COSTS.far),
        ("启", "东", None),
    ],
)
def test_how_easily_one_sound_is_taken_for_another(
    one: str, other: str, cost: float | None
) -> None:
    assert sounds(one)[0].cost(sounds(other)[0]) == cost
    assert sounds(other)[0].cost(sounds(one)[0]) == cost


def test_every_reading_of_a_character_counts(corrector: Corrector) -> None:
    """长 is read zhǎng in 河长制 and cháng in 长三角."""
    assert corrector.correct("河掌制是什么").text == "河长制是什么"
    assert corrector.correct("changsanjiao一体化").text == "长三角一体化"


def test_characters_that_look_alike_do_so_both_ways() -> None:
    assert alike("末", "未")
    assert alike("未", "末")
    assert not alike("未", "启")


def test_the_data_of_correcting_is_whole() -> None:
    data = load("correction")
    assert all(value > 0 for value in data["costs"].values())
    assert data["own_name"] < data["document_name"]
    assert all(len(set(group)) == len(group) > 1 for group in data["shapes"])
    assert opencc.OpenCC("t2s").convert("".join(data["shapes"])) == "".join(data["shapes"])
    assert all(letters.isascii() and letters.islower() for letters in data["abbreviations"])
