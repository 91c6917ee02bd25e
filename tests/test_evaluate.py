"""Measuring on a small set: what is left out, what is asked and what is reported."""

from __future__ import annotations

import json
import random
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace

import pytest

import assistant.evaluate
from assistant.errors import AssistantError
from assistant.evaluate import Figures, IndexedSet, evaluate, main
from assistant.question_set import QuestionSet
from assistant.resources import load
from assistant.segment import Segmenter
from tests.answering.readers import PlainReader
from tests.fakes import HashEmbedder

SERVICES = {
    "租房补贴": ("每月四百元", "住房保障科"),
    "高龄津贴": ("每季度三百元", "民政窗口"),
    "创业贷款": ("最高二十万元", "就业服务站"),
    "残疾人护理": ("每月一百五十元", "残联窗口"),
    "农机购置": ("按售价三成", "农业服务中心"),
    "危房改造": ("每户三万元", "村镇建设科"),
    "校车接送": ("每学期六百元", "教育科"),
    "献血奖励": ("每次两百元", "卫生院"),
    "河道保洁": ("每公里五千元", "水利站"),
    "文艺演出": ("每场八百元", "文化站"),
}
REPORTED = {
    "document_r1", "document_r5", "mrr10", "hit", "rouge_l", "mean_length", "false_refusal",
    "correct_refusal", "unanswerable_refusal", "median_ms", "p95_ms",
}  # fmt: skip
SHARES = REPORTED - {"mean_length", "median_ms", "p95_ms"} | {"refusal_at_5", "auroc"}


def questions() -> dict[str, object]:
    """Ten documents, each with two questions that it answers and one that it does not."""
    return {
        "documents": [
            {"id": f"文档{name}", "text": f"{name}的标准是{sum_}。\n{name}由{office}受理。\n"}
            for name, (sum_, office) in SERVICES.items()
        ],
        "questions": [
            question
            for name, (sum_, office) in SERVICES.items()
            for question in (
                {"question": f"{name}的标准是多少？", "document": f"文档{name}", "answers": [sum_]},
                {"question": f"{name}由谁受理？", "document": f"文档{name}", "answers": [office]},
            )
        ],
        "unanswerable": [
            {"question": f"{name}的热线号码？", "document": f"文档{name}"} for name in SERVICES
        ],
    }


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The set as a file."""
    path = tmp_path_factory.mktemp("set") / "questions.json"
    path.write_text(json.dumps(questions(), ensure_ascii=False), "utf-8")
    return path


@pytest.fixture(scope="module")
def data(file: Path) -> QuestionSet:
    """The set."""
    return QuestionSet.read(file)


@pytest.fixture(scope="module")
def figures(data: QuestionSet, segmenter: Segmenter) -> Figures:
    """What is measured on the whole set, by a reader that believes whatever it finds."""
    return evaluate(data, segmenter, HashEmbedder(), PlainReader())


@pytest.fixture
def parts(segmenter: Segmenter, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command with an embedder that needs no model."""
    made = SimpleNamespace(segmenter=segmenter, embedder=HashEmbedder(), reader=PlainReader())
    monkeypatch.setattr(assistant.evaluate, "Assembly", lambda *_: made)


def test_a_file_is_read_whole(data: QuestionSet) -> None:
    assert len(data.documents) == len(SERVICES)
    assert data.documents["文档校车接送"].startswith("校车接送的标准")
    assert data.questions[0].answers == ("每月四百元",)
    assert data.unanswerable[0] == ("租房补贴的热线号码？", "文档租房补贴")


def test_every_figure_asked_for_is_reported(figures: Figures) -> None:
    assert {field.name for field in fields(figures)} >= REPORTED


def test_a_fifth_is_left_out_and_the_rest_asked_about(figures: Figures) -> None:
    assert (figures.questions, figures.left_out, figures.unanswerable) == (16, 4, 8)


def test_figures_are_in_their_ranges(figures: Figures) -> None:
    for name in SHARES:
        assert 0 <= getattr(figures, name) <= 1
    assert figures.document_r1 <= figures.mrr10 <= figures.document_r5
    assert 0 < figures.median_ms <= figures.p95_ms


def test_an_easy_set_is_answered(figures: Figures) -> None:
    assert figures.document_r1 == figures.document_r5 == figures.mrr10 == 1
    assert figures.hit >= 0.9
    assert figures.false_refusal == 0
    assert 5 < figures.mean_length < 40


