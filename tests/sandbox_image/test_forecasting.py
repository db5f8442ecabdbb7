"""Forecasts: the simple model that did best on what it had not seen, and words where there can be none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from statsmodels.api import OLS

from sandbox_image import forecasting
from sandbox_image.forecasting import forecast

RNG = np.random.default_rng(3)


def _series(values, freq="M") -> pd.Series:
    return pd.Series(
        np.asarray(values, float), index=pd.period_range("2020-01", periods=len(values), freq=freq)
    )


@pytest.mark.parametrize(
    ("values", "season", "model", "ahead"),
    [
        (np.arange(40) * 2.0, 1, "a linear trend", [80, 82]),
        (np.tile([1.0, 5, 9, 5], 9), 4, "the last season", [1, 5]),
        (np.tile([1.0, 5, 9, 5], 9) + np.arange(36), 4, "a linear trend with seasons", [37, 42]),
        (np.r_[RNG.normal(0, 1, 20), np.full(10, 50.0)], 1, "the last value", [50, 50]),
    ],
)
def test_the_model_that_fits_is_chosen(values, season, model, ahead):
    made = forecast(_series(values), 2, season)
    assert set(made["model"]) == {model}
    assert list(made["forecast"]) == pytest.approx(ahead)


def test_the_trend_with_seasons_is_that_of_statsmodels():
    at = np.arange(48)
    known = 100 + 3 * at + np.tile(RNG.normal(0, 20, 12), 4) + RNG.normal(0, 1, 48)
    made = forecast(_series(known), 6, 12)
    design = np.column_stack([np.arange(54), np.eye(12)[np.arange(54) % 12]])
    truth = OLS(known, design[:48]).fit().predict(design[48:])
    assert set(made["model"]) == {"a linear trend with seasons"}
    assert list(made["forecast"]) == pytest.approx(list(truth))


def test_the_error_is_that_on_the_values_held_back():
    known = np.r_[np.zeros(20), [1.0, -1.0, 2.0]]
    made = forecast(_series(known), 3)
    assert (made["mean absolute error"] > 0).all()
    reach = made["high"] - made["forecast"]
    assert reach.nunique() == 1
    assert reach.iloc[0] >= 1.96 * made["mean absolute error"].iloc[0]


@pytest.mark.parametrize(
    ("freq", "first"),
    [("M", "2023-05"), ("Q", "2030Q1"), ("D", "2020-02-10"), ("W", "2020-10-05"), ("Y", 2060)],
)
def test_periods_are_named_as_elsewhere(freq, first):
    assert forecast(_series(np.arange(40), freq), 1).iloc[0, 0] == first


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([1.0] * 5, "too few"),
        ([1.0, np.nan] * 20, "20 of 40 periods have no value"),
        ([np.inf] + [1.0] * 30, "1 of 31"),
    ],
)
def test_what_has_no_forecast_says_why(values, reason):
    made = forecast(_series(values), 2)
    assert made.startswith("no forecast: ")
    assert reason in made


def test_exports_carry_it_and_it_runs_without_the_rest():
    ours = Path(forecasting.__file__).read_text("utf-8").replace("from __future__ import annotations\n\n", "")
    carried = Path(__file__).parents[2] / "gateway" / "exports" / "forecast.txt"
    assert carried.read_text("utf-8") == ours, (
        "copy forecasting.py to gateway/exports/forecast.txt, without its future"
    )
    space = {}
    exec(compile(ours, "<carried>", "exec"), space)  # noqa: S102 - our own file
    assert list(space["forecast"](_series(np.arange(20) * 1.0), 1)["forecast"]) == pytest.approx([20])
