"""What does our dashboard show? Drawn from its file and a real Prometheus, where no Grafana can be had.

`python -m bench.dashboard --prometheus http://127.0.0.1:9090 [--minutes 10] [--out FILE]`: panels, queries,
titles, units and legends as Grafana reads them; its looks are matplotlib's.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

ROOT = Path(__file__).parents[1]
FILE = ROOT / "compose/monitoring/grafana/dashboards/sandglass.json"
_POINTS = 240
_CELL_WIDTH, _CELL_HEIGHT = 0.75, 0.29
_BACK, _PANEL, _TEXT, _DIM = "#111217", "#181b1f", "#d8d9da", "#8e8e8e"
_COLOURS = ("#73bf69", "#f2cc0c", "#5794f2", "#ff9830", "#f2495c", "#b877d9", "#8ab8ff", "#96d98d", "#ffb357")
_NAMED = {"green": "#73bf69", "yellow": "#f2cc0c", "red": "#f2495c"}
_LEGEND_ROWS = 10


@dataclass(frozen=True)
class Line:
    """One series of a panel."""

    legend: str
    times: list[float]
    """Seconds since 1970."""
    values: list[float]


@dataclass(frozen=True)
class Source:
    """A Prometheus, and the time that is shown."""

    url: str
    minutes: float

    def lines(self, target: dict[str, Any]) -> list[Line]:
        """The series of one query, over the whole time."""
        end = time.time()
        step = max(1.0, self.minutes * 60 / _POINTS)
        window = f"{max(30, round(4 * step))}s"
        query = {
            "query": target["expr"].replace("$__rate_interval", window),
            "start": end - self.minutes * 60,
            "end": end,
            "step": step,
        }
        reply = httpx.get(f"{self.url}/api/v1/query_range", params=query, timeout=30, trust_env=False)
        reply.raise_for_status()
        return [self._line(row, target["legendFormat"]) for row in reply.json()["data"]["result"]]

    def _line(self, row: dict[str, Any], legend: str) -> Line:
        words = re.sub(r"\{\{(\w+)\}\}", lambda found: row["metric"].get(found[1], ""), legend)
        points = [(at, float(value)) for at, value in row["values"] if math.isfinite(float(value))]
        return Line(words, [float(at) for at, _ in points], [value for _, value in points])


def shown(value: float, unit: str) -> str:
    """A value as Grafana would write it in this unit."""
    if unit == "percentunit":
        return f"{value * 100:.3g}%"
    if unit == "s":
        return (
            f"{value * 1000:.3g} ms"
            if abs(value) < 1
            else f"{value:.3g} s"
            if value < 120
            else f"{value / 60:.3g} min"
        )
    if unit in ("bytes", "Bps"):
        for name in ("B", "kB", "MB", "GB"):
            if abs(value) < 1000 or name == "GB":
                return f"{value:.3g} {name}" + ("/s" if unit == "Bps" else "")
            value /= 1000
    return f"{value:,.4g}" + {"ops": " ops/s", "reqps": " req/s"}.get(unit, "")


def draw(source: Source, out: Path) -> list[str]:
    """Draw all panels into `out`; the titles of those that were empty."""
    panels = json.loads(FILE.read_text("utf-8"))["panels"]
    rows = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels)
    size = (24 * _CELL_WIDTH, rows * _CELL_HEIGHT)
    figure = plt.figure(figsize=size, facecolor=_BACK)
    empty = []
    for panel in panels:
        at = panel["gridPos"]
        left, top = at["x"] / 24, 1 - at["y"] / rows
        if panel["type"] == "row":
            figure.text(
                left + 0.005, top - 0.6 / rows, f"v  {panel['title']}", color=_TEXT, size=11, weight="bold"
            )
            continue
        box = (left + 0.002, top - (at["h"] - 0.15) / rows, at["w"] / 24 - 0.004, (at["h"] - 0.3) / rows)
        figure.add_artist(Rectangle(box[:2], box[2], box[3], color=_PANEL, zorder=-1))
        figure.text(box[0] + 0.005, top - 0.95 / rows, panel["title"], color=_TEXT, size=9)
        lines = [line for target in panel["targets"] for line in source.lines(target) if line.values]
        if not lines:
            empty.append(panel["title"])
        if panel["type"] == "stat":
            _stat(figure, box, panel, lines)
        else:
            height = box[3] - 3.3 / rows
            axes = figure.add_axes(
                (box[0] + 0.032, box[1] + 2.0 / rows, box[2] - 0.042, height), facecolor=_PANEL
            )
            _series(axes, panel, lines)
    figure.savefig(out, dpi=70, facecolor=_BACK)
    plt.close(figure)
    return empty


def _stat(figure: Any, box: tuple[float, ...], panel: dict[str, Any], lines: list[Line]) -> None:
    defaults = panel["fieldConfig"]["defaults"]
    middle = box[1] + box[3] * 0.36
    for number, line in enumerate(lines):
        value = line.values[-1]
        steps = [
            step
            for step in defaults["thresholds"]["steps"]
            if step["value"] is None or value >= step["value"]
        ]
        mapped = [one["options"].get(f"{value:g}") for one in defaults.get("mappings", [])]
        words = mapped[0]["text"] if mapped and mapped[0] else shown(value, defaults["unit"])
        x = box[0] + box[2] * (number + 0.5) / len(lines)
        size = 19 if len(lines) == 1 else 12
        figure.text(
            x,
            middle,
            words,
            color=_NAMED[steps[-1]["color"]],
            size=size,
            ha="center",
            va="center",
            weight="bold",
        )
        if len(lines) > 1:
            figure.text(x, middle - box[3] * 0.25, line.legend, color=_DIM, size=7, ha="center")
    if not lines:
        figure.text(box[0] + box[2] / 2, middle, "No data", color=_DIM, size=12, ha="center", va="center")


def _series(axes: Axes, panel: dict[str, Any], lines: list[Line]) -> None:
    unit = panel["fieldConfig"]["defaults"]["unit"]
    for number, line in enumerate(lines):
        colour = _COLOURS[number % len(_COLOURS)]
        axes.plot(line.times, line.values, color=colour, linewidth=1, label=line.legend)
        axes.fill_between(line.times, line.values, color=colour, alpha=0.08)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(lambda value, _: shown(value, unit))
    axes.xaxis.set_major_formatter(lambda value, _: datetime.fromtimestamp(value, UTC).strftime("%H:%M"))
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.tick_params(colors=_DIM, labelsize=7, length=0)
    axes.grid(color="#2c3235", linewidth=0.5)
    for side in axes.spines.values():
        side.set_visible(False)
    if lines:
        shown_lines = axes.get_legend_handles_labels()
        axes.legend(
            *(part[:_LEGEND_ROWS] for part in shown_lines),
            loc="upper left", bbox_to_anchor=(-0.02, -0.1), ncols=4, frameon=False, fontsize=6,
            labelcolor=_TEXT, handlelength=1, columnspacing=1, labelspacing=0.2,
        )  # fmt: skip
    else:
        axes.text(0.5, 0.5, "No data", color=_DIM, size=11, ha="center", transform=axes.transAxes)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prometheus", default="http://127.0.0.1:9090")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--out", type=Path, default=ROOT / "docs/images/dashboard.png")
    asked = parser.parse_args()
    empty = draw(Source(asked.prometheus, asked.minutes), asked.out)
    print(f"{asked.out}: drawn" + (f"; without data: {', '.join(empty)}" if empty else ""))
    return 0


if __name__ == "__main__":
    sys.exit(main())
