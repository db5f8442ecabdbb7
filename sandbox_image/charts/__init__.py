# SPDX-License-Identifier: Apache-2.0
"""Which plotly figure shows these data so that a person can read it?

Needs numpy, pandas and plotly alone, so that exports can carry it: `labels`, `lines`, `bars`, `spread` and
this file, one after the other without their relative imports, are one script. Whatever is left out of the
picture (missing values, small groups, most of a million points) is said below the title.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .bars import bar, heatmap, pie
from .labels import cut, safe, wrapped
from .lines import line
from .spread import box, histogram, scatter

COLORS = ["#3366aa", "#dd7733", "#449955", "#bb4455", "#775599", "#aa8844", "#4499aa", "#cc77aa", "#777777"]


def chart(
    kind: str,
    data: Any,
    title: str = "",
    x: str = "",
    y: str = "",
    *,
    rest: str = "",
    band: Sequence[str] = (),
) -> Any:
    """Return a plotly figure of `data`, or None (and say so) when there is nothing to draw.

    Args:
        kind: `bar`, `line`, `pie`, `histogram`, `box`, `scatter` or `heatmap`.
        data: A Series (its index are the labels), for several lines or groups of bars a DataFrame with one
            column each; `histogram`: a Series of values; `box`: a Series, or a DataFrame (group, value);
            `scatter`: a DataFrame (across, up, and maybe a third column for colours); `heatmap`: a DataFrame.
        title: What is shown.
        x: What the axis across shows.
        y: What the axis up shows.
        rest: `sum` where the groups that find no room may be added up to "other".
        band: Two columns of a line chart that are the lower and the upper end of a shaded band.

    Raises:
        ValueError: There is no such kind, or the kind cannot show these data; the message says which can.
    """
    if kind not in _DRAWERS:
        raise ValueError(f"chart() knows no kind {kind!r}: use one of {', '.join(_DRAWERS)}")
    notes: list[str] = []
    traces, layout = _DRAWERS[kind](data, notes, rest, tuple(band))
    if not traces:
        print(f"no chart: there are no values for {title or kind}")  # noqa: T201 - for whoever runs the code
        return None
    from plotly import graph_objects

    sideways = traces[0].get("orientation") == "h"
    _name_axes(layout, (y, x) if sideways else (x, y))
    lines = wrapped(title)
    named = [trace for trace in traces if trace.get("name") and trace.get("showlegend", True)]
    base = {
        "title": {
            "text": "<br>".join([*lines, *(f"<sup>{part}</sup>" for note in notes for part in wrapped(note))])
        },
        "template": "plotly_white",
        "colorway": COLORS,
        "width": 900,
        "height": 480,
        "showlegend": len(named) > 1 or kind == "pie",
        "margin": {"t": 60 + 22 * (len(lines) + len(notes))},
    }
    return graph_objects.Figure({"data": traces, "layout": base | layout})


def _name_axes(layout: dict[str, Any], names: tuple[str, str]) -> None:
    for axis, name in zip(("xaxis", "yaxis"), names, strict=True):
        own = layout.setdefault(axis, {})
        own["title"] = {"text": safe(cut(name, 60)) if name else ""}
        own["automargin"] = True
        if own.get("type") not in {"category", "date"} and "tickformat" not in own:
            own |= {"separatethousands": True, "exponentformat": "none"}


_Drawn = tuple[list[dict[str, Any]], dict[str, Any]]
_DRAWERS: dict[str, Callable[[Any, list[str], str, tuple[str, ...]], _Drawn]] = {
    "bar": lambda data, notes, rest, _: bar(data, notes, rest),
    "line": lambda data, notes, _, band: line(data, notes, band),
    "pie": lambda data, notes, _, __: pie(data, notes),
    "histogram": lambda data, notes, _, __: histogram(data, notes),
    "box": lambda data, notes, _, __: box(data, notes),
    "scatter": lambda data, notes, _, __: scatter(data, notes),
    "heatmap": lambda data, notes, _, __: heatmap(data, notes),
}
