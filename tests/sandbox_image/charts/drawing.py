"""What is on a chart: the traces, what is said above them, and the picture."""

from __future__ import annotations

import html
import json
from typing import Any

import matplotlib as mpl
import plotly.io

from sandbox_image import plotly_json, plotly_png
from sandbox_image.charts import chart

mpl.use("Agg")


def drawn(*given: Any, **options: Any) -> dict[str, Any]:
    """Return the chart as plotly.js gets it; plotly itself must find it valid, and it must be drawn."""
    figure = chart(*given, **options)
    assert figure is not None
    text = plotly_json.written(plotly_json.closed(json.loads(figure.to_json()))).decode()
    plotly.io.from_json(text)
    content: dict[str, Any] = json.loads(text)
    picture(content)
    return content


def picture(content: dict[str, Any]) -> Any:
    """Return the matplotlib figure, drawn once."""
    with mpl.rc_context({"text.parse_math": False, "axes.unicode_minus": False}):
        made = plotly_png.draw(content)
        made.canvas.draw()
    return made


def said(content: dict[str, Any]) -> str:
    return html.unescape(content["layout"]["title"]["text"])


def labels_of(figure: Any, axis: str = "y") -> list[str]:
    found = getattr(figure.axes[0], f"{axis}axis").get_ticklabels()
    return [label.get_text() for label in found]
