"""What WeChat's channel keeps: questions being answered, answers waiting, and whose they are.

People and messages are told apart by keyed hashes; who they are is not kept.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, Row, and_, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from assistant.store.tables import (
    conversations,
    wechat_conversations,
    wechat_jobs,
    wechat_signatures,
)
from assistant.types import Audience

jobs = wechat_jobs


@dataclass(frozen=True, slots=True)
class NewJob:
    """A message that arrived.

    ``refers`` is the job whose ``part`` it asks for, or empty where it is a question itself.
    One with ``parts`` is answered already. Times are seconds since 1970.
    """

    id: str
    channel: str
    person: str
    question: str = ""
    audience: Audience = Audience.RESIDENTS
    refers: str = ""
    part: int = 0
    parts: tuple[str, ...] = ()
    label: str = ""
    response_url: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """A message with what became of it; ``deliveries`` counts how often it arrived.

    ``parts`` are the answer's once it is ``done``, the first ``delivered`` of them were shown.
    ``hinted``: the person was told that the answer will come later.
    """

    id: str
    channel: str
    person: str
    audience: Audience
    question: str
    created_at: float
    deliveries: int
    refers: str
    part: int
    claimed_until: float
    done: bool
    hinted: bool
    parts: tuple[str, ...]
    label: str
    delivered: int
    response_url: str


class WechatStore:
    """Reads and writes jobs; each method is one transaction, safe among several workers."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def is_message_of(self, signature: str, message: str, now: float) -> bool:
        """Whether a signature was never seen, or seen with this very message."""
        seen = wechat_signatures
        known = select(seen.c.message).where(seen.c.signature == signature)
        try:
            with self._engine.begin() as connection:
                connection.execute(
                    insert(seen).values(signature=signature, message=message, seen_at=now)
                )
            return True
        except IntegrityError:
            with self._engine.connect() as connection:
                return connection.execute(known).scalar() == message

    def arrive(self, new: NewJob, now: float) -> Job:
        """Keep a message that arrives first, or count that it arrived again."""
        again = update(jobs).where(jobs.c.id == new.id).values(deliveries=jobs.c.deliveries + 1)
        with self._engine.begin() as connection:
            if connection.execute(again).rowcount:
                return _job(_row(connection, new.id))
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(jobs).values(**_values(new, now)))
                return _job(_row(connection, new.id))
        except IntegrityError:  # it arrived twice at once
            with self._engine.begin() as connection:
                connection.execute(again)
                return _job(_row(connection, new.id))

    def get(self, job: str) -> Job | None:
        """A job, unless it was erased."""
        with self._engine.connect() as connection:
            row = connection.execute(select(jobs).where(jobs.c.id == job)).first()
        return _job(row) if row else None

    def claim(self, job: str, worker: str, now: float, until: float) -> bool:
        """Take an unanswered job that no living worker has; whether this one has it now."""
        free = and_(jobs.c.id == job, ~jobs.c.done, jobs.c.claimed_until < now)
        mine = update(jobs).where(free).values(worker=worker, claimed_until=until)
        with self._engine.begin() as connection:
            return connection.execute(mine).rowcount == 1

    def hold(self, worker: str, held: tuple[str, ...], until: float) -> None:
        """Keep a worker's claims until later."""
        mine = and_(jobs.c.id.in_(held), jobs.c.worker == worker, ~jobs.c.done)
        with self._engine.begin() as connection:
            connection.execute(update(jobs).where(mine).values(claimed_until=until))

    def release(self, worker: str) -> None:
        """Give up all of a worker's claims."""
        mine = and_(jobs.c.worker == worker, ~jobs.c.done)
        with self._engine.begin() as connection:
            connection.execute(update(jobs).where(mine).values(claimed_until=0.0))

    def unclaimed(self, now: float) -> list[Job]:
        """Unanswered questions that no living worker has, oldest first."""
        free = and_(~jobs.c.done, jobs.c.claimed_until < now, jobs.c.refers == "")
        with self._engine.connect() as connection:
            rows = connection.execute(select(jobs).where(free).order_by(jobs.c.created_at))
            return [_job(row) for row in rows]

    def finish(
        self, job: Job, parts: tuple[str, ...], label: str, conversation: str | None
    ) -> bool:
        """Keep an answer, the first one if several workers have made one.

        Where the person left meanwhile, the conversation is erased; whether the job is there.
        """
        values = {"done": True, "parts": json.dumps(parts), "label": label, "question": ""}
        with self._engine.begin() as connection:
            undone = and_(jobs.c.id == job.id, ~jobs.c.done)
            connection.execute(update(jobs).where(undone).values(**values))
            is_there = connection.execute(select(jobs.c.id).where(jobs.c.id == job.id)).first()
            if conversation and is_there:
                _link(connection, conversation, job.person)
            elif conversation:
                gone = conversations.c.id == conversation
                connection.execute(delete(conversations).where(gone))
            return is_there is not None

    def delivered(self, job: str, count: int) -> None:
        """The first ``count`` parts were shown."""
        fewer = and_(jobs.c.id == job, jobs.c.delivered < count)
        with self._engine.begin() as connection:
            connection.execute(update(jobs).where(fewer).values(delivered=count))

    def show(self, job: str, part: int, message: str) -> bool:
        """Note that a part is shown in reply to a message; false where it was to another one.

        What is asked for twice before it is there would else be shown twice.
        """
        fewer = and_(jobs.c.id == job, jobs.c.delivered <= part)
        own = jobs.c.id == message
        with self._engine.begin() as connection:
            first = connection.execute(update(jobs).where(fewer).values(delivered=part + 1))
            if message == job:
                return True
            if first.rowcount:
                connection.execute(update(jobs).where(own).values(delivered=1))
                return True
            return bool(connection.execute(select(jobs.c.delivered).where(own)).scalar())

    def hint(self, job: str) -> None:
        """The person was told that the answer comes later."""
        with self._engine.begin() as connection:
            connection.execute(update(jobs).where(jobs.c.id == job).values(hinted=True))

    def pending(self, person: str, before: float) -> Job | None:
        """The oldest answer that a person still waits for.

        One of a message that arrived after ``before`` may yet be delivered by itself, unless
        the person was told otherwise or has seen its beginning.
        """
        waited = or_(jobs.c.hinted, jobs.c.created_at < before, jobs.c.delivered > 0)
        mine = and_(jobs.c.person == person, jobs.c.refers == "", waited)
        with self._engine.connect() as connection:
            for row in connection.execute(select(jobs).where(mine).order_by(jobs.c.created_at)):
                job = _job(row)
                if not job.done or job.delivered < len(job.parts):
                    return job
        return None

    def conversation(self, person: str) -> str | None:
        """The conversation that a person used last."""
        both = wechat_conversations.join(conversations)
        last = (
            select(conversations.c.id)
            .select_from(both)
            .where(wechat_conversations.c.person == person)
            .order_by(conversations.c.last_used_at.desc())
            .limit(1)
        )
        with self._engine.connect() as connection:
            found: str | None = connection.execute(last).scalar()
        return found

    def erase(self, person: str) -> None:
        """Forget a person: what they asked, what they were answered, what waits for them."""
        theirs = select(wechat_conversations.c.conversation_id).where(
            wechat_conversations.c.person == person
        )
        with self._engine.begin() as connection:
            connection.execute(delete(jobs).where(jobs.c.person == person))
            connection.execute(delete(conversations).where(conversations.c.id.in_(theirs)))

    def expire(self, jobs_before: float, signatures_before: float) -> None:
        """Delete what is older than the given times."""
        with self._engine.begin() as connection:
            connection.execute(delete(jobs).where(jobs.c.created_at < jobs_before))
            old = wechat_signatures.c.seen_at < signatures_before
            connection.execute(delete(wechat_signatures).where(old))