@pytest.mark.parametrize("seed", [7, 8])
def test_the_fifth_left_out_is_the_first_of_the_sorted_ids_shuffled(
    data: QuestionSet, segmenter: Segmenter, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    indexed: list[set[str]] = []

    class Noted(IndexedSet):
        """Notes what it is given to index."""

        def __init__(self, documents: dict[str, str], *rest: object) -> None:
            indexed.append(set(documents))
            super().__init__(documents, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(assistant.evaluate, "IndexedSet", Noted)
    evaluate(data, segmenter, HashEmbedder(), PlainReader(), limit=2, seed=seed)
    ids = sorted(data.documents)
    random.Random(seed).shuffle(ids)  # noqa: S311 - a split to be repeated, not a secret
    assert indexed == [set(ids[2:])]


def test_a_limit_asks_so_many_and_half_as_many_of_the_others(
    data: QuestionSet, segmenter: Segmenter
) -> None:
    figures = evaluate(data, segmenter, HashEmbedder(), PlainReader(), limit=6)
    assert (figures.questions, figures.left_out, figures.unanswerable) == (6, 3, 3)


def test_the_same_seed_measures_the_same(data: QuestionSet, segmenter: Segmenter) -> None:
    def lasting(figures: Figures) -> dict[str, float]:
        return {f.name: getattr(figures, f.name) for f in fields(figures) if "_ms" not in f.name}

    first, second = (
        evaluate(data, segmenter, HashEmbedder(), PlainReader(), limit=5) for _ in range(2)
    )
    assert lasting(first) == lasting(second)


def test_without_certainty_everything_is_refused(data: QuestionSet, segmenter: Segmenter) -> None:
    reader = PlainReader(confidence=0.0)
    figures = evaluate(data, segmenter, HashEmbedder(), reader, limit=4)
    assert figures.false_refusal == figures.correct_refusal == figures.unanswerable_refusal == 1
    assert figures.hit == figures.rouge_l == figures.mean_length == 0
    assert figures.document_r1 > 0


def test_a_set_without_questions_has_figures(segmenter: Segmenter) -> None:
    figures = evaluate(
        QuestionSet({"a": "一句话。"}, (), ()), segmenter, HashEmbedder(), PlainReader()
    )
    assert not any(getattr(figures, field.name) for field in fields(figures))


@pytest.mark.usefixtures("parts")
def test_the_command_prints_and_writes_every_figure(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "figures.json"
    assert main([str(file), "--limit", "4", "--seed", "7", "--json", str(out)]) == 0
    written = json.loads(out.read_text("utf-8"))
    assert list(written) == [field.name for field in fields(Figures)]
    printed = capsys.readouterr().out
    assert list(dict.fromkeys(line.split()[0] for line in printed.splitlines())) == list(written)
    assert sum(row["count"] for row in written["reliability"]) <= 4 + 2 + 2


@pytest.mark.usefixtures("parts")
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"5",
        b"null",
        b"\xff\xfe",
        b"{}",
        b'{"documents": []}',
        b'{"documents": 5, "questions": []}',
        b'{"documents": [{"id": "a"}], "questions": []}',
        b'{"documents": [{"id": "a", "text": 5}], "questions": []}',
        b'{"documents": [{"id": ["a"], "text": "b"}], "questions": []}',
        b'{"documents": [], "questions": [{"question": "a"}]}',
        b'{"documents": [], "questions": [{"question": "a", "document": "b", "answers": "c"}]}',
        b'{"documents": [], "questions": [{"question": 1, "document": "b", "answers": []}]}',
        b'{"documents": [], "questions": [], "unanswerable": [5]}',
        b'{"documents": [], "questions": [], "unanswerable": {"a": "b"}}',
    ],
)
def test_a_bad_file_is_said_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    assert main([str(path)]) == 2
    told = capsys.readouterr()
    assert told.err.strip() == load("errors")["question_set_bad"].format(path=path)
    assert told.out == ""


@pytest.mark.usefixtures("parts")
def test_a_missing_file_is_said_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "none.json")]) == 2
    assert "none.json" in capsys.readouterr().err
    with pytest.raises(AssistantError):
        QuestionSet.read(tmp_path)
