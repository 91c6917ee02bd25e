"""The number, the date or the yes is said first where that is sure, and nowhere else."""

from __future__ import annotations

import pytest

from assistant.answering.form import asks_whether, lead
from assistant.types import Span

SHARED = "毗邻党建结对共建协议一共明确了共建事项15个。"
POSTS = "崇启海三地建成了省际治安卡点4个、县际治安卡点3个。"
ALL_POSTS = "省际治安卡点和县际治安卡点一共是7个。"
FARE = "全程票价六元，六十五周岁以上的老人免费乘坐。"
EXPO = "第十届中国花博会的时间是2021年5月21日至7月2日。"
VISITORS = "“林洋·花田秀水”启东分会场接待游客超2万人次。"
SIGNED = "“毗邻党建”联盟是2020年5月签约的。"
BUS = "从崇明南门到启隆镇，已经开通了专线公交。"
WINDOW = "启隆镇设立了“长三角一体化崇启专窗”。"
FACTORIES = "启隆镇的工业企业已经整体退出。"
PAIRED = "启隆镇先后和三个镇签了毗邻党建结对共建协议：东平镇、新海镇、港西镇。"
AREA = "启隆镇的总面积是48.31平方公里。"
PEOPLE = "启隆镇的总户籍人口是5052人。"


@pytest.mark.parametrize(
    ("question", "quote", "said"),
    [
        ("共建事项有多少个?", SHARED, "15个。"),
        ("结对共建协议里定了多少个共建事项?", SHARED, "15个。"),
        ("启隆镇有多少户籍人口?", PEOPLE, "5052人。"),
        ("启隆镇的面积是多少?", AREA, "48.31平方公里。"),
        ("启隆镇有多大?", AREA, "48.31平方公里。"),
        ("启东分会场接待了多少游客?", VISITORS, "超2万人次。"),
        (
            "有多少家媒体宣传过启隆镇的经验?",
            "启隆镇“毗邻党建”的经验做法被学习强国等10余家主流媒体宣传推介。",
            "10余家主流媒体。",
        ),
        (
            "党课pk赛和干部研讨一共办了多少场?",
            "启隆镇和毗邻乡镇一起开展党课PK赛、干部研讨等活动，共20余场次。",
            "20余场次。",
        ),
        ("省际治安卡点有几个?", POSTS, "4个。"),
        ("县际治安卡点有几个?", POSTS, "3个。"),
        ("治安卡点加起来总共几个?", ALL_POSTS, "7个。"),
        ("全程票价多少钱?", FARE, "六元。"),
        ("毗邻党建联盟什么时候签约?", SIGNED, "2020年5月。"),
        ("第十届中国花博会什么时候举办?", EXPO, "2021年5月21日至7月2日。"),
        ("汛期是几月到几月?", "汛期为每年5月1日至9月30日。", "每年5月1日至9月30日。"),
        ("有没有公交到启隆镇?", BUS, "有。"),
        ("启隆镇有公交吗?", BUS, "有。"),
        ("启隆镇有没有专窗", WINDOW, "有。"),
        ("启隆镇属于启东市吗?", "启隆镇属于启东市。", "是。"),
        ("启隆镇是不是属于启东市?", "启隆镇属于启东市。", ""),
        ("启隆镇的工业企业退出了没有?", FACTORIES, "是。"),
        ("居民可以在线办理吗?", "居民可以在线办理。", "可以。"),
    ],
)
def test_what_is_asked_for_is_said_first(question: str, quote: str, said: str) -> None:
    assert lead(question, [quote]) == said
    assert said.strip("有是可以。") in quote


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        # another thing is counted, or a part or the whole of it
        ("启隆镇签了几个协议?", SHARED),
        ("15个共建事项分别是什么?", SHARED),
        ("治安卡点有几个?", POSTS),
        ("市际治安卡点有几个?", POSTS),
        ("治安卡点有几个?", "崇启海三地建成了省际治安卡点4个。"),
        ("县际治安卡点有几个?", ALL_POSTS),
        ("县际治安卡点一共几个?", ALL_POSTS),
        ("启隆镇和几个镇签过协议?", PAIRED),
        ("结对的镇有几个?", "报道里和启隆镇签过协议的镇有四个：甲镇、乙镇、丙镇、丁镇。"),
        ("启隆镇和哪几个镇结对?", PAIRED),
        ("花博会接待了多少人次?", VISITORS),
        ("老人票价多少?", FARE),
        ("启隆镇男性有多少人?", PEOPLE),
        ("2023年启隆镇有多少人口?", PEOPLE),
        ("永隆沙的面积是多少?", AREA),
        ("耕地面积多大?", AREA),
        ("专线公交几点发车?", "专线公交的3个站点已经建成。"),
        # another time, or not so exact
        ("毗邻党建联盟是几月几号签的?", SIGNED),
        ("第十一届中国花博会什么时候举办?", EXPO),
        ("第十届中国花博会什么时候结束?", EXPO),
        ("专线公交什么时候开通?", "2019年1月起编制方案，专线公交已经开通。"),
        ("专线公交什么时候开通?", "专线公交2020年以前开通。"),
        ("工程什么时候开工?", "工程在2019年5月获批，2020年3月开工。"),
        # not affirmed, denied, planned, on conditions, elsewhere or only a part of it
        ("有没有停车场?", "暂不设停车场。"),
        ("有没有停车场?", "停车场尚未建成。"),
        ("镇上有卫生院吗?", "计划建立卫生院。"),
        ("有没有图书馆?", "镇上有图书馆，现已关闭。"),
        ("启隆镇有没有医院?", "启隆镇聚焦的生态产业有医疗健康、休闲旅游等。"),
        ("启隆镇有没有地铁?", BUS),
        ("有没有公交?", "公交站旁设有专窗。"),
        ("有没有专窗?", "崇明区设立了专窗。"),
        ("从启隆镇到崇明南门有公交吗?", BUS),
        ("启隆镇还有没有工业企业?", FACTORIES),
        ("大堂可以带宠物吗?", "大堂不可以带宠物。"),
        ("广场能不能放烟花?", "广场禁止放烟花。"),
        ("老人可以免费乘坐吗?", "六十五周岁以上的老人可以免费乘坐。"),
        ("居民可以在线办理吗?", "符合条件的，居民可以在线办理，但须预约。"),
        ("规划完成了吗?", "报道刊登时，规划的初步成果已经完成。"),
        ("启隆镇是不是上海的?", "启隆镇是启东市对接上海的桥头堡。"),
        ("启隆镇不属于启东市吗?", "启隆镇属于启东市。"),
        ("启隆镇属于启东还是崇明?", "启隆镇属于启东市。"),
        ("启隆镇设立了什么专窗?", WINDOW),
        ("", SHARED),
    ],
)
def test_where_anything_is_unsure_the_quote_speaks_for_itself(question: str, quote: str) -> None:
    assert lead(question, [quote]) == ""


