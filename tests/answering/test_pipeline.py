"""The steps from a question to its answer, and what each outcome is called."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from langchain_core.runnables import Runnable

from assistant.answering.context import Context
from assistant.answering.pipeline import QUESTION_LENGTH, Pipeline, checked
from assistant.errors import QuestionError
from assistant.resources import load
from assistant.segment import Segmenter
from assistant.types import Answer, Audience, Question, Span
from tests.answering.readers import PlainReader
from tests.conftest import Indexed, NoProgress, connect
from tests.fakes import HashEmbedder

STEPS = ["screen", "understand", "retrieve", "read", "check", "phrase"]
QUESTIONS = [
    "最低生活保障的审核决定什么时候作出？",
    "汛期是几月到几月？",
    "专线公交票价多少？",
    "发现险情怎么办",
    "镇长是谁？",
    "zyxwvut",
    "🙂",
    "面积",
]
STAFF_ONLY = "机关干部每班值多少小时？"


def pipeline_of(parts: Indexed, reader: PlainReader, public_url: str = "") -> Pipeline:
    """A pipeline over an index, with a reader of known certainty."""
    return Pipeline(parts.segmenter, parts.embedder, parts.store, parts.index, reader, public_url)


def parts_over(folder: Path, segmenter: Segmenter, documents: dict[str, str]) -> Indexed:
    """The parts over a folder of other documents, not indexed yet."""
    (folder / "corpus").mkdir()
    parts = connect(folder / "corpus", folder / "data", segmenter, HashEmbedder())
    for name, text in documents.items():
        parts.write(name, text)
    return parts


class CountingReader(PlainReader):
    """A reader that counts how often it was asked."""

    asked = 0

    def __call__(self, context: Context) -> Context:
        """Count and read."""
        self.asked += 1
        return super().__call__(context)


def test_the_steps_can_be_read_aloud(indexed: Indexed) -> None:
    pipeline = indexed.pipeline
    assert [name for name, _ in pipeline.steps] == STEPS
    assert isinstance(pipeline.chain, Runnable)
    assert [p.step for p in pipeline.progress(Question("票价"))] == STEPS


def test_step_by_step_comes_to_the_same_answer(indexed: Indexed) -> None:
    for question in QUESTIONS:
        *_, last = indexed.pipeline.progress(Question(question))
        assert last.context.answer == indexed.pipeline.answer(Question(question))


def test_a_step_that_sets_an_answer_ends_the_run(tmp_path: Path, segmenter: Segmenter) -> None:
    parts = parts_over(tmp_path, segmenter, {})
    reader = CountingReader()
    pipeline = pipeline_of(parts, reader)
    answer = pipeline.answer(Question("票价"))
    answers = [p.context.answer for p in pipeline.progress(Question("票价"))]
    assert reader.asked == 0
    assert answers == [None, None, answer, answer, answer, answer]
    parts.engine.dispose()


def test_before_anything_is_ingested_it_says_so(tmp_path: Path, segmenter: Segmenter) -> None:
    parts = parts_over(tmp_path, segmenter, {})
    assert parts.pipeline.answer(Question("票价")).status == "refused_no_documents"
    parts.engine.dispose()


def test_an_index_of_no_documents_finds_nothing(tmp_path: Path, segmenter: Segmenter) -> None:
    parts = parts_over(tmp_path, segmenter, {})
    parts.ingest()
    answer = parts.pipeline.answer(Question("票价"))
    assert answer.status.startswith("refused_no")
    assert answer.hits == ()
    parts.engine.dispose()


def test_with_nothing_for_residents_a_resident_is_told_that_nothing_was_found(
    tmp_path: Path, segmenter: Segmenter
) -> None:
    duty = "---\naudience: staff\n---\n\n# 值班安排\n\n每班二十四小时。\n"
    parts = parts_over(tmp_path, segmenter, {"duty.md": duty})
    parts.ingest()
    answer = parts.pipeline.answer(Question("每班几小时？"))
    assert answer.status == "refused_nothing_found"
    assert "值班" not in answer.text
    parts.engine.dispose()


def test_what_is_read_without_certainty_is_refused(indexed: Indexed) -> None:
    answer = pipeline_of(indexed, PlainReader(confidence=0.0)).answer(Question(QUESTIONS[0]))
    assert answer.status == "refused_not_answered"
    assert answer.citations == ()
    assert answer.pieces == ()
    assert answer.hits
    assert answer.understood_as == QUESTIONS[0]


def test_a_refusal_names_the_nearest_topics_and_quotes_none(indexed: Indexed) -> None:
    answer = pipeline_of(indexed, PlainReader(confidence=0.0)).answer(Question("专线公交票价多少"))
    assert "崇明南门至启隆镇专线公交" in answer.text
    assert "全程票价六元" not in answer.text


def test_what_shares_no_word_with_any_document_is_nothing_found(indexed: Indexed) -> None:
    answer = indexed.pipeline.answer(Question("zyxwvut"))
    assert answer.status == "refused_nothing_found"
    assert not any(hit.chunk.title in answer.text for hit in answer.hits)


def test_the_suggestion_nearest_to_the_question_comes_first(indexed: Indexed) -> None:
    pipeline = pipeline_of(indexed, PlainReader())
    pipeline.check_suggestions()
    for asked in ("坐公交", "启隆镇设立"):
        first, *others = pipeline.answer(Question(asked)).suggestions
        assert all(len(set(first) & set(asked)) >= len(set(o) & set(asked)) for o in others)
    assert "公交" in pipeline.answer(Question("坐公交")).suggestions[0]


def test_nothing_is_suggested_before_it_was_asked(indexed: Indexed) -> None:
    pipeline = pipeline_of(indexed, PlainReader())

    def told() -> tuple[str, ...]:
        return list(pipeline.progress(Question("坐公交")))[-1].context.answer.suggestions

    assert pipeline.suggestions() == told() == ()
    pipeline.check_suggestions()
    # Also where the answer was remembered from before.
    assert told()


def test_what_is_suggested_is_asked_once_of_each_index(
    indexed: Indexed, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = pipeline_of(indexed, PlainReader())
    asked: list[Question] = []
    answer = pipeline.answer

    def counted(question: Question) -> Answer:
        asked.append(question)
        return answer(question)

    monkeypatch.setattr(pipeline, "answer", counted)
    for _ in range(3):
        pipeline.check_suggestions()
    assert len(asked) == len(load("suggestions"))
    before = pipeline.suggestions()
    assert any("公交" in q for q in before)
    (indexed.corpus / "bus.html").unlink()
    indexed.ingest()
    assert pipeline.suggestions() == (), "what the old documents answered is not offered"
    for _ in range(2):
        pipeline.check_suggestions()
    assert len(asked) == 2 * len(load("suggestions"))


def test_what_was_found_of_an_index_that_moved_meanwhile_is_not_kept(
    indexed: Indexed, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = pipeline_of(indexed, PlainReader())
    answer = pipeline.answer

    def moving(question: Question) -> Answer:
        found = answer(question)
        if (indexed.corpus / "bus.html").exists():
            (indexed.corpus / "bus.html").unlink()
            indexed.ingest()
        return found

    monkeypatch.setattr(pipeline, "answer", moving)
    pipeline.check_suggestions()
    assert pipeline.suggestions() == ()
    pipeline.check_suggestions()
    assert pipeline.suggestions()


def test_a_suggestion_is_never_the_question_just_asked(indexed: Indexed) -> None:
    pipeline = pipeline_of(indexed, PlainReader())
    pipeline.check_suggestions()
    assert pipeline.answer(Question("票价")).suggestions
    for asked in pipeline.answer(Question("票价")).suggestions:
        others = pipeline.answer(Question(asked)).suggestions
        assert others
        assert asked not in others


def test_what_is_read_with_certainty_is_quoted_with_its_place(indexed: Indexed) -> None:
    pipeline = pipeline_of(indexed, PlainReader(count=2), "https://town.example/")
    answer = pipeline.answer(Question(QUESTIONS[0]))
    assert answer.status == "answered"
    assert [c.number for c in answer.citations] == [1, 2]
    assert answer.text == "".join(answer.pieces)
    for citation in answer.citations:
        document = indexed.store.document(citation.document_id)
        assert document is not None
        assert document.text[citation.start : citation.end] == citation.quote
        place = f"{citation.document_id}?quote={citation.start}-{citation.end}#quote"
        assert citation.url == f"https://town.example/documents/{place}"


def test_every_quote_of_the_real_reader_is_the_documents_own(indexed: Indexed) -> None:
    for question in QUESTIONS:
        answer = indexed.pipeline.answer(Question(question))
        assert (answer.status == "answered") == bool(answer.citations)
        assert 0 <= answer.confidence <= 1 + 1e-6
        for citation in answer.citations:
            document = indexed.store.document(citation.document_id)
            assert document is not None
            assert document.text[citation.start : citation.end] == citation.quote


def test_staff_documents_are_found_for_staff_alone(indexed: Indexed) -> None:
    def titles(question: str, audience: Audience) -> set[str]:
        asked = Question(question, audience=audience)
        return {hit.chunk.title for hit in indexed.pipeline.answer(asked).hits}

    for question in (*(q for q in QUESTIONS if q != "🙂"), STAFF_ONLY):
        assert "镇机关值班安排" in titles(question, Audience.STAFF)
        assert "镇机关值班安排" not in titles(question, Audience.RESIDENTS)


def test_what_was_rejected_is_kept_with_its_reason_behind_what_was_read(
    tmp_path: Path, segmenter: Segmenter
) -> None:
    documents = {f"{n}.txt": f"第{n}号通知\n启隆镇第{n}号路口的路灯已经修好。" for n in range(20)}
    parts = parts_over(tmp_path, segmenter, documents)
    parts.ingest()
    hits = parts.pipeline.answer(Question("路口的路灯修好了吗")).hits
    rejected = [bool(hit.rejected) for hit in hits]
    assert set(rejected) == {False, True}
    assert rejected == sorted(rejected)
    fused = [hit.fused for hit in hits]
    assert fused == sorted(fused, reverse=True)
    parts.engine.dispose()


def test_questions_asked_together_get_the_answers_they_get_alone(indexed: Indexed) -> None:
    questions = [Question(q) for q in QUESTIONS * 4]
    alone = [indexed.pipeline.answer(q) for q in questions]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(indexed.pipeline.answer, questions))
    assert [told(a) for a in together] == [told(a) for a in alone]


def test_an_index_built_again_gives_the_same_answers(indexed: Indexed) -> None:
    before = [told(indexed.pipeline.answer(Question(q))) for q in QUESTIONS]
    indexed.ingest(rebuild=True)
    assert [told(indexed.pipeline.answer(Question(q))) for q in QUESTIONS] == before


def told(answer: Answer) -> tuple[object, ...]:
    """All of an answer, with the ids of its hits in their order."""
    return (answer, tuple(hit.chunk.id for hit in answer.hits))


# --- what may be asked


@pytest.mark.parametrize(
    ("sent", "taken"),
    [
        ("面积", "面积"),
        ("  面积\n多大 ", "面积 多大"),
        ("面\u200b积\ufeff", "面积"),
        ("面积\x00\x1b[0m", "面积[0m"),
        ("\u202e面积\u202c", "面积"),
        ("面\u3000积", "面 积"),
        ("面\ue000积\uffff\U0010fffe", "面积"),
        ("面\u3164积\ufe0f\u2800", "面积"),
        ("👍🏽", "👍🏽"),
        ("長" * QUESTION_LENGTH, "長" * QUESTION_LENGTH),
        (" " * 999 + "面积" + "\u200b" * 999, "面积"),
    ],
)
def test_a_question_is_taken_without_what_cannot_be_seen(sent: str, taken: str) -> None:
    assert checked(sent) == taken


@pytest.mark.parametrize(
    "sent",
    ["", " \n\t", "\u200b\u2060", "\x00", "\ud800", "\ue000", "\ufdd0\U0001ffff", "\u3164\u115f"],
)
def test_nothing_to_see_is_no_question(sent: str) -> None:
    with pytest.raises(QuestionError) as error:
        checked(sent)
    assert error.value.key == "error_question_empty"


def test_a_question_has_a_greatest_length() -> None:
    with pytest.raises(QuestionError) as error:
        checked("长" * (QUESTION_LENGTH + 1))
    assert error.value.key == "error_question_too_long"
    assert str(QUESTION_LENGTH) in str(error.value)


def last_answer(pipeline: Pipeline, text: str) -> Answer:
    """The answer that channels get, which ask for no further step once they have it."""
    return next(p.context.answer for p in pipeline.progress(Question(text)) if p.context.answer)


def fare_page(folder: Path, segmenter: Segmenter) -> tuple[Indexed, CountingReader, Pipeline]:
    """One indexed page, and a pipeline over it whose reader counts."""
    parts = parts_over(folder, segmenter, {"bus.md": "专线公交的票价是两元。"})
    parts.indexer.run(parts.corpus, NoProgress())
    parts.index.refresh()
    reader = CountingReader()
    return parts, reader, pipeline_of(parts, reader)


def test_a_question_is_read_once_as_long_as_the_documents_stay(
    tmp_path: Path, segmenter: Segmenter
) -> None:
    parts, reader, pipeline = fare_page(tmp_path, segmenter)
    first = last_answer(pipeline, "专线公交的票价")
    assert last_answer(pipeline, "专线公交的票价") == first
    assert reader.asked == 1
    parts.write("bus.md", "专线公交的票价是三元。")
    parts.indexer.run(parts.corpus, NoProgress())
    parts.index.refresh()
    renewed = last_answer(pipeline, "专线公交的票价")
    assert "三元" in renewed.text
    assert reader.asked == 2


def test_a_question_with_personal_data_is_not_remembered(
    tmp_path: Path, segmenter: Segmenter
) -> None:
    _, reader, pipeline = fare_page(tmp_path, segmenter)
    for _ in range(2):
        last_answer(pipeline, "我的电话13800138000，专线公交的票价是多少")
    assert reader.asked == 2


class PointingReader(PlainReader):
    """A reader that points at the last two characters of what it quotes."""

    def __call__(self, context: Context) -> Context:
        """Read and point."""
        read = super().__call__(context)
        return read.with_(
            readings=tuple(
                replace(r, span=Span(r.sentences[-1].end - 2, r.sentences[-1].end))
                for r in read.readings
            )
        )


def test_the_words_that_answer_are_emphasised_within_the_quote(indexed: Indexed) -> None:
    answer = pipeline_of(indexed, PointingReader()).answer(Question(QUESTIONS[0]))
    (citation,) = answer.citations
    before, words, after = citation.parts
    assert before + words + after == citation.quote
    assert len(words) == 2
    assert citation.emphasis is not None
    assert citation.emphasis.end == citation.end
