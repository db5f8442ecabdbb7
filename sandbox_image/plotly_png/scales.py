"""Where on a matplotlib axis is a value of a plotly figure: a number, a date, or one of some names?"""

from __future__ import annotations

import base64
import re
from typing import Any

import numpy as np
import pandas as pd

from .text import readable

MAX_TICKS = 40
TICK_WIDTH = 40
_DATE = re.compile(r"\d{4}-\d{2}(-\d{2}.*)?")


class NotDrawableError(Exception):
    """The figure holds what can only be drawn by plotly itself; the message names it."""


def listed(values: Any) -> list[Any]:
    """Return plotly's list, also where it is packed (`{"dtype", "bdata"}`)."""
    if values is None:
        return []
    if isinstance(values, dict) and "bdata" in values:
        packed = np.frombuffer(base64.b64decode(values["bdata"]), dtype=values["dtype"])
        shape = [int(part) for part in str(values.get("shape", "")).split(",") if part.strip()]
        found: list[Any] = (packed.reshape(shape) if shape else packed).tolist()
        return found
    return list(values) if isinstance(values, (list, tuple, np.ndarray, pd.Series)) else [values]


def numbers(values: Any) -> np.ndarray[Any, Any]:
    """Return the values as floats, NaN for what is none."""
    given = listed(values)
    if all(type(value) in {int, float} for value in given):
        return np.array(given, dtype=float)
    return pd.to_numeric(pd.Series(given, dtype=object), errors="coerce").to_numpy(dtype=float)


class Scale:
    """One axis: it sees all values first, then gives each its place."""

    def __init__(self, layout: dict[str, Any]) -> None:
        self._layout = layout
        self._kind = str(layout.get("type") or "")
        self._names: dict[str, int] = {}
        self._seen: list[Any] = []

    def see(self, values: list[Any]) -> None:
        """Take note of values that will be drawn."""
        self._seen.extend(value for value in values if value is not None)

    @property
    def kind(self) -> str:
        """`linear`, `log`, `date` or `category`."""
        if self._kind in {"", "-", "multicategory"}:
            if all(
                isinstance(one, (int, float, np.number)) and not isinstance(one, bool) for one in self._seen
            ):
                self._kind = "linear"
            else:
                dated = all(_DATE.match(str(one)) for one in self._seen)
                self._kind = "date" if dated else "category"
        return self._kind

    def at(self, values: Any) -> np.ndarray[Any, Any]:
        """Return the places of the values."""
        given = listed(values)
        if self.kind == "date":
            from matplotlib import dates

            found = pd.to_datetime(
                pd.Series(given, dtype=object), errors="coerce", format="ISO8601", utc=True
            )
            return np.array(
                [np.nan if pd.isna(one) else dates.date2num(one.to_pydatetime()) for one in found]
            )
        if self.kind == "category":
            if not self._names:
                first = [*listed(self._layout.get("categoryarray")), *self._seen]
                self._names = {name: at for at, name in enumerate(dict.fromkeys(map(str, first)))}
            return np.array([self._names.get(str(one), np.nan) for one in given], dtype=float)
        return numbers(given)

    def dress(self, axis: Any) -> None:
        """Give the matplotlib axis its title, ticks and direction."""
        title = self._layout.get("title") or {}
        axis.set_label_text(readable(title.get("text") or "" if isinstance(title, dict) else title))
        across = axis.axis_name == "x"
        if self.kind == "category":
            self._name_ticks(axis, across)
        elif self.kind == "date":
            self._date_ticks(axis)
        elif self.kind == "log":
            (axis.axes.set_xscale if across else axis.axes.set_yscale)("log")
        else:
            self._number_ticks(axis)
        low_high = listed(self._layout.get("range"))
        if len(low_high) == 2 and self.kind == "linear" and None not in low_high:
            (axis.axes.set_xlim if across else axis.axes.set_ylim)(*map(float, low_high))
        elif self._layout.get("autorange") == "reversed":
            axis.set_inverted(True)

    def _name_ticks(self, axis: Any, across: bool) -> None:
        self.at([])
        names = list(self._names)
        step = -(-len(names) // MAX_TICKS) or 1
        shown = [readable(name) for name in names[::step]]
        shown = [name if len(name) <= TICK_WIDTH else name[: TICK_WIDTH - 1] + "…" for name in shown]
        axis.set_ticks(range(0, len(names), step), shown)
        if names:
            (axis.axes.set_xlim if across else axis.axes.set_ylim)(-0.6, len(names) - 0.4)
        if across and sum(map(len, shown)) > 90:
            for label in axis.get_ticklabels():
                label.set(rotation=45, ha="right", rotation_mode="anchor")

    def _date_ticks(self, axis: Any) -> None:
        from matplotlib import dates, ticker

        locator = dates.AutoDateLocator(minticks=3, maxticks=12)
        axis.set_major_locator(locator)
        if "%q" in str(self._layout.get("tickformat")):
            axis.set_major_locator(dates.MonthLocator(bymonth=(1, 4, 7, 10)))
            if len({str(one) for one in self._seen}) > 16:
                axis.set_major_locator(dates.YearLocator(max(1, len(set(map(str, self._seen))) // 48)))
            axis.set_major_formatter(ticker.FuncFormatter(_quarter))
        else:
            axis.set_major_formatter(dates.ConciseDateFormatter(locator))

    def _number_ticks(self, axis: Any) -> None:
        from matplotlib import ticker

        if self._layout.get("tickformat") == "d" or self._layout.get("dtick") == 1:
            axis.set_major_locator(ticker.MaxNLocator(nbins=12, integer=True))
        if self._layout.get("tickformat") == "d":
            axis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:.0f}"))
        else:
            axis.set_major_formatter(ticker.FuncFormatter(_number))


def _number(value: float, _: int | None = None) -> str:
    if value != 0 and (abs(value) >= 1e15 or abs(value) < 1e-4):
        return f"{value:.3g}"
    return f"{value:,.6f}".rstrip("0").rstrip(".") if abs(value) < 1e6 else f"{value:,.0f}"


def _quarter(at: float, _: int | None = None) -> str:
    from matplotlib import dates

    found = dates.num2date(at)
    return f"{found.year} Q{(found.month + 2) // 3}"
