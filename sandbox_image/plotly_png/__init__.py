"""What does a plotly figure look like as a PNG, drawn by matplotlib where there is no browser?

Knows the common traces: bar, scatter and lines, histogram, box, pie, heatmap; others it refuses by name.
"""

from __future__ import annotations

import re
from typing import Any

from .cells import draw_pie
from .pane import Pane, see
from .scales import NotDrawableError, Scale
from .text import readable
from .traces import CARTESIAN, draw_cartesian

__all__ = ["NotDrawableError", "draw"]
WIDTH, HEIGHT, LEAST, MOST, DPI = 900, 480, 200, 3000, 100
MAX_TRACES = 300
_SPECIAL = ("stackgroup", "base", "histfunc", "histnorm", "error_x", "error_y", "xbins", "ybins")
"""What changes a trace's meaning and is not known here."""
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_COLORS = ["#636efa", "#ef553b", "#00cc96", "#ab63fa", "#ffa15a", "#19d3f3", "#ff6692", "#b6e880", "#ff97ff"]


def draw(content: dict[str, Any]) -> Any:
    """Return a matplotlib figure of `content`, a plotly figure as its JSON.

    Raises:
        NotDrawableError: It holds a trace that is not known here.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    traces = [trace for trace in content.get("data") or [] if trace.get("visible", True) is True]
    layout = content.get("layout") or {}
    _refuse(traces)
    width, height = (_pixels(layout.get(key), usual) for key, usual in (("width", WIDTH), ("height", HEIGHT)))
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI)
    FigureCanvasAgg(figure)
    panes = _panes(figure, traces, layout)
    for pane in panes:
        colors = layout.get("colorway") or _template(layout).get("colorway") or _COLORS
        pane.colors = [colors[traces.index(trace) % len(colors)] for trace in pane.traces]
        pane.slices = colors
        if pane.scales:
            draw_cartesian(pane, layout)
        else:
            for trace in pane.traces:
                draw_pie(pane, trace)
        _legend(pane, layout)
    title = layout.get("title") or {}
    text = title.get("text") if isinstance(title, dict) else title
    if text:
        lines = _BREAK.split(str(text))
        large = [readable(line) for line in lines if not line.startswith("<sup>")]
        small = [readable(line) for line in lines if line.startswith("<sup>")]
        _write_title(figure, panes, "\n".join(large), small)
    return figure


def _refuse(traces: list[dict[str, Any]]) -> None:
    kinds = {str(trace.get("type") or "scatter") for trace in traces}
    unknown = sorted(kinds - CARTESIAN - {"pie"})
    if unknown:
        raise NotDrawableError(f"a plotly trace of type {unknown[0]} can only be drawn by a browser")
    if not traces:
        raise NotDrawableError("the plotly figure is empty")
    for trace in traces:
        special = next((name for name in _SPECIAL if trace.get(name) not in (None, "", False)), None)
        if special or (trace.get("cumulative") or {}).get("enabled"):
            raise NotDrawableError(f"plotly's {special or 'cumulative'} can only be drawn by a browser")
    if len(traces) > MAX_TRACES:
        raise NotDrawableError(f"the plotly figure has {len(traces)} traces, more than {MAX_TRACES}")


def _pixels(given: Any, usual: int) -> float:
    return float(min(max(given, LEAST), MOST)) if isinstance(given, (int, float)) and given > 0 else usual


def _template(layout: dict[str, Any]) -> dict[str, Any]:
    template = layout.get("template")
    found = template.get("layout") if isinstance(template, dict) else None
    return found if isinstance(found, dict) else {}


def _panes(figure: Any, traces: list[dict[str, Any]], layout: dict[str, Any]) -> list[Pane]:
    """Return the traces sorted into what is drawn apart: each pair of axes, each pie."""
    sorted_in: dict[Any, list[dict[str, Any]]] = {}
    for at, trace in enumerate(traces):
        own = (
            f"pie {at}" if trace.get("type") == "pie" else (trace.get("xaxis", "x"), trace.get("yaxis", "y"))
        )
        sorted_in.setdefault(own, []).append(trace)
    panes: list[Pane] = []
    made: dict[tuple[str, str], Any] = {}
    for key, own in sorted_in.items():
        if isinstance(key, str):
            panes.append(Pane(_place(figure, own[0].get("domain") or {}, len(sorted_in)), own, ()))
            continue
        named = [_axis(layout, name) for name in key]
        below = made.get((key[0], str(named[1].get("overlaying"))))
        place = {"x": named[0].get("domain"), "y": named[1].get("domain")}
        axes = below.twinx() if below is not None else _place(figure, place, len(sorted_in))
        made[key] = axes
        pane = Pane(axes, own, (Scale(named[0]), Scale(named[1])))
        see(pane)
        panes.append(pane)
    return panes


def _axis(layout: dict[str, Any], name: str) -> dict[str, Any]:
    found = layout.get(f"{name[0]}axis{name[1:]}") or {}
    return found if isinstance(found, dict) else {}


def _place(figure: Any, domain: dict[str, Any], panes: int) -> Any:
    if panes == 1:
        return figure.add_subplot()
    (left, right), (low, high) = (domain.get(key) or (0, 1) for key in ("x", "y"))
    return figure.add_axes((0.02 + 0.9 * left, 0.02 + 0.86 * low, 0.86 * (right - left), 0.8 * (high - low)))


def _legend(pane: Pane, layout: dict[str, Any]) -> None:
    handles, names = pane.axes.get_legend_handles_labels()
    wanted = layout.get("showlegend", len(names) > 1)
    if wanted and names and pane.scales:
        pane.axes.legend(
            handles, names, loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False, fontsize=9
        )


def _write_title(figure: Any, panes: list[Pane], title: str, notes: list[str]) -> None:
    if len(panes) > 1:
        figure.suptitle("\n".join([title, *notes]), x=0.02, ha="left", y=1.02)
        return
    panes[0].axes.set_title(title, fontsize=13, loc="left", pad=10 + 13 * len(notes))
    if notes:
        style = {"fontsize": 9, "va": "bottom", "color": "#555555"}
        panes[0].axes.annotate("\n".join(notes), (0, 1), (0, 6), "axes fraction", "offset points", **style)
