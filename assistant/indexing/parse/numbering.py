"""The numbers of a Word document's lists (第一条, （二）, 3.), which are nowhere in its text."""

from __future__ import annotations

import re

from docx.document import Document
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph
from lxml import etree

_DIGITS = "〇一二三四五六七八九"
_CHINESE = {
    "chineseCounting", "chineseCountingThousand", "taiwaneseCountingThousand",
    "japaneseCounting", "ideographDigital", "chineseLegalSimplified",
}  # fmt: skip
_PLACEHOLDER = re.compile(r"%(\d)")
_DEEPEST = 9


class Numbering:
    """Counts the numbered paragraphs of one document in their order."""

    def __init__(self, document: Document) -> None:
        self._levels: dict[str, list[etree._Element | None]] = {}
        self._abstract: dict[str, str] = {}
        self._counts: dict[str, list[int]] = {}
        try:
            root = document.part.numbering_part.element
        except (KeyError, NotImplementedError):
            return  # a document without lists
        for abstract in root.iter(qn("w:abstractNum")):
            levels: list[etree._Element | None] = [None] * _DEEPEST
            for level in abstract.iter(qn("w:lvl")):
                depth = int(level.get(qn("w:ilvl"), "0"))
                if depth < _DEEPEST:
                    levels[depth] = level
            self._levels[abstract.get(qn("w:abstractNumId"), "")] = levels
        for number in root.iter(qn("w:num")):
            found = number.find(qn("w:abstractNumId"))
            if found is not None:
                self._abstract[number.get(qn("w:numId"), "")] = found.get(qn("w:val"), "")

    def mark(self, paragraph: Paragraph) -> str:
        """The number in front of a paragraph, counted on; empty for bullets and plain ones."""
        properties = _numbered(paragraph)
        if properties is None:
            return ""
        depth = min(int(_value(properties, "w:ilvl") or 0), _DEEPEST - 1)
        abstract = self._abstract.get(_value(properties, "w:numId"), "")
        levels = self._levels.get(abstract, [None] * _DEEPEST)
        level = levels[depth]
        if level is None or _value(level, "w:numFmt") in ("", "bullet", "none"):
            return ""
        counts = self._counts.setdefault(abstract, [0] * _DEEPEST)
        counts[depth] = (counts[depth] or _start(level) - 1) + 1
        counts[depth + 1 :] = [0] * (_DEEPEST - depth - 1)

        def number(found: re.Match[str]) -> str:
            at = min(max(int(found[1]) - 1, 0), _DEEPEST - 1)
            of = levels[at]
            return _written(counts[at] or 1, _value(of, "w:numFmt") if of is not None else "")

        mark = _PLACEHOLDER.sub(number, _value(level, "w:lvlText"))
        return mark if mark.endswith(("、", "）", ")", ".", "．")) else f"{mark} "


def _numbered(paragraph: Paragraph) -> etree._Element | None:
    """The list properties of a paragraph or of its style."""
    found = paragraph._p.find(f"{qn('w:pPr')}/{qn('w:numPr')}")
    style = paragraph.style
    if found is None and style is not None:
        found = style.element.find(f"{qn('w:pPr')}/{qn('w:numPr')}")
    return None if found is None or _value(found, "w:numId") in ("", "0") else found


def _value(element: etree._Element, name: str) -> str:
    found = element.find(qn(name))
    return "" if found is None else str(found.get(qn("w:val"), ""))


def _start(level: etree._Element) -> int:
    start = _value(level, "w:start")
    return int(start) if start.isdecimal() else 1


def _written(number: int, style: str) -> str:
    if style in _CHINESE:
        return _chinese(number)
    if style in ("lowerLetter", "upperLetter") and number <= 26:
        return chr((97 if style == "lowerLetter" else 65) + number - 1)
    return str(number)


def _chinese(number: int) -> str:
    """1 to 999 in Chinese numerals, others in digits."""
    if not 0 < number < 1000:
        return str(number)
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    text = f"{_DIGITS[hundreds]}百" if hundreds else ""
    if tens:
        text += ("" if tens == 1 and not hundreds else _DIGITS[tens]) + "十"
    elif hundreds and ones:
        text += "零"
    return text + (_DIGITS[ones] if ones else "")
