"""Editorial checks on the corpus and on the question bank. No model is needed."""

import itertools
import re
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import frontmatter
import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT / "corpus"
QUESTIONS = ROOT / "tests" / "questions.yml"

PAGES = sorted(CORPUS.glob("*.md"))
KEYS = {"title", "source", "date", "topics", "audience"}

# How many questions of each kind the bank must hold at least.
MINIMUM_PER_KIND = {
    "plain": 45,
    "colloquial": 15,
    "half_sentence": 10,
    "traditional": 12,
    "misspelt": 12,
    "follow_up": 14,
    "unanswerable": 25,
    "off_topic": 10,
}
REFUSED_KINDS = {"unanswerable", "off_topic"}

# Every fact, figure, date, name and set phrase of the newspaper report, with its page.
FACTS: list[tuple[str, str]] = [
    ("town", "崇明岛的中北部"),
    ("town", "永隆沙、兴隆沙和新村沙"),
    ("town", "48.31平方公里"),
    ("town", "5052人"),
    ("town", "总户籍人口"),
    ("town", "启东市"),
    ("town", "南通在崇明岛上的一块“飞地”"),
    ("town", "对接上海的桥头堡"),
    ("town", "省际交界、三市(区)接壤、四镇相连"),
    ("alliance", "2020年5月"),
    ("alliance", "上海市崇明区、启东市、海门区"),
    ("alliance", "南通市和崇明区签订的战略合作协议"),
    ("alliance", "总体框架"),
    ("alliance", "打破行政体制壁垒"),
    ("alliance", "区域化党建工作的内涵"),
    ("alliance", "长三角区域一体化发展"),
    ("alliance", "东平镇、新海镇、港西镇"),
    ("alliance", "毗邻党建结对共建协议"),
    ("alliance", "共建事项15个"),
    ("alliance", "启隆镇和新海镇签订“毗邻党建”结对协议"),
    ("alliance", "新海镇党建中心"),
    ("alliance", "区域联动壁垒进一步打通"),
    ("alliance", "组织活力进一步激发"),
    ("alliance", "联动效能进一步释放"),
    ("alliance", "服务质量进一步提升"),
    ("alliance", "获得感、幸福感、安全感不断增强"),
    ("alliance", "生动实践和真实写照"),
    (
        "mechanisms-and-six-focuses",
        "党建引领、经济发展、平安建设、环境整治、民生实事、文化联谊",
    ),
    ("mechanisms-and-six-focuses", "“六聚焦”联建工程"),
    ("mechanisms-and-six-focuses", "“地理空间毗邻”向“发展要素毗邻”升级"),
    ("mechanisms-and-six-focuses", "辐射带动区域协同发展"),
    ("mechanisms-and-six-focuses", "联席会议、交流互访、重点项目联推"),
    (
        "mechanisms-and-six-focuses",
        "基层党建、社会治理、产业发展、公建配套、民生服务",
    ),
    ("mechanisms-and-six-focuses", "优势互补、资源共享、区域联动"),
    ("mechanisms-and-six-focuses", "一体合作平台"),
    ("mechanisms-and-six-focuses", "毗邻党建联盟圈"),
    ("mechanisms-and-six-focuses", "扁平化互联互通渠道"),
    ("mechanisms-and-six-focuses", "学习借鉴党建先进经验"),
    ("mechanisms-and-six-focuses", "党员学习教育资源"),
    ("mechanisms-and-six-focuses", "党课PK赛、干部研讨"),
    ("mechanisms-and-six-focuses", "20余场次"),
    ("mechanisms-and-six-focuses", "基层党组织互动互补"),
    ("mechanisms-and-six-focuses", "党建“朋友圈”"),
    ("mechanisms-and-six-focuses", "绿色“生态圈”"),
    ("mechanisms-and-six-focuses", "百姓“幸福圈”"),
    ("cadre-exchange-and-activities", "干部共育工程"),
    ("cadre-exchange-and-activities", "选聘引进来、跟班去学习"),
    ("cadre-exchange-and-activities", "3批次机关年轻干部"),
    ("cadre-exchange-and-activities", "跨区域交流锻炼"),
    ("cadre-exchange-and-activities", "导师帮带制"),
    ("cadre-exchange-and-activities", "以老带新、薪火传承"),
    ("cadre-exchange-and-activities", "乡村振兴、基层治理"),
    ("cadre-exchange-and-activities", "服务长三角一体化发展大局"),
    ("cadre-exchange-and-activities", "崇启两地青年植树护绿"),
    ("cadre-exchange-and-activities", "“毗邻花开·共享未来”三镇三企毗邻党建"),
    ("cadre-exchange-and-activities", "三镇三企结对共建"),
    ("cadre-exchange-and-activities", "“毗邻一家亲·共叙端午情”"),
    ("cadre-exchange-and-activities", "毗邻花开,逐梦田原"),
    ("cadre-exchange-and-activities", "“共建生态岛 助力花博会”践行新时代文明活动"),
    ("cadre-exchange-and-activities", "青声畅想 花开逐梦"),
    ("cadre-exchange-and-activities", "2021年庆建党百年·崇启海三地青年干部交流活动"),
    ("cadre-exchange-and-activities", "文化资源共享、双方共赢、群众受益"),
    ("planning-and-industry", "共抓大保护、不搞大开发"),
    ("planning-and-industry", "生态优先、绿色发展"),
    ("planning-and-industry", "《东平—海永—启隆跨行政区划城镇圈协同规划》"),
    ("planning-and-industry", "生态、空间、规模、建设、支撑"),
    ("planning-and-industry", "上海城规院"),
    ("planning-and-industry", "开发强度要求"),
    ("planning-and-industry", "镇域规划布局"),
    ("planning-and-industry", "“十四五”规划"),
    ("planning-and-industry", "生态、旅游、交通"),
    ("planning-and-industry", "初步成果已经完成"),
    ("planning-and-industry", "新发展理念"),
    ("planning-and-industry", "战略共识"),
    ("planning-and-industry", "工业企业已经整体退出"),
    ("planning-and-industry", "战略定力"),
    ("planning-and-industry", "医疗健康、休闲旅游"),
    ("planning-and-industry", "毗邻乡镇招商引资联动机制"),
    ("planning-and-industry", "相互借力、抱团发展"),
    ("flower-expo", "第十届中国花博会"),
    ("flower-expo", "中国花卉界的奥林匹克"),
    ("flower-expo", "5月21日至7月2日"),
    ("flower-expo", "上海崇明"),
    ("flower-expo", "“林洋·花田秀水”启东分会场"),
    ("flower-expo", "同期开园迎客"),
    ("flower-expo", "超2万人次"),
    ("flower-expo", "溢出效应"),
    ("flower-expo", "去年"),
    ("rivers-fishery-environment", "崇明区城桥镇"),
    ("rivers-fishery-environment", "《跨界河湖共管协议》"),
    ("rivers-fishery-environment", "跨界河道协同共管机制和联合河长制"),
    ("rivers-fishery-environment", "河道生态环境质量"),
    ("rivers-fishery-environment", "崇启两地的农业部门"),
    ("rivers-fishery-environment", "《海上(长江)渔业执法长效管理备忘录》"),
    ("rivers-fishery-environment", "区域渔政监管水平"),
    ("rivers-fishery-environment", "长江水域生态环境"),
    ("rivers-fishery-environment", "崇明世界级生态岛建设"),
    ("rivers-fishery-environment", "长江生态安全屏障"),
    ("rivers-fishery-environment", "靓丽名片"),
    ("bus-and-roads", "崇明南门至启隆镇专线公交"),
    ("bus-and-roads", "崇启生活圈"),
    ("bus-and-roads", "跨界坑洼路、断头路"),
    ("bus-and-roads", "“肠梗阻”等重点难点工程"),
    ("bus-and-roads", "景观风貌提升工程"),
    ("bus-and-roads", "设施互通、硬件共享、家园共建、服务共管"),
    ("bus-and-roads", "联通网"),
    ("bus-and-roads", "群众的各类需求"),
    ("safety-and-epidemic", "省际治安卡点4个"),
    ("safety-and-epidemic", "县际治安卡点3个"),
    ("safety-and-epidemic", "联动网"),
    ("safety-and-epidemic", "省际平安边界建设轮值联席会议制度"),
    (
        "safety-and-epidemic",
        "扫黑除恶、烟花爆竹管控、特殊对象稳控、毗邻无名路口管控",
    ),
    ("safety-and-epidemic", "全覆盖"),
    ("safety-and-epidemic", "社会和谐稳定"),
    ("safety-and-epidemic", "崇启海三地四镇"),
    ("safety-and-epidemic", "省际边界社会治安联合治理共建平安轮值联席会议"),
    ("safety-and-epidemic", "第五次会议暨签约仪式"),
    ("safety-and-epidemic", "三地七镇"),
    ("safety-and-epidemic", "公共卫生应急联动响应"),
    ("safety-and-epidemic", "健康情况互认联管机制"),
    ("safety-and-epidemic", "企业复工复产和居民生活秩序恢复"),
    ("service-window", "长三角一体化崇启专窗"),
    ("service-window", "办实事、优服务"),
    ("media", "学习强国等10余家主流媒体"),
    ("media", "《启隆:“毗邻党建”点燃区域协同发展强引擎》"),
    ("media", "黄海"),
    ("media", "启隆镇政府"),
]

