"""python benchmarks/plot.py [--figures DIR]

Draws docs/figures/growth.png from the figures of growth.py, and reliability.png from those of
`python -m assistant.evaluate`, answers-NAME.json for each set.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import matplotlib as mpl
from figures import FIGURES, line
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter

mpl.use("Agg")
from matplotlib import pyplot as plt

_SECOND = (("p50_ms", "median"), ("p95_ms", "95th percentile"))
_PANELS: dict[str, dict[str, str]] = {
    "Building the index (s)": {
        "build_seconds": "index",
        "store_seconds": "storing, for comparison",
    },
    "Opening the index (s)": {"open_seconds": "open", "first_search_seconds": "first search"},
    "Memory (MB)": {
        "build_peak_memory_mb": "most while building",
        "memory_open_mb": "index open, no model",
        "memory_with_model_mb": "index open, with model",
    },
    "Disk (MB)": {"database_mb": "database", "chroma_mb": "Chroma", "tantivy_mb": "tantivy"},
    "Retrieval (ms)": {f"retrieval_{key}": label for key, label in _SECOND},
    "Question to answer (ms)": {f"pipeline_{key}": label for key, label in _SECOND},
}
_COLOURS = ("#1b5e93", "#d1691b", "#3f8f4f")
_LOGARITHMIC = ("Building the index (s)", "Disk (MB)")


def panel(axes: Axes, title: str, series: dict[str, str], rows: list[dict[str, float]]) -> None:
    """One small plot over the number of chunks."""
    sizes = [row["chunks"] for row in rows]
    for (key, label), colour in zip(series.items(), _COLOURS, strict=False):
        values = [row[key] for row in rows]
        axes.plot(sizes, values, marker="o", markersize=4, color=colour, label=label)
        axes.annotate(
            f"{values[-1]:,.3g}" if values[-1] < 1000 else f"{values[-1]:,.0f}",
            (sizes[-1], values[-1]), xytext=(6, -3), textcoords="offset points",
            color=colour, fontsize=9,
        )  # fmt: skip
    axes.set_xscale("log")
    axes.set_xticks(sizes)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda size, _: f"{size:,.0f}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    if title in _LOGARITHMIC:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
    else:
        axes.set_ylim(bottom=0)
    axes.set_title(title, loc="left", fontsize=11)
    axes.margins(x=0.16, y=0.15)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=9)


def draw(figures: dict[str, Any], target: Path) -> None:
    """All panels, 1200 pixels wide."""
    rows = sorted(figures["sizes"], key=lambda row: row["chunks"])
    plot, grid = plt.subplots(2, 3, figsize=(12, 7), layout="constrained")
    for axes, (title, series) in zip(grid.flat, _PANELS.items(), strict=True):
        panel(axes, title, series, rows)
    for axes in grid[1]:
        axes.set_xlabel("chunks")
    plot.supxlabel(line(figures["machine"]), fontsize=9, color="#555555")
    plot.savefig(target, dpi=100)


def draw_reliability(sets: dict[str, list[dict[str, float]]], target: Path) -> None:
    """How often answers are right over how sure they are; on the line, one means the other."""
    plot, axes = plt.subplots(figsize=(6.4, 6), layout="constrained")
    axes.plot([0, 1], [0, 1], color="#999999", linewidth=1, linestyle="--")
    for name, rows in sets.items():
        x, y = ([row[key] for row in rows] for key in ("confidence", "right"))
        axes.plot(x, y, linewidth=1, alpha=0.6)
        colour = axes.lines[-1].get_color()
        axes.scatter(x, y, s=[6 + row["count"] for row in rows], color=colour, label=name)
    axes.set(xlim=(0, 1.02), ylim=(0, 1.02), xlabel="confidence", ylabel="share that is right")
    axes.set_title("Answers; a dot's area is their number", loc="left", fontsize=11)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    legend = axes.legend(frameon=False, loc="upper left")
    for handle in legend.legend_handles:
        handle.set_sizes([40])
    plot.savefig(target, dpi=100)


def main() -> None:
    """Read and draw."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument("--figures", type=Path, default=FIGURES)
    folder = parser.parse_args().figures
    draw(json.loads((folder / "growth.json").read_text("utf-8")), folder / "growth.png")
    answers = sorted(folder.glob("answers-*.json"))
    sets = {f.stem.removeprefix("answers-"): json.loads(f.read_text("utf-8")) for f in answers}
    draw_reliability({n: s["reliability"] for n, s in sets.items()}, folder / "reliability.png")


if __name__ == "__main__":
    main()
