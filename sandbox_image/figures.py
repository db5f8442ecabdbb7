"""Which figures did the code draw, and what are they as files?"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import plotly_json, tracebacks

PNG = "image/png"
PLOTLY = "application/vnd.plotly.v1+json"
_DPI_LIMIT = 200
_PIXELS_LIMIT = 25_000_000


@dataclass(frozen=True)
class Figure:
    """A figure as a file."""

    name: str
    mime: str
    content: bytes


class FigureCollector:
    """Collects the figures of one run, each once, in the order in which they were shown."""

    def __init__(self) -> None:
        self.figures: list[Figure] = []
        self.printed: list[str] = []
        """Text form of what was displayed and is no figure."""
        self.dropped: list[tuple[str, str]] = []
        """Names of pictures that could not be drawn, with the reason."""
        self._count = 0
        self._last: str | None = None
        self._names: dict[int, str] = {}
        self._kept: list[Any] = []

    def capture_open(self) -> None:
        """Capture every figure that pyplot holds, and close it."""
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot is None:
            return
        for number in pyplot.get_fignums():
            figure = pyplot.figure(number)
            if figure.axes or figure.texts or figure.images:
                self.capture_matplotlib(figure)
            pyplot.close(figure)

    def capture_matplotlib(self, figure: Any) -> str:
        """Draw a matplotlib figure; gives back its name."""

        def draw() -> bytes:
            width, height = figure.get_size_inches()
            fitting = (_PIXELS_LIMIT / max(width * height, 0.01)) ** 0.5
            dpi = max(1.0, min(float(figure.dpi), _DPI_LIMIT, fitting))
            buffer = io.BytesIO()
            figure.savefig(buffer, format="png", dpi=dpi, bbox_inches="tight")
            return buffer.getvalue()

        return self._keep(figure, "png", PNG, draw)

    def capture_plotly(self, figure: Any) -> str:
        """Keep a plotly figure as its JSON and, if it can be drawn, as a PNG; gives back the PNG's name."""
        known = self._names.get(id(figure))
        if known is None:
            known = self._names[id(figure)] = self._append_plotly(json.loads(figure.to_json()))
            self._kept.append(figure)
        return known

    def display(self, data: dict[str, Any], _metadata: Any = None) -> None:
        """Take what `display(x)` published: a PNG, a plotly figure, else its text for stdout."""
        if isinstance(data.get(PLOTLY), dict):
            self._append_plotly(_plain(data[PLOTLY]))
        elif isinstance(data.get(PNG), (bytes, str)):
            png = data[PNG]
            self._append("png", PNG, png if isinstance(png, bytes) else _from_base64(png))
        elif isinstance(data.get("text/plain"), str):
            print(data["text/plain"])  # noqa: T201 - what the code shows goes where it prints

    def of_value(self, value: Any) -> str | None:
        """The name of the figure that `value` is, or is a part of; None for anything else."""
        if type(value).__module__.partition(".")[0] == "plotly" and hasattr(value, "to_json"):
            return self.capture_plotly(value)
        artist = _artist(value)
        if artist is None:
            return None
        figure = getattr(artist, "figure", None) or artist
        figure = getattr(figure, "figure", None) or figure
        if hasattr(figure, "savefig"):
            name = self._names.get(id(figure)) or self.capture_matplotlib(figure)
            self._close(figure)
            return name
        return self.last()

    def last(self) -> str | None:
        """The name of the figure captured last."""
        return self._last

    def _close(self, figure: Any) -> None:
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot is not None:
            pyplot.close(figure)

    def _keep(self, figure: Any, suffix: str, mime: str, draw: Any) -> str:
        known = self._names.get(id(figure))
        if known is not None:
            return known
        name = self._append(suffix, mime, draw())
        self._names[id(figure)] = name
        self._kept.append(figure)  # so that no other figure gets the same id
        return name

    def _append(self, suffix: str, mime: str, content: bytes) -> str:
        self._count += 1
        name = f"figure-{self._count}.{suffix}"
        self.figures.append(Figure(name, mime, content))
        self._last = name
        return name

    def _append_plotly(self, given: Any) -> str:
        content = plotly_json.closed(given)
        written = plotly_json.written(content)
        name = f"figure-{self._count + 1}.png"
        try:
            self.figures.append(Figure(name, PNG, _drawn(content)))
        except Exception as error:  # a figure may hold anything: what cannot be drawn is still its JSON
            self.dropped.append((name, tracebacks.message_of(error)))
            return self._append("plotly.json", PLOTLY, written)
        self._append("plotly.json", PLOTLY, written)
        self._last = name
        return name


def _drawn(content: dict[str, Any]) -> bytes:
    """Return a plotly figure as a PNG.

    Raises:
        NotDrawableError: Only a browser can draw it.
    """
    import matplotlib as mpl

    from . import plotly_png

    buffer = io.BytesIO()
    with mpl.rc_context({"text.parse_math": False, "axes.unicode_minus": False}):
        plotly_png.draw(content).savefig(buffer, format="png", bbox_inches="tight")
    return buffer.getvalue()


def _artist(value: Any) -> Any:
    """The first matplotlib object in `value`, which may be one, or a list, tuple, array or dict of some."""
    if "matplotlib" not in sys.modules:
        return None
    from matplotlib.artist import Artist
    from matplotlib.container import Container

    for item in _flat(value):
        if isinstance(item, Artist):
            return item
        if isinstance(item, Container):
            children = item.get_children()
            return children[0] if children else None
    return None


def _flat(value: Any) -> Iterator[Any]:
    from matplotlib.container import Container

    if isinstance(value, Container):
        yield value
    elif isinstance(value, dict):
        for item in list(value.values())[:10]:
            yield from _flat(item) if isinstance(item, (list, tuple)) else (item,)
    elif isinstance(value, np.ndarray):
        if value.dtype == object:
            yield from value.flat[:10]
    elif isinstance(value, (list, tuple)):
        for item in value[:10]:
            yield from _flat(item) if isinstance(item, (Container, np.ndarray, list)) else (item,)
    else:
        yield value


def _plain(data: Any) -> Any:
    return json.loads(json.dumps(data, default=lambda item: getattr(item, "tolist", lambda: str(item))()))


def _from_base64(encoded: str) -> bytes:
    import base64

    return base64.b64decode(encoded)
