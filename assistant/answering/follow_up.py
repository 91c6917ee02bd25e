"""What a question leaves to the conversation before it, put in; answering it is left to others."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answering.wording import MARKS, Wording, bare
from assistant.resources import load
from assistant.segment import Segmenter, sentences
from assistant.types import ANSWERED, Turn

_MARK = re.compile(r"\[\d+\]")
_NUMBERS = "零一二三四五六七八九十"
_WITH = ("和", "跟", "与")
_MORE = "还有"
_WHY = ("为什么", "为何", "为啥")
TURNS = 5
"""How many turns back is looked."""


@dataclass(frozen=True, slots=True)
class Before:
    """An earlier turn, folded: the question as understood and the sentences of its answer.

    ``said`` is empty if it was refused.
    """

    asked: str
    subject: str
    topic: str
    said: tuple[str, ...]


class FollowUp:
    """Gives a question that stands by itself for one that does not."""

    def __init__(self, segmenter: Segmenter) -> None:
        data = load("follow_up")
        town = load("town_words")
        self._normalise = segmenter.normalise
        self._wording = Wording(segmenter)
        self._home: str = town["home"]
        self._places = frozenset(town["places"])
        self._pronouns = re.compile(data["pronouns"])
        self._ordinals = re.compile(data["ordinals"])
        self._demonstratives = re.compile(data["demonstratives"])
        self._tied = re.compile(data["tied"])
        self._verb_first = re.compile(data["verb_first"])
        self._about_statement = re.compile(data["about_statement"])
        self._few_words: int = data["few_words"]
        self._people = re.compile(data["people"])
        self._own_acts = re.compile(data["own_acts"])
        self._again = re.compile(data["again"])
        self._apart = re.compile(data["apart"])

    def resolve(self, question: str, turns: Sequence[Turn]) -> str:
        """``question`` as it is if it stands by itself, else folded and with its subject.

        Args:
            question: as asked.
            turns: those before it, oldest first.
        """
        before = [b for turn in reversed(turns[-TURNS:]) if (b := self._before(turn))]
        text = self._normalise(question)
        start, end = self._wording.core(text)
        asked, ending = text[start:end].strip(MARKS), text[end:].strip(MARKS)
        if not before or not any(map(str.isalnum, asked)) or self._apart.search(text):
            return question
        if self._again.search(asked):
            return turns[-1].understood_as
        signed = start > 0 or ending != ""
        resolved = (
            self._of_a_list(asked, before)
            or self._with_a_pronoun(asked, before)
            or self._of_another(asked, before[0], signed)
            or self._without_subject(asked, before)
        )
        if resolved is None or resolved == asked:
            return question
        mark = "？" if text.endswith("?") else ""
        # 面积呢 after which 那启隆呢 is asked has its 呢 already.
        whole = resolved.endswith(ending) or (
            self._wording.asks(resolved) and not resolved.endswith(f" {asked}")
        )
        return f"{resolved}{'' if whole else ending}{mark}"

    def _before(self, turn: Turn) -> Before | None:
        """A turn that names something, and is about the documents as far as one can tell."""
        asked = self._normalise(turn.understood_as)
        answer = self._normalise(turn.answer)
        answered = turn.status == ANSWERED
        things = self._wording.things(asked)
        known = self._wording.names(asked) or any(thing in answer for thing in things)
        if not things or not (answered or known):
            return None
        plain = _MARK.sub("\n", answer)
        said = tuple(plain[s.start : s.end] for s in sentences(plain)) if answered else ()
        return Before(asked, self._wording.subject(asked), self._wording.topic(asked), said)

    # --- 第二个呢, 它有多大, 这三个镇属于哪里

    def _of_a_list(self, asked: str, before: Sequence[Before]) -> str | None:
        """第二个 replaced by the second of those that were listed last."""
        match = self._ordinals.search(asked)
        if not match or self._wording.things(asked):
            return None
        for turn in before:
            items = max((self._wording.items(line) for line in turn.said), key=len, default=[])
            at = _position(match, len(items))
            if at is not None:
                named = asked.replace(match.group(), items[at])
                return named if self._wording.names(items[at]) else f"{turn.subject} {named}"
        return None

    def _with_a_pronoun(self, asked: str, before: Sequence[Before]) -> str | None:
        """它, 那里, 这三个镇 replaced by what was named."""
        match = self._pronouns.search(asked)
        if match and not self._wording.things(asked[: match.start()]):
            some = match.lastindex is not None
            named = self._all_meant(before[0]) if some else self._meant(before[0])
            return asked.replace(match.group(), named, 1) if asked != match.group() else None
        match = self._demonstratives.search(asked)
        if not match or self._wording.things(asked[: match.start()]):
            return None
        rest = asked[match.end() :]
        # A measure word is followed by a noun, whatever a dictionary takes it for: 这篇报道.
        measured = match.group().startswith("该") or match.group(2) not in (None, "个")
        kind = self._wording.first(rest) if measured else self._wording.kind(rest)
        if not kind:
            if self._wording.things(rest):
                return asked
            return asked.replace(match.group(), self._meant(before[0]), 1)
        phrase = match.group() + kind
        for turn in before:
            if phrase in turn.asked:
                return asked
            if named := self._of_kind(kind, match.group(1), turn):
                return asked.replace(phrase, named, 1)
        # A kind of thing that nobody spoke of is no pronoun: 这个时候, 那个花博会.
        alone = len(kind) > 1 and self._wording.words(kind)
        return asked if alone else f"{before[0].topic} {asked}"

    def _of_kind(self, kind: str, number: str | None, turn: Before) -> str:
        """The names of a kind that a turn brought up, its answer's own first; else its subject."""
        lines = "\n".join(turn.said)
        fits = [n for n in self._wording.names(lines) if bare(n).endswith(kind)]
        new = [n for n in fits if bare(n) not in turn.asked]
        if number and number != "一":
            return "、".join(new or fits)
        old = [n for n in self._wording.names(turn.asked) if bare(n).endswith(kind)]
        if named := (new or old):
            return named[-1]
        return turn.subject if turn.subject.endswith(kind) else ""

    def _meant(self, turn: Before) -> str:
        """What 它 stands for: the thing that was asked for by its kind, or the subject."""
        if named := self._named(turn):
            return named[0]
        owner, has, thing = turn.topic.partition("有")
        if has and self._wording.things(owner) and self._wording.things(thing):
            return f"{owner}的{thing}"  # 启隆镇有公交吗
        return turn.subject

    def _all_meant(self, turn: Before) -> str:
        """What 它们 stands for."""
        return "、".join(self._named(turn)) or turn.subject

    def _named(self, turn: Before) -> list[str]:
        """The names that an answer gives of the kind that was asked for."""
        names = self._wording.names("\n".join(turn.said))
        kinds = tuple(self._wording.asked_kinds(turn.asked))
        return [n for n in names if bare(n).endswith(kinds) and bare(n) not in turn.asked]

    # --- 那启隆呢

    def _of_another(self, asked: str, turn: Before, signed: bool) -> str | None:
        """The question before, asked of another."""
        wording = self._wording
        tied = asked.startswith(_WITH)
        if (wording.asks(asked) and not tied) or not (signed or tied) or wording.attributes(asked):
            return None
        names, others = wording.names(asked), wording.names(turn.asked)
        known = {*wording.words("，".join(names)), *wording.words(turn.asked)}
        if names and set(wording.words(asked)) <= known and (old := self._like(names[0], others)):
            return turn.asked.replace(old, names[0], 1).rstrip(MARKS)
        if names or not wording.things(asked) or not signed:
            return None
        if self._people.search(asked) and not self._people.search(turn.subject):
            start, end = wording.core(turn.asked)
            return f"{turn.asked[start:end].strip(MARKS)} {asked}"  # 票价多少, 老人呢
        owners = [n for n in wording.names(turn.subject) if turn.subject.startswith(n)]
        if owners and bare(owners[0]) == bare(turn.subject):
            return f"{owners[0]}的{asked}"
        head = f"{owners[0]}的" if owners else ""
        return turn.asked.replace(turn.subject, f"{head}{asked}", 1).rstrip(MARKS)

    def _like(self, name: str, others: Sequence[str]) -> str | None:
        """Which of the names another takes the place of: one of its sort and ending, home last."""
        alike = [o for o in others if (o in self._places) == (name in self._places)]
        alike.sort(key=lambda o: (bare(o)[-1] != bare(name)[-1], self._home.startswith(o)))
        return alike[0] if alike and name not in others else None

    # --- 面积呢, 几点开, 为什么

    def _without_subject(self, asked: str, before: Sequence[Before]) -> str | None:
        wording = self._wording
        turn, names = before[0], wording.names(asked)
        if names:
            own = set(wording.things(asked)) - set(wording.things("，".join(names)))
            said = {*wording.words("，".join(names)), *wording.words(turn.asked)}
            tied = self._tied.match(asked) and not own and set(wording.words(asked)) <= said
            return f"{turn.subject}{asked}" if tied else None
        if len(wording.words(asked)) > self._few_words or self._own_acts.match(asked):
            return None
        if wording.things(asked) and not self._verb_first.match(asked):
            return None
        matter = wording.matter(asked)
        if matter and not any(matter in said for said in (turn.asked, *turn.said)):
            return None
        if attributes := wording.attributes(asked):
            owner = self._owner(attributes[0], before)
            joint = "的" if asked.startswith(attributes[0]) else ""
            return f"{owner}{joint}{asked}" if owner else None
        return self._led_in(asked, turn)

    def _owner(self, attribute: str, before: Sequence[Before]) -> str:
        """The last thing named that may have the attribute."""
        of = self._wording.owner(attribute)
        for turn in before:
            phrases = [turn.subject, self._meant(turn), *self._wording.owners(turn.asked)]
            if self._named(turn) and phrases[1] not in self._places:
                phrases.insert(0, phrases[1])
            for phrase in map(self._wording.without_attribute, phrases):
                if of and of.search(phrase):
                    return phrase
        return ""

    def _led_in(self, asked: str, turn: Before) -> str:
        """A question that names nothing, behind what the last one was about."""
        wording = self._wording
        if wording.words(asked) and not asked.startswith(_MORE):
            owner, has, thing = turn.topic.partition("有")
            if has and any(w in owner and w not in thing for w in wording.words(asked)):
                return f"{owner}{asked}"  # 互派干部有导师帮带制吗, 派了几批
            meant = self._meant(turn)
            if self._named(turn) and meant not in self._places:
                return f"{meant}{asked}"
            if set(wording.things(turn.topic)) <= set(wording.things(meant)):
                lost = [kind for kind in wording.asked_kinds(turn.asked) if kind in turn.topic]
                return f"{turn.topic} {asked}" if lost else f"{meant}{asked}"
            return f"{turn.topic} {asked}"
        about = turn.topic
        told = [line for line in turn.said if any(t in line for t in wording.things(about))]
        if self._about_statement.search(asked) and turn.topic == turn.subject and told:
            about = max(told, key=len).strip(MARKS)
        if asked.startswith(_WHY):
            return f"{asked}{about}"
        return f"{about}{'' if about == turn.subject else ' '}{asked}"


def _position(match: re.Match[str], count: int) -> int | None:
    """The index that an ordinal means in a list of ``count``; none if the list is shorter."""
    numeral, last = match.groups()
    if last:
        at = 0 if last == "前者" else count - 1
    else:
        numeral = numeral.replace("两", "二")
        at = (int(numeral) if numeral.isdigit() else _NUMBERS.index(numeral)) - 1
    return at if 0 <= at < count and count > 1 else None
