"""Documents, chunks and vectors in the database: the truth that search indexes are built from.

A document is stored under a recipe (which model, words and cutting made its chunks). It is
staged first, whole, in one transaction; what can be asked about is the newest published
generation, a list of documents, which takes effect in one step.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, tuple_, update

from assistant.store.tables import chunks, documents, generation_documents, generations
from assistant.types import Audience, Chunk, Document, Owner, Place, Section, Span

KEEP_SUPERSEDED = timedelta(minutes=10)
"""How long a superseded generation stays, for servers that have not moved on yet."""

Vectors = NDArray[np.float32]
Within = Callable[[Connection], None]
"""Writes something in a transaction that is somebody else's."""


@dataclass(frozen=True, slots=True)
class Generation:
    """A published state: ``id`` names its search index, ``recipe`` how its chunks were made."""

    number: int
    id: str
    recipe: str


@dataclass(frozen=True, slots=True)
class EmbeddedChunk:
    """A chunk with its vector (dimension,) and its sentences' vectors (sentences, dimension)."""

    chunk: Chunk
    vector: Vectors
    sentence_vectors: Vectors


@dataclass(frozen=True, slots=True)
class Described:
    """A document without its text."""

    id: str
    path: str
    title: str
    source: str
    date: str
    topics: tuple[str, ...]
    audience: Audience
    number: str
    issuer: str
    department: str
    effective: str
    owner: Owner


