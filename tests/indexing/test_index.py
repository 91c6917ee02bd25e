"""What a run of indexing does with files that came, changed, went or cannot be read."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from assistant.answering.place import place_of
from assistant.indexing import index as indexing
from assistant.indexing.index import Failure
from assistant.segment import Segmenter
from assistant.store.documents import EmbeddedChunk
from assistant.types import Audience
from tests.conftest import DOCUMENTS, Indexed, connect
from tests.fakes import HashEmbedder

EVERYONE = (Audience.RESIDENTS,)
STAFF = tuple(Audience)


def found(parts: Indexed, text: str, audiences: tuple[Audience, ...] = STAFF) -> set[str]:
    """The paths of documents that either kind of search finds for ``text``."""
    index = parts.index.get()
    assert index is not None
    near = index.vectors.search(parts.embedder.encode_query(text), 3, audiences)
    worded = index.keywords.search(parts.segmenter.words(text), 10, audiences)
    ids = [chunk_id for chunk_id, _ in near + worded]
    paths = {i: p for p, i in parts.store.members(index.generation).items()}
    return {paths[e.chunk.document_id] for e in stored(parts) if e.chunk.id in ids}


def worded(parts: Indexed, text: str) -> list[str]:
    """The ids of chunks that hold any word of ``text``."""
    index = parts.index.get()
    assert index is not None
    return [i for i, _ in index.keywords.search(parts.segmenter.words(text), 50, STAFF)]


def stored(parts: Indexed) -> list[EmbeddedChunk]:
    """Every chunk of the current generation."""
    generation = parts.store.current()
    assert generation is not None
    return [embedded for embedded, _ in parts.store.all_chunks(generation)]


def generation_id(parts: Indexed) -> str:
    """Which generation is current."""
    generation = parts.store.current()
    assert generation is not None
    return generation.id


def test_the_first_run_adds_every_file_with_a_known_ending(
    corpus: Path, tmp_path: Path, segmenter: Segmenter, embedder: HashEmbedder
) -> None:
    (corpus / "film.mp4").write_bytes(b"\0\0\0\x18ftyp")
    (corpus / ".hidden").mkdir()
    (corpus / ".hidden" / "a.md").write_text("隐藏的文件。", "utf-8")
    (corpus / "folder.md").mkdir()
    parts = connect(corpus, tmp_path / "data", segmenter, embedder)
    report = parts.ingest()
    assert report.added == sorted(DOCUMENTS)
    assert (report.changed, report.removed, report.unchanged, report.failed) == ([], [], [], [])
    assert report.unknown == ["film.mp4"]


def test_a_run_tells_what_came_changed_went_and_stayed(indexed: Indexed) -> None:
    indexed.write("new.md", "# 新增\n\n新增的一份文件。")
    indexed.write("flood.txt", "启隆镇防汛工作办法\n第一条　汛期延长到十月底。")
    (indexed.corpus / "bus.html").unlink()
    indexed.write("bad.md", "---\ntitle: [\n---\n坏的。")
    report = indexed.ingest()
    assert report.added == ["new.md"]
    assert report.changed == ["flood.txt"]
    assert report.removed == ["bus.html"]
    assert report.unchanged == ["allowance.md", "staff/duty.md"]
    assert [f.path for f in report.failed] == ["bad.md"]


def test_nothing_new_embeds_nothing_and_publishes_nothing(indexed: Indexed) -> None:
    embedded, generation = indexed.embedder.embedded, generation_id(indexed)
    report = indexed.ingest()
    assert report.unchanged == sorted(DOCUMENTS)
    assert not report.differs
    assert indexed.embedder.embedded == embedded
    assert generation_id(indexed) == generation


def test_only_what_changed_is_embedded(indexed: Indexed) -> None:
    embedded = indexed.embedder.embedded
    indexed.write("one.txt", "一份只有一句话的文件。")
    indexed.ingest()
    assert indexed.embedder.embedded == embedded + 2  # the chunk and its one sentence


def test_a_changed_document_takes_the_place_of_the_old_one(indexed: Indexed) -> None:
    assert worded(indexed, "票价")
    indexed.write("bus.html", DOCUMENTS["bus.html"].replace("全程票价六元", "全程收费八元"))
    indexed.ingest()
    assert not worded(indexed, "票价")
    assert worded(indexed, "收费")
    assert [c.chunk.text for c in stored(indexed) if "六元" in c.chunk.text] == []


def test_a_removed_document_is_not_found_any_more(indexed: Indexed) -> None:
    assert "bus.html" in found(indexed, "崇明南门的首班车几点发出？")
    (indexed.corpus / "bus.html").unlink()
    indexed.ingest()
    assert "bus.html" not in found(indexed, "崇明南门的首班车几点发出？")
    assert not worded(indexed, "首班车")


def test_a_file_that_moved_is_another_document(indexed: Indexed) -> None:
    (indexed.corpus / "bus.html").rename(indexed.corpus / "traffic.html")
    report = indexed.ingest()
    assert (report.added, report.removed) == (["traffic.html"], ["bus.html"])
    assert "traffic.html" in found(indexed, "崇明南门的首班车几点发出？")


def test_an_emptied_folder_leaves_nothing_to_find(indexed: Indexed) -> None:
    for name in DOCUMENTS:
        (indexed.corpus / name).unlink()
    assert indexed.ingest().removed == sorted(DOCUMENTS)
    assert found(indexed, "崇明南门的首班车几点发出？") == set()


def test_a_bad_file_is_reported_with_its_reason_and_the_others_are_taken(
    corpus: Path, tmp_path: Path, segmenter: Segmenter, embedder: HashEmbedder
) -> None:
    (corpus / "bad.md").write_text("---\naudience: everyone\n---\n坏的。", "utf-8")
    (corpus / "empty.txt").write_bytes(b"")
    parts = connect(corpus, tmp_path / "data", segmenter, embedder)
    report = parts.ingest()
    assert report.failed == [
        Failure("bad.md", "元数据 audience 只能是 residents 或 staff", kept=False),
        Failure("empty.txt", "文件是空的", kept=False),
    ]
    assert report.added == sorted(DOCUMENTS)
    assert "bus.html" in found(parts, "首班车几点发出？")


def test_a_file_that_cannot_be_opened_is_reported(
    indexed: Indexed, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path.name == "bus.html":
            raise PermissionError
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    [failure] = indexed.ingest().failed
    assert (failure.path, failure.kept) == ("bus.html", True)
    assert "读不出来" in failure.reason


def test_a_file_that_turned_bad_keeps_its_last_version(indexed: Indexed) -> None:
    before = found(indexed, "首班车几点发出？")
    indexed.write("bus.html", "<html></html>")
    report = indexed.ingest()
    assert [(f.path, f.kept) for f in report.failed] == [("bus.html", True)]
    assert report.removed == []
    assert found(indexed, "首班车几点发出？") == before
    indexed.write("bus.html", DOCUMENTS["bus.html"])
    assert indexed.ingest().unchanged == sorted(DOCUMENTS)


def test_a_last_version_is_kept_while_other_files_change(indexed: Indexed) -> None:
    indexed.write("bus.html", "<html></html>")
    indexed.write("new.md", "新增的一份文件。")
    assert indexed.ingest().added == ["new.md"]
    assert "bus.html" in found(indexed, "首班车几点发出？")


def test_a_last_version_that_another_model_embedded_cannot_be_kept(
    indexed: Indexed, segmenter: Segmenter
) -> None:
    indexed.write("bus.html", "<html></html>")
    other = connect(indexed.corpus, indexed.data, segmenter, HashEmbedder("another"))
    report = other.ingest()
    assert [(f.path, f.kept) for f in report.failed] == [("bus.html", False)]
    assert "bus.html" not in found(other, "首班车几点发出？")


def test_rebuild_embeds_everything_again_and_comes_to_the_same(indexed: Indexed) -> None:
    before, embedded = stored(indexed), indexed.embedder.embedded
    generation = generation_id(indexed)
    assert indexed.ingest(rebuild=True).changed == sorted(DOCUMENTS)
    assert indexed.embedder.embedded == 2 * embedded
    assert generation_id(indexed) != generation
    assert [e.chunk for e in stored(indexed)] == [e.chunk for e in before]


def test_a_dry_run_reports_and_writes_nothing(indexed: Indexed) -> None:
    generation, embedded = generation_id(indexed), indexed.embedder.embedded
    recipe = indexing.recipe(indexed.embedder, indexed.segmenter)
    staged = indexed.store.staged(recipe)
    indexed.write("new.md", "新增的一份文件。")
    indexed.write("bad.md", "")
    (indexed.corpus / "bus.html").unlink()
    report = indexed.ingest(dry_run=True)
    assert (report.added, report.removed) == (["new.md"], ["bus.html"])
    assert [f.path for f in report.failed] == ["bad.md"]
    assert generation_id(indexed) == generation
    assert indexed.embedder.embedded == embedded
    assert indexed.store.staged(recipe) == staged
    assert [p.name for p in (indexed.data / "index").iterdir()] == [generation]


@pytest.mark.parametrize("what", ["model", "town words", "cutting"])
def test_another_way_of_making_chunks_makes_every_document_anew(
    indexed: Indexed, segmenter: Segmenter, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    embedder, words = HashEmbedder(), segmenter
    if what == "model":
        embedder = HashEmbedder("another", dimension=64)
    elif what == "town words":
        words = Segmenter((*segmenter.town_words, "便民服务中心"), indexed.data / "cache")
    else:
        monkeypatch.setattr(indexing, "CUTTING", indexing.CUTTING + 1)
    other = connect(indexed.corpus, indexed.data, words, embedder)
    assert other.ingest().unchanged == sorted(DOCUMENTS)
    assert embedder.embedded == indexed.embedder.embedded
    assert generation_id(other) == generation_id(indexed)
    assert len(stored(other)[0].vector) == embedder.dimension
    assert "bus.html" in found(other, "首班车几点发出？")


def test_documents_for_staff_are_never_found_for_residents(indexed: Indexed) -> None:
    question = "节假日值班由谁负责？"
    assert "staff/duty.md" in found(indexed, question, STAFF)
    index = indexed.index.get()
    assert index is not None
    vector, words = indexed.embedder.encode_query(question), indexed.segmenter.words(question)
    near = [i for i, _ in index.vectors.search(vector, 1000, EVERYONE)]
    found_words = [i for i, _ in index.keywords.search(words, 1000, EVERYONE)]
    generation = index.generation
    for_staff = {e.chunk.id for e, a in indexed.store.all_chunks(generation) if a is Audience.STAFF}
    assert for_staff
    assert for_staff.isdisjoint(near + found_words)
    assert len(near) == indexed.store.count_chunks(generation) - len(for_staff)


def test_a_document_that_becomes_one_for_staff_vanishes_for_residents(indexed: Indexed) -> None:
    assert "allowance.md" in found(indexed, "申请需要什么材料？", EVERYONE)
    text = DOCUMENTS["allowance.md"].replace("audience: residents", "audience: staff")
    indexed.write("allowance.md", text)
    indexed.ingest()
    assert "allowance.md" not in found(indexed, "申请需要什么材料？", EVERYONE)
    assert "allowance.md" in found(indexed, "申请需要什么材料？", STAFF)


def test_the_vectors_searched_are_those_of_the_database(indexed: Indexed) -> None:
    index = indexed.index.get()
    assert index is not None
    chunks = stored(indexed)
    for embedded in chunks:
        [(nearest, cosine), *_] = index.vectors.search(embedded.vector, 1, STAFF)
        assert nearest == embedded.chunk.id
        assert cosine == pytest.approx(1, abs=1e-5)
    assert index.vectors.count() == index.keywords.count() == len(chunks)


def test_what_is_stored_is_what_was_cut_and_embedded(indexed: Indexed) -> None:
    for embedded in stored(indexed):
        chunk = embedded.chunk
        document = indexed.store.document(chunk.document_id)
        assert document is not None
        assert chunk.text == document.text[chunk.start : chunk.end]
        assert (chunk.title, chunk.date) == (document.title, document.date)
        [fresh] = [
            c for c in indexing.chunks(document, indexed.segmenter) if c.ordinal == chunk.ordinal
        ]
        assert chunk == fresh
        again = indexed.embedder.encode_passages([indexing.passage(chunk)])[0]
        np.testing.assert_array_equal(embedded.vector, again)
        quotes = indexed.embedder.encode_passages([chunk.quote(s) for s in chunk.sentences])
        np.testing.assert_allclose(embedded.sentence_vectors, quotes, atol=1e-3)


def test_where_a_passage_stands_in_its_original_is_stored(indexed: Indexed) -> None:
    indexed.write("fees.csv", "项目,费用,地点\n办证,10元,一楼\n换证,5元,二楼\n")
    indexed.ingest()
    [chunk] = [e.chunk for e in stored(indexed) if "换证" in e.chunk.text]
    document = indexed.store.document(chunk.document_id)
    assert document is not None
    assert [p.text for p in document.places] == ["第2行", "第3行"]
    assert [place_of(chunk, s.start, s.end) for s in chunk.sentences] == ["第2行", "第3行"]
    assert place_of(chunk, chunk.start, chunk.end) == "第2—3行"
    assert place_of(chunk, len(document.text), len(document.text) + 1) == ""


def test_files_that_nothing_reads_are_named_and_hidden_ones_are_not(indexed: Indexed) -> None:
    for name in ("film.mp4", "README", ".hidden.xyz", "~$open.docx"):
        indexed.write(name, "什么都行")
    report = indexed.ingest()
    assert report.unknown == ["README", "film.mp4"]
    assert not report.failed
    assert report.unchanged == sorted(DOCUMENTS)


def test_a_file_name_from_an_old_archive_does_no_harm(indexed: Indexed) -> None:
    name = os.fsdecode("通知".encode("gb18030") + b".txt")
    try:
        (indexed.corpus / name).write_text("名字不是统一码的文件，内容照样收录。", "utf-8")
    except OSError:
        pytest.skip("this file system takes no such name")
    [added] = indexed.ingest().added
    assert added.encode("utf-8").endswith(b".txt")
    assert added in found(indexed, "内容照样收录")


def test_progress_counts_every_chunk_once(
    corpus: Path, tmp_path: Path, segmenter: Segmenter, embedder: HashEmbedder
) -> None:
    class Count:
        total = done = 0

        def start(self, total: int) -> None:
            self.total = total

        def advance(self, count: int) -> None:
            self.done += count

    parts = connect(corpus, tmp_path / "data", segmenter, embedder)
    progress = Count()
    parts.indexer.run(corpus, progress)
    assert progress.total == progress.done == len(stored(parts))


def test_documents_whose_last_run_was_stopped_are_not_embedded_again(indexed: Indexed) -> None:
    """What is staged stays usable; only publishing was not reached."""
    for number in range(3):
        indexed.write(f"new{number}.txt", f"第{number}份通告。")
    stage, count = indexed.store.stage, 0

    class Stop(Exception):
        pass

    class Stopping:
        def __getattr__(self, name: str) -> object:
            return getattr(indexed.store, name)

        def stage(self, *given: object) -> None:
            nonlocal count
            if count == 2:
                raise Stop
            count += 1
            stage(*given)  # type: ignore[arg-type]

    stopping = replace(indexed.indexer, store=Stopping())  # type: ignore[arg-type]
    with pytest.raises(Stop):
        replace(indexed, indexer=stopping).ingest()
    assert not worded(indexed, "通告")
    embedded = indexed.embedder.embedded
    assert len(indexed.ingest().added) == 3
    assert indexed.embedder.embedded == embedded + 2
    assert len(worded(indexed, "通告")) == 3
