"""How are plotly's boxes, heatmaps and pies drawn on matplotlib's axes?"""

from __future__ import annotations

from typing import Any

import numpy as np

from .pane import Pane, groups_of, label_of, lies, paint
from .scales import listed, numbers
from .text import readable

MAX_WRITTEN = 400


def draw_box(pane: Pane, trace: dict[str, Any], color: Any, turn: tuple[int, int]) -> None:
    """Draw the boxes of one trace, which is one of so many drawn side by side."""
    lying = lies(trace)
    across = pane.scales[1 if lying else 0]
    keys = groups_of(trace, "y" if lying else "x")
    if "q1" in trace:
        held = {name: numbers(trace.get(name)) for name in ("q1", "median", "q3", "lowerfence", "upperfence")}
        names = {"q1": "q1", "median": "med", "q3": "q3", "lowerfence": "whislo", "upperfence": "whishi"}
        boxes = [
            {ours: float(held[theirs][at]) for theirs, ours in names.items()} | {"fliers": []}
            for at in range(len(held["q1"]))
        ]
        places = across.at(keys[: len(boxes)])
    else:
        from matplotlib.cbook import boxplot_stats

        values = numbers(trace.get("x" if lying else "y"))
        sorted_in: dict[str, list[float]] = {}
        for key, value in zip(map(str, keys), values, strict=False):
            if np.isfinite(value):
                sorted_in.setdefault(key, []).append(value)
        boxes = [boxplot_stats(own)[0] for own in sorted_in.values()]
        places = across.at(list(sorted_in))
    style = {"boxprops": {"facecolor": color, "alpha": 0.45}, "medianprops": {"color": "black"}}
    style |= {"flierprops": {"markersize": 3}, "orientation": "horizontal" if lying else "vertical"}
    width = 0.5 if turn[1] == 1 else 0.8 / turn[1]
    places = places + (turn[0] - (turn[1] - 1) / 2) * width if turn[1] > 1 else places
    style["label"] = label_of(trace) if turn[1] > 1 else None
    pane.axes.bxp(
        boxes,
        positions=places,
        widths=0.9 * width if turn[1] > 1 else width,
        patch_artist=True,
        manage_ticks=False,
        **style,
    )


def draw_heatmap(pane: Pane, trace: dict[str, Any]) -> None:
    """Draw coloured cells, with their numbers where the figure asks for them."""
    cells = np.array([numbers(row) for row in listed(trace.get("z"))], dtype=float)
    across, up = pane.scales
    x = across.at(trace.get("x") or list(range(cells.shape[1])))
    y = up.at(trace.get("y") or list(range(cells.shape[0])))
    drawn = pane.axes.pcolormesh(
        x, y, np.ma.masked_invalid(cells), cmap=_colormap(trace.get("colorscale")), shading="nearest",
        vmin=trace.get("zmin"), vmax=trace.get("zmax"),
    )  # fmt: skip
    pane.axes.figure.colorbar(drawn, ax=pane.axes, pad=0.02)
    if trace.get("texttemplate") and cells.size <= MAX_WRITTEN:
        shades = drawn.to_rgba(cells)
        for (row, column), value in np.ndenumerate(cells):
            if np.isfinite(value):
                dark = float(shades[row, column, :3] @ [0.299, 0.587, 0.114]) < 0.55
                style = {"color": "white" if dark else "black", "fontsize": 8, "ha": "center", "va": "center"}
                pane.axes.text(x[column], y[row], f"{value:,.2f}", **style)


def _colormap(scale: Any) -> Any:
    """Return plotly's colour scale, a list of places and colours, as matplotlib knows it."""
    from matplotlib.colors import LinearSegmentedColormap

    stops = [(pair[0], paint(pair[1])) for pair in listed(scale) if len(listed(pair)) == 2]
    if len(stops) < 2 or stops[0][0] != 0 or stops[-1][0] != 1 or not all(color for _, color in stops):
        return "viridis"
    return LinearSegmentedColormap.from_list("given", stops)


def draw_pie(pane: Pane, trace: dict[str, Any]) -> None:
    """Draw slices, their shares inside and their names beside them."""
    sizes = np.clip(np.nan_to_num(numbers(trace.get("values"))), 0, None)
    names = [readable(name) for name in listed(trace.get("labels"))]
    given = sizes if len(sizes) else np.ones(len(names))
    together: dict[str, float] = {}
    for name, size in zip(names, given, strict=False):
        together[name] = together.get(name, 0.0) + float(size)
    names, sizes = list(together), np.array(list(together.values()))
    if not sum(sizes):
        return
    hole = trace.get("hole") or 0
    colors = [paint(pane.slices[at % len(pane.slices)]) or "#3366aa" for at in range(len(sizes))]
    wedges, *_ = pane.axes.pie(
        sizes, colors=colors, startangle=90, counterclock=False, pctdistance=0.75,
        autopct=lambda share: f"{share:.1f} %" if share >= 3 else "",
        wedgeprops={"width": 1 - hole, "edgecolor": "white"}, textprops={"fontsize": 9, "color": "white"},
    )  # fmt: skip
    total = float(sum(sizes))
    shares = [f"{name} ({100 * size / total:.1f} %)" for name, size in zip(names, sizes, strict=False)]
    pane.axes.legend(wedges, shares, loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=9)