def _link(connection: Connection, conversation: str, person: str) -> None:
    known = select(wechat_conversations).where(
        wechat_conversations.c.conversation_id == conversation
    )
    if connection.execute(known).first() is None:
        connection.execute(
            insert(wechat_conversations).values(conversation_id=conversation, person=person)
        )


def _values(new: NewJob, now: float) -> dict[str, object]:
    return {
        "id": new.id,
        "channel": new.channel,
        "person": new.person,
        "audience": new.audience.value,
        "question": new.question,
        "created_at": now,
        "deliveries": 1,
        "refers": new.refers,
        "part": new.part,
        "worker": "",
        "claimed_until": 0.0,
        # What only asks for another's answer is never worked on.
        "done": bool(new.parts or new.refers),
        "hinted": False,
        "parts": json.dumps(new.parts),
        "label": new.label,
        "delivered": len(new.parts),
        "response_url": new.response_url,
    }


def _row(connection: Connection, job: str) -> Row[tuple[object, ...]]:
    return connection.execute(select(jobs).where(jobs.c.id == job)).one()


def _job(row: Row[tuple[object, ...]]) -> Job:
    values = row._asdict()
    del values["worker"]
    values["parts"] = tuple(json.loads(values["parts"]))
    values["audience"] = Audience(values["audience"])
    return Job(**values)
