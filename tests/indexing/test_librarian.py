"""What becomes of documents that staff upload: read, reviewed, published, replaced, withdrawn."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import pytest
from filelock import FileLock
from sqlalchemy import select

from assistant.errors import NotFoundError, ParseError, StaffError
from assistant.indexing import librarian as librarian_module
from assistant.indexing.index import Failure
from assistant.indexing.librarian import Librarian
from assistant.indexing.parse.preview import Preview
from assistant.store.audit import AuditLog
from assistant.store.library import Library
from assistant.store.library_tasks import LEASE, MOST_ATTEMPTS, TaskQueue
from assistant.store.tables import library_tasks, library_versions
from assistant.store.versions import State, TaskKind, Version
from assistant.types import ANSWERED, Answer, Audience, Owner, Question
from tests.conftest import DOCUMENTS, Indexed
from tests.indexing.made import pdf, with_part, word

RULES = (
    "文体中心借用办法\n\n借用场地的，应当提前五天向文体中心提出申请。押金每次二百元。\n".encode()
)
NEW_RULES = RULES.replace("五天".encode(), "三天".encode())
QUESTION = "借用场地应当提前几天提出申请？"
NAME = "借用办法.txt"


@dataclass
class Office:
    """The library with one or more workers, and a clock that can be put forward."""

    parts: Indexed
    now: datetime = datetime(2026, 5, 1, tzinfo=UTC)

    @cached_property
    def library(self) -> Library:
        return Library(self.parts.engine, self.parts.store, lambda: self.now)

    def worker(self) -> Librarian:
        """Another worker on the same queue."""
        queue = TaskQueue(self.parts.engine, lambda: self.now)
        lock = FileLock(self.parts.data / "ingest.lock")
        return Librarian(self.library, queue, self.parts.indexer, lock)

    def work(self) -> None:
        """Let a worker do everything that is to be done."""
        worker = self.worker()
        while worker.work():
            pass
        self.parts.index.refresh()

    def upload(self, name: str = NAME, content: bytes = RULES, library_id: str = "") -> Version:
        """An uploaded file, read."""
        identity = self.library.upload(name, content, "li", library_id)
        self.work()
        return self.library.version(identity)

    def review(self, version: Version, audience: Audience = Audience.RESIDENTS) -> None:
        """Somebody looks at a draft and says for whom it is."""
        document = self.library.document(version.id)
        assert document is not None
        self.library.describe(version.id, replace(document, audience=audience), "li")

    def publish(self, version: Version, audience: Audience = Audience.RESIDENTS) -> Version:
        """A draft, reviewed and published."""
        self.review(version, audience)
        self.library.publish(version.id, "wang")
        self.work()
        return self.library.version(version.id)

    def ask(self, audience: Audience = Audience.RESIDENTS, question: str = QUESTION) -> Answer:
        """What is answered to a question now."""
        return self.parts.pipeline.answer(Question(question, (), audience))

    def cited(self, audience: Audience = Audience.RESIDENTS) -> set[str]:
        """The documents that the question's answer cites."""
        return {citation.document_id for citation in self.ask(audience).citations}


@pytest.fixture
def office(indexed: Indexed) -> Office:
    indexed.ingest()
    return Office(indexed)


def audited(office: Office) -> list[tuple[str, str, str]]:
    """Actor, action and target of all entries, oldest first."""
    entries = AuditLog(office.parts.engine).entries(100)
    return [(e.actor, e.action, e.target) for e in reversed(entries)]


def test_an_upload_is_read_and_is_a_draft_that_nobody_can_ask_about(office: Office) -> None:
    version = office.upload()
    assert (version.state, version.number, version.reason) == (State.DRAFT, 1, "")
    assert version.task is None
    document = office.library.document(version.id)
    assert document is not None
    assert (document.id, document.path, document.owner) == (version.id, NAME, Owner.CONSOLE)
    assert "押金每次二百元" in document.text
    assert office.library.content(version.id) == RULES
    assert version.id not in office.cited()
    assert version.id not in office.cited(Audience.STAFF)


