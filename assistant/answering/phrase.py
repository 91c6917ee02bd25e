"""The last step: the quoted sentences as the answer, each with its numbered citation.

What is said in front of them is told by the form of the question.
"""

from __future__ import annotations

from assistant.answering import contacts
from assistant.answering.context import Context, Reading, Understood
from assistant.answering.form import lead
from assistant.answering.place import place_of
from assistant.answering.replies import Replies
from assistant.resources import load
from assistant.types import ANSWERED, Answer, Citation, Span


class Phrase:
    """Sets ``answer`` from the readings; the words are the document's own."""

    def __init__(self, replies: Replies, public_url: str) -> None:
        self._replies = replies
        self._public_url = public_url.rstrip("/")

    def __call__(self, context: Context) -> Context:
        """Quote what was read, with its number, date or yes in front where that is sure."""
        if context.understood is None or not context.readings:
            return context
        citations = tuple(self._citation(n, r) for n, r in enumerate(context.readings, 1))
        mark = load("replies")["citation_mark"]
        said = _lead(context.understood, context.readings[0], citations)
        quoted = tuple(c.quote + mark.format(number=c.number) for c in citations)
        pieces = (said, *quoted) if said else quoted
        return context.with_(
            answer=Answer(
                status=ANSWERED,
                text="".join(pieces),
                understood_as=context.understood.text,
                confidence=context.readings[0].confidence,
                citations=citations,
                lead=said,
                pieces=pieces,
                suggestions=self._replies.suggestions(context),
                hits=context.hits,
                contacts=contacts.quoted(citations),
            )
        )

    def _citation(self, number: int, reading: Reading) -> Citation:
        chunk = reading.hit.chunk
        start, end = reading.sentences[0].start, reading.sentences[-1].end
        return Citation(
            number=number,
            document_id=chunk.document_id,
            title=chunk.title,
            headings=chunk.headings,
            quote=chunk.text[start - chunk.start : end - chunk.start],
            start=start,
            end=end,
            date=chunk.date,
            url=f"{self._public_url}/documents/{chunk.document_id}?quote={start}-{end}#quote",
            emphasis=reading.span,
            place=place_of(chunk, start, end),
        )


def _lead(understood: Understood, best: Reading, citations: tuple[Citation, ...]) -> str:
    start = citations[0].start
    span = best.span and Span(best.span.start - start, best.span.end - start)
    return lead(understood.normal, [c.quote for c in citations], span)