class DocumentStore:
    """Reads and writes documents and generations."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def stage(self, document: Document, embedded: Sequence[EmbeddedChunk], recipe: str) -> None:
        """Store a document with its chunks, replacing the same one if it is there."""
        with self._engine.begin() as connection:
            connection.execute(
                delete(documents).where(documents.c.id == document.id, documents.c.recipe == recipe)
            )
            connection.execute(insert(documents), [_document_row(document, recipe)])
            if embedded:
                connection.execute(insert(chunks), [_chunk_row(e, recipe) for e in embedded])

    def staged(self, recipe: str) -> dict[str, str]:
        """Path by document id of everything stored under ``recipe``, published or not."""
        query = select(documents.c.id, documents.c.path).where(documents.c.recipe == recipe)
        with self._engine.connect() as connection:
            return {row.id: row.path for row in connection.execute(query)}

    def current(self) -> Generation | None:
        """The newest published generation, or None before the first."""
        query = (
            select(generations.c.number, generations.c.id, generations.c.recipe)
            .where(generations.c.published_at.is_not(None))
            .order_by(generations.c.number.desc())
            .limit(1)
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return Generation(row.number, row.id, row.recipe) if row else None

    def members(self, generation: Generation, owner: Owner = Owner.CORPUS) -> dict[str, str]:
        """Document id by path of what an owner has in a generation."""
        query = (
            _members(generation)
            .where(documents.c.owner == owner)
            .with_only_columns(documents.c.path, documents.c.id)
        )
        with self._engine.connect() as connection:
            return {row.path: row.id for row in connection.execute(query)}

    def prepare(self, document_ids: Iterable[str], recipe: str) -> Generation:
        """Write down a new generation that nobody sees yet."""
        generation_id = uuid.uuid4().hex
        with self._engine.begin() as connection:
            number = connection.execute(
                insert(generations)
                .values(id=generation_id, recipe=recipe)
                .returning(generations.c.number)
            ).scalar_one()
            rows = [{"generation": number, "document_id": d} for d in sorted(document_ids)]
            if rows:
                connection.execute(insert(generation_documents), rows)
        return Generation(number, generation_id, recipe)

    def publish(self, generation: Generation, also: Within | None = None) -> None:
        """Make a prepared generation the current one, in one step.

        Args:
            generation: the generation.
            also: what has to be written in the same transaction.
        """
        with self._engine.begin() as connection:
            if also:
                also(connection)
            connection.execute(
                update(generations)
                .where(generations.c.number == generation.number)
                .values(published_at=datetime.now(UTC))
            )

    def collect(self) -> list[str]:
        """Delete what no server can need any more; the ids of generations that stay.

        That is generations never published or superseded long enough ago, and documents
        in none of those that stay.
        """
        current = self.current()
        with self._engine.begin() as connection:
            rows = connection.execute(select(generations).order_by(generations.c.number)).all()
            limit = datetime.now(UTC) - KEEP_SUPERSEDED
            kept = {
                row.number: row.id
                for row, superseded in _with_successor(rows)
                if row.published_at
                and (row.number == getattr(current, "number", None) or superseded > limit)
            }
            connection.execute(delete(generations).where(generations.c.number.not_in(kept)))
            needed = (
                select(generation_documents.c.document_id, generations.c.recipe)
                .join(generations)
                .distinct()
            )
            connection.execute(
                delete(documents).where(tuple_(documents.c.id, documents.c.recipe).not_in(needed))
            )
        return list(kept.values())

    def document(self, document_id: str) -> Document | None:
        """A document of the current generation."""
        generation = self.current()
        if generation is None:
            return None
        query = _members(generation).where(documents.c.id == document_id)
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return _document(row) if row else None

    def described(self, generation: Generation) -> dict[str, Described]:
        """Every document of a generation without its text, by id, in the order of their paths."""
        of = documents.c
        columns = [of[field.name] for field in fields(Described)]
        query = _members(generation).with_only_columns(*columns).order_by(of.path)
        with self._engine.connect() as connection:
            return {
                row.id: Described(
                    **{
                        **row._mapping,
                        "topics": tuple(json.loads(row.topics)),
                        "audience": Audience(row.audience),
                        "owner": Owner(row.owner),
                    }
                )
                for row in connection.execute(query)
            }

    def published(self, generation: Generation) -> Iterator[Document]:
        """Every document of a generation, in a fixed order, few at a time."""
        query = _members(generation).order_by(documents.c.id)
        with self._engine.connect().execution_options(yield_per=100) as connection:
            for row in connection.execute(query):
                yield _document(row)

    def chunks(self, ids: Sequence[str], recipe: str) -> dict[str, EmbeddedChunk]:
        """The chunks with the given ids, by id; one that is gone is left out."""
        keys = [(i.rsplit("-", 1)[0], int(i.rsplit("-", 1)[1])) for i in ids]
        query = _CHUNKS.where(
            chunks.c.recipe == recipe,
            # Pairs alone find no index in SQLite.
            chunks.c.document_id.in_({document for document, _ in keys}),
            tuple_(chunks.c.document_id, chunks.c.ordinal).in_(keys),
        )
        with self._engine.connect() as connection:
            found = [_embedded(row) for row in connection.execute(query)]
        return {e.chunk.id: e for e in found}

    def all_chunks(self, generation: Generation) -> Iterator[tuple[EmbeddedChunk, Audience]]:
        """Every chunk of a generation with its audience, in a fixed order, few at a time."""
        query = (
            _CHUNKS.join_from(
                documents, generation_documents,
                documents.c.id == generation_documents.c.document_id,
            )
            .where(
                chunks.c.recipe == generation.recipe,
                generation_documents.c.generation == generation.number,
            )
            .order_by(chunks.c.document_id, chunks.c.ordinal)
        )  # fmt: skip
        with self._engine.connect().execution_options(yield_per=500) as connection:
            for row in connection.execute(query):
                yield _embedded(row), Audience(row.audience)

    def count_chunks(self, generation: Generation) -> int:
        """How many chunks a generation has."""
        query = (
            select(func.count())
            .select_from(chunks)
            .join(
                generation_documents,
                generation_documents.c.document_id == chunks.c.document_id,
            )
            .where(
                chunks.c.recipe == generation.recipe,
                generation_documents.c.generation == generation.number,
            )
        )
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())


_CHUNKS = select(chunks, documents.c.title, documents.c.date, documents.c.audience).join_from(
    chunks,
    documents,
    (chunks.c.document_id == documents.c.id) & (chunks.c.recipe == documents.c.recipe),
)


def _members(generation: Generation) -> Any:
    return (
        select(documents)
        .join(generation_documents, generation_documents.c.document_id == documents.c.id)
        .where(
            documents.c.recipe == generation.recipe,
            generation_documents.c.generation == generation.number,
        )
    )


def _with_successor(rows: Sequence[Row[Any]]) -> Iterator[tuple[Row[Any], datetime]]:
    """Each generation with the time its next published one took over."""
    following = datetime.max.replace(tzinfo=UTC)
    for row in reversed(rows):
        yield row, following
        if row.published_at:
            # SQLite gives times back without their zone, PostgreSQL with its own.
            at = row.published_at
            following = at if at.tzinfo else at.replace(tzinfo=UTC)


def _document_row(document: Document, recipe: str) -> dict[str, object]:
    return {**written(document), "recipe": recipe}


def _document(row: Row[Any]) -> Document:
    return read({key: value for key, value in row._mapping.items() if key != "recipe"})


def written(document: Document) -> dict[str, Any]:
    """A document in values that a database or JSON can keep; ``read`` gives it back."""
    sections = [[s.headings, s.start, s.end] for s in document.sections]
    return {
        **{field.name: getattr(document, field.name) for field in fields(document)},
        "topics": json.dumps(document.topics, ensure_ascii=False),
        "audience": document.audience.value,
        "sections": json.dumps(sections, ensure_ascii=False),
        "places": _written(document.places),
        "owner": document.owner.value,
    }


def read(values: Mapping[str, Any]) -> Document:
    """The document that was ``written``."""
    sections = json.loads(values["sections"])
    changed = {
        "topics": tuple(json.loads(values["topics"])),
        "audience": Audience(values["audience"]),
        "sections": tuple(Section(tuple(h), start, end) for h, start, end in sections),
        "places": _places(values["places"]),
        "owner": Owner(values["owner"]),
    }
    return Document(**{**values, **changed})


def _written(places: Iterable[Place]) -> str:
    return json.dumps([[p.text, p.start, p.end] for p in places], ensure_ascii=False)


def _places(written: str) -> tuple[Place, ...]:
    return tuple(Place(*fields) for fields in json.loads(written))


def _chunk_row(embedded: EmbeddedChunk, recipe: str) -> dict[str, object]:
    chunk = embedded.chunk
    return {
        "document_id": chunk.document_id,
        "recipe": recipe,
        "ordinal": chunk.ordinal,
        "headings": json.dumps(chunk.headings, ensure_ascii=False),
        "start": chunk.start,
        "text": chunk.text,
        "sentences": json.dumps([[s.start, s.end] for s in chunk.sentences]),
        "words": "\n".join(" ".join(words) for words in chunk.words),
        "title_words": " ".join(chunk.title_words),
        "vector": embedded.vector.astype("<f4").tobytes(),
        "sentence_vectors": embedded.sentence_vectors.astype("<f2").tobytes(),
        "places": _written(chunk.places),
    }


def _embedded(row: Row[Any]) -> EmbeddedChunk:
    spans = tuple(Span(start, end) for start, end in json.loads(row.sentences))
    chunk = Chunk(
        id=f"{row.document_id}-{row.ordinal}",
        document_id=row.document_id,
        ordinal=row.ordinal,
        title=row.title,
        headings=tuple(json.loads(row.headings)),
        text=row.text,
        start=row.start,
        sentences=spans,
        words=tuple(tuple(line.split()) for line in row.words.split("\n")),
        title_words=tuple(row.title_words.split()),
        date=row.date,
        places=_places(row.places),
    )
    vector = np.frombuffer(row.vector, "<f4")
    of_sentences = np.frombuffer(row.sentence_vectors, "<f2").astype(np.float32)
    return EmbeddedChunk(chunk, vector, of_sentences.reshape(-1, len(vector)))