def test_publishing_makes_it_citable_beside_the_folders_documents(office: Office) -> None:
    before = set(DOCUMENTS)
    version = office.publish(office.upload())
    assert version.published
    assert version.state is State.KEPT
    answer = office.ask()
    assert answer.status == ANSWERED
    assert "提前五天" in answer.text
    assert {c.document_id for c in answer.citations} == {version.id}
    current = office.parts.store.current()
    assert current is not None
    assert set(office.parts.store.members(current)) == before
    assert office.parts.store.members(current, Owner.CONSOLE) == {NAME: version.id}


def test_what_is_for_staff_is_never_told_to_residents(office: Office) -> None:
    version = office.publish(office.upload(), Audience.STAFF)
    assert version.id not in office.cited()
    assert office.cited(Audience.STAFF) == {version.id}


def test_a_new_version_takes_the_place_of_the_old_one_in_one_step(office: Office) -> None:
    old = office.publish(office.upload())
    new = office.upload(content=NEW_RULES, library_id=old.library_id)
    assert new.number == 2
    assert office.cited() == {old.id}, "a draft changes nothing"
    office.publish(new)
    assert office.cited() == {new.id}
    assert "提前三天" in office.ask().text
    assert not office.library.version(old.id).published


def test_an_old_version_can_be_restored_under_its_old_citations(office: Office) -> None:
    old = office.publish(office.upload())
    new = office.publish(office.upload(content=NEW_RULES, library_id=old.library_id))
    office.library.publish(old.id, "wang")
    office.work()
    assert office.cited() == {old.id}
    assert not office.library.version(new.id).published


def test_withdrawing_leaves_no_trace_of_it_in_answers(office: Office) -> None:
    version = office.publish(office.upload())
    office.library.withdraw(version.id, "wang")
    office.work()
    assert version.id not in office.cited(Audience.STAFF)
    assert office.parts.store.document(version.id) is None
    kept = office.library.version(version.id)
    assert (kept.state, kept.published) == (State.KEPT, False)
    assert office.library.content(version.id) == RULES


def test_indexing_the_folder_leaves_the_console_documents_as_they_are(office: Office) -> None:
    version = office.publish(office.upload())
    office.parts.write("notice.txt", "通知\n\n周五下午停水两个小时。\n")
    (office.parts.corpus / "flood.txt").unlink()
    report = office.parts.ingest()
    assert (report.added, report.removed) == (["notice.txt"], ["flood.txt"])
    assert office.cited() == {version.id}
    assert not office.parts.ingest().differs
    office.parts.ingest(rebuild=True)
    assert office.cited() == {version.id}


def test_another_model_embeds_the_console_documents_again(office: Office) -> None:
    version = office.publish(office.upload())
    office.parts.embedder.fingerprint = "another"
    draft = office.upload("停水.txt", "停水通知\n\n周五下午停水。\n".encode())
    office.review(draft)
    office.library.publish(draft.id, "wang")
    office.worker().work()
    assert office.library.version(draft.id).reason, "the folder has to be indexed first"
    assert not office.library.version(draft.id).published
    office.parts.ingest()
    assert office.cited() == {version.id}
    office.library.publish(draft.id, "wang")
    office.work()
    assert office.library.version(draft.id).published
    assert office.library.version(draft.id).reason == ""


def test_a_file_that_cannot_be_read_is_refused_with_the_reason_and_not_kept(
    office: Office,
) -> None:
    version = office.upload("损坏.pdf", b"%PDF-1.7 " + RULES)
    assert version.state is State.REFUSED
    assert version.reason == str(ParseError("file_damaged"))
    assert office.library.content(version.id) == b""
    assert office.library.document(version.id) is None
    office.library.discard(version.id, "li")
    assert office.library.versions() == []


def test_a_name_of_the_folder_stays_the_folders(office: Office) -> None:
    with pytest.raises(StaffError) as caught:
        office.library.upload("flood.txt", RULES, "li")
    assert caught.value.key == "error_document_of_corpus"
    assert office.library.versions() == []


