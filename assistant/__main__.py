"""Ask on a terminal.

python -m assistant ask "启隆镇有多少人口？"
"""

from __future__ import annotations

import argparse
import sys

from assistant.answering.pipeline import checked
from assistant.assembly import Assembly
from assistant.errors import AssistantError
from assistant.resources import load
from assistant.settings import load_settings
from assistant.store.database import storage_told
from assistant.types import Question


def main(arguments: list[str] | None = None) -> int:
    """Answer one question; 0 if answered or routed, 1 if refused, 2 if it could not be asked."""
    text = load("commands")["ask"]
    parser = argparse.ArgumentParser(prog="python -m assistant")
    ask = parser.add_subparsers(required=True).add_parser("ask", help=text["description"])
    ask.add_argument("question", help=text["question"])
    options = parser.parse_args(arguments)
    try:
        assembly = Assembly(load_settings(), lambda line: print(line, file=sys.stderr))
        with storage_told():
            assembly.index.refresh()
            answer = assembly.pipeline.answer(Question(checked(options.question)))
    except AssistantError as error:
        print(error, file=sys.stderr)
        return 2
    for line in (*answer.notices, answer.text):
        print(line)
    for citation in answer.citations:
        where = [h for h in citation.headings if h != citation.title]
        headings = "".join(f" › {w}" for w in (*where, citation.place) if w)
        print(
            text["source"].format(
                number=citation.number,
                title=citation.title,
                headings=headings,
                quote=citation.quote,
            )
        )
    return 1 if answer.status.startswith("refused_") else 0


if __name__ == "__main__":
    sys.exit(main())
