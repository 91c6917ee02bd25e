"""Tools for those who set WeChat up.

python -m assistant.channels.wechat check
python -m assistant.channels.wechat menu
python -m assistant.channels.wechat simulate --url http://127.0.0.1:8000 "启隆镇有多少人口？"
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterable

import httpx

from assistant.channels.wechat.channel import official_api
from assistant.channels.wechat.check import Finding, Verdict, check, refused
from assistant.channels.wechat.client import ApiError, Server
from assistant.channels.wechat.clock import SystemClock
from assistant.channels.wechat.config import Config
from assistant.channels.wechat.menu import publish
from assistant.channels.wechat.simulate import Seen, WechatSide
from assistant.errors import AssistantError
from assistant.resources import load
from assistant.settings import Settings, load_settings


def main(arguments: list[str] | None = None) -> int:
    """Run a tool; 0 if all is well, 1 if something is wrong, 2 if it could not be tried."""
    text = load("wechat")["commands"]
    parser = argparse.ArgumentParser(
        prog="python -m assistant.channels.wechat", description=text["description"]
    )
    tools = parser.add_subparsers(dest="tool", required=True)
    tools.add_parser("check", help=text["check"])
    tools.add_parser("menu", help=text["menu"])
    simulate = tools.add_parser("simulate", help=text["simulate"])
    simulate.add_argument("--url", default="http://127.0.0.1:8000", help=text["simulate_url"])
    simulate.add_argument("--user", default="newcomer", help=text["simulate_user"])
    simulate.add_argument("question", nargs="*", help=text["simulate_question"])
    options = parser.parse_args(arguments)
    try:
        settings = load_settings()
        if options.tool == "check":
            return asyncio.run(_check(settings))
        if options.tool == "menu":
            return asyncio.run(_menu(settings))
        return asyncio.run(
            _simulate(settings, options.url, options.user, options.question or _lines())
        )
    except AssistantError as error:
        print(error, file=sys.stderr)
        return 2


async def _check(settings: Settings) -> int:
    wrong = False
    async for finding in check(settings):
        print(finding, flush=True)
        wrong = wrong or finding.verdict is Verdict.BAD
    return 1 if wrong else 0


async def _menu(settings: Settings) -> int:
    told = load("wechat")
    if settings.wechat_app_secret is None:
        print(Finding(Verdict.BAD, told["check"]["no_secret"]), file=sys.stderr)
        return 2
    server = Server(settings.wechat_api_url, SystemClock())
    try:
        await publish(official_api(settings, server), settings.public_url)
    except ApiError as error:
        print(refused(error, told["check"]["official"]), file=sys.stderr)
        return 1
    finally:
        await server.close()
    print(told["commands"]["menu_done"])
    return 0


def _lines() -> Iterable[str]:
    return (line.strip() for line in sys.stdin if line.strip())


async def _simulate(settings: Settings, url: str, user: str, questions: Iterable[str]) -> int:
    text = load("wechat")["commands"]
    entrance = Config.of(settings).official
    if entrance is None:
        print(text["simulate_no_token"], file=sys.stderr)
        return 2
    side = WechatSide(url, entrance, settings.wechat_account or "gh_simulated")
    for question in questions:
        try:
            seen = await side.say(user, question)
        except (httpx.HTTPError, httpx.InvalidURL):
            print(text["simulate_unreachable"].format(url=url), file=sys.stderr)
            return 2
        _show(seen, text)
        if seen.refused or seen.failed:
            return 1
    return 0


def _show(seen: Seen, text: dict[str, str]) -> None:
    if seen.refused:
        print(text["simulate_refused"].format(code=seen.refused))
    elif seen.failed:
        print(text["simulate_nothing"])
    elif seen.text:
        print(text["simulate_seen"].format(attempt=seen.attempts, seconds=seen.seconds))
        print(seen.text, end="\n\n", flush=True)
    else:
        print(text["simulate_silent"])


if __name__ == "__main__":
    sys.exit(main())