def test_a_new_version_with_a_name_of_the_folder_is_refused_too(office: Office) -> None:
    version = office.upload()
    with pytest.raises(StaffError) as caught:
        office.library.upload("flood.txt", NEW_RULES, "li", version.library_id)
    assert caught.value.key == "error_document_of_corpus"


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_file_of_the_folder_with_the_name_of_a_published_document_is_refused(
    office: Office, dry_run: bool
) -> None:
    version = office.publish(office.upload())
    office.parts.write(NAME, NEW_RULES.decode())
    report = office.parts.ingest(dry_run=dry_run)
    reason = str(ParseError("file_of_console"))
    assert report.failed == [Failure(NAME, reason, kept=False)]
    assert not report.differs
    assert office.cited() == {version.id}


def test_once_the_document_is_withdrawn_the_folders_file_is_taken(office: Office) -> None:
    version = office.publish(office.upload())
    office.parts.write(NAME, NEW_RULES.decode())
    office.library.withdraw(version.id, "wang")
    office.work()
    assert office.parts.ingest().added == [NAME]
    assert "提前三天" in office.ask().text
    with pytest.raises(StaffError) as caught:
        office.library.publish(version.id, "wang")
    assert caught.value.key == "error_document_of_corpus"


def test_a_draft_whose_name_the_folder_has_by_now_is_not_published(office: Office) -> None:
    draft = office.upload()
    office.review(draft)
    office.parts.write(NAME, NEW_RULES.decode())
    assert office.parts.ingest().added == [NAME]
    with pytest.raises(StaffError) as caught:
        office.library.publish(draft.id, "wang")
    assert caught.value.key == "error_document_of_corpus"
    assert office.library.version(draft.id).task is None


def test_a_file_that_the_folder_gets_while_its_namesake_waits_to_be_published_stays_alone(
    office: Office,
) -> None:
    draft = office.upload()
    office.review(draft)
    office.library.publish(draft.id, "wang")
    office.parts.write(NAME, NEW_RULES.decode())
    assert office.parts.ingest().added == [NAME]
    office.work()
    after = office.library.version(draft.id)
    assert (after.state, after.published) == (State.DRAFT, False)
    assert after.reason == str(StaffError("error_document_of_corpus"))
    assert "提前三天" in office.ask().text
    assert draft.id not in office.cited()


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [(NAME, NEW_RULES, "error_document_name"), ("另一份.txt", RULES, "error_document_same")],
)
def test_the_same_file_is_not_taken_twice(
    office: Office, name: str, content: bytes, key: str
) -> None:
    office.upload()
    with pytest.raises(StaffError) as caught:
        office.library.upload(name, content, "li")
    assert caught.value.key == key
    assert len(office.library.versions()) == 1


def test_a_refused_file_may_be_uploaded_again(office: Office) -> None:
    office.upload(content=b"\0\1\2")
    assert office.upload().state is State.DRAFT


def test_a_draft_has_to_be_reviewed_before_it_is_published(office: Office) -> None:
    version = office.upload()
    with pytest.raises(StaffError) as caught:
        office.library.publish(version.id, "wang")
    assert caught.value.key == "error_document_unreviewed"


def test_what_is_told_of_a_draft_is_kept_and_its_text_never_changes(office: Office) -> None:
    version = office.upload()
    before = office.library.document(version.id)
    assert before is not None
    told = replace(
        before, title="场地借用办法", number="启隆政〔2026〕1号", department="文体中心",
        topics=("场地",), text="押金免收。", id="x", path="/etc/passwd", owner=Owner.CORPUS,
    )  # fmt: skip
    office.library.describe(version.id, told, "li")
    after = office.library.document(version.id)
    assert after == replace(
        before, title="场地借用办法", number="启隆政〔2026〕1号", department="文体中心",
        topics=("场地",),
    )  # fmt: skip
    entry = AuditLog(office.parts.engine).entries(1)[0]
    assert entry.action == "document_described"
    assert entry.before == {"title": before.title, "number": "", "department": "", "topics": ""}
    assert entry.after["topics"] == "场地"
    assert entry.after["audience"] == "residents", "somebody has said so now"


