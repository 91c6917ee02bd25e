"""The answers to the questions of one message as one answer, below one another.

Nothing is said in it that the answers do not say, but which question has none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from assistant.answering import contacts
from assistant.answering.context import Context
from assistant.answering.phrase import mark_of, pieces_of
from assistant.answering.suggestions import SUGGESTED
from assistant.answering.wording import MARKS
from assistant.resources import load
from assistant.types import ANSWERED, Answer, Citation, Hit, Line


def together(context: Context) -> Context:
    """The context of the last question with the answer to the whole message.

    It is answered if any question is; if none is, the refusal that was nearest to answering is
    the whole reply.
    """
    each = (*context.earlier, context)
    answers = [c.answer for c in each if c.answer]
    told = [answer for answer in answers if answer.status == ANSWERED]
    answer = _one(context.parts, answers, told) if told else max(answers, key=_confidence)
    hits = _hits(each)
    understood_as = _understood_as(context, answers)
    whole = replace(answer, understood_as=understood_as, hits=hits)
    content = {w: x for c in each if c.understood for w, x in c.understood.content.items()}
    understood = context.understood and replace(
        context.understood, text=understood_as, content=content
    )
    return context.with_(answer=whole, hits=hits, understood=understood, earlier=())


def _one(parts: Sequence[str], answers: Sequence[Answer], told: Sequence[Answer]) -> Answer:
    """The answers, of which at least one is told, in their order."""
    lines = tuple(_lines(parts, answers))
    pieces = pieces_of(lines)
    citations = tuple(c for line in lines for c in line.citations)
    asked = {a.understood_as.strip(MARKS) for a in answers}
    offered = dict.fromkeys(s for a in answers for s in a.suggestions)
    return Answer(
        status=ANSWERED,
        text="".join(pieces),
        understood_as="",
        confidence=min(map(_confidence, told)),
        citations=citations,
        lead=lines[0].lead,
        lines=lines,
        pieces=pieces,
        suggestions=tuple(s for s in offered if s.strip(MARKS) not in asked)[:SUGGESTED],
        contacts=contacts.quoted(citations),
    )


def _lines(parts: Sequence[str], answers: Sequence[Answer]) -> Iterator[Line]:
    """A line for each question; one whose every word was quoted to one before needs none."""
    cited = [c for answer in answers for c in answer.citations]
    quoted: list[Citation] = []
    for part, answer in zip(parts, answers, strict=True):
        if answer.status != ANSWERED:
            yield Line(load("replies")["not_told"].format(question=part.strip(MARKS)))
            continue
        lead, new = answer.lead, []
        for at, citation in enumerate(answer.citations):
            known = next((c for c in quoted if citation.quote in c.quote), None)
            if known is None:
                new.append(replace(_widest(citation, cited), number=len(quoted) + 1))
                quoted.append(new[-1])
            elif lead and at == 0:
                # What is said in front belongs to the quote that is not repeated.
                lead += mark_of(known)
        if lead or new:
            yield Line(lead, tuple(new))


def _widest(citation: Citation, cited: Sequence[Citation]) -> Citation:
    """The longest quote that holds this one, so that none of it is quoted again below."""
    around = [c for c in cited if c.document_id == citation.document_id]
    holding = [c for c in around if c.start <= citation.start and citation.end <= c.end]
    return replace(max(holding, key=lambda c: c.end - c.start), emphasis=citation.emphasis)


def _understood_as(context: Context, answers: Sequence[Answer]) -> str:
    """What was understood; the message itself if nothing had to be put in or mended."""
    if all(a.understood_as == part for a, part in zip(answers, context.parts, strict=True)):
        return context.question.text
    return "".join(f"{answer.understood_as.strip(MARKS)}？" for answer in answers)


def _hits(each: Sequence[Context]) -> tuple[Hit, ...]:
    """The hits of all, each once: those that were read, then those rejected for all."""
    hits = [hit for context in each for hit in context.hits]
    hits.sort(key=lambda hit: bool(hit.rejected))
    once: dict[str, Hit] = {}
    for hit in hits:
        once.setdefault(hit.chunk.id, hit)
    return tuple(once.values())


def _confidence(answer: Answer) -> float:
    return answer.confidence
