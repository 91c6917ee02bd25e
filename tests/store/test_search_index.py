"""The search index beside the database: always whole, made again where it is not."""

from __future__ import annotations

import gc
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from assistant.errors import StoreError
from assistant.segment import Segmenter
from assistant.store import documents
from assistant.store.search_index import CurrentIndex, SearchIndex, SearchIndexes
from assistant.types import Audience
from tests.conftest import Indexed, connect
from tests.fakes import HashEmbedder

ALL = tuple(Audience)

INGEST = """
import sys
from pathlib import Path
from assistant.segment import Segmenter, town_words
from tests.conftest import connect
from tests.fakes import HashEmbedder
corpus, data, cache = map(Path, sys.argv[1:])
connect(corpus, data, Segmenter(town_words(), cache), HashEmbedder()).ingest()
"""


def fresh(indexed: Indexed, segmenter: Segmenter) -> Indexed:
    """The same data as a program that has just started sees it."""
    index = indexed.index.get()
    assert index is not None
    index.vectors.close()
    return connect(indexed.corpus, indexed.data, segmenter, HashEmbedder())


def current(indexed: Indexed) -> SearchIndex:
    """The index in use."""
    index = indexed.index.get()
    assert index is not None
    return index


def folder(indexed: Indexed) -> Path:
    """Where the current generation's index is."""
    return indexed.data / "index" / current(indexed).generation.id


def answers(indexed: Indexed, index: SearchIndex) -> tuple[list[str], list[str]]:
    """The chunks that an index finds for a question, by vector and by words."""
    question = "首班车几点从崇明南门发出？"
    near = index.vectors.search(indexed.embedder.encode_query(question), 50, ALL)
    worded = index.keywords.search(indexed.segmenter.words(question), 50, ALL)
    return [i for i, _ in near], [i for i, _ in worded]


def change(indexed: Indexed) -> None:
    """Change a document and index it."""
    text = (indexed.corpus / "bus.html").read_text("utf-8")
    indexed.write("bus.html", text.replace("六元", "八元"))
    indexed.indexer.run(indexed.corpus, _Silent())


class _Silent:
    def start(self, total: int) -> None:
        """Say nothing."""

    def advance(self, count: int) -> None:
        """Say nothing."""


def _without_mark(path: Path) -> None:
    (path / "complete.json").unlink()


def _torn_mark(path: Path) -> None:
    (path / "complete.json").write_text('{"chu', "utf-8")


def _other_count(path: Path) -> None:
    (path / "complete.json").write_text('{"chunks": 1}', "utf-8")


def _no_vectors(path: Path) -> None:
    shutil.rmtree(path / "vectors")


def _no_keywords(path: Path) -> None:
    shutil.rmtree(path / "keywords")


def _cut_keywords(path: Path) -> None:
    meta = path / "keywords" / "meta.json"
    meta.write_bytes(meta.read_bytes()[:40])


def _empty_keywords(path: Path) -> None:
    (path / "keywords" / "meta.json").write_bytes(b"")


def _torn_vectors(path: Path) -> None:
    (path / "vectors" / "chroma.sqlite3").write_bytes(b"no database at all" * 100)


DAMAGES = [
    shutil.rmtree,
    _without_mark,
    _torn_mark,
    _other_count,
    _no_vectors,
    _no_keywords,
    _cut_keywords,
    _empty_keywords,
    _torn_vectors,
]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda d: d.__name__)
def test_an_index_that_is_not_whole_is_made_again(
    indexed: Indexed, segmenter: Segmenter, damage: Callable[[Path], None]
) -> None:
    expected, generation = answers(indexed, current(indexed)), current(indexed).generation
    started = fresh(indexed, segmenter)
    damage(indexed.data / "index" / generation.id)
    assert started.index.refresh()
    assert current(started).generation == generation
    assert current(started).vectors.count() == started.store.count_chunks(generation)
    assert answers(started, current(started)) == expected


