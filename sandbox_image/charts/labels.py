# SPDX-License-Identifier: Apache-2.0
"""How are names, numbers and dates put on a chart so that they can be read, and nothing in them is code?"""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Any

import numpy as np
import pandas as pd

LABEL_WIDTH, TITLE_WIDTH = 32, 90
PERIODS = {
    re.compile(r"\d{4}-\d{2}"): ("%b %Y", "MS"),
    re.compile(r"\d{4}Q[1-4]"): ("%Y Q%q", "QS"),
    re.compile(r"\d{4}-\d{2}-\d{2}"): ("", ""),
}
"""How periods are written: the form on the axis, and the step from one to the next (days: with gaps)."""


def safe(text: Any) -> str:
    """Return text of which plotly makes neither a tag nor a formula."""
    return html.escape(str(text), quote=False).replace("$", "&#36;")


def cut(text: Any, width: int = LABEL_WIDTH) -> str:
    """Return the text on one line, no wider than so many Latin letters (a Chinese one is two wide)."""
    clean = " ".join(str(text).split()) or "(empty)"
    sizes = np.cumsum([2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in clean])
    if sizes[-1] <= width:
        return clean
    return clean[: max(1, int(np.searchsorted(sizes, width)))].rstrip() + "…"


def wrapped(text: str) -> list[str]:
    """Return the text as up to three safe lines."""
    lines = [""]
    for word in cut(text, 3 * TITLE_WIDTH).split() if text else []:
        if lines[-1] and len(lines[-1]) + len(word) >= TITLE_WIDTH:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + cut(word, TITLE_WIDTH)
    return [safe(line) for line in lines]


def labels(index: Any) -> list[str]:
    """Return a label for each, no two alike: plotly would put those that are on one spot."""
    taken: set[str] = set()
    made = []
    for given in index:
        key: Any = int(given) if isinstance(given, float) and given.is_integer() else given
        several = isinstance(key, (tuple, list))
        text = " · ".join(map(str, key)) if several else "(missing)" if pd.isna(key) else str(key)
        label, number = safe(cut(text)), 2
        while label in taken:
            label, number = f"{safe(cut(text))} ({number})", number + 1
        taken.add(label)
        made.append(label)
    return made


def numbers_of(values: Any, notes: list[str], what: str = "values") -> pd.Series:
    """Return the finite values; what is left out is noted."""
    found = pd.to_numeric(pd.Series(values), errors="coerce").astype(float)
    for count, name in ((int(found.isna().sum()), "missing"), (int(np.isinf(found).sum()), "infinite")):
        if count:
            verb = "is" if count == 1 else "are"
            notes.append(f"{count:,} of {len(found):,} {what} {verb} {name} and not drawn")
    return found[np.isfinite(found)]


def plain(values: Any) -> list[Any]:
    """Return plain floats, None where there is no finite number."""
    return [float(one) if one is not None and np.isfinite(one) else None for one in values]


def said(value: float) -> str:
    """Return a number as a person reads it: 1,234 or 0.0123."""
    return f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 1000 else f"{value:,.4g}"


def scale(index: Any) -> tuple[list[Any], dict[str, Any], str]:
    """Return the positions, the axis, and the step between periods of an index of dates, numbers or names."""
    if isinstance(index, pd.PeriodIndex):
        index = index.to_timestamp()
    if isinstance(index, pd.DatetimeIndex) and not index.hasnans:
        return dates(index), {"type": "date"}, ""
    periods = _periods(index)
    if periods is not None:
        return periods
    if (
        pd.api.types.is_numeric_dtype(index)
        and not pd.api.types.is_bool_dtype(index)
        and np.isfinite(index).all()
    ):
        whole = pd.api.types.is_integer_dtype(index)
        years = whole and len(index) and index.min() >= 1000 and index.max() < 3000
        axis = {"tickformat": "d"} | ({"dtick": 1} if np.ptp(index) <= 20 else {}) if years else {}
        return [int(one) if whole else float(one) for one in index], axis, ""
    return labels(index), {"type": "category"}, ""


def _periods(index: Any) -> tuple[list[Any], dict[str, Any], str] | None:
    texts = [one for one in index if isinstance(one, str)]
    if not texts or len(texts) < len(index):
        return None
    for pattern, (shown, step) in PERIODS.items():
        if all(pattern.fullmatch(one) for one in texts):
            try:
                found = (
                    pd.PeriodIndex(texts, freq="Q").to_timestamp()
                    if step == "QS"
                    else pd.DatetimeIndex(texts)
                )
            except ValueError:
                return None
            return dates(found), {"type": "date"} | ({"tickformat": shown} if shown else {}), step
    return None


def dates(index: pd.DatetimeIndex) -> list[str]:
    """Return ISO dates, with the time where there is any."""
    midnight = bool((index == index.normalize()).all())
    return list(index.strftime("%Y-%m-%d" if midnight else "%Y-%m-%dT%H:%M:%S"))
