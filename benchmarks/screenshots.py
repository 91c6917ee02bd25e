"""Photograph the page in a real browser, with a server already running.

python benchmarks/screenshots.py [--url http://127.0.0.1:8000] [--browser /usr/bin/chromium]
"""

from __future__ import annotations

import argparse
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

FOLDER = Path(__file__).parents[1] / "docs" / "screenshots"
QUESTIONS = {
    "answer": "啟隆鎮和哪些鎮簽了結對共建協議？",
    "refusal": "专线公交的票价是多少？",
}


def main() -> None:
    """Ask each question and keep what the page shows, and the cited document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--browser", default="/usr/bin/chromium")
    options = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    flags = ["--no-sandbox", "--disable-background-networking", "--disable-quic"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.browser, args=flags)
        page = browser.new_page(viewport={"width": 820, "height": 900}, locale="zh-CN")
        for name, question in QUESTIONS.items():
            _ask(page, options.url, question)
            page.screenshot(path=FOLDER / f"{name}.png")
        _ask(page, options.url, QUESTIONS["answer"])
        page.click(".sources a")
        page.screenshot(path=FOLDER / "document.png")
        browser.close()


def _ask(page: Page, url: str, question: str) -> None:
    page.goto(url)
    page.fill("#question", question)
    page.click("main form button")
    page.wait_for_selector("[data-status]")


if __name__ == "__main__":
    main()
