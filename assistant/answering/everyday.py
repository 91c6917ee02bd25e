"""Puts what people call things in the words that the town's documents have for them.

房产证 becomes 不动产权证书 where the documents write the one and not the other; so nothing that
they say themselves is changed. The words are in ``resources/everyday.yml``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import accumulate

from assistant.resources import load
from assistant.segment import Segmenter


class Everyday:
    """Knows the words; which documents there are is told with every question."""

    def __init__(self, segmenter: Segmenter) -> None:
        self._segmenter = segmenter
        self._written: dict[str, list[str]] = load("everyday")["written"]
        longest_first = sorted(self._written, key=len, reverse=True)
        self._said = re.compile("|".join(map(re.escape, longest_first)))

    def written(
        self, asked: str, attested: Callable[[str], bool]
    ) -> tuple[str, list[tuple[str, str]]]:
        """``asked`` in the documents' words; each (was, now) in order.

        Args:
            asked: a question.
            attested: whether the documents write a word, folded.
        """
        text, changes = "", []
        done = 0
        for start, end, word in self._found(asked, attested):
            text += asked[done:start] + word
            changes.append((asked[start:end], word))
            done = end
        return text + asked[done:], changes

    def _found(self, asked: str, attested: Callable[[str], bool]) -> Iterator[tuple[int, int, str]]:
        """Where a word is said that has another in the documents, and that one."""
        folded, origins = self._segmenter.aligned(asked)
        borders = {0, *accumulate(map(len, self._segmenter.cut(folded)))}
        for said in self._said.finditer(folded):
            # 出生证明 and 户口本来 hold 出生证 and 户口本 across their words.
            if not borders.issuperset(said.span()) or attested(said.group()):
                continue
            word = next(filter(attested, self._written[said.group()]), None)
            if word:
                yield origins[said.start()], origins[said.end() - 1] + 1, word
