"""Fills the templates that made-up notices are put together from; what they say is data.

In a template ``{a|b}`` is one of its alternatives, ``{name}`` a value from the pool of that name
(a digit behind the name asks for another value of the same pool), ``{name*mark}`` some of the
pool put together as the mark says, and ``<name:text>`` an answer that questions can ask for
(``<one+other:text>`` under two names).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from copy import copy
from datetime import date, timedelta
from random import Random

Pool = str | Sequence[str]
_INNERMOST = re.compile(r"\{([^{}]*)\}")
_RANGE = re.compile(r"(\d+)\.\.(\d+)/(\d+)")
_ORDINALS = "一二三四五六七八九十"
_DAYS = {"start": 0, "end": 1, "issued": -1, "later": 2}
_WEEKDAYS = "一二三四五六日"


class Values:
    """What fills the slots of one notice: dates and what is fixed are the same all through it.

    Args:
        pools: by name a list of texts, or ``low..high/step`` for numbers.
        fixed: by name what is known beforehand; ``year`` must be among it.
    """

    def __init__(self, pools: Mapping[str, Pool], fixed: Mapping[str, str], random: Random) -> None:
        self._pools = pools
        self._fixed = dict(fixed)
        self._known: dict[str, str] = {}  # drawn since ``renew``
        self._random = random
        self._used: dict[str, set[str]] = {}  # by pool
        self._last: dict[str, int] = {}  # by range
        self._start = date(int(fixed["year"]), 1, 8) + timedelta(random.randrange(340))
        self._gap = timedelta(random.randint(5, 40))

    def but(self, **fixed: str) -> Values:
        """The same values but for those given."""
        other = copy(self)
        other._fixed = self._fixed | fixed
        return other

    def renew(self) -> None:
        """Forget what was drawn, so that one fact does not repeat the numbers of another."""
        self._known, self._last = {}, {}

    def get(self, name: str, wording: Random) -> str:
        """The value of a slot.

        Raises:
            KeyError: there is no such pool.
        """
        if name in self._fixed:
            return self._fixed[name]
        if name not in self._known:
            self._known[name] = fill(self._drawn(name), self, wording)
        return self._known[name]

    def some(self, name: str, mark: str, wording: Random) -> str:
        """Three to six of a pool, put together as ``mark`` says."""
        pool = self._pools[name]
        count = min(self._random.randint(3, 6), len(pool))
        picked = [fill(one, self, wording) for one in self._random.sample(list(pool), count)]
        match mark:
            case "1":
                return "；".join(f"{n}.{one}" for n, one in enumerate(picked, 1))
            case "一":
                return "；".join(
                    f"{n}是{one}" for n, one in zip(_ORDINALS, picked, strict=False)
                )  # fmt: skip
            case "（1）":
                return "；".join(f"（{n}）{one}" for n, one in enumerate(picked, 1))
            case _:
                return mark.join(picked)

    def _drawn(self, name: str) -> str:
        if name.startswith("full_"):
            return f"{self._day(name[5:]).year}年{{{name[5:]}}}"
        if name.startswith("weekday_"):
            return _WEEKDAYS[self._day(name[8:]).weekday()]
        if name in _DAYS:
            day = self._day(name)
            return f"{day.month}月{day.day}日"
        base = name if name in self._pools else name.rstrip("0123456789")
        pool = self._pools[base]
        if isinstance(pool, str):
            return self._number(base, pool)
        used = self._used.setdefault(base, set())
        picked = self._random.choice([one for one in pool if one not in used] or list(pool))
        used.add(picked)
        return picked

    def _number(self, base: str, pool: str) -> str:
        """A number of the range, above those drawn before: so bounds and rises come out right."""
        match = _RANGE.fullmatch(pool)
        if match is None:
            raise ValueError(pool)
        low, high, step = map(int, match.groups())
        if base in self._last:
            low = self._last[base] + step
            high = max(low + 4 * step, (low + high) // 2)
        self._last[base] = self._random.randrange(low, high + 1, step)
        return str(self._last[base])

    def _day(self, name: str) -> date:
        return self._start + self._gap * _DAYS[name]


def fill(template: str, values: Values, wording: Random) -> str:
    """The template with its alternatives chosen by ``wording`` and its slots filled."""
    while match := _INNERMOST.search(template):
        inside = match[1]
        if "|" in inside:
            text = wording.choice(inside.split("|"))
        elif "*" in inside:
            name, mark = inside.split("*", 1)
            text = values.some(name, mark, wording)
        else:
            text = values.get(inside, wording)
        template = template[: match.start()] + text + template[match.end() :]
    return template


WHOLE = "all"
_MARK = re.compile(r"<([\w+]+):|>")


def answers(filled: str) -> tuple[str, dict[str, str]]:
    """The text without marks, and by name the answers marked in it; ``all`` is the whole."""
    text = ""
    found: dict[str, str] = {}
    opened: list[tuple[str, int]] = []
    at = 0
    for match in _MARK.finditer(filled):
        text += filled[at : match.start()]
        at = match.end()
        if match[1]:
            opened.append((match[1], len(text)))
        else:
            names, start = opened.pop()
            found |= dict.fromkeys(names.split("+"), text[start:])
    text += filled[at:]
    return text, found | {WHOLE: text}