def test_without_a_quote_nothing_is_said() -> None:
    assert lead("启隆镇有几个沙?", []) == ""


@pytest.mark.parametrize(
    ("question", "quote", "answer", "said"),
    [
        ("一共有几个治安卡点?", POSTS + ALL_POSTS, "7个", "7个。"),
        ("三地建成的卡点是多少个?", POSTS, "4个", "4个。"),
        ("工程什么时候开工?", "工程在2019年5月获批，2020年3月开工。", "2020年3月", "2020年3月。"),
        ("什么时候办的?", EXPO, "花博会", ""),
        ("启隆镇有多少外来人口?", PEOPLE, "5052人", ""),
        ("启隆镇的常住人口是多少?", PEOPLE, "5052人", ""),
        ("启隆镇海拔多少?", AREA, "48.31平方公里", ""),
        ("一批有几个人?", "参加的各方已经互派3批次年轻干部。", "3批次", ""),
    ],
)
def test_the_readers_span_says_which_of_several_is_meant(
    question: str, quote: str, answer: str, said: str
) -> None:
    start = quote.index(answer)
    assert lead(question, [quote], Span(start, start + len(answer))) == said


@pytest.mark.parametrize(
    ("question", "whether"),
    [
        ("有没有公交?", True),
        ("启隆镇有公交吗?", True),
        ("能不能在线办理", True),
        ("监控装齐了没有?", True),
        ("有没有人知道几点开?", False),
        ("公交从哪里出发?", False),
        ("没有身份证怎么办?", False),
    ],
)
def test_a_question_for_yes_or_no_is_known(question: str, whether: bool) -> None:
    assert asks_whether(question) is whether
