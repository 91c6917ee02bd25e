"""Chinese notices from templates, the same ones for the same seed; for benchmarks that need many.

Each sentence comes in pieces (a template's fixed parts and what was filled in), so that a piece
that recurs need be segmented only once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from random import Random
from string import Formatter

SUBJECTS = (
    "城乡居民养老保险参保", "居民医疗保险缴费", "高龄老人津贴发放", "农村危房改造", "最低生活保障申请",
    "临时救助", "残疾人两项补贴", "河道保洁", "秸秆禁烧", "生活垃圾分类", "长江禁捕", "防汛防台",
    "农机购置补贴", "耕地地力保护补贴", "水稻种植保险", "春秋两季动物防疫", "义务教育入学报名",
    "就业技能培训", "退役军人优待证办理", "老年人免费体检", "瓶装燃气安全检查", "电动自行车上牌",
    "乡村道路养护施工", "户口迁移",
)  # fmt: skip
SECTIONS: dict[str, tuple[str, ...]] = {
    "适用对象": (
        "凡户籍在{village}、年满{age}周岁的居民，均可申请{subject}。",
        "在{village}连续居住满{months}个月的外来人员，凭{paper}同样办理。",
        "{year}年已经办过的{count}户不必再报，由村委会统一核对。",
    ),
    "办理条件": (
        "申请{subject}的家庭，上一年人均收入应低于{money}。",
        "名下没有商用车辆和第二套住房，并由{village}公示{days}天无异议。",
        "情况特殊的，由{office}会同村委会入户核实，{days}个工作日内答复。",
    ),
    "所需材料": (
        "请带{paper}和{paper}的原件，另交复印件{count}份。",
        "委托他人代办的，还要带委托书和代办人的{paper}。",
        "材料不全的，{place}一次告知要补什么，请在{days}天内补齐。",
    ),
    "办理流程": (
        "先到{place}领取{subject}申请表，填好后由{village}盖章。",
        "{office}在{days}个工作日内审核，结果用短信告诉本人。",
        "审核通过后，凭{paper}到{place}的{count}号窗口办结。",
    ),
    "办理时间": (
        "{subject}从{date}开始，到{date}截止，逾期不再受理。",
        "{place}周一至周五{clock}到{clock}开门，法定节假日休息。",
        "{village}的集中办理日定在{date}，请{clock}前到村委会排队取号。",
    ),
    "补贴标准": (
        "每人每月补贴{money}，比{year}年提高{money}。",
        "{village}今年共有{count}户享受{subject}的补贴，合计{money}。",
        "补贴在{date}前打入一卡通，没有收到的请到{place}查询。",
    ),
    "收费标准": (
        "{subject}每户收取{money}，低保家庭全免。",
        "用现金、银行卡和手机都可以交，票据由{place}当场开具。",
        "多收的费用由{office}在{days}天内退还，投诉请打{phone}。",
    ),
    "工作安排": (
        "{date}前，{village}完成{subject}的摸底，登记到户{count}家。",
        "{date}起，由{office}带队，分{count}个小组逐户检查。",
        "检查中发现的{count}处问题，限{days}天内整改，{date}复查。",
    ),
    "职责分工": (
        "{office}负责{subject}的统筹，{village}配合做好宣传和登记。",
        "{surname}主任联系{village}，{surname}副主任联系{village}。",
        "各村明确{count}名网格员，每天{clock}前把进度报到{place}。",
    ),
    "注意事项": (
        "办理{subject}不收任何中介费，遇到自称代办的请打{phone}核实。",
        "{village}一带{date}有施工，来{place}请绕行。",
        "填报不实的，取消{year}年的资格，已领的{money}要退回。",
    ),
    "监督处罚": (
        "违反{subject}有关规定的，由{office}处{money}以下罚款。",
        "举报经查实的，奖励举报人{money}，{days}天内兑现。",
        "{village}{year}年查处{count}起，均已在公开栏通报。",
    ),
    "联系方式": (
        "咨询{subject}请打{phone}，联系人是{place}的{surname}老师。",
        "{village}村委会电话{phone}，{clock}到{clock}有人接听。",
        "也可以在{date}上午到{place}参加现场说明会，名额{count}人。",
    ),
}
_ASKED = (
    "{village}{subject}要带哪些材料？", "办{subject}去哪里？", "{subject}每月补贴多少钱？",
    "{village}的{subject}什么时候截止？", "{subject}归哪个部门管？", "{place}几点开门？",
    "{subject}要交多少钱？", "多大年纪可以申请{subject}？", "{village}{year}年查处了几起？",
    "咨询{subject}打什么电话？",
)  # fmt: skip
_VILLAGES = tuple(f"{a}{b}村" for a, b in product("永兴新东西南大长福合", "丰隆民安胜港沙河桥圩"))
_PLACES = ("便民服务中心", "为民服务站", "党群服务中心", "社会保障窗口", "农业服务站", "卫生院一楼大厅",
           "派出所户籍室", "文化活动中心")  # fmt: skip
_OFFICES = ("民政办公室", "社会保障所", "农业农村局", "综合执法局", "应急管理办公室", "水务站",
            "村镇建设办公室", "教育管理办公室")  # fmt: skip
_PAPERS = ("身份证", "户口簿", "社会保障卡", "收入证明", "土地承包合同", "残疾证", "结婚证", "房产证明",
           "银行卡", "近期照片")  # fmt: skip
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶姜"

_VALUES: dict[str, Callable[[Random], str]] = {
    "village": lambda r: r.choice(_VILLAGES),
    "place": lambda r: r.choice(_PLACES),
    "office": lambda r: r.choice(_OFFICES),
    "paper": lambda r: r.choice(_PAPERS),
    "surname": lambda r: r.choice(_SURNAMES),
    "money": lambda r: f"{r.randrange(1, 500) * 10}元",
    "phone": lambda r: f"{r.randrange(6800, 6999)}{r.randrange(10_000):04}",
    "date": lambda r: f"{r.randint(1, 12)}月{r.randint(1, 28)}日",
    "clock": lambda r: f"{r.randint(8, 17)}点{r.choice(('', '半'))}",
    "year": lambda r: f"{r.randint(2005, 2025)}",
    "age": lambda r: f"{r.randint(16, 90)}",
    "count": lambda r: f"{r.randint(2, 400)}",
    "days": lambda r: f"{r.randint(2, 60)}",
    "months": lambda r: f"{r.randint(3, 36)}",
}
_TEMPLATES = tuple(template for some in SECTIONS.values() for template in some)
_LENGTH = 240  # with the sentence that passes it still below the length of a chunk
_SUBJECT_EVERY = 5

Pieces = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A section of a notice; ``kind`` numbers its subject and heading together."""

    kind: int
    heading: str
    sentences: tuple[Pieces, ...]

    @property
    def text(self) -> str:
        """All its sentences."""
        return "".join("".join(pieces) for pieces in self.sentences)


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice with its sections, each of about one chunk."""

    title: str
    parts: tuple[Part, ...]

    @property
    def markdown(self) -> str:
        """As a file."""
        parts = [f"## {part.heading}\n\n{part.text}\n" for part in self.parts]
        return "\n".join([f"# {self.title}\n", *parts])


KINDS = len(SUBJECTS) * len(SECTIONS)


def notices(parts: int, seed: int = 7) -> Iterator[Notice]:
    """Notices of so many sections each, without end."""
    random = Random(seed)  # noqa: S311 - texts to be repeated, not a secret
    number = 0
    while True:
        number += 1
        year = _VALUES["year"](random)
        first = random.randrange(len(SECTIONS))
        made = []
        for at in range(parts):
            if at % _SUBJECT_EVERY == 0:
                subject = random.randrange(len(SUBJECTS))
            made.append(part(subject * len(SECTIONS) + (first + at) % len(SECTIONS), random))
        yield Notice(f"{random.choice(_VILLAGES)[:2]}镇{year}年第{number}号便民通知", tuple(made))


def part(kind: int, random: Random) -> Part:
    """One section of the given kind, in words of its own."""
    subject, section = divmod(kind, len(SECTIONS))
    heading = list(SECTIONS)[section]
    # Its own sentences first, then those of the sections that follow, until it is long enough.
    at = sum(len(SECTIONS[before]) for before in list(SECTIONS)[:section])
    made: list[Pieces] = []
    length = 0
    while length < _LENGTH:
        made.append(
            _fill(_TEMPLATES[(at + len(made)) % len(_TEMPLATES)], SUBJECTS[subject], random)
        )
        length += sum(map(len, made[-1]))
    return Part(kind, f"{SUBJECTS[subject]}{heading}", tuple(made))


def questions(count: int, seed: int = 7) -> list[str]:
    """Questions that people might ask about the notices."""
    random = Random(seed)  # noqa: S311 - as above
    return [
        "".join(_fill(random.choice(_ASKED), random.choice(SUBJECTS), random)) for _ in range(count)
    ]


def _fill(template: str, subject: str, random: Random) -> Pieces:
    pieces: list[str] = []
    for fixed, name, _, _ in Formatter().parse(template):
        if fixed:
            pieces.append(fixed)
        if name:
            pieces.append(subject if name == "subject" else _VALUES[name](random))
    return tuple(pieces)
