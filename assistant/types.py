"""The frozen values that rooms pass to one another; identity and storage are left to the store."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

ANSWERED = "answered"
"""The status of an answer; every other is a refusal, a fixed reply or an error."""


class Audience(StrEnum):
    """For whom a document is meant; staff may read both kinds."""

    RESIDENTS = "residents"
    STAFF = "staff"


class Owner(StrEnum):
    """Where a document is kept: in the folder of documents, or by staff in the console."""

    CORPUS = "corpus"
    CONSOLE = "console"


class Role(StrEnum):
    """What a member of staff may do; each role may do all that those before it may."""

    READER = "reader"
    EDITOR = "editor"
    PUBLISHER = "publisher"
    ADMINISTRATOR = "administrator"

    def includes(self, least: Role) -> bool:
        """Whether who has this role may do what ``least`` may."""
        roles = list(Role)
        return roles.index(self) >= roles.index(least)


@dataclass(frozen=True, slots=True)
class Span:
    """A range of characters ``[start, end)`` in a document's text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Section:
    """A run of text below one heading path; ``headings`` goes from the outermost inwards."""

    headings: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where the range ``[start, end)`` of a document's text stands in the original: 第3页."""

    text: str
    start: int
    end: int


TOLD = ("title", "number", "issuer", "department", "source", "date", "effective")
"""The fields of a document that are told of it in a line each, beside its topics and audience."""


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed document.

    ``id`` is a hash of path and content, so that indexing again is stable and an old
    citation never points into a newer text. ``date`` (of issue) and ``effective`` (of coming
    into force) are as exact as the source tells them. ``number`` is the official one (文号),
    ``issuer`` who issued it, ``department`` who is in charge of it now.
    ``places`` are in the text's order and do not overlap; formats without pages have none.
    """

    id: str
    path: str
    title: str
    text: str
    sections: tuple[Section, ...]
    source: str = ""
    date: str = ""
    topics: tuple[str, ...] = ()
    audience: Audience = Audience.RESIDENTS
    places: tuple[Place, ...] = ()
    number: str = ""
    issuer: str = ""
    department: str = ""
    effective: str = ""
    owner: Owner = Owner.CORPUS


@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of whole sentences of one section; ``text == document.text[start:end]``.

    ``sentences`` are ranges in the document's text. ``words`` holds the segmented words of
    each sentence, ``title_words`` those of title and headings: stored, so that neither an
    index nor a question has to segment a document again. ``places`` are those of the document
    that the chunk has a part of.
    """

    id: str
    document_id: str
    ordinal: int
    title: str
    headings: tuple[str, ...]
    text: str
    start: int
    sentences: tuple[Span, ...]
    words: tuple[tuple[str, ...], ...]
    title_words: tuple[str, ...]
    date: str = ""
    places: tuple[Place, ...] = ()

    @property
    def end(self) -> int:
        """Where the chunk ends in its document's text."""
        return self.start + len(self.text)

    def quote(self, span: Span) -> str:
        """The document's own characters at ``span``, which lies within this chunk."""
        return self.text[span.start - self.start : span.end - self.start]


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that retrieval looked at, why it ranked where it did, and why it was dropped.

    ``vector`` is a cosine, ``keyword`` BM25's share of its possible most (0 where not found),
    ``fused`` the weighted sum that ranks, ``sentence_vectors`` the cosine of each sentence.
    ``rejected`` is empty for what is read on. ``reading`` is the probability that reading gives
    to its sentences together of answering best, None where it was not read.
    """

    chunk: Chunk
    vector: float
    keyword: float
    fused: float
    sentence_vectors: tuple[float, ...]
    rejected: str = ""
    reading: float | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Citation:
    """One quoted passage: ``text[start:end] == quote`` in the document's text.

    ``emphasis`` is where in that text the words stand that answer, within the quote; None where
    that is not known or all of it does. ``place`` is where the quote stands in the original (a
    page, a slide, rows), empty where the format has no such thing.
    """

    number: int
    document_id: str
    title: str
    headings: tuple[str, ...]
    quote: str
    start: int
    end: int
    date: str
    url: str
    emphasis: Span | None = None
    place: str = ""

    @property
    def parts(self) -> tuple[str, str, str]:
        """The quote before, at and after the words that answer."""
        if self.emphasis is None:
            return self.quote, "", ""
        start, end = self.emphasis.start - self.start, self.emphasis.end - self.start
        return self.quote[:start], self.quote[start:end], self.quote[end:]


@dataclass(frozen=True, slots=True)
class Line:
    """What is said to one question: ``lead`` in our own voice, which may be empty, then quotes.

    Without quotes it says that the documents do not tell, or points at a quote above.
    """

    lead: str
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to call, and the number in digits and dashes."""

    name: str
    number: str


@dataclass(frozen=True, slots=True)
class Turn:
    """A question already asked in this conversation, as it was understood, and its answer."""

    question: str
    understood_as: str
    answer: str
    status: str = ANSWERED


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it was sent, with the turns before it, oldest first."""

    text: str
    history: tuple[Turn, ...] = ()
    audience: Audience = Audience.RESIDENTS


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question came to; ``status`` is a key of resources/statuses.yml.

    ``lines`` are what is said to each question of the message, mostly one, below one another;
    ``lead`` is the first one's. ``pieces`` are the parts that ``text`` is made of: of each line
    the lead in our own voice if there is one, then each quote with its mark. A refusal has
    neither. ``notices`` are to be shown before the text. ``kind`` is the kind of emergency of a
    question that was one, a key of ``kinds`` in resources/urgent.yml. ``contacts`` are the numbers that the text or its quotes tell to call.
    """

    status: str
    text: str
    understood_as: str
    confidence: float
    citations: tuple[Citation, ...] = ()
    pieces: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()
    lead: str = ""
    hits: tuple[Hit, ...] = field(default=(), repr=False)
    notices: tuple[str, ...] = ()
    kind: str = ""
    contacts: tuple[Contact, ...] = ()
    lines: tuple[Line, ...] = ()
