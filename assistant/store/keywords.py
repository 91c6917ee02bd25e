"""The keyword index: BM25 over segmented words, in tantivy, built from the database."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import tantivy

from assistant.errors import StoreError
from assistant.types import Audience, Chunk

_WRITER_BYTES = 64_000_000
_K1_PLUS_1 = 2.2  # tantivy's own, which cannot be set


class KeywordIndex:
    """Chunks by the words of their text, title and headings."""

    def __init__(self, folder: Path) -> None:
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("id", stored=True, tokenizer_name="raw")
        builder.add_text_field("audience", tokenizer_name="raw")
        # Words are cut already; a document's title stands in front of each of its chunks, as it
        # does in what is embedded, since notices name their subject there and nowhere else.
        builder.add_text_field("words", tokenizer_name="whitespace", index_option="freq")
        folder.mkdir(parents=True, exist_ok=True)
        try:
            self._index = tantivy.Index(builder.build(), path=str(folder))
            self._searcher = self._index.searcher()
        except (ValueError, OSError) as error:
            raise StoreError("keywords_unreadable") from error

    def build(self, rows: Iterable[tuple[Chunk, Audience]]) -> None:
        """Fill a new index.

        Raises:
            StoreError: the disk refuses.
        """
        try:
            writer = self._index.writer(_WRITER_BYTES, num_threads=1)
            for chunk, audience in rows:
                words = [*chunk.title_words, *(word for line in chunk.words for word in line)]
                writer.add_document(
                    tantivy.Document(id=chunk.id, audience=audience.value, words=" ".join(words))
                )
            writer.commit()
            writer.wait_merging_threads()
            self._index.reload()
        except ValueError as error:
            raise StoreError("keywords_unreadable") from error
        self._searcher = self._index.searcher()

    def count(self) -> int:
        """How many chunks there are, of all audiences."""
        return int(self._searcher.num_docs)

    def search(
        self, words: Sequence[str], limit: int, audiences: Sequence[Audience]
    ) -> list[tuple[str, float]]:
        """Up to ``limit`` (chunk id, score) that hold any of ``words``, best first.

        The score is BM25's as a share of the most that these words could reach, so that it
        means the same in a small and in a large collection.
        """
        if not words:
            return []
        schema = self._index.schema
        term = tantivy.Query.term_query
        any_word = [(tantivy.Occur.Should, term(schema, "words", w, "freq")) for w in set(words)]
        allowed = tantivy.Query.term_set_query(schema, "audience", [a.value for a in audiences])
        query = tantivy.Query.boolean_query(
            [
                (tantivy.Occur.Must, tantivy.Query.boolean_query(any_word)),
                (tantivy.Occur.Must, tantivy.Query.const_score_query(allowed, 0.0)),
            ]
        )
        hits = self._searcher.search(query, limit).hits
        most = sum(self._most(word) for word in set(words))
        return [(self._searcher.doc(at)["id"][0], float(score) / most) for score, at in hits]

    def _most(self, word: str) -> float:
        """The limit of a word's BM25 score, its inverse document frequency times k1 + 1."""
        total, holding = self._searcher.num_docs, self._searcher.doc_freq("words", word)
        return _K1_PLUS_1 * math.log(1 + (total - holding + 0.5) / (holding + 0.5))
