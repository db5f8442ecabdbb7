"""Which plotly traces share axes, in which colours and places?"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from .scales import Scale, listed
from .text import readable


@dataclass
class Pane:
    """Axes, the traces on them, and the scales across and up (none for a pie)."""

    axes: Any
    traces: list[dict[str, Any]]
    scales: tuple[Scale, ...]
    colors: list[str] = field(default_factory=list)
    """One for each trace."""
    slices: list[str] = field(default_factory=list)
    """Those of a pie's slices."""

    def color(self, position: int, trace: dict[str, Any]) -> Any:
        """Return the trace's one colour: its own, or the next of the figure's."""
        own = (trace.get("marker") or {}).get("color")
        if not isinstance(own, str):
            own = (trace.get("line") or {}).get("color")
        return paint(own) or paint(self.colors[position]) or "#3366aa"


def paint(color: Any) -> Any:
    """Return plotly's colour as matplotlib knows it, or None."""
    from matplotlib.colors import is_color_like

    if not isinstance(color, str):
        return None
    parts = re.fullmatch(r"rgba?\(([^()]*)\)", color.strip())
    if parts:
        try:
            given = [float(part) for part in parts[1].split(",")]
        except ValueError:
            return None
        found = tuple([min(max(one / 255, 0), 1) for one in given[:3]] + given[3:4])
        return found if is_color_like(found) else None
    return color if is_color_like(color) else None


def see(pane: Pane) -> None:
    """Let the scales see all that will be drawn."""
    across, up = pane.scales
    for trace in pane.traces:
        kind = trace.get("type")
        if kind == "box" and not lies(trace):
            across.see(groups_of(trace, "x"))
            up.see([] if "q1" in trace else listed(trace.get("y")))
        elif kind == "box":
            across.see([] if "q1" in trace else listed(trace.get("x")))
            up.see(groups_of(trace, "y"))
        elif kind == "heatmap":
            across.see(listed(trace.get("x")))
            up.see(listed(trace.get("y")))
        else:
            across.see(listed(trace.get("x")))
            up.see(listed(trace.get("y")))


def lies(trace: dict[str, Any]) -> bool:
    """Whether the trace goes across and not up."""
    if "orientation" in trace:
        return bool(trace["orientation"] == "h")
    return (
        trace.get("type") in {"box", "histogram"}
        and "x" not in trace
        and "y" in trace
        and trace["type"] != "box"
    )


def groups_of(trace: dict[str, Any], axis: str) -> list[Any]:
    """Return the group of each value of a box."""
    other = "y" if axis == "x" else "x"
    named = listed(trace.get(axis))
    size = len(listed(trace.get("q1"))) or len(listed(trace.get(other)))
    return named or [trace.get("name") or ""] * max(size, 1)


def label_of(trace: dict[str, Any]) -> str | None:
    """Return what the legend calls the trace, if it is in it."""
    return readable(trace["name"]) if trace.get("name") and trace.get("showlegend", True) else None
