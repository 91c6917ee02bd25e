"""The script by which another site puts the chat into its pages; the chat itself is page.py's."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.templating import Jinja2Templates

from assistant.resources import load

router = APIRouter(include_in_schema=False)
_templates = Jinja2Templates(Path(__file__).parent / "templates")


@router.get("/widget.js")
def widget(request: Request) -> Response:
    """The script, with its texts; the same for everyone, so that browsers may keep it."""
    script, etag = _script()
    headers = {"ETag": etag, "Cross-Origin-Resource-Policy": "cross-origin"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(script, media_type="text/javascript", headers=headers)


@cache
def _script() -> tuple[str, str]:
    template = _templates.get_template("widget.js")
    script = template.render(texts=load("chat")["widget"])
    return script, f'"{hashlib.sha256(script.encode()).hexdigest()[:32]}"'
