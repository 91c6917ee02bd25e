"""Retrieval: nearest by vector and best by words, fused into one list that keeps what it drops."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from numpy.typing import NDArray
from pydantic import ConfigDict

from assistant.answering.context import Understood
from assistant.answering.query_vectors import QueryEmbedder
from assistant.answering.understand import Understand
from assistant.resources import load
from assistant.store.documents import DocumentStore, EmbeddedChunk
from assistant.store.search_index import SearchIndex
from assistant.types import Audience, Hit

DEEPEST = 16
"""How many times as many candidates are sought at most where only some documents are looked in."""


class HybridRetriever(BaseRetriever):
    """LangChain's retriever over one search index, for one kind of reader.

    Gives every candidate as a document, best first; ``metadata["hit"]`` is the ``Hit`` with its
    scores and, where it is not to be read, the reason.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    understand: Understand
    embedder: QueryEmbedder
    store: DocumentStore
    index: SearchIndex
    audience: Audience = Audience.RESIDENTS
    documents: frozenset[str] | None = None
    """Ids of the documents to look in; all that the audience may read if None."""

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        del run_manager  # nothing here calls further runnables
        return [
            Document(id=hit.chunk.id, page_content=hit.chunk.text, metadata={"hit": hit})
            for hit in self.search(self.understand.read(query))
        ]

    def search(self, understood: Understood) -> list[Hit]:
        """Every candidate with its scores, those to be read first, each part best first."""
        question = self.embedder.encode_query(understood.normal)
        ids, worded = self._candidates(understood, question)
        found = self.store.chunks(ids, self.index.generation.recipe)
        hits = [
            _hit(embedded, question, worded.get(embedded.chunk.id, 0.0))
            for embedded in (found[i] for i in ids if i in found)
        ]
        return ranked(hits)

    def _candidates(
        self, understood: Understood, question: NDArray[np.float32]
    ) -> tuple[list[str], dict[str, float]]:
        """The ids of the chunks to look at, and the scores of those found by words.

        Where only some documents are looked in, more are sought until there are enough of them:
        neither index knows of documents.
        """
        tuning = load("search")
        audiences = tuple(Audience) if self.audience is Audience.STAFF else (Audience.RESIDENTS,)
        words = list(understood.content)
        depth = 1
        while True:
            near = self.index.vectors.search(
                question, tuning["vector_candidates"] * depth, audiences
            )
            worded = dict(
                self.index.keywords.search(words, tuning["keyword_candidates"] * depth, audiences)
            )
            ids = list(dict.fromkeys([*(i for i, _ in near), *worded]))
            if self.documents is None:
                return ids, worded
            ids = [i for i in ids if i.rsplit("-", 1)[0] in self.documents]
            if not self.documents or len(ids) >= tuning["chunks_read"] or depth >= DEEPEST:
                return ids, worded
            depth *= 4


def _hit(embedded: EmbeddedChunk, question: NDArray[np.float32], keyword: float) -> Hit:
    return Hit(
        chunk=embedded.chunk,
        vector=float(embedded.vector @ question),
        keyword=keyword,
        fused=0.0,
        sentence_vectors=tuple((embedded.sentence_vectors @ question).tolist()),
    )


def ranked(hits: list[Hit]) -> list[Hit]:
    """Fuse by a weighted sum of both scores, each over its range among the candidates.

    The first few are to be read, the others are rejected for their rank.
    """
    if not hits:
        return []
    tuning = load("search")
    vectors = _scaled([hit.vector for hit in hits])
    keywords = _scaled([hit.keyword for hit in hits], low=0.0)
    share = tuning["vector_share"]
    fused = [
        replace(hit, fused=share * v + (1 - share) * k)
        for hit, v, k in zip(hits, vectors, keywords, strict=True)
    ]
    fused.sort(key=lambda hit: (-hit.fused, hit.chunk.id))
    read = int(tuning["chunks_read"])
    return fused[:read] + [replace(hit, rejected="rank") for hit in fused[read:]]


def _scaled(scores: list[float], low: float | None = None) -> list[float]:
    bottom = min(scores) if low is None else low
    width = max(scores) - bottom
    return [(score - bottom) / width if width else 0.0 for score in scores]