def test_a_published_version_changes_only_by_a_new_one(office: Office) -> None:
    version = office.publish(office.upload())
    with pytest.raises(StaffError):
        office.review(version)
    with pytest.raises(StaffError):
        office.library.discard(version.id, "li")
    draft = office.library.version(office.library.revise(version.id, "li"))
    assert (draft.number, draft.state, draft.reviewed) == (2, State.DRAFT, False)
    assert office.cited() == {version.id}
    office.publish(draft)
    assert office.cited() == {draft.id}


def test_numbers_of_discarded_drafts_are_not_given_again(office: Office) -> None:
    first = office.publish(office.upload())
    office.library.discard(office.library.revise(first.id, "li"), "li")
    assert office.library.version(office.library.revise(first.id, "li")).number == 3


def test_what_staff_have_told_of_a_draft_is_told_of_the_version_before(office: Office) -> None:
    def told(version: Version) -> str:
        found = office.library.told(version.id)
        return found.id if found else ""

    first = office.upload()
    assert told(first) == ""
    second = office.upload(content=NEW_RULES, library_id=first.library_id)
    assert told(second) == "", "nobody has looked at the first one yet"
    office.publish(first, Audience.STAFF)
    assert told(first) == first.id
    assert told(second) == first.id
    office.review(second)
    third = office.upload(content=NEW_RULES * 2, library_id=first.library_id)
    assert told(third) == first.id, "what is published goes before what was reviewed since"
    office.library.withdraw(first.id, "wang")
    office.work()
    assert told(third) == second.id
    revision = office.library.version(office.library.revise(first.id, "li"))
    assert told(revision) == revision.id
    found = office.library.told(revision.id)
    assert found is not None
    assert found.audience is Audience.STAFF
    assert office.library.told("missing") is None


def test_two_who_publish_at_once_publish_once(office: Office) -> None:
    version = office.upload()
    office.review(version)
    office.library.publish(version.id, "wang")
    for again in (office.library.publish, office.library.withdraw, office.library.discard):
        with pytest.raises(StaffError) as caught:
            again(version.id, "zhao")
        assert caught.value.key == "error_document_state"
    office.work()
    published = [entry for entry in audited(office) if entry[1] == "document_published"]
    assert published == [("wang", "document_published", NAME)]
    with pytest.raises(StaffError):
        office.library.publish(version.id, "zhao")


def test_what_is_not_there_is_not_found(office: Office) -> None:
    changes: list[Callable[[str, str], object]] = [
        office.library.revise, office.library.discard, office.library.publish,
        office.library.withdraw,
    ]  # fmt: skip
    for change in changes:
        with pytest.raises(NotFoundError):
            change("missing", "li")
    for read in (office.library.version, office.library.document, office.library.content):
        with pytest.raises(NotFoundError):
            read("missing")
    with pytest.raises(NotFoundError):
        office.library.upload("新.txt", RULES, "li", "missing")


def test_every_change_is_in_the_log_with_who_asked_for_it(office: Office) -> None:
    version = office.publish(office.upload())
    office.library.withdraw(version.id, "zhao")
    office.work()
    draft = office.upload(content=NEW_RULES, library_id=version.library_id)
    office.review(draft, Audience.STAFF)
    office.library.discard(draft.id, "li")
    revision = office.library.version(office.library.revise(version.id, "li"))
    office.review(revision, Audience.STAFF)
    assert audited(office) == [
        ("li", "document_uploaded", f"{NAME} v1"),
        ("li", "document_described", f"{NAME} v1"),
        ("wang", "document_published", NAME),
        ("zhao", "document_withdrawn", NAME),
        ("li", "document_uploaded", f"{NAME} v2"),
        ("li", "document_described", f"{NAME} v2"),
        ("li", "document_discarded", f"{NAME} v2"),
        ("li", "document_revised", f"{NAME} v3"),
        ("li", "document_described", f"{NAME} v3"),
    ]
    wider, narrower = {"audience": "residents"}, {"audience": "staff"}
    entries = AuditLog(office.parts.engine).entries(100)
    assert [(e.before, e.after) for e in reversed(entries)] == [
        ({}, {"version": 1}),
        ({}, wider),
        ({}, {"version": 1}),
        ({"version": 1}, {}),
        ({}, {"version": 2}),
        (wider, narrower),
        ({"version": 2, "title": "文体中心借用办法", **narrower}, {}),
        ({"version": 1}, {"version": 3}),
        (wider, narrower),
    ]


