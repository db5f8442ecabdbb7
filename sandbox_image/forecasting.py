# SPDX-License-Identifier: Apache-2.0
"""What are the next values of a series, by the simplest model that did well on values it had not seen?

Needs numpy and pandas alone, so that exports can carry it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

LEAST = 12
_Values = np.ndarray[Any, np.dtype[np.float64]]
_Model = Callable[[_Values, int, int], _Values]


def _last(known: _Values, steps: int, _: int) -> _Values:
    return np.full(steps, known[-1])


def _season(known: _Values, steps: int, season: int) -> _Values:
    return np.resize(known[-season:], steps)


def _trend(known: _Values, steps: int, _: int) -> _Values:
    return _fitted(known, steps, 1)


def _seasonal_trend(known: _Values, steps: int, season: int) -> _Values:
    return _fitted(known, steps, season)


def _fitted(known: _Values, steps: int, season: int) -> _Values:
    """Return least squares of a line, and of a level for each place in the season."""
    at = np.arange(len(known) + steps)
    parts = [at[:, None], (at[:, None] % season == np.arange(season)).astype(float)]
    design = np.hstack(parts).astype(float)
    weights = np.linalg.lstsq(design[: len(known)], known, rcond=None)[0]
    ahead: _Values = design[len(known) :] @ weights
    return ahead


_MODELS: dict[str, tuple[_Model, bool]] = {
    "the last value": (_last, False),
    "the last season": (_season, True),
    "a linear trend": (_trend, False),
    "a linear trend with seasons": (_seasonal_trend, True),
}
"""Each model, and whether it needs seasons."""


def forecast(values: pd.Series, steps: int, season: int = 1) -> Any:
    """Return the next `steps` values of a series by period, or words that say why there is no forecast.

    The models are tried on the last values,
        held back; the one with the least mean absolute error is fitted to all.
    The interval is 1.96 times the root mean square of those errors: rough, and no narrower for what is near.

    Args:
        values: One number for each period, with a PeriodIndex without gaps.
        steps: How many periods ahead.
        season: How many periods a season has; 1 for none. Of fewer than three seasons none is made out.
    """
    known = values.to_numpy(dtype=float)
    gaps = int((~np.isfinite(known)).sum())
    if gaps:
        return f"no forecast: {gaps} of {len(known)} periods have no value"
    if len(known) < 3 * season:
        season = 1
    held = max(steps, season, 3)
    if len(known) < LEAST or len(known) - held < 6:
        return f"no forecast: {len(known)} periods are too few"
    errors: dict[str, _Values] = {}
    for name, (model, seasonal) in _MODELS.items():
        if not seasonal or season > 1:
            errors[name] = known[-held:] - model(known[:-held], held, season)
    chosen = min(errors, key=lambda name: float(np.abs(errors[name]).mean()))
    ahead = _MODELS[chosen][0](known, steps, season)
    reach = 1.96 * float(np.sqrt((errors[chosen] ** 2).mean()))
    index: Any = values.index
    periods = pd.period_range(index[-1] + 1, periods=steps, freq=index.freq)
    named: Any = periods.astype(str)
    if str(index.freqstr)[0] in "WY":
        named = periods.year if index.freqstr[0] == "Y" else periods.start_time.strftime("%Y-%m-%d")
    return pd.DataFrame(
        {
            str(index.name or "period"): named,
            "forecast": ahead,
            "low": ahead - reach,
            "high": ahead + reach,
            "model": chosen,
            "mean absolute error": float(np.abs(errors[chosen]).mean()),
        }
    )
