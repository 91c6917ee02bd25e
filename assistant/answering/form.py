"""The form of a question, and the one word that answers it in front of the quote.

The quote is the answer; the lead only says its number, date or yes first, and only where that
is sure. Choosing the quote is the reader's.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from assistant.resources import load
from assistant.types import Span

_CLAUSE = re.compile(r"[，。；：！？,;:!?\n]")
_JOINS = "和与及跟、"
_ASKED_SHARE = 0.8
"""So much of what is asked must be spoken of in the clause that holds a number or date."""


def asks_whether(question: str) -> bool:
    """Whether a folded question is to be answered by yes or no."""
    forms = load("forms")
    asked = _plain(question)
    return bool(_found(forms["whether"]["asks"], asked)) and not _found(forms["also_asks"], asked)


def lead(question: str, quotes: Sequence[str], span: Span | None = None) -> str:
    """A short sentence to put in front of the quotes, or nothing.

    Args:
        question: folded, standing by itself.
        quotes: the document's words, the best passage first.
        span: the answer within ``quotes[0]``, as a range in it, if the reader gives one.
    """
    asked = _plain(question)
    if not quotes or not _same_subject(asked, quotes):
        return ""
    forms = load("forms")
    text = (
        _whether(asked, quotes[0], forms)
        if _found(forms["whether"]["asks"], asked)
        else _date(asked, quotes, span, forms["date"]) or _amount(asked, quotes, span, forms)
    )
    return forms["lead"].format(text=text) if text else ""


def _same_subject(asked: str, quotes: Sequence[str]) -> bool:
    """Whether every name and figure of the question is in the quotes, the places in its order."""
    town = load("town_words")
    text = _folded("".join(quotes))
    names = [n for n in (*town["places"], *town["words"]) if n.lower() in asked]
    places = sorted((p for p in town["places"] if p in asked), key=asked.find)
    order = [quotes[0].find(p) for p in places if p in quotes[0]]
    figures = re.findall(r"\d+|第[一二三四五六七八九十]+", asked)
    return (
        all(n.lower() in text or n in town["home"] for n in names)
        and order == sorted(order)
        and all(f in text for f in figures)
    )


# --- 几个, 多少


def _amount(asked: str, quotes: Sequence[str], span: Span | None, forms: dict[str, Any]) -> str:
    form = forms["amount"]
    area = _found(form["asks_area"], asked)
    if not area and (not _found(form["asks"], asked) or _found(forms["also_asks"], asked)):
        return ""
    number = _compiled(form["number"])
    found = list(number.finditer(quotes[0]))
    if area:
        found = [m for m in found if re.search(form["area"], m.group())]
        sure = len(found) == 1 and "面积" in quotes[0] and _speaks(asked, quotes[0], found[0])
        return found[0].group() if sure else ""
    if span and (inside := number.search(quotes[0], span.start, span.end)):
        found = [m for m in found if m.start() == inside.start()]
        exact = inside.span() == (span.start, span.end) and _counts(asked, inside.group(), form)
        if exact and _speaks(asked, quotes[0], inside):
            return inside.group()
    fits = [said for m in found if (said := _said(asked, quotes[0], m, form))]
    return fits[0] if len(fits) == 1 else ""


def _counts(asked: str, number: str, form: dict[str, Any]) -> bool:
    """Whether a number has the unit that is asked for, if the question names one."""
    match = re.search(rf"(?:几|多少)({form['unit']})", asked)
    if not match or match.group(1) == "个":
        return True
    return bool(re.search(form["people"] if match.group(1) == "人" else match.group(1), number))


def _said(asked: str, quote: str, number: re.Match[str], form: dict[str, Any]) -> str:
    """A number of a quote as it is said, if it counts what the question asks for."""
    if not _counts(asked, number.group(), form):
        return ""
    before, after = re.split(form["asks"], asked, maxsplit=1)
    noun = re.sub(rf"^(?:{form['unit']})", "", after)
    head = noun or re.sub(form["between"], "", before).rsplit("的", 1)[-1]
    near = _before(quote, number.start(), form)
    in_all = re.search(form["in_all"], asked) and re.search(form["in_all"], quote)
    apart = near.removesuffix(head)[-1:] not in tuple(_JOINS)
    sure = (in_all and apart) or (near.endswith(head) and _unqualified(asked, near, head, form))
    if head and near.endswith(head) and sure:
        return number.group() if _speaks(asked, quote, number) else ""
    behind = _CLAUSE.split(quote[number.end() : number.end() + 8])[0]
    kind = noun[:2]
    before_object, found, _ = quote.rpartition(noun[-2:] or "\n")
    plain = not found or _unqualified(asked, before_object + found, found, form)
    if len(kind) == 2 and kind in behind and plain and _speaks(asked, quote, number):
        # With what qualifies it, since a mainstream medium is not just any: 10余家主流媒体.
        qualified = "" if behind.startswith(kind) else behind[: behind.find(kind) + 2]
        return number.group() + qualified
    only = len(_compiled(form["number"]).findall(quote)) == 1
    telling = re.search(form["telling"], number.group())
    return number.group() if telling and only and _speaks(asked, quote, number) else ""


def _unqualified(asked: str, text: str, noun: str, form: dict[str, Any]) -> bool:
    """Whether nothing in front of the noun that ends a text makes it another than is asked for."""
    before = text.removesuffix(noun)
    if re.search(form["plain_before"], before):
        return True
    return before[-1] in asked and before[-1] not in _JOINS


def _before(quote: str, at: int, form: dict[str, Any]) -> str:
    """What stands in front of a number in its clause; behind 、 only if a number ends there too."""
    text = _CLAUSE.split(quote[:at])[-1]
    *earlier, last = text.split("、")
    if earlier and _compiled(form["number"]).search(earlier[-1]):
        text = last
    return re.sub(form["between"], "", text)


# --- 什么时候


def _date(asked: str, quotes: Sequence[str], span: Span | None, form: dict[str, Any]) -> str:
    if not _found(form["asks"], asked) or _found(form["also_asks"], asked):
        return ""
    looks, quote = _compiled(form["looks"]), quotes[0]
    found = [m for m in looks.finditer(quote) if not re.match(form["open"], quote[m.end() :])]
    if span:
        found = [m for m in found if span.start <= m.start() and m.end() <= span.end]
    edge = _found(form["edges"], asked)
    if len({m.group() for m in found}) != 1 or (edge and edge.group() not in quote):
        return ""
    text = found[0].group()
    exact = all(re.search(w, text) for ask, w in form["exact"] if re.search(ask, asked))
    return text if exact and any(_speaks(asked, quote, m) for m in found) else ""


def _speaks(asked: str, quote: str, found: re.Match[str]) -> bool:
    """Whether the clause around what was found speaks of what is asked."""
    clauses, at = [], 0
    for end in (*(m.end() for m in _CLAUSE.finditer(quote)), len(quote)):
        if at <= found.start() < end:
            clauses.append(quote[at:end])
            break
        clauses.append(quote[at:end])
        at = end
    around = clauses[-1]
    if len(around.strip()) - len(found.group()) < 4:  # 共20余场次 goes on from what is before it
        around = "".join(clauses[-2:])
    wanted = set(_content(asked))
    return len(wanted & set(_folded(around))) >= _ASKED_SHARE * len(wanted)


def _content(asked: str) -> str:
    """The characters of a question that say what it is about."""
    forms = load("forms")
    amount = forms["amount"]
    for pattern in (forms["date"]["asks"], f"(?:{amount['asks']})(?:{amount['unit']})?"):
        asked = re.sub(pattern, "", asked)
    return re.sub(forms["little"], "", asked)


# --- 有没有, 是不是


def _whether(asked: str, quote: str, forms: dict[str, Any]) -> str:
    form = forms["whether"]
    doubts = re.search(form["doubts"], quote) or re.search("不(?!不)是?[^是能可会]|没(?!有)", asked)
    if doubts or _found(forms["also_asks"], asked):
        return ""
    reply: str = form["reply"]
    if _states(asked, quote, form):
        return next((word for ask, word in form["replies"] if re.search(ask, asked)), reply)
    there_is = form["there_is"]
    match = re.match(there_is["asks"], asked)
    return str(there_is["reply"]) if match and _tells_of(match, quote, there_is) else ""


def _states(asked: str, quote: str, form: dict[str, Any]) -> bool:
    """Whether a quote is the very statement that is asked about, but for little words."""
    for ask, put in form["puts"].items():
        asked = asked.replace(ask, put)
    wanted = re.sub(form["little"], "", re.sub(form["drops"], "", asked))
    told = re.sub(form["little_in_quotes"], "", quote)
    whole = re.sub(form["little"], "", told)
    clauses = (re.sub(form["little"], "", clause) for clause in _CLAUSE.split(told))
    return bool(wanted) and (wanted == whole or wanted in tuple(clauses))


def _tells_of(match: re.Match[str], quote: str, form: dict[str, Any]) -> bool:
    """Whether a quote says that there is the thing asked for: all of its words, as a whole thing."""
    where, what = ([p for p in re.split(form["parts"], part) if p] for part in match.groups())
    if not what or not all(part in quote for part in (*where, *what)):
        return False
    if re.search(form["gone"], quote) or not _at_home(match.string, quote):
        return False
    for says in re.finditer(form["says"], quote):
        for part in what:
            at = quote.find(part, says.end())
            if at >= 0 and re.match(form["ends"], quote[at + len(part) :]):
                return True
    return False


def _at_home(asked: str, quote: str) -> bool:
    """Whether a quote, if it names places, names the town or one that is asked about."""
    town = load("town_words")
    named = [p for p in town["places"] if p in quote]
    return not named or any(p in asked or p in town["home"] for p in named)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


def _plain(question: str) -> str:
    return re.sub(r"[呢呀啊吧嘛?？!！。\s]+$", "", question.strip())


def _found(pattern: str, text: str) -> re.Match[str] | None:
    return re.search(pattern, text)


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\s+", "", pattern))