def test_a_whole_index_is_opened_as_it_is(indexed: Indexed, segmenter: Segmenter) -> None:
    mark = folder(indexed) / "complete.json"
    before = mark.stat().st_mtime_ns
    started = fresh(indexed, segmenter)
    started.index.refresh()
    assert mark.stat().st_mtime_ns == before


def test_leftovers_of_a_killed_build_are_cleared_away(indexed: Indexed) -> None:
    leftover = indexed.data / "index" / ".building-0123"
    (leftover / "vectors").mkdir(parents=True)
    change(indexed)
    assert not leftover.exists()


def test_a_build_that_fails_leaves_nothing_behind(
    indexed: Indexed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("assistant.store.vectors.VectorIndex.build", fail)
    with pytest.raises(OSError, match="no space"):
        change(indexed)
    assert [p.name for p in (indexed.data / "index").iterdir()] == [folder(indexed).name]
    assert not indexed.index.refresh()


def test_before_anything_is_published_there_is_no_index(
    corpus: Path, tmp_path: Path, segmenter: Segmenter, embedder: HashEmbedder
) -> None:
    parts = connect(corpus, tmp_path / "data", segmenter, embedder)
    assert not parts.index.refresh()
    assert parts.index.get() is None


def test_refresh_moves_once_for_each_generation(indexed: Indexed) -> None:
    old = current(indexed)
    assert not indexed.index.refresh()
    change(indexed)
    assert current(indexed) is old
    assert indexed.index.refresh()
    assert current(indexed).generation.number > old.generation.number
    assert not indexed.index.refresh()


def test_questions_go_on_with_the_old_index_while_the_new_one_is_opened(
    indexed: Indexed, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, seen = current(indexed), []
    open_index = indexed.indexes.open
    index = CurrentIndex(indexed.store, indexed.indexes)
    index.refresh()

    def watched(generation: documents.Generation) -> SearchIndex:
        opened = open_index(generation)
        used = index.get()
        assert used is not None
        seen.append(used.generation)
        return opened

    monkeypatch.setattr(indexed.indexes, "open", watched)
    change(indexed)
    index.refresh()
    assert seen == [old.generation]


def test_the_old_index_still_answers_after_a_new_one_was_published(indexed: Indexed) -> None:
    old = current(indexed)
    before = answers(indexed, old)
    change(indexed)
    assert answers(indexed, old) == before
    indexed.index.refresh()
    assert answers(indexed, old) == before
    assert answers(indexed, current(indexed)) != before
    texts = indexed.store.chunks(before[0], old.generation.recipe)
    assert set(texts) == set(before[0])


def test_several_that_find_an_index_missing_build_it_once(
    indexed: Indexed, segmenter: Segmenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = answers(indexed, current(indexed))
    generation = current(indexed).generation
    other = fresh(indexed, segmenter)
    shutil.rmtree(folder(indexed))
    builds: list[SearchIndexes] = []
    build = SearchIndexes._build

    def counted(indexes: SearchIndexes, generation: documents.Generation) -> None:
        builds.append(indexes)
        build(indexes, generation)

    monkeypatch.setattr(SearchIndexes, "_build", counted)
    with ThreadPoolExecutor(2) as pool:
        opened = list(pool.map(lambda i: i.open(generation), (indexed.indexes, other.indexes)))
    assert len(builds) == 1
    assert all(answers(indexed, index) == before for index in opened)


def test_an_index_of_another_model_is_not_moved_to(indexed: Indexed, segmenter: Segmenter) -> None:
    old = current(indexed)
    index = CurrentIndex(indexed.store, indexed.indexes, old.generation.recipe)
    assert index.refresh()
    other = HashEmbedder("another model", dimension=8)
    connect(indexed.corpus, indexed.data, segmenter, other).ingest()
    with pytest.raises(StoreError, match="别的向量模型"):
        index.refresh()
    used = index.get()
    assert used is not None
    assert answers(indexed, used) == answers(indexed, old)


def test_the_same_holds_where_another_process_publishes(indexed: Indexed, tmp_path: Path) -> None:
    old = current(indexed)
    before = answers(indexed, old)
    indexed.write("bus.html", (indexed.corpus / "bus.html").read_text("utf-8").replace("六", "八"))
    folders = [str(indexed.corpus), str(indexed.data), str(tmp_path / "cache")]
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", INGEST, *folders], check=True, cwd=root)
    assert answers(indexed, old) == before
    assert indexed.index.refresh()
    assert answers(indexed, old) == before
    assert answers(indexed, current(indexed)) != before


def test_a_superseded_generation_stays_for_a_while_and_is_then_collected(
    indexed: Indexed, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = current(indexed).generation
    change(indexed)
    indexed.index.refresh()
    assert (indexed.data / "index" / first.id).exists()
    assert len(indexed.store.members(first)) == 4
    monkeypatch.setattr(documents, "KEEP_SUPERSEDED", timedelta(0))
    indexed.write("more.txt", "又一份文件。")
    indexed.ingest()
    assert [p.name for p in (indexed.data / "index").iterdir()] == [folder(indexed).name]
    assert indexed.store.members(first) == {}
    assert current(indexed).vectors.count() == indexed.store.count_chunks(
        current(indexed).generation
    )


def test_a_run_that_finds_nothing_new_collects_too(
    indexed: Indexed, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = current(indexed).generation
    change(indexed)
    monkeypatch.setattr(documents, "KEEP_SUPERSEDED", timedelta(0))
    assert not indexed.ingest().differs
    assert [p.name for p in (indexed.data / "index").iterdir()] == [folder(indexed).name]
    assert indexed.store.members(first) == {}


def test_text_that_no_generation_needs_is_deleted(
    indexed: Indexed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "KEEP_SUPERSEDED", timedelta(0))
    change(indexed)
    indexed.write("bus.html", "<p>另一个页面，说的是别的事情，请大家留意。</p>")
    indexed.ingest()
    everything = b"".join(p.read_bytes() for p in indexed.data.glob("assistant.db"))
    assert "六十五周岁以上的老人".encode() not in everything


def test_an_index_that_nobody_uses_lets_go_of_its_files(indexed: Indexed) -> None:
    old = current(indexed).generation.id
    answers(indexed, current(indexed))
    change(indexed)
    indexed.index.refresh()
    gc.collect()
    opened = [f.path for f in psutil.Process().open_files()]
    assert [path for path in opened if old in path] == []


def test_a_limit_and_an_audience_bound_both_searches(indexed: Indexed) -> None:
    index = current(indexed)
    vector, words = indexed.embedder.encode_query("防汛"), indexed.segmenter.words("防汛 申请 值班")
    for limit in (1, 2, 3):
        assert len(index.vectors.search(vector, limit, ALL)) == limit
        assert len(index.keywords.search(words, limit, ALL)) == limit
    for audience in Audience:
        assert index.vectors.search(vector, 50, (audience,))
        assert index.keywords.search(words, 50, (audience,))


def test_both_searches_give_the_best_first_between_nothing_and_all(indexed: Indexed) -> None:
    index = current(indexed)
    for hits in (
        index.vectors.search(indexed.embedder.encode_query("防汛指挥部"), 50, ALL),
        index.keywords.search(indexed.segmenter.words("防汛指挥部"), 50, ALL),
    ):
        scores = [score for _, score in hits]
        assert scores == sorted(scores, reverse=True)
        assert all(-1 <= score <= 1 for score in scores)
    assert index.keywords.search([], 5, ALL) == []
    assert index.keywords.search(["没有这个词"], 5, ALL) == []


def test_two_data_folders_know_nothing_of_each_other(
    indexed: Indexed, tmp_path: Path, segmenter: Segmenter
) -> None:
    other = connect(tmp_path / "elsewhere", tmp_path / "other", segmenter, HashEmbedder())
    other.write("a.txt", "另一个地方的文件。")
    other.ingest()
    assert current(other).vectors.count() == 1
    assert replace(indexed).index.refresh() is False
