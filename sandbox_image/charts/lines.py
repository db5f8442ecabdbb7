# SPDX-License-Identifier: Apache-2.0
"""Which lines show numbers along time or along numbers, when there may be a million of them?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from .labels import dates, labels, plain, scale

MAX_LINES, MAX_POINTS, MAX_MARKED = 9, 4000, 60
STEPS = {"MS": "months", "QS": "quarters"}
BAND = {"mode": "lines", "line": {"width": 0}, "showlegend": False, "fillcolor": "rgba(120,120,120,0.25)"}


def line(
    data: Any, notes: list[str], band: tuple[str, ...] = ()
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return a line for each column, broken where there is no value."""
    table = data if isinstance(data, pd.DataFrame) else pd.Series(data).to_frame()
    numbers = fewer(table, notes, MAX_LINES, "lines")
    if not numbers.notna().any(axis=None):
        return [], {}
    gaps = int(numbers.isna().sum().sum())
    if gaps and numbers.shape[1] == 1:
        notes.append(f"{gaps:,} of {len(numbers):,} have no value: the line is broken there")
    at, axis, step = scale(numbers.index)
    if axis.get("type") != "category":
        order = sorted(range(len(at)), key=at.__getitem__)
        at, numbers = [at[one] for one in order], numbers.iloc[order]
    if step and not numbers.index.has_duplicates:
        at, numbers = _whole(at, numbers, step, notes)
    traces: list[dict[str, Any]] = []
    for position, (name, label) in enumerate(zip(numbers.columns, labels(numbers.columns), strict=True)):
        across, up = _thinned(at, numbers.iloc[:, position], notes if position == 0 else [])
        style: dict[str, Any] = {"mode": "lines", "line": {"width": 2}}
        if len(across) <= MAX_MARKED:
            style["mode"] = "lines+markers"
        if name in band:
            style = BAND | ({"fill": "tonexty"} if name == band[1] else {})
        trace = {
            "type": "scatter",
            "name": label,
            "x": across,
            "y": plain(up),
            "connectgaps": False,
        }
        traces.append(trace | style)
    return traces, {"xaxis": axis}


def _whole(
    at: list[Any], numbers: pd.DataFrame, step: str, notes: list[str]
) -> tuple[list[Any], pd.DataFrame]:
    """Return the numbers with an empty place for each period that is absent."""
    every = pd.date_range(min(at), max(at), freq=step)
    absent = len(every) - len(numbers)
    if not absent:
        return at, numbers
    notes.append(f"there is nothing for {absent:,} of {len(every):,} {STEPS[step]}: the line is broken there")
    return dates(every), numbers.set_axis(pd.DatetimeIndex(at)).reindex(every)


def _thinned(at: list[Any], values: pd.Series, notes: list[str]) -> tuple[list[Any], Any]:
    """Return every point, or of each of so many stretches the lowest and the highest."""
    held = values.to_numpy(dtype=float)
    if len(held) <= MAX_POINTS:
        return at, held
    picked = {0, len(held) - 1}
    for stretch in np.array_split(np.arange(len(held)), MAX_POINTS // 2):
        known = stretch[np.isfinite(held[stretch])]
        if len(known):
            picked |= {int(known[held[known].argmin()]), int(known[held[known].argmax()])}
        if len(known) < len(stretch):
            picked.add(int(stretch[~np.isfinite(held[stretch])][0]))
    order = sorted(picked)
    notes.append(f"{len(held):,} points drawn as {len(order):,}: the lowest and the highest of each stretch")
    return [at[one] for one in order], held[order]


def fewer(table: pd.DataFrame, notes: list[str], most: int, what: str) -> pd.DataFrame:
    """Return the columns as finite numbers, those with the largest values if there are too many."""
    numbers: pd.DataFrame = (
        table.apply(pd.to_numeric, errors="coerce").replace([np.inf, -np.inf], np.nan).astype(float)
    )
    if table.shape[1] <= most:
        return numbers
    notes.append(f"the {most} largest of {table.shape[1]:,} {what}")
    largest = numbers.abs().sum().to_numpy().argsort(kind="stable")[::-1][:most]
    kept: pd.DataFrame = numbers.iloc[:, sorted(largest)]
    return kept
