"""python benchmarks/screenshots.py [--url http://127.0.0.1:8000] [--browser /usr/bin/chromium]

Photographs the chat in a real browser, over the town's own documents, into docs/screenshots:
an answer at four widths, light, dark and in elder mode, and on a telephone every other state. A
server is started unless one is named; the one that is named must let http://127.0.0.1:8080 embed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import urlopen

from figures import ROOT, borrow_model, isolated
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from serving import serving

FOLDER = ROOT / "docs" / "screenshots"
SAMPLE = ROOT / "examples" / "embedding"
HOST = "http://127.0.0.1:8080"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
SIZES = {320: 568, 390: 844, 768: 1024, 1440: 900}
MODES = ("light", "dark", "elder")
COLOURS = 48
"""In a stored picture; there are few on the page, and text needs some between them."""

ANSWER = "启隆镇和哪些镇签了结对共建协议？"
REFUSAL = "公交车票价多少？"
URGENT = "我家着火了怎么办"


class Photographer:
    """Opens pages and keeps what they show."""

    def __init__(self, browser: Browser, address: str) -> None:
        self._browser = browser
        self.address = address

    @contextmanager
    def page(self, width: int, mode: str, height: int = 0) -> Iterator[Page]:
        """The chat, ready to be asked."""
        context = self._browser.new_context(
            viewport={"width": width, "height": height or SIZES[width]},
            color_scheme="dark" if mode == "dark" else "light",
            reduced_motion="reduce",
            locale="zh-CN",
        )
        page = context.new_page()
        page.goto(self.address)
        page.wait_for_selector("html[data-ready]", state="attached")
        if mode == "elder":
            page.click("#elder")
        yield page
        context.close()

    def answers(self) -> None:
        """An answer at every width and in every mode."""
        for width in SIZES:
            for mode in MODES:
                with self.page(width, mode) as page:
                    ask(page, ANSWER)
                    keep(page, f"answer-{width}-{mode}")

    def states(self) -> None:
        """The other states on a telephone."""
        for mode in MODES:
            with self.page(390, mode) as page:
                keep(page, f"start-390-{mode}")
                ask(page, ANSWER)
                page.locator(".mark").first.click()
                page.wait_for_selector("dialog mark")
                keep(page, f"source-390-{mode}")
                page.keyboard.press("Escape")
                ask(page, REFUSAL)
                keep(page, f"refusal-390-{mode}")
                ask(page, URGENT)
                keep(page, f"urgent-390-{mode}")
                page.fill("#question", "我的手机是13812345678，低保怎么办？")
                page.press("#question", "Enter")
                keep(page, f"personal-390-{mode}")

    def paper(self) -> None:
        """The document at the quoted place, and the slip to print."""
        with self.page(768, "light") as page:
            ask(page, ANSWER)
            slip = page.locator(".actions a").first.get_attribute("href")
            page.locator(".mark").first.click()
            page.wait_for_selector("dialog mark")
            document = page.locator("dialog a.button").get_attribute("href")
            for name, address in {"document": document, "slip": slip}.items():
                page.goto(
                    str(address) if str(address).startswith("http") else f"{self.address}{address}"
                )
                keep(page, f"{name}-768-light")

    def widget(self) -> None:
        """The chat in the corner of the sample page."""
        for width in (390, 1440):
            with self.page(width, "light") as page, sample(self.address):
                page.goto(HOST)
                keep(page, f"button-{width}-light")
                page.locator("document-assistant").get_by_role("button").first.click()
                frame = page.frame_locator("document-assistant iframe")
                frame.locator("#question").fill(ANSWER)
                frame.locator("#question").press("Enter")
                frame.locator(".reply[data-status]").wait_for()
                keep(page, f"widget-{width}-light")


def ask(page: Page, question: str) -> None:
    """Ask and wait for the reply."""
    replies = page.locator(".reply[data-status]")
    before = replies.count()
    page.fill("#question", question)
    page.press("#question", "Enter")
    replies.nth(before).wait_for()


def keep(page: Page, name: str) -> None:
    """Store what is seen, in few colours."""
    path = FOLDER / f"{name}.png"
    page.evaluate("document.fonts.ready")
    page.screenshot(path=path)
    with Image.open(path) as picture:
        few = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
    print(f"{path.stat().st_size // 1000:4} KB  {path.relative_to(ROOT)}")


@contextmanager
def sample(address: str) -> Iterator[None]:
    """The sample site at ``HOST``, with the script from ``address``."""

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path != "/":
                super().do_GET()
                return
            text = (SAMPLE / "index.html").read_text("utf-8")
            body = text.replace("http://127.0.0.1:8000", address).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    ThreadingHTTPServer.allow_reuse_address = True
    server = ThreadingHTTPServer(("127.0.0.1", 8080), partial(Handler, directory=str(SAMPLE)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def town() -> Iterator[str]:
    """The address of a server over the town's own documents, which the sample site may embed."""
    with tempfile.TemporaryDirectory() as folder, isolated():
        data = Path(folder)
        borrow_model(data)
        os.environ["ASSISTANT_EMBED_ORIGINS"] = HOST
        command = [sys.executable, "ingest.py", "--data-dir", folder]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        with serving(data) as server:
            address = f"http://127.0.0.1:{server.port}"
            # What can be asked is found out in the background.
            while not suggested(address):
                time.sleep(0.1)
            yield address


def suggested(address: str) -> list[str]:
    """The questions that a server offers by now."""
    with urlopen(f"{address}/api/suggestions") as response:  # noqa: S310 - of a server started here
        found: list[str] = json.load(response)["suggestions"]
    return found


def main() -> None:
    """Photograph everything anew."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument("--url", default="")
    parser.add_argument("--browser", default="/usr/bin/chromium")
    options = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.png"):
        old.unlink()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.browser, args=FLAGS)
        if options.url:
            photograph(browser, options.url)
        else:
            with town() as address:
                photograph(browser, address)
        browser.close()


def photograph(browser: Browser, address: str) -> None:
    """All pictures."""
    photographer = Photographer(browser, address)
    photographer.answers()
    photographer.states()
    photographer.paper()
    photographer.widget()


if __name__ == "__main__":
    os.chdir(ROOT)
    main()
