"""python benchmarks/loading.py [--repeats 7] [--slowdown 4] [--out DIR]

What the chat weighs and when it can be used, by the browser's own performance API: the first
visit with nothing stored, a later one, and the first on a processor so many times slower.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from figures import FIGURES, ROOT, line, machine, medians, save, show
from playwright.sync_api import Browser, BrowserContext, sync_playwright
from screenshots import FLAGS, town

_MEASURED = """() => {
    const [page] = performance.getEntriesByType("navigation");
    const loaded = [page, ...performance.getEntriesByType("resource")];
    const [ready] = performance.getEntriesByName("assistant-ready");
    const [paint] = performance.getEntriesByName("first-contentful-paint");
    return {
        requests: loaded.length,
        transferred_bytes: loaded.reduce((sum, {transferSize}) => sum + transferSize, 0),
        body_bytes: loaded.reduce((sum, {encodedBodySize}) => sum + encodedBodySize, 0),
        unpacked_bytes: loaded.reduce((sum, {decodedBodySize}) => sum + decodedBodySize, 0),
        first_paint_ms: paint.startTime,
        interactive_ms: ready.startTime,
    };
}"""
"""Interactive: the mark that the last line of the chat's own script sets."""


def visit(context: BrowserContext, address: str, slowdown: float) -> dict[str, float]:
    """The figures of one visit."""
    page = context.new_page()
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    page.goto(address)
    page.wait_for_function(
        """performance.getEntriesByName("assistant-ready").length
            && performance.getEntriesByName("first-contentful-paint").length"""
    )
    figures: dict[str, float] = page.evaluate(_MEASURED)
    page.close()
    return figures


def first_visit(browser: Browser, address: str, slowdown: float) -> dict[str, float]:
    """The figures of a visit with nothing stored."""
    context = browser.new_context(locale="zh-CN", viewport={"width": 390, "height": 844})
    figures = visit(context, address, slowdown)
    context.close()
    return figures


def later_visit(browser: Browser, address: str) -> dict[str, float]:
    """The figures of a second visit."""
    context = browser.new_context(locale="zh-CN", viewport={"width": 390, "height": 844})
    visit(context, address, 1)
    figures = visit(context, address, 1)
    context.close()
    return figures


def main() -> None:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--slowdown", type=float, default=4)
    parser.add_argument("--browser", default="/usr/bin/chromium")
    parser.add_argument("--out", type=Path, default=FIGURES)
    options = parser.parse_args()
    about = machine()
    with town() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.browser, args=FLAGS)
        first_visit(browser, address, 1)  # the server reads its files for the first time
        times = range(options.repeats)
        visits = {
            "first": medians([first_visit(browser, address, 1) for _ in times]),
            "later": medians([later_visit(browser, address) for _ in times]),
            "first_slow": medians([first_visit(browser, address, options.slowdown) for _ in times]),
        }
        context = browser.new_context()
        widget = context.request.get(f"{address}/widget.js", headers={"Accept-Encoding": "gzip"})
        script = int(widget.headers["content-length"])
        browser.close()
    figures = {"repeats": options.repeats, "slowdown": options.slowdown, "widget_bytes": script}
    save("loading", about, {**figures, "visits": visits}, options.out)
    print(line(about), end="\n\n")
    print(f"widget.js {script} bytes", end="\n\n")
    show(["", *visits["first"]], [[name, *row.values()] for name, row in visits.items()])


if __name__ == "__main__":
    os.chdir(ROOT)
    main()
