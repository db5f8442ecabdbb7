"""How are plotly's bars, lines, dots and histograms drawn on matplotlib's axes?"""

from __future__ import annotations

from typing import Any

import numpy as np

from .cells import draw_box, draw_heatmap
from .pane import Pane, label_of, lies, paint
from .scales import listed, numbers
from .text import readable

CARTESIAN = {"bar", "scatter", "scattergl", "histogram", "box", "heatmap"}
_DASHES = {"dash": "--", "dot": ":", "dashdot": "-.", "longdash": "--", "longdashdot": "-."}
_MARKERS = {"square": "s", "diamond": "D", "cross": "P", "x": "X", "triangle-up": "^", "triangle-down": "v"}


def draw_cartesian(pane: Pane, layout: dict[str, Any]) -> None:
    """Draw all traces, and dress the axes."""
    bars, boxes, counted = (
        [trace for trace in pane.traces if trace.get("type") == kind] for kind in ("bar", "box", "histogram")
    )
    if counted:
        colors = [pane.color(pane.traces.index(trace), trace) for trace in counted]
        _histograms(pane, counted, colors, str(layout.get("barmode") or "stack"))
    stacked: dict[tuple[bool, float], float] = {}
    below: Any = None
    for position, trace in enumerate(pane.traces):
        kind = trace.get("type") or "scatter"
        color = pane.color(position, trace)
        if kind == "bar":
            _bar(
                pane,
                trace,
                color,
                (bars.index(trace), len(bars)),
                str(layout.get("barmode") or "group"),
                stacked,
            )
        elif kind == "box":
            draw_box(
                pane,
                trace,
                color,
                (boxes.index(trace), len(boxes) if layout.get("boxmode") == "group" else 1),
            )
        elif kind == "heatmap":
            draw_heatmap(pane, trace)
        elif kind != "histogram":
            below = _scatter(pane, trace, color, below)
    across, up = pane.scales
    across.dress(pane.axes.xaxis)
    up.dress(pane.axes.yaxis)
    pane.axes.spines[["top", "right"]].set_visible(False)
    if not any(trace.get("type") == "heatmap" for trace in pane.traces):
        lying = any(lies(trace) for trace in bars)
        pane.axes.grid(axis="x" if lying else "y", color="#dddddd", linewidth=0.8)
        pane.axes.set_axisbelow(True)


def _bar(
    pane: Pane, trace: dict[str, Any], color: Any, turn: tuple[int, int], mode: str, stacked: dict[Any, float]
) -> None:
    lying = lies(trace)
    across, up = reversed(pane.scales) if lying else pane.scales
    places = across.at(
        trace.get("y" if lying else "x") or list(range(len(listed(trace.get("x" if lying else "y")))))
    )
    sizes = np.nan_to_num(up.at(trace.get("x" if lying else "y")))
    given = numbers(trace.get("width")) if trace.get("width") is not None else np.array([])
    gaps = np.diff(np.unique(places[np.isfinite(places)]))
    width = given if len(given) else 0.8 * (gaps.min() if len(gaps) else 1.0)
    start = np.zeros(len(sizes))
    if mode == "group" and turn[1] > 1 and not len(given):
        width = width / turn[1]
        places = places + (turn[0] - (turn[1] - 1) / 2) * width
    elif mode in {"stack", "relative"}:
        for at, (place, size) in enumerate(zip(places, sizes, strict=True)):
            start[at] = stacked.get((size < 0, place), 0.0)
            stacked[size < 0, place] = start[at] + size
    colors = listed((trace.get("marker") or {}).get("color"))
    painted = [paint(one) or color for one in colors] if len(colors) == len(sizes) > 1 else color
    style = {"color": painted, "label": label_of(trace)}
    if lying:
        pane.axes.barh(places, sizes, height=width, left=start, **style)
    else:
        pane.axes.bar(places, sizes, width=width, bottom=start, **style)


