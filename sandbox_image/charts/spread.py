# SPDX-License-Identifier: Apache-2.0
"""Which histogram, boxes or dots show how values are spread, when a few may be far from all others?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from .labels import dates, labels, numbers_of, plain, said

MAX_BINS, MAX_WHOLE, MAX_BOXES, MAX_DOTS, MAX_OUTLIERS, MAX_COLORS = 40, 20, 30, 5000, 50, 9
DOT_COLOR = "#3366aa"


def histogram(data: Any, notes: list[str]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return bars of counts: one for each of a few whole numbers, else of equal widths."""
    values = numbers_of(data, notes).to_numpy()
    if not len(values):
        return [], {}
    different = np.unique(values)
    if len(different) <= MAX_WHOLE and (different % 1 == 0).all() and np.ptp(different) <= 3 * MAX_WHOLE:
        found = [int((values == one).sum()) for one in different]
        axis = {"dtick": 1} if np.ptp(different) <= 30 else {}
        return [{"type": "bar", "x": [int(one) for one in different], "y": found}], {"xaxis": axis}
    shown = _near(values, notes)
    bins = int(np.clip(1.5 * np.sqrt(len(shown)), 5, MAX_BINS))
    counts, edges = np.histogram(shown, bins=bins)
    bars = {
        "type": "bar",
        "x": plain((edges[:-1] + edges[1:]) / 2),
        "y": [int(one) for one in counts],
        "width": plain(np.diff(edges)),
        "hovertext": [
            f"{said(low)} to {said(high)}" for low, high in zip(edges[:-1], edges[1:], strict=True)
        ],
        "marker": {"line": {"color": "white", "width": 1}},
    }
    return [bars], {"bargap": 0}


def _near(values: Any, notes: list[str]) -> Any:
    """Return the values without the one in a hundred that would press all others into one bar."""
    low, high = np.quantile(values, [0.01, 0.99])
    room = 0.5 * (high - low)
    if room == 0 or (values.max() <= high + room and values.min() >= low - room):
        return values
    keep = np.ones(len(values), dtype=bool)
    for far, name, end in (
        (values > high + room, "above", values.max()),
        (values < low - room, "below", values.min()),
    ):
        if far.any():
            limit = values[~far].max() if name == "above" else values[~far].min()
            many = f"{int(far.sum()):,} of {len(values):,} values"
            notes.append(f"{many} {name} {said(limit)} (as far as {said(end)}) are not drawn")
            keep &= ~far
    return values[keep]


def box(data: Any, notes: list[str]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return a box for each group: quartiles, ends within 1.5 times the box, and dots beyond."""
    table = (data if isinstance(data, pd.DataFrame) else pd.Series(data).to_frame()).reset_index(drop=True)
    values = numbers_of(table.iloc[:, -1], notes)
    keys = table.iloc[:, 0].loc[values.index] if table.shape[1] > 1 else pd.Series("", index=values.index)
    groups = {key: np.sort(own.to_numpy()) for key, own in values.groupby(keys, dropna=False, observed=True)}
    order = sorted(groups, key=lambda key: (-len(groups[key]), str(key)))[:MAX_BOXES]
    if len(order) < len(groups):
        notes.append(f"the {MAX_BOXES} groups with most values of {len(groups):,}")
    order.sort(key=str)
    names = labels(order) if table.shape[1] > 1 else [""]
    traces: list[dict[str, Any]] = []
    far = 0
    for name, key in zip(names, order, strict=False):
        boxed, outside = _boxed(name, groups[key])
        far += len(outside)
        traces.append(boxed)
        if len(outside):
            spots = np.linspace(0, len(outside) - 1, min(MAX_OUTLIERS, len(outside))).astype(int)
            dots = {"type": "scatter", "mode": "markers", "name": name, "showlegend": False}
            dots |= {"x": [name] * len(spots), "y": plain(outside[spots])}
            traces.append(dots | {"marker": {"size": 4, "color": DOT_COLOR}})
    if far:
        verb = "is" if far == 1 else "are"
        notes.append(
            f"{far:,} of {len(values):,} values {verb} further than 1.5 times the box from it (dots)"
        )
    return traces, {"xaxis": {"type": "category"}}


def _boxed(name: str, own: Any) -> tuple[dict[str, Any], Any]:
    low, middle, high = np.quantile(own, [0.25, 0.5, 0.75])
    outside = (own < low - 1.5 * (high - low)) | (own > high + 1.5 * (high - low))
    inside = own[~outside]
    ends = {"lowerfence": inside[0], "q1": low, "median": middle, "q3": high, "upperfence": inside[-1]}
    style = {"type": "box", "name": name, "x": [name], "showlegend": False, "marker": {"color": DOT_COLOR}}
    return style | {key: [float(value)] for key, value in ends.items()}, own[outside]


def scatter(data: pd.DataFrame, notes: list[str]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return dots; a third column gives their colours."""
    pair = data.iloc[:, :2].replace([np.inf, -np.inf], np.nan)
    known = data[pair.notna().all(axis=1)]
    if len(known) < len(data):
        notes.append(
            f"{len(data) - len(known):,} of {len(data):,} points are missing or infinite and not drawn"
        )
    if len(known) > MAX_DOTS:
        notes.append(f"{MAX_DOTS:,} of {len(known):,} points, chosen at random")
        known = known.sample(MAX_DOTS, random_state=0).sort_index()
    groups = {"": known}
    if data.shape[1] > 2:
        found = known.groupby(known.columns[2], dropna=False, observed=True)
        most = found.size().sort_values(ascending=False, kind="stable").index[:MAX_COLORS]
        if len(most) < found.ngroups:
            notes.append(f"the {MAX_COLORS} groups with most points of {found.ngroups:,}")
        colors = known.iloc[:, 2]
        kept = [known[colors.isna() if pd.isna(key) else colors == key] for key in most]
        groups = dict(zip(labels(most), kept, strict=True))
    few = len(known) < 1000
    dated = pd.api.types.is_datetime64_any_dtype(known.iloc[:, 0])
    traces = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": name,
            "x": dates(pd.DatetimeIndex(own.iloc[:, 0])) if dated else plain(own.iloc[:, 0]),
            "y": plain(own.iloc[:, 1]),
            "marker": {"size": 6, "opacity": 0.75} if few else {"size": 4, "opacity": 0.4},
        }
        for name, own in groups.items()
        if len(own)
    ]
    return traces, {"xaxis": {"type": "date"} if dated else {}}
