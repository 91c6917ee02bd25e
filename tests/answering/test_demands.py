"""What a sentence must show to answer a question, however near it is otherwise."""

from __future__ import annotations

import pytest

from assistant.answering.demands import Demands

ALLIANCE = "“崇启海三地”指崇明区、启东市和海门区。"


def met(question: str, sentence: str) -> bool:
    """Whether a sentence may answer, all alone in its passage."""
    return Demands.of(question, ()).met(sentence, (), sentence, sentence)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("崇启海是哪三个地方", ALLIANCE),
        ("崇启海是哪3个地方", ALLIANCE),
        ("这两个沙是哪两个村管的", "两个沙由东村、西村分别管理。"),
        ("他在哪三年里得过奖", "他三次得奖,最后一次在1998年。"),
        ("合作社去年的收入有多少", "合作社去年收入三十二万元。"),
        ("村里的经费是多少", "村里每年的经费是5000元。"),
        ("预算增加的比例是多少", "预算比上年增长了一成。"),
        ("有收入的有多少人", "有收入的共48人。"),
        ("班车什么时候开通的", "班车自2019年起开通。"),
        ("什么时候能领", "审核通过之后就能领取。"),
        ("大集是哪几号", "逢农历一、六为集。"),
        ("值班室的电话是多少", "值班室电话6622 912。"),
        ("共建事项有哪些", "共建事项有修路和种树。"),
        ("一共有多少户", "全镇共有1200户。"),
        ("镇里有几个村", "全镇有12个行政村。"),
        ("这个市属于哪个省", "南通市属于江苏。"),
        ("办证要多久", "材料齐全之后,5个工作日办好。"),
        ("河长多久巡一次河", "河长每周巡河一次。"),
        ("那几年是谁在管", "老王管了那一段路。"),
        ("塔有多高", "塔身高约三十米。"),
        ("收视率有多高", "收视率最高时为1.2%。"),
        ("南沙和北沙哪个大", "南沙比北沙大3平方公里。"),
        ("南卡点比北卡点多吗", "建成了南卡点4个、北卡点3个。"),
        ("到花海怎么走", "从南门乘3路公交到花海。"),
        ("镇里有医院吗", "卫生服务中心在镇政府对面。"),
        ("有哪些景点", "花海、湿地公园和老街都对外开放。"),
        ("十四五规划做完了吗", "“十四五”规划的初步成果已经完成。"),
        ("这个县有几个镇", "全县有12个镇。"),
    ],
)
def test_a_sentence_that_shows_what_is_asked_for_may_answer(question: str, sentence: str) -> None:
    assert met(question, sentence)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("三地七镇是哪七个镇", ALLIANCE),
        ("是哪十二个村", "东村、西村、南村都在其中。"),
        ("启隆镇去年的财政收入是多少", "启隆镇的总面积是48.31平方公里。"),
        ("活动的经费是多少", "活动一共有3次。"),
        ("到启隆镇的票价多少", "公交线路全长12公里。"),
        ("花海的门票多少钱", "分会场接待游客超2万人次。"),
        ("专线公交什么时候开通的", "从崇明南门到启隆镇,已经开通了专线公交。"),
        ("15个共建事项有哪些", "协议一共明确了共建事项15个。"),
        ("启隆镇有多少户", "启隆镇的总户籍人口是5052人。"),
        ("启隆镇的常住人口有多少", "启隆镇的总户籍人口是5052人。"),
        ("启隆镇有多少外来人口", "启隆镇的总户籍人口是5052人。"),
        ("启隆镇海拔多少", "启隆镇的总面积是48.31平方公里。"),
        ("启隆镇有几个社区", "启隆镇由三个沙组成。"),
        ("启东市属于哪个省", "启隆镇属于启东市。"),
        ("启隆镇历史有多久了", "启隆镇的总面积是48.31平方公里。"),
        ("灯塔有多高", "灯塔有3名守卫,点过2次灯。"),
        ("启隆镇和东平镇哪个大", "启隆镇和东平镇签了协议。"),
        ("花海门票", "分会场接待游客超2万人次。"),
        ("林洋花海怎么走", "分会场接待游客超2万人次。"),
        ("启隆镇有医院吗", "启隆镇聚焦的生态产业有医疗健康、休闲旅游等。"),
        ("启隆镇有地铁吗", "从崇明南门到启隆镇,已经开通了专线公交。"),
        ("启隆镇有哪些工厂", "启隆镇由三个沙组成:永隆沙、兴隆沙和新村沙。"),
        ("十五五规划编好了吗", "“十四五”规划的编制是协同开展的。"),
        ("崇明区有几个镇", "“崇启海三地”指崇明区、启东市和海门区。"),
    ],
)
def test_a_sentence_about_something_else_may_not(question: str, sentence: str) -> None:
    assert not met(question, sentence)


@pytest.mark.parametrize(
    ("question", "sentence", "document", "able"),
    [
        ("崇明区的补贴怎么申请", "补贴由本人到窗口申请。", "崇明区发布了补贴办法。", True),
        ("崇明区的补贴怎么申请", "补贴由本人到窗口申请。", "办法从五月起施行。", False),
        ("崇明区的补贴怎么申请", "海门区的补贴在网上申请。", "崇明区发布了补贴办法。", False),
    ],
)
def test_a_place_may_be_named_elsewhere_in_the_document(
    question: str, sentence: str, document: str, able: bool
) -> None:
    whole = f"{document}\n{sentence}"
    assert Demands.of(question, ()).met(sentence, (), sentence, whole) is able
