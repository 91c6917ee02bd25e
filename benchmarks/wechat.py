"""python benchmarks/wechat.py [--people 50] [--rounds 3] [--inputs 100000] [--out DIR]

Plays WeChat against the server over the town's own documents: many people asking at once, each
delivery tried again after five seconds as WeChat does; then made and damaged messages through
all three entrances, looking for failures and for memory that grows.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import http.client
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from figures import FIGURES, ROOT, borrow_model, isolated, line, machine, save, show, spread
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from serving import Server, ask, bank, serving

from assistant.channels.wechat.config import Entrance
from assistant.channels.wechat.crypto import MessageCipher, read_key
from assistant.channels.wechat.signature import new_nonce, sign
from assistant.channels.wechat.simulate import Seen, WechatSide, text_message
from assistant.resources import load

_TOKEN = "benchmark"  # noqa: S105 - of nothing
_KEY = base64.b64encode(b"k" * 32).decode()[:43]
_CORP = "ww-benchmark"
_SETTINGS = {
    "WECHAT_TOKEN": _TOKEN,
    "PUBLIC_URL": "https://town.example",
    "WECOM_CORP_ID": _CORP,
    "WECOM_AGENT_ID": "1",
    "WECOM_SECRET": "none",
    "WECOM_TOKEN": _TOKEN,
    "WECOM_AES_KEY": _KEY,
    "WECOM_BOT_TOKEN": _TOKEN,
    "WECOM_BOT_AES_KEY": _KEY,
    "WECOM_API_URL": "http://127.0.0.1:9",  # nothing leaves this machine
}
_WARM_UP = 0.1
"""Share of the inputs after which memory is first looked at."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one person saw: the replies to a question, the collected one last."""

    question: str
    seen: tuple[Seen, ...]

    @property
    def seconds(self) -> float:
        """Until the first reply."""
        return self.seen[0].seconds


async def person(side: WechatSide, name: str, question: str) -> Told:
    """Ask, and tap on 继续 for as long as the answer is still looked for."""
    said = load("wechat")
    seen = [await side.say(name, question)]
    while seen[-1].text.startswith(said["hint"][:4]):
        await asyncio.sleep(3.0)
        seen.append(await side.say(name, said["collect"]))
    return Told(question, tuple(seen))


def crowd(server: Server, people: int, rounds: int) -> dict[str, object]:
    """Many people at once, each with a question of their own."""
    side = WechatSide(f"http://127.0.0.1:{server.port}", Entrance(_TOKEN, None), "gh_benchmark")
    questions = bank()[: people * rounds]
    told: list[Told] = []

    async def one(at: int) -> list[Told]:
        asked = questions[at * people : (at + 1) * people]
        return await asyncio.gather(*(person(side, f"p{at}-{n}", q) for n, q in enumerate(asked)))

    for at in range(rounds):
        told += asyncio.run(one(at))
    own = sum(_is_own(server, one) for one in told)
    return {
        "people": people,
        "questions": len(told),
        "right_and_once": own,
        "by_delivery": dict(Counter(str(one.seen[0].attempts) for one in told)),
        "hinted": sum(len(one.seen) > 1 for one in told),
        "notices_of_failure": sum(seen.failed for one in told for seen in one.seen),
        **spread([one.seconds for one in told]),
    }


def _is_own(server: Server, told: Told) -> bool:
    """Whether the last reply, and it alone, is what the page answers to the same question."""
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)) as connection:
        body = json.dumps({"question": told.question}).encode()
        connection.request("POST", "/api/chat", body, {"Content-Type": "application/json"})
        answer = json.loads(connection.getresponse().read())
    quotes = [c["quote"] for c in answer["citations"]] or [answer["answer"]]
    held = [all(quote[:40] in seen.text for quote in quotes) for seen in told.seen]
    return held == [False] * (len(held) - 1) + [True]


# --- made and damaged messages