# The only figures that may stand in the text: those of the report, the year worked out
# from it (2022) and the sum of the checkpoints (7).
KNOWN_FIGURES = {
    *("48.31", "5052", "2020", "5", "15", "20", "3", "10", "2021", "21", "7", "2", "4"),
    "2022",
}
KNOWN_TITLES = {
    "启隆:“毗邻党建”点燃区域协同发展强引擎",
    "东平—海永—启隆跨行政区划城镇圈协同规划",
    "跨界河湖共管协议",
    "海上(长江)渔业执法长效管理备忘录",
}

FORBIDDEN = {
    "telephone number": re.compile(r"\d{7,}|\d{3,4}[-—\s]\d{3,}|电话|热线"),
    "clock time": re.compile(r"\d{1,2}[:\uff1a]\d{2}|\d{1,2}\s*[点时](?!个)|[上下]午|早班|末班"),
    "price": re.compile(r"[¥\uffe5$]|[\d一二两三四五六七八九十百千万]\s*(?:元|块钱|角钱)|票价"),
    "statement about the report's gaps": re.compile(
        r"没有(?:说|写|提|给出|介绍|公布)|未(?:说明|提及|提到|写明|给出|公布)|不详|不清楚"
    ),
    "pronoun for a place": re.compile(r"该镇|该区|该市|本镇|我镇|它|这里|那里"),
}