def test_a_task_is_done_by_one_of_several_workers(office: Office) -> None:
    identities = [
        office.library.upload(f"{n}.txt", f"通知\n\n第{n}号通知的内容。\n".encode(), "li")
        for n in range(8)
    ]
    workers = [office.worker() for _ in range(4)]

    def busy(worker: Librarian) -> None:
        while worker.work():
            pass

    threads = [threading.Thread(target=busy, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {office.library.version(i).state for i in identities} == {State.DRAFT}
    assert len(audited(office)) == 8


def test_the_task_of_a_worker_that_died_is_anothers_after_a_while(office: Office) -> None:
    version = office.upload()
    office.review(version)
    office.library.publish(version.id, "wang")
    dead = TaskQueue(office.parts.engine, lambda: office.now)
    task = dead.claim()
    assert task is not None
    office.work()
    assert not office.library.version(version.id).published, "it may still be at work"
    office.now += LEASE
    office.work()
    assert office.library.version(version.id).published
    assert not dead.advance(task)
    with pytest.raises(RuntimeError), office.parts.engine.begin() as connection:
        dead.take_effect(connection, task)


def test_a_task_that_takes_every_worker_down_is_given_up(office: Office) -> None:
    identity = office.library.upload(NAME, RULES, "li")
    for _ in range(MOST_ATTEMPTS):
        assert TaskQueue(office.parts.engine, lambda: office.now).claim() is not None
        office.now += LEASE
    office.work()
    version = office.library.version(identity)
    assert version.state is State.REFUSED
    assert version.reason


def test_a_worker_that_ends_leaves_its_task_to_the_next_at_once(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(librarian_module, "_STEP", -1.0)
    version = office.upload()
    office.review(version)
    office.library.publish(version.id, "wang")
    ending = office.worker()
    ending.stop()
    assert ending.work()
    assert not office.library.version(version.id).published
    office.work()
    assert office.library.version(version.id).published


def test_a_worker_that_is_in_the_middle_of_it_gives_its_task_back_as_it_is_stopped(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = office.upload()
    office.review(version)
    office.library.publish(version.id, "wang")
    ending, begun, stopped = office.worker(), threading.Event(), threading.Event()
    stage = office.parts.store.stage

    def slow(*given: Any) -> None:
        begun.set()
        assert stopped.wait(30)
        stage(*given)

    monkeypatch.setattr(office.parts.store, "stage", slow)
    thread = threading.Thread(target=ending.work)
    thread.start()
    assert begun.wait(30)
    ending.stop()
    next_one = TaskQueue(office.parts.engine, lambda: office.now)
    claimed = next_one.claim()
    assert claimed is not None
    assert claimed.version_id == version.id
    stopped.set()
    thread.join()
    assert not office.library.version(version.id).published, "the task is no longer its own"
    next_one.release(claimed)
    office.work()
    assert office.library.version(version.id).published


def test_the_progress_of_a_long_document_is_told(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(librarian_module, "_STEP", -1.0)
    lines = "".join(
        f"第{n}条　村民小组每年召开{n}次会议，会议记录由组长保管。\n" for n in range(1, 2500)
    )
    version = office.upload("细则.txt", f"细则\n{lines}".encode())
    office.review(version)
    office.library.publish(version.id, "wang")
    seen: list[tuple[int, int]] = []
    worker = office.worker()
    advance = worker.queue.advance

    def told(task: object, done: int, total: int, at: str) -> bool:
        seen.append((done, total))
        return advance(task, done, total, at)  # type: ignore[arg-type]

    monkeypatch.setattr(worker.queue, "advance", told)
    worker.work()
    total = seen[-1][1]
    assert total > 3 * 64
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    assert seen[-1] == (total, total)


def test_it_waits_for_the_folder_to_be_indexed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(librarian_module, "_STEP", 0.01)
    version = office.upload()
    office.review(version)
    office.library.publish(version.id, "wang")
    held = FileLock(office.parts.data / "ingest.lock")
    waited = threading.Event()
    worker = office.worker()
    advance = worker.queue.advance

    def told(task: object, done: int, total: int, at: str) -> bool:
        waited.set()
        return advance(task, done, total, at)  # type: ignore[arg-type]

    monkeypatch.setattr(worker.queue, "advance", told)
    with held:
        thread = threading.Thread(target=worker.work)
        thread.start()
        assert waited.wait(30)
        assert not office.library.version(version.id).published
    thread.join()
    assert office.library.version(version.id).published


def test_a_discarded_upload_is_not_read_on(office: Office) -> None:
    identity = office.library.upload(NAME, RULES, "li")
    queue = TaskQueue(office.parts.engine, lambda: office.now)
    task = queue.claim()
    assert task is not None
    assert task.kind is TaskKind.READ
    office.library.discard(identity, "li")
    assert not queue.advance(task)
    document = office.parts.store.current()
    assert document is not None
    with office.parts.engine.connect() as connection:
        assert connection.execute(select(library_versions.c.id)).all() == []
        assert connection.execute(select(library_tasks.c.kind)).all() == []


def test_a_running_worker_does_what_comes_and_ends_when_told(office: Office) -> None:
    worker = office.worker()
    thread = threading.Thread(target=worker.run)
    thread.start()
    identity = office.library.upload(NAME, RULES, "li")
    done = threading.Event()
    for _ in range(600):
        if office.library.version(identity).state is State.DRAFT:
            done.set()
            break
        threading.Event().wait(0.05)
    worker.stop()
    thread.join(30)
    assert done.is_set()
    assert not thread.is_alive()


def test_the_list_of_all_documents_tells_who_keeps_each(office: Office) -> None:
    office.publish(office.upload())
    current = office.parts.store.current()
    assert current is not None
    owners = {d.path: d.owner for d in office.parts.store.described(current).values()}
    assert owners == dict.fromkeys(DOCUMENTS, Owner.CORPUS) | {NAME: Owner.CONSOLE}


def test_the_pages_of_an_original_are_kept_to_be_drawn_where_they_are_not_its_own(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ["第一页上的一句话。", "第二页上的一句话。"]
    drawn = pdf([[(80, 80, 14, line)] for line in lines])
    monkeypatch.setattr(librarian_module, "kind_of_preview", lambda _: Preview.PAGES)
    own = office.upload("两页.pdf", drawn)
    assert (own.page_count, office.library.pages(own.id)) == (2, drawn)
    monkeypatch.setattr(librarian_module, "pages_of", lambda *_: drawn)
    letter = word()
    made = office.upload("信.docx", letter)
    assert made.page_count == 2
    assert office.library.pages(made.id) == drawn
    assert office.library.content(made.id) == letter

    def failing(path: str, content: bytes) -> bytes:
        raise ParseError("office_failed")

    monkeypatch.setattr(librarian_module, "pages_of", failing)
    without = office.upload("信二.docx", with_part(letter, "more.xml", b"<more/>"))
    assert (without.state, without.page_count) == (State.DRAFT, 0)


def test_how_far_reading_has_come_is_told_and_a_discarded_file_is_read_no_further(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    def parse(path: str, content: bytes, progress: Callable[[str], None]) -> object:
        progress("第3页")
        [version] = office.library.versions()
        assert version.task
        told.append(version.task.at)
        office.library.discard(version.id, "li")
        monkeypatch.setattr(librarian_module, "_STEP", 0)
        progress("第4页")
        raise AssertionError("read on")

    monkeypatch.setattr(librarian_module, "parse_apart", parse)
    office.library.upload(NAME, RULES, "li")
    office.work()
    assert told == ["第3页"]
    assert office.library.versions() == []