_FIELDS = ("ToUserName", "FromUserName", "CreateTime", "MsgType", "Content", "MsgId", "Event", "Ev")
_VALUES = (
    "",
    "text",
    "event",
    "CLICK",
    "image",
    "gh",
    "1",
    "9" * 30,
    "<![CDATA[x]]>",
    "]]>",
    "&a;",
)
_WHOLE = [
    text_message("gh", "p", " ", 12345, 1).encode(),
    text_message("gh", "p", "x", 12345, 1).replace("[text]", "[image]").encode(),
    b"<xml><ToUserName>gh</ToUserName><FromUserName>p</FromUserName><CreateTime>5</CreateTime>"
    b"<MsgType>event</MsgType><Event>subscribe</Event></xml>",
    b'{"msgid":"1","msgtype":"stream","stream":{"id":"x"},"from":{"userid":"u"}}',
    b'{"msgid":"2","msgtype":"text","text":{"content":" "},"from":{"userid":"u"}}',
]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A whole message with a few places cut out, doubled or overwritten."""
    body = draw(st.sampled_from(_WHOLE))
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(body)))
        end = start + draw(st.integers(0, 12))
        put = draw(
            st.sampled_from([b"", body[start:end] * 2, b"<", b"]]>", b"\xff", b"\x00", b"&"])
        )
        body = body[:start] + put + body[end:]
    return body


_BODIES = st.one_of(
    damaged(),
    st.binary(max_size=100),
    st.lists(st.tuples(st.sampled_from(_FIELDS), st.sampled_from(_VALUES)), max_size=9).map(
        lambda pairs: ("<xml>" + "".join(f"<{k}>{v}</{k}>" for k, v in pairs) + "</xml>").encode()
    ),
)
_DAMAGED_QUERY = ("none", "none", "none", "signature", "msg_signature", "timestamp", "nonce")


class Entrances:
    """Sends bodies through the three entrances, on one connection, and counts what comes back."""

    def __init__(self, server: Server, inputs: int) -> None:
        self.statuses: Counter[int] = Counter()
        self.memory: list[float] = []
        self._server = server
        self._inputs = inputs
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self._ciphers = {
            "/wecom": MessageCipher(read_key(_KEY), _CORP),
            "/wecom/bot": MessageCipher(read_key(_KEY), ""),
        }

    def send(self, path: str, body: bytes, harmed: str) -> None:
        """Send one."""
        timestamp, nonce = str(int(time.time())), new_nonce()
        query = {"timestamp": timestamp, "nonce": nonce}
        if path in self._ciphers:
            text = body.decode("utf-8", "replace")
            encrypted = self._ciphers[path].encrypt(text)
            query["msg_signature"] = sign(_TOKEN, timestamp, nonce, encrypted)
            sealed = f"<xml><Encrypt>{encrypted}</Encrypt></xml>"
            body = (json.dumps({"encrypt": encrypted}) if "bot" in path else sealed).encode()
        else:
            query["signature"] = sign(_TOKEN, timestamp, nonce)
        if harmed in query:
            query[harmed] = "é1"
        self._connection.request("POST", f"{path}?{urlencode(query)}", body)
        response = self._connection.getresponse()
        response.read()
        self.statuses[response.status] += 1
        done = self.statuses.total()
        if done in (int(self._inputs * _WARM_UP), self._inputs // 2, self._inputs):
            self.memory.append(self._server.memory_mb)


def fuzz(server: Server, inputs: int) -> dict[str, object]:
    """Made and damaged messages; the statuses, and memory after a tenth, half and all of them."""
    entrances = Entrances(server, inputs)

    @settings(
        max_examples=inputs, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(
        path=st.sampled_from(["/wechat", "/wecom", "/wecom/bot"]),
        body=_BODIES,
        harmed=st.sampled_from(_DAMAGED_QUERY),
    )
    def run(path: str, body: bytes, harmed: str) -> None:
        entrances.send(path, body, harmed)

    start = time.perf_counter()
    run()
    # Hypothesis ends where it finds nothing new; the rest is drawn by chance.
    chance = random.Random(11)  # noqa: S311 - an order to be repeated, not a secret
    while entrances.statuses.total() < inputs:
        body = bytearray(chance.choice(_WHOLE))
        for _ in range(chance.randrange(4)):
            body[chance.randrange(len(body))] = chance.randrange(256)
        path = chance.choice(["/wechat", "/wecom", "/wecom/bot"])
        entrances.send(path, bytes(body), chance.choice(_DAMAGED_QUERY))
    return {
        "inputs": entrances.statuses.total(),
        "statuses": {str(code): count for code, count in sorted(entrances.statuses.items())},
        "server_errors": sum(n for code, n in entrances.statuses.items() if code >= 500),
        "memory_mb": entrances.memory,
        "seconds": round(time.perf_counter() - start, 1),
    }


def main() -> None:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--out", type=Path, default=FIGURES)
    options = parser.parse_args()
    about = machine()
    with tempfile.TemporaryDirectory() as folder, isolated():
        os.environ.update({f"ASSISTANT_{name}": value for name, value in _SETTINGS.items()})
        data = Path(folder)
        borrow_model(data)
        subprocess.run(
            [sys.executable, "ingest.py", "--corpus", "corpus", "--data-dir", folder],
            cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        with serving(data) as server:
            ask(server, ["启隆镇在哪里？"])
            crowded = crowd(server, options.people, options.rounds)
        with serving(data) as server:
            fuzzed = fuzz(server, options.inputs) if options.inputs else {}
            fuzzed["tracebacks"] = (data / "server.log").read_text().count("Traceback")
    save("wechat", about, {"crowd": crowded, "fuzz": fuzzed}, options.out)
    print(line(about), end="\n\n")
    show(["crowd", ""], [[name, value] for name, value in crowded.items()])
    print()
    show(["fuzz", ""], [[name, value] for name, value in fuzzed.items()])


if __name__ == "__main__":
    os.chdir(ROOT)
    main()
