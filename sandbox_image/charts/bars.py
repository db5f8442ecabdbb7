# SPDX-License-Identifier: Apache-2.0
"""Which bars, slices and cells show numbers of groups, when there may be 3,000 of them?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from .labels import labels, numbers_of, plain, said, scale
from .lines import fewer, line

MAX_BARS, MAX_DATED_BARS, MAX_SLICES, MAX_SETS, MAX_GROUPS, MAX_CELLS = 30, 366, 8, 9, 15, 30
UPRIGHT_BARS, UPRIGHT_LETTERS, UPRIGHT_LABEL = 8, 80, 14
"""More bars or longer labels than these lie, so that the labels need not be turned."""
BAR_HEIGHT = 19


def bar(data: Any, notes: list[str], rest: str = "") -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return a bar for each group; `rest="sum"`: those that find no room may be added up."""
    if isinstance(data, pd.DataFrame) and data.shape[1] != 1:
        return _bars(data, notes)
    held = data.iloc[:, 0] if isinstance(data, pd.DataFrame) else pd.Series(data)
    values = numbers_of(held, notes, "groups")
    at, axis = _places(values.index)
    if "type" not in axis and at and max(at) - min(at) > 3 * len(at):
        at, axis = labels(values.index), {"type": "category"}
    if axis.get("type") != "category":
        if len(values) > MAX_DATED_BARS:
            notes.append(f"{len(values):,} bars could not be read: drawn as a line")
            return line(values, notes)
        return [{"type": "bar", "x": at, "y": plain(values)}] if at else [], {"xaxis": axis}
    if len(values) > MAX_BARS:
        values = _largest(values, notes, rest)
        at = labels(values.index)
    if not at:
        return [], {}
    if (
        len(at) <= UPRIGHT_BARS
        and sum(map(len, at)) <= UPRIGHT_LETTERS
        and max(map(len, at)) <= UPRIGHT_LABEL
    ):
        return [{"type": "bar", "x": at, "y": plain(values)}], {"xaxis": {"type": "category"}}
    lying = {"type": "bar", "x": plain(values), "y": at, "orientation": "h"}
    axis = {"type": "category", "autorange": "reversed", "dtick": 1}
    return [lying], {"yaxis": axis, "height": 170 + BAR_HEIGHT * max(len(at), 12)}


def _places(index: Any) -> tuple[list[Any], dict[str, Any]]:
    """Return the positions and the axis; of bars on one spot only one would be seen."""
    at, axis, _ = scale(index)
    if len(set(at)) < len(at) <= MAX_DATED_BARS:
        return labels(index), {"type": "category"}
    return at, axis


def _largest(values: pd.Series, notes: list[str], rest: str) -> pd.Series:
    """Return the largest bars (the first, if they are in order), and the rest as one where it may be."""
    rising = values.is_monotonic_increasing and not values.is_monotonic_decreasing
    ordered = rising or values.is_monotonic_decreasing
    shown = values if ordered else values.sort_values(ascending=False, kind="stable")
    left = shown.iloc[MAX_BARS:]
    shown = shown.iloc[:MAX_BARS]
    note = f"the {MAX_BARS} {'smallest' if rising else 'largest'} of {len(values):,}"
    if rest == "sum":
        note += f"; other ({len(left):,}): together {said(left.sum())}"
        if abs(left.sum()) <= 3 * shown.abs().max():
            shown = pd.concat([shown, pd.Series({f"other ({len(left):,})": left.sum()})])
    notes.append(note)
    return shown


def _bars(data: pd.DataFrame, notes: list[str]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    numbers = fewer(data, notes, MAX_SETS, "sets of bars")
    at, axis = _places(numbers.index)
    if axis.get("type") == "category" and len(numbers) > MAX_GROUPS:
        notes.append(f"the {MAX_GROUPS} largest of {len(numbers):,} groups")
        largest = numbers.abs().sum(axis=1).to_numpy().argsort(kind="stable")[::-1][:MAX_GROUPS]
        numbers = numbers.iloc[sorted(largest)]
        at = labels(numbers.index)
    absent = int(numbers.isna().sum().sum())
    if absent:
        notes.append(f"{absent:,} of {numbers.size:,} have no value")
    traces = [
        {"type": "bar", "name": name, "x": at, "y": plain(numbers.iloc[:, position])}
        for position, name in enumerate(labels(numbers.columns))
    ]
    return traces if absent < numbers.size else [], {"xaxis": axis, "barmode": "group"}


def pie(data: Any, notes: list[str]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return slices, the largest first.

    Raises:
        ValueError: A value is below 0.
    """
    values = numbers_of(data, notes, "groups")
    if (values < 0).any():
        raise ValueError("a pie cannot show values below 0: use a bar chart")
    values = values[values > 0].sort_values(ascending=False, kind="stable")
    if len(values) > MAX_SLICES:
        left = values.iloc[MAX_SLICES - 1 :]
        other = f"other ({len(left):,})"
        notes.append(f"the {MAX_SLICES - 1} largest of {len(values):,}; {other}: together {said(left.sum())}")
        values = pd.concat([values.iloc[: MAX_SLICES - 1], pd.Series({other: left.sum()})])
    slices = {"type": "pie", "labels": labels(values.index), "values": plain(values), "sort": False}
    return [slices | {"direction": "clockwise", "textinfo": "percent"}] if len(values) else [], {}


def heatmap(data: pd.DataFrame, notes: list[str]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return coloured cells of the columns of numbers: two colours where some are below 0."""
    numbers = data.select_dtypes("number")
    table = numbers.iloc[:MAX_CELLS, :MAX_CELLS]
    if table.shape != numbers.shape:
        shown, all_of = (
            f"{shape[0]:,} rows and {shape[1]:,} columns" for shape in (table.shape, numbers.shape)
        )
        notes.append(f"the first {shown} of {all_of}")
    cells = [plain(row) for row in table.to_numpy(dtype=float)]
    known = np.array([one for row in cells for one in row if one is not None])
    if not len(known):
        return [], {}
    trace: dict[str, Any] = {
        "type": "heatmap",
        "x": labels(table.columns),
        "y": labels(table.index),
        "z": cells,
    }
    trace["colorscale"] = "Blues"
    if known.min() < 0:
        most = float(np.abs(known).max())
        trace |= {"colorscale": "RdBu", "zmin": -most, "zmax": most}
    if table.size <= 150:
        trace["texttemplate"] = "%{z:,.2f}"
    axis = {"type": "category", "autorange": "reversed"}
    return [trace], {"xaxis": {"type": "category"}, "yaxis": axis, "height": 200 + 24 * max(len(table), 12)}