def plain(text: str) -> str:
    """Return the text without punctuation, symbols and spaces, in NFKC form."""
    folded = unicodedata.normalize("NFKC", text)
    return "".join(c for c in folded if unicodedata.category(c)[0] not in "PSZC")


def body(stem: str) -> str:
    return frontmatter.load(str(CORPUS / f"{stem}.md")).content


def sentences(stem: str) -> list[str]:
    """Return the sentences of a page in order, headings left out."""
    lines = [line for line in body(stem).splitlines() if line and not line.startswith("#")]
    return [part for line in lines for part in line.split("。") if part]


def load_questions() -> list[dict[str, Any]]:
    loaded = yaml.safe_load(QUESTIONS.read_text(encoding="utf-8"))
    assert isinstance(loaded, list)
    return loaded


ENTRIES = load_questions()
ANSWERABLE = [entry for entry in ENTRIES if entry.get("kind") not in REFUSED_KINDS]


def entry_id(entry: dict[str, Any]) -> str:
    return str(entry.get("id"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_front_matter(page: Path) -> None:
    post = frontmatter.load(str(page))
    assert set(post.metadata) == KEYS
    for key in ("title", "source", "date"):
        value = post.metadata[key]
        assert isinstance(value, str), key
        assert value.strip(), key
    topics = post.metadata["topics"]
    assert isinstance(topics, list)
    assert topics
    assert all(isinstance(topic, str) and topic for topic in topics)
    assert post.metadata["audience"] == "residents"
    assert post.metadata["date"] == "2022"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_title_is_the_first_heading(page: Path) -> None:
    post = frontmatter.load(str(page))
    assert post.content.lstrip().splitlines()[0] == f"# {post.metadata['title']}"
    assert re.findall(r"(?m)^# ", post.content) == ["# "]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_section_has_text(page: Path) -> None:
    for section in re.split(r"(?m)^## ", body(page.stem))[1:]:
        heading, _, text = section.partition("\n")
        assert heading.strip()
        assert text.strip(), heading


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_paragraphs_are_short_and_end_with_a_full_stop(page: Path) -> None:
    for line in body(page.stem).splitlines():
        if line and not line.startswith("#"):
            assert line.endswith("。"), line
            assert len(line) <= 80, line


def test_pages_are_named_in_kebab_case() -> None:
    assert len(PAGES) >= 11
    for page in PAGES:
        assert re.fullmatch(r"[a-z]+(?:-[a-z]+)*", page.stem), page.stem


def test_fact_table_is_complete_enough() -> None:
    assert len(FACTS) >= 60
    assert len(set(FACTS)) == len(FACTS)
    assert {stem for stem, _ in FACTS} == {page.stem for page in PAGES}


@pytest.mark.parametrize(("stem", "fact"), FACTS, ids=lambda value: str(value)[:24])
def test_fact_stands_in_one_sentence(stem: str, fact: str) -> None:
    assert any(plain(fact) in plain(sentence) for sentence in sentences(stem))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_no_figure_and_no_document_title_is_added(page: Path) -> None:
    text = body(page.stem)
    assert set(re.findall(r"\d+(?:\.\d+)?", text)) <= KNOWN_FIGURES
    assert set(re.findall(r"《([^》]*)》", text)) <= KNOWN_TITLES


@pytest.mark.parametrize("what", FORBIDDEN)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_forbidden_content(page: Path, what: str) -> None:
    found = FORBIDDEN[what].search(body(page.stem))
    assert found is None, f"{what}: {found}"


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("telephone number", "请打0513-83000000"),
        ("telephone number", "请打13800000000"),
        ("clock time", "早上6:30发车"),
        ("clock time", "早上8点开门"),
        ("price", "每人5元"),
        ("price", "只要两块钱"),
    ],
)
def test_forbidden_patterns_do_catch(what: str, text: str) -> None:
    assert FORBIDDEN[what].search(text)