def _scatter(pane: Pane, trace: dict[str, Any], color: Any, below: Any) -> Any:
    """Draw lines or dots; returns where they are, for a next trace that fills the space between."""
    across, up = pane.scales
    y = up.at(trace.get("y"))
    x = across.at(trace.get("x") if trace.get("x") is not None else list(range(len(y))))
    size = min(len(x), len(y))
    x, y = x[:size], y[:size]
    mode = str(trace.get("mode") or ("lines+markers" if size < 20 else "lines"))
    line, marker = trace.get("line") or {}, trace.get("marker") or {}
    opacity = next(
        (one for one in (marker.get("opacity"), trace.get("opacity")) if isinstance(one, (int, float))), 1
    )
    fill = trace.get("fill")
    if fill == "tonexty" and below is not None and len(below[0]) == size:
        pane.axes.fill_between(x, below[1], y, color=paint(trace.get("fillcolor")) or color, linewidth=0)
    elif fill in {"tozeroy", "tonexty"}:
        pane.axes.fill_between(x, 0, y, color=paint(trace.get("fillcolor")) or color, alpha=0.4, linewidth=0)
    label = label_of(trace)
    if "lines" in mode and line.get("width", 2):
        style = {
            "linestyle": _DASHES.get(str(line.get("dash")), "-"),
            "linewidth": float(line.get("width", 2)) * 0.8,
        }
        pane.axes.plot(x, y, color=paint(line.get("color")) or color, label=label, **style)
        label = None
    if "markers" in mode:
        sizes = numbers(marker.get("size", 6))
        shape = _MARKERS.get(str(marker.get("symbol")), "o")
        shades = listed(marker.get("color"))
        painted = {"c": _shades(shades, color)} if len(shades) == size > 1 else {"color": color}
        area = np.clip(sizes if len(sizes) == size > 1 else sizes[:1], 1, 60) ** 2 * 0.6
        style = {"alpha": opacity, "label": label, "marker": shape, "linewidths": 0, "zorder": 2}
        pane.axes.scatter(x, y, s=area, **painted, **style)
    if "text" in mode:
        for at, word in zip(zip(x, y, strict=True), listed(trace.get("text")), strict=False):
            pane.axes.annotate(readable(word), at, fontsize=8)
    return x, y


def _shades(values: list[Any], color: Any) -> list[Any]:
    from matplotlib import colormaps

    if not all(isinstance(one, (int, float)) for one in values):
        return [paint(one) or color for one in values]
    found = np.array(values, dtype=float)
    spread = np.ptp(found) or 1
    return list(colormaps["viridis"]((found - found.min()) / spread))


def _histograms(pane: Pane, traces: list[dict[str, Any]], colors: list[Any], mode: str) -> None:
    """Draw all histograms of the axes with the same bins: on top of each other, or one over the other."""
    lying = "x" not in traces[0]
    scale = pane.scales[1 if lying else 0]
    held = [scale.at(trace.get("y" if lying else "x")) for trace in traces]
    held = [places[np.isfinite(places)] for places in held]
    every = np.concatenate(held)
    asked = next((trace[name] for trace in traces for name in ("nbinsx", "nbinsy") if trace.get(name)), None)
    if scale.kind == "category":
        edges = np.arange(-0.5, max(every, default=0) + 1.5)
    else:
        edges = np.histogram_bin_edges(every, bins=int(asked or np.clip(np.sqrt(len(every) or 1), 5, 40)))
    below = np.zeros(len(edges) - 1)
    for trace, places, color in zip(traces, held, colors, strict=True):
        counts, _ = np.histogram(places, edges)
        middle, width, style = (
            (edges[:-1] + edges[1:]) / 2,
            np.diff(edges),
            {"edgecolor": "white", "linewidth": 0.5},
        )
        style |= {"color": color, "label": label_of(trace), "alpha": float(trace.get("opacity") or 1)}
        start = np.zeros(len(counts)) if mode == "overlay" else below
        if lying:
            pane.axes.barh(middle, counts, height=width, left=start, **style)
        else:
            pane.axes.bar(middle, counts, width=width, bottom=start, **style)
        below = below + counts
