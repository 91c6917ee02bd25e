"""Makes questions from the headings of documents, each answered by how its section begins.

A heading that names something is asked for of the document's subject (…的申请条件是什么？), one that
says what is done of the body or place that does it (…如何加大信贷支持？), and one that is a question
already as it stands. The words are in ``data/headings.yml``; parsing files is left to
``indexing.parse``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from random import Random
from typing import Any

import yaml

from assistant.errors import AssistantError
from assistant.indexing.parse import parse
from assistant.question_set import AnswerableQuestion, QuestionSet
from assistant.segment import Segmenter, sentences

ANSWER_LENGTH = 150  # in characters: how far an answer may go on after its first sentence
_SHORTEST = 12
_FIRST = 220  # a longer first sentence is no answer
_ORDINAL = "[一二三四五六七八九十百]+"
_MARK = (
    rf"{_ORDINAL}、|[（(]{_ORDINAL}[）)]、?|\d{{1,2}}[.．、](?!\d)|[（(]\d{{1,2}}[）)]"
    rf"|第{_ORDINAL}[条章节]|#{{1,6}} "
)
_MARKED = re.compile(rf"(?:(?<=[\s。；：！？])|^)(?:{_MARK})")
_HEADING = re.compile(r"\s*([^。：:；;，,！!？?\s]{3,30})(?:([？?])|[。：:]|(?=\s))")
_LEAD = re.compile(r"\s*(?:答|解答)[：:]")
_NOTE = re.compile(r"[（(【].*?[）)】]")
_TITLE_END = re.compile(r"\s")
_ABOUT = re.compile(
    r".*?关于(?:印发|转发|发布|做好|进一步做好|对)?《?(.+?)》?"
    r"(?:有关(?:工作|事项))?(?:的.{0,6}(?:通知|通告|公告|意见|决定|函|公开信|措施))?$"
)
_WHO = re.compile(
    r"(.{2,16}?(?:自治区|自治州|[省市区县镇乡部厅局署]|委员会|街道|国务院|总局))"
    r"(?:人民政府)?(?:办公厅|办公室)?(?=关于|印发|发出|部署|出台|转发|发布|对|[：:]|明确|要求|多|召开|印|将|$)"
)
_LONGEST_SUBJECT = 32
_SHORT_NAME = 6  # 申请条件 names something, though it begins with a verb
_SHORT_VERB = 4
_OF = re.compile(r"^.{2,5}的.{2,6}$")  # 发展的原则: the whole names something


@dataclass(frozen=True, slots=True)
class Headed:
    """A heading, and the text from ``start`` to ``end`` that stands below it."""

    heading: str
    asks: bool
    start: int
    end: int


def make(files: list[Path], segmenter: Segmenter) -> QuestionSet:
    """Pairs from question sets (``.json``) and documents (what ``parse`` reads).

    Raises:
        AssistantError: a file cannot be read.
    """
    words: dict[str, Any] = yaml.safe_load(
        (Path(__file__).parent / "data" / "headings.yml").read_text("utf-8")
    )
    texts: dict[str, str] = {}
    pairs: dict[str, AnswerableQuestion] = {}
    for name, title, text, headed in _documents(files):
        for one in headed:
            random = Random(hashlib.sha256(f"{name} {one.heading}".encode()).digest())  # noqa: S311
            answer = _beginning(text, one)
            question = _question(title, one, segmenter, words, random) if answer else ""
            if question and question not in pairs:
                texts[name] = text
                pairs[question] = AnswerableQuestion(question, name, (answer,))
    return QuestionSet(texts, tuple(pairs.values()), ())


def _documents(files: list[Path]) -> Iterator[tuple[str, str, str, list[Headed]]]:
    for file in files:
        if file.suffix == ".json":
            for name, text in QuestionSet.read(file).documents.items():
                yield name, _TITLE_END.split(text.strip(), 1)[0], text, list(marked(text))
        else:
            document = parse(file.name, _content(file))
            headed = [
                Headed(s.headings[-1].rstrip("？?"), _is_asking(s.headings[-1]), s.start, s.end)
                for s in document.sections
                if len(s.headings) > 1
            ]
            yield file.stem, document.title, document.text, headed


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise AssistantError("training_file", path=file, reason=error.strerror) from error


def marked(text: str) -> Iterator[Headed]:
    """The headings in a text without markup: numbered, and ended by a mark or a space."""
    marks = list(_MARKED.finditer(text))
    for mark, following in zip_longest(marks, marks[1:]):
        end = following.start() if following else len(text)
        heading = _HEADING.match(text, mark.end())
        if heading and heading.end() < end:
            yield Headed(heading[1], bool(heading[2]), heading.end(), end)


def _beginning(text: str, headed: Headed) -> str:
    """The first sentences of a section, up to ``ANSWER_LENGTH`` characters; empty if unfit."""
    lead = _LEAD.match(text, headed.start)
    spans = sentences(text, lead.end() if lead else headed.start, headed.end)
    if not spans or text[spans[0].end - 1] not in "。；！" or text[spans[0].start] in "（(、，":
        return ""
    end = spans[0].end
    for span in spans[1:]:
        longer = span.end - spans[0].start > ANSWER_LENGTH
        if longer or text[span.end - 1] not in "。；！" or "\n" in text[end : span.start]:
            break
        end = span.end
    answer = text[spans[0].start : end]
    return answer if _SHORTEST <= len(answer) <= _FIRST else ""


def _question(
    title: str, headed: Headed, segmenter: Segmenter, words: dict[str, Any], random: Random
) -> str:
    """A question for the heading; empty where it would not read as one."""
    heading = _NOTE.sub("", headed.heading)
    if any(word in heading for word in words["empty"]) or len(heading) < 4 or heading[-1] in "”》":
        return ""
    if headed.asks or any(word in heading for word in words["asking"]):
        return heading + "？"
    tags = [tag for _, tag in segmenter.tagged(heading)]
    if not tags:
        return ""
    subject, who = _subject(title), _who(title)
    names = len(heading) <= _SHORT_NAME or (tags[0][0] == "n" and "v" not in tags)
    acts = tags[0][0] in "vdp" or (tags[0][0] == "a" and tags[1:2] and tags[1][0] == "v")
    if _OF.search(heading) or (names and heading.endswith(tuple(words["heads"]))):
        kind, needed = "noun", subject
    elif acts and len(heading) > _SHORT_VERB:
        kind, needed = "verb", who
    else:
        return ""
    filled = {"subject": subject, "who": who, "heading": heading}
    return str(random.choice(words[kind])).format_map(filled) if needed else ""


def _who(title: str) -> str:
    """The body or place that acts, as a title begins, or else the matter in which it does."""
    who = _WHO.match(title)
    if who:
        return who[1]
    subject = _subject(title)
    return f"{subject}中" if subject else ""


def _is_asking(heading: str) -> bool:
    return heading.endswith(("？", "?"))


def _subject(title: str) -> str:
    """What a document is about by its title; empty if that cannot be told shortly."""
    about = _ABOUT.match(title)
    subject = about[1] if about else title
    if len(subject) > _LONGEST_SUBJECT or re.search(r"[，。！？：；]", subject):
        return ""
    return subject.strip("《》 ")
