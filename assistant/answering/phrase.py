"""The last step: the quoted sentences as the answer, each with its numbered citation.

What is said in front of them is told by the form of the question.
"""

from __future__ import annotations

from collections.abc import Sequence

from assistant.answering import contacts
from assistant.answering.context import Context, Reading, Understood
from assistant.answering.form import lead
from assistant.answering.place import place_of
from assistant.answering.replies import Replies
from assistant.resources import load
from assistant.types import ANSWERED, Answer, Citation, Line, Span


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
        lines = (Line(_lead(context.understood, context.readings[0], citations), citations),)
        pieces = pieces_of(lines)
        return context.with_(
            answer=Answer(
                status=ANSWERED,
                text="".join(pieces),
                understood_as=context.understood.text,
                confidence=context.readings[0].confidence,
                citations=citations,
                lead=lines[0].lead,
                lines=lines,
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


def pieces_of(lines: Sequence[Line]) -> tuple[str, ...]:
    """What the text of an answer is made of, each line after the first below the one before."""
    pieces: list[str] = []
    for line in lines:
        first = len(pieces)
        pieces += [line.lead] if line.lead else []
        pieces += [c.quote + mark_of(c) for c in line.citations]
        if first:
            pieces[first] = f"\n{pieces[first]}"
    return tuple(pieces)


def mark_of(citation: Citation) -> str:
    """What points from the text to a citation."""
    return str(load("replies")["citation_mark"].format(number=citation.number))


def _lead(understood: Understood, best: Reading, citations: tuple[Citation, ...]) -> str:
    start = citations[0].start
    span = best.span and Span(best.span.start - start, best.span.end - start)
    return lead(understood.normal, [c.quote for c in citations], span)
