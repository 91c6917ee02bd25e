"""Parts that many tests share: words, a small embedder, a few documents and their index."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import Engine

from assistant.answering.pipeline import Pipeline
from assistant.answering.read import Read
from assistant.answering.weigh import FeatureWeigher, ReaderWeigher
from assistant.indexing.index import Indexer, Report
from assistant.models.builder import build_default_model
from assistant.models.embedder import Embedder
from assistant.models.reader import PassageReader
from assistant.segment import Segmenter, town_words
from assistant.store.database import open_database
from assistant.store.documents import DocumentStore
from assistant.store.library import Library
from assistant.store.search_index import CurrentIndex, SearchIndexes
from assistant.types import Answer, Question, Turn
from tests.fakes import HashEmbedder

# No time is asserted: a busy machine is no failure.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

ROOT = Path(__file__).parents[1]

ALLOWANCE = """\
---
title: 最低生活保障申请指南
source: 启隆镇便民服务中心
date: 2024-03-15
topics: [低保, 社会救助]
audience: residents
---

# 最低生活保障申请指南

## 申请条件

共同生活的家庭成员人均收入低于当地最低生活保障标准的，可以申请最低生活保障。申请人应当具有启隆镇户籍。

## 需要的材料

- 申请书一份；
- 户口簿和身份证复印件；
- 家庭收入证明。

## 办理时间

| 窗口 | 时间 | 地点 |
| --- | --- | --- |
| 社会救助窗口 | 周一至周五 | 便民服务中心一楼 |
| 残疾人窗口 | 周一、周三 | 便民服务中心二楼 |

受理之后二十个工作日内作出审核决定。
"""

FLOOD = """\
启隆镇防汛工作办法
第一条　为了做好防汛工作，保障群众生命财产安全，制定本办法。
第二条　汛期为每年5月1日至9月30日。
第三条　各村应当在每年三月底之前修订防汛预案，并报镇防汛指挥部备案。
第四条　发现堤坝险情的，应当立即报告镇防汛指挥部，不得拖延。
"""

BUS = """\
<!DOCTYPE html>
<html lang="zh"><head><meta charset="utf-8"><title>崇明南门至启隆镇专线公交</title>
<style>.menu { color: red }</style><script>var visits = "统计代码";</script></head>
<body>
<nav><ul><li><a href="/">网站首页</a></li><li><a href="/about">关于我们</a></li></ul></nav>
<article>
<h1>崇明南门至启隆镇专线公交</h1>
<p>崇明南门至启隆镇的专线公交已经开通，方便两地居民出行。全程票价六元，六十五周岁以上的老人免费乘坐。</p>
<h2>发车时间</h2>
<p>首班车早上六点三十分从崇明南门发出，末班车晚上六点从启隆镇发出，每四十分钟一班。</p>
</article>
<footer><p>版权所有 启隆镇人民政府 网站备案号</p></footer>
</body></html>
"""

DUTY = """\
---
title: 镇机关值班安排
date: "2024"
topics:
  - 值班
audience: staff
---

# 镇机关值班安排

节假日值班由两名机关干部负责，每班二十四小时。值班人员应当在交接班记录本上签字。
"""

DOCUMENTS = {
    "allowance.md": ALLOWANCE,
    "flood.txt": FLOOD,
    "bus.html": BUS,
    "staff/duty.md": DUTY,
}


class NoProgress:
    """Told how far indexing has come, and does not mind."""

    def start(self, total: int) -> None:
        """Work begins."""

    def advance(self, count: int) -> None:
        """Work goes on."""


@dataclass(frozen=True)
class Town:
    """The town's own pages, indexed with the real model."""

    pipeline: Pipeline
    store: DocumentStore

    def ask(self, questions: list[str]) -> Answer:
        """The answer to the last of the questions of one conversation."""
        history: tuple[Turn, ...] = ()
        for question in questions:
            answer = self.pipeline.answer(Question(question, history))
            turn = Turn(question, answer.understood_as, answer.text, answer.status)
            history = (*history, turn)
        return answer