def test_pages_which_use_last_year_say_how_the_year_was_found() -> None:
    users = [page.stem for page in PAGES if "去年" in body(page.stem)]
    assert users
    for stem in users:
        assert any("去年" in s and "2021年" in s for s in sentences(stem)), stem
        assert any("2022年" in s and ("推算" in s or "所以" in s) for s in sentences(stem)), stem


def test_question_ids_are_unique() -> None:
    ids = Counter(entry_id(entry) for entry in ENTRIES)
    assert [name for name, count in ids.items() if count > 1] == []


def test_questions_are_not_repeated() -> None:
    asked = Counter(str(entry.get("question") or entry.get("dialogue")) for entry in ENTRIES)
    assert [text for text, count in asked.items() if count > 1] == []


def test_enough_questions_of_each_kind() -> None:
    kinds = Counter(entry["kind"] for entry in ENTRIES)
    assert set(kinds) == set(MINIMUM_PER_KIND)
    assert len(ENTRIES) >= 140
    for kind, minimum in MINIMUM_PER_KIND.items():
        assert kinds[kind] >= minimum, kind


@pytest.mark.parametrize("entry", ENTRIES, ids=entry_id)
def test_question_is_well_formed(entry: dict[str, Any]) -> None:
    asks = "dialogue" if entry["kind"] == "follow_up" else "question"
    verdict = {"refused"} if entry["kind"] in REFUSED_KINDS else {"contains", "document"}
    assert set(entry) == {"id", "kind", asks} | verdict
    if asks == "dialogue":
        assert isinstance(entry["dialogue"], list)
        assert len(entry["dialogue"]) >= 2
        assert all(isinstance(turn, str) and turn.strip() for turn in entry["dialogue"])
    else:
        assert isinstance(entry["question"], str)
        assert entry["question"].strip()
    if "refused" in verdict:
        assert entry["refused"] is True


@pytest.mark.parametrize("entry", ANSWERABLE, ids=entry_id)
def test_answer_stands_in_the_named_page(entry: dict[str, Any]) -> None:
    """All required strings stand in one sentence, or in two neighbouring ones."""
    stem = entry["document"]
    assert (CORPUS / f"{stem}.md").is_file()
    wanted = [plain(text) for text in entry["contains"]]
    assert wanted
    assert all(wanted)
    said = [plain(sentence) for sentence in sentences(stem)]
    spans = said + [first + second for first, second in itertools.pairwise(said)]
    assert any(all(text in span for text in wanted) for span in spans), entry["contains"]