@dataclass(frozen=True)
class Indexed:
    """A folder of documents with everything that indexes it and answers from it."""

    corpus: Path
    data: Path
    engine: Engine
    segmenter: Segmenter
    embedder: HashEmbedder
    store: DocumentStore
    indexes: SearchIndexes
    indexer: Indexer
    index: CurrentIndex
    pipeline: Pipeline

    def ingest(self, *, rebuild: bool = False, dry_run: bool = False) -> Report:
        """Bring the index in line with the folder and move on to the result."""
        report = self.indexer.run(self.corpus, NoProgress(), rebuild=rebuild, dry_run=dry_run)
        self.index.refresh()
        return report

    def write(self, name: str, text: str) -> None:
        """Put a file into the folder."""
        path = self.corpus / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def connect(corpus: Path, data: Path, segmenter: Segmenter, embedder: HashEmbedder) -> Indexed:
    """The parts over a folder of documents and a folder of data, which may be an old one."""
    engine = open_database(f"sqlite:///{data / 'assistant.db'}")
    return assemble(engine, corpus, data, segmenter, embedder)


def assemble(
    engine: Engine, corpus: Path, data: Path, segmenter: Segmenter, embedder: HashEmbedder
) -> Indexed:
    """The parts over any database."""
    store = DocumentStore(engine)
    indexes = SearchIndexes(store, data / "index")
    index = CurrentIndex(store, indexes)
    return Indexed(
        corpus=corpus,
        data=data,
        engine=engine,
        segmenter=segmenter,
        embedder=embedder,
        store=store,
        indexes=indexes,
        indexer=Indexer(store, Library(engine, store), indexes, segmenter, embedder),
        index=index,
        pipeline=Pipeline(
            segmenter, embedder, store, index, Read(FeatureWeigher(segmenter), segmenter)
        ),
    )


@pytest.fixture(scope="session")
def segmenter(tmp_path_factory: pytest.TempPathFactory) -> Segmenter:
    """Sentences and words, with the town's own words."""
    return Segmenter(town_words(), tmp_path_factory.mktemp("cache"))


@pytest.fixture
def embedder() -> HashEmbedder:
    """An embedder that needs no model."""
    return HashEmbedder()


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built-in model, from ``TEST_EMBEDDING_MODEL`` if that is set."""
    ready = os.environ.get("TEST_EMBEDDING_MODEL")
    folder = Path(ready).resolve() if ready else tmp_path_factory.mktemp("model") / "default"
    return build_default_model(folder)


@pytest.fixture(scope="session")
def town(
    tmp_path_factory: pytest.TempPathFactory, segmenter: Segmenter, model_folder: Path
) -> Iterator[Town]:
    """In 32-bit floats, which give the same answers on every machine."""
    folder = tmp_path_factory.mktemp("town")
    engine = open_database(f"sqlite:///{folder / 'town.db'}")
    store = DocumentStore(engine)
    indexes = SearchIndexes(store, folder / "index")
    embedder = Embedder(model_folder, number_type="float32")
    indexer = Indexer(store, Library(engine, store), indexes, segmenter, embedder)
    report = indexer.run(ROOT / "corpus", NoProgress())
    assert not report.failed
    index = CurrentIndex(store, indexes)
    index.refresh()
    trained = PassageReader(model_folder, number_type="float32")
    reader = Read(ReaderWeigher(segmenter, trained), segmenter)
    yield Town(Pipeline(segmenter, embedder, store, index, reader), store)
    engine.dispose()


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A folder with four documents; the one below ``staff`` is not for residents."""
    folder = tmp_path / "corpus"
    for name, text in DOCUMENTS.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


@pytest.fixture
def indexed(
    corpus: Path, tmp_path: Path, segmenter: Segmenter, embedder: HashEmbedder
) -> Iterator[Indexed]:
    """The folder, indexed, with the index open."""
    parts = connect(corpus, tmp_path / "data", segmenter, embedder)
    parts.ingest()
    yield parts
    parts.engine.dispose()
