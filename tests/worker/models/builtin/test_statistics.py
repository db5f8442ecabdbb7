"""Tests, regressions and series: published numbers, what is assumed, and what cannot be computed."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest
from statsmodels.datasets import longley

from tests.worker.models.builtin.asking import plain, run
from tests.worker.models.builtin.profiles import view
from worker.analysis.contract import Decline, Plan, Question
from worker.models.builtin import plan, word

ANSCOMBE = {
    "one": ([10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5],
            [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68]),
    "two": ([10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5],
            [9.14, 8.14, 8.74, 8.77, 9.26, 8.10, 6.13, 3.10, 9.13, 7.26, 4.74]),
    "three": ([10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5],
              [7.46, 6.77, 12.74, 7.11, 7.81, 8.84, 6.08, 5.39, 8.15, 6.42, 5.73]),
    "four": ([8, 8, 8, 8, 8, 8, 8, 19, 8, 8, 8],
             [6.58, 5.76, 7.71, 8.84, 8.47, 7.04, 5.25, 12.50, 5.56, 7.91, 6.89]),
}  # fmt: skip
SLEEP = {
    "a": [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0],
    "b": [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4],
}
PLANTS = {
    "control": [4.17, 5.58, 5.18, 6.11, 4.50, 4.61, 5.17, 4.53, 5.33, 5.14],
    "first": [4.81, 4.17, 4.41, 3.59, 5.87, 3.83, 6.03, 4.89, 4.32, 4.69],
    "second": [6.31, 5.12, 5.54, 5.50, 5.37, 5.29, 4.92, 6.15, 5.80, 5.26],
}


def _planned(question: str, frame: pd.DataFrame) -> Plan | Decline:
    return plan(Question(question, (view("things", frame),)))


def _answered(question: str, frame: pd.DataFrame) -> tuple[Any, str, str]:
    """Return the plain result, the words and what was understood."""
    made = _planned(question, frame)
    assert isinstance(made, Plan), made
    result = run(made, {"things": frame})
    return plain(result), word(made, result), made.understood


def _grouped(held: dict[str, list[float]], value: str, group: str) -> pd.DataFrame:
    pairs = [(key, one) for key, values in held.items() for one in values]
    return pd.DataFrame(pairs, columns=[group, value])


def _months(values: list[float], start: str = "2020-01-01") -> pd.DataFrame:
    days = pd.date_range(start, periods=len(values), freq="MS")
    return pd.DataFrame({"day": days, "revenue": values})


@pytest.mark.parametrize("name", sorted(ANSCOMBE))
def test_anscombe_has_the_same_line_four_times(name: str) -> None:
    across, up = ANSCOMBE[name]
    cells, words, _ = _answered(
        "linear regression of height on width", pd.DataFrame({"width": across, "height": up})
    )
    assert cells["slope of width"] == pytest.approx(0.5, abs=0.001)
    assert cells["intercept"] == pytest.approx(3.0, abs=0.01)
    assert cells["R squared"] == pytest.approx(0.667, abs=0.002)
    assert cells["n"] == 11
    assert "not a cause" in words


def test_longley_agrees_with_the_certified_values_of_nist() -> None:
    frame = longley.load_pandas().data.rename(columns=str.lower)
    question = "linear regression of totemp on gnpdefl, gnp, unemp, armed, pop and year"
    cells, _, _ = _answered(question, frame)
    certified = {"intercept": -3482258.63459582, "slope of gnpdefl": 15.0618722713733,
                 "slope of gnp": -0.358191792925910e-01, "slope of unemp": -2.02022980381683,
                 "slope of armed": -1.03322686717359, "slope of pop": -0.511041056535807e-01,
                 "slope of year": 1829.15146461355, "R squared": 0.995479004577296}  # fmt: skip
    assert {name: cells[name] for name in certified} == pytest.approx(certified, rel=1e-6)


def test_the_sleep_data_give_the_published_welch_test() -> None:
    cells, words, understood = _answered("t-test of extra by drug", _grouped(SLEEP, "extra", "drug"))
    assert cells["t"] == pytest.approx(-1.8608, abs=1e-4)
    assert cells["degrees of freedom"] == pytest.approx(17.776, abs=1e-3)
    assert cells["p-value"] == pytest.approx(0.07939, abs=1e-5)
    assert (cells["difference, low"], cells["difference, high"]) == pytest.approx((-3.365, 0.205), abs=1e-3)
    assert "no evidence of a difference" in words
    assert "does not show that there is none" in words
    assert all(said in understood for said in ("Welch", "two-sided", "0.05"))


def test_the_plant_data_give_the_published_analysis_of_variance() -> None:
    cells, words, understood = _answered(
        "anova of weight by treatment", _grouped(PLANTS, "weight", "treatment")
    )
    assert cells["F"] == pytest.approx(4.846, abs=1e-3)
    assert cells["p-value"] == pytest.approx(0.01591, abs=1e-5)
    assert (cells["degrees of freedom between"], cells["degrees of freedom within"]) == (2, 27)
    assert cells["eta squared"] == pytest.approx(0.2641, abs=1e-4)
    assert "There is evidence of a difference" in words
    assert "equal variances" in understood


def test_the_aspirin_study_gives_the_published_chi_square() -> None:
    counts = {
        ("placebo", "yes"): 189,
        ("placebo", "no"): 10845,
        ("aspirin", "yes"): 104,
        ("aspirin", "no"): 10933,
    }
    frame = pd.DataFrame(
        [pair for pair, count in counts.items() for _ in range(count)], columns=["pill", "attack"]
    )
    cells, words, understood = _answered("chi-square test of pill and attack", frame)
    assert cells["chi-square"] == pytest.approx(24.4291, abs=1e-4)
    assert cells["n"] == 22071
    assert "evidence of an association (p < 0.001)" in words
    assert "Yates" in understood


def test_few_expected_counts_are_said() -> None:
    frame = pd.DataFrame({"a": ["x", "y"] * 5, "b": ["p", "q", "q", "p", "p"] * 2})
    assert "so the p-value is rough" in _answered("chi-square test of a and b", frame)[1]


def test_a_perfect_line_is_one() -> None:
    frame = pd.DataFrame({"width": [1.0, 2, 3, 4, 5], "height": [3.0, 5, 7, 9, 11]})
    cells, words, _ = _answered("regression of height on width", frame)
    assert (cells["slope of width"], cells["R squared"]) == pytest.approx((2, 1))
    assert "p < 0.001" in words


def test_missing_values_are_left_out_in_pairs_and_it_is_said() -> None:
    frame = pd.DataFrame({"width": [1.0, 2, 3, None, 5, 6], "height": [1.0, None, 3, 4, 5, 7]})
    cells, _, understood = _answered("regression of height on width", frame)
    assert cells["n"] == 4
    assert "missing value are left out" in understood


CONSTANT = pd.DataFrame(
    {"height": [1.0, 2, 3, 4, 5], "flat": [7.0] * 5, "group": list("aabbb"), "one": ["x"] * 5}
)
TINY = pd.DataFrame({"height": [1.0, 2], "width": [2.0, 1], "group": ["a", "b"]})


@pytest.mark.parametrize(
    ("question", "frame", "reason"),
    [
        ("regression of height on flat", CONSTANT, "same in every row"),
        ("regression of flat on height", CONSTANT, "same in every row"),
        ("t-test of flat by group", CONSTANT, "same in every row"),
        ("chi-square test of group and one", CONSTANT, "categories"),
        ("regression of height on group", CONSTANT, "numbers"),
        ("anova of height by flat", CONSTANT, "groups"),
        ("outliers in group", CONSTANT, "numbers"),
        ("regression of height on width", TINY, "too few"),
        ("t-test of height by group", TINY, "too few"),
        ("outliers in height", TINY, "too few"),
        ("forecast revenue for the next 3 months", _months([1.0, 2, 3]), "too few"),
        ("forecast revenue for the next 9 months", _months(list(range(20))), "too many"),
        ("12-month moving average of revenue", _months([1.0] * 6), "too few"),
        ("t-test of revenue by day", _months([1.0] * 6), "groups"),
        ("3-month moving average of revenue by week", _months([1.0] * 9), ""),
        ("student's t-test of height by group", CONSTANT, ""),
        ("logistic regression of height on flat", CONSTANT, "logistic"),
        ("what causes height", CONSTANT, "causes"),
        ("forecast revenue for the next 3 months with arima", _months(list(range(40))), "arima"),
    ],
)  # fmt: skip
def test_what_cannot_be_computed_surely_is_declined(question: str, frame: pd.DataFrame, reason: str) -> None:
    made = _planned(question, frame)
    assert isinstance(made, Decline), made
    assert reason in made.reason


@pytest.mark.parametrize(
    ("question", "frame"),
    [
        ("t-test of height by group",
         pd.DataFrame({"height": [1.0, 2, 3, 4, None], "group": list("aaabb")})),
        ("t-test of height by group", pd.DataFrame({"height": [1.0, 1, 1, 2, 2], "group": list("aaabb")})),
        ("anova of height by group", pd.DataFrame({"height": [1.0, 1, 2, 2, 3, 3], "group": list("aabbcc")})),
        ("regression of height on width and depth",
         pd.DataFrame({"height": [1.0, 3, 2, 5, 4], "width": [1.0, 2, 3, 4, 5], "depth": [2.0, 4, 6, 8,
         10]})),
        ("outliers in height", pd.DataFrame({"height": [1.0, 1, 1, 1, 1, 9]})),
    ],
    ids=["a group of one", "no spread", "no spread within", "twice the same", "half the values equal"],
)  # fmt: skip
def test_what_the_data_turn_out_not_to_bear_is_said(question: str, frame: pd.DataFrame) -> None:
    value, words, _ = _answered(question, frame)
    assert value == "not enough different values to tell"
    assert "not enough different values" in words


def test_outliers_are_the_rows_beyond_the_fences() -> None:
    frame = pd.DataFrame({"name": list("abcdefgh"), "height": [1.0, 2, 3, 4, 5, 6, 7, 100]})
    rows, _, _ = _answered("find outliers in height", frame)
    assert rows == [("h", 100)]
    assert _answered("how many outliers are in height", frame)[0] == 1


def test_growth_from_nothing_or_less_is_missing_and_gaps_are_kept() -> None:
    frame = _months([100.0, 150, 0, 50, -10, 20]).drop(index=1)
    value, words, understood = _answered("monthly growth of revenue", frame)
    assert value == {"2020-01": None, "2020-02": None, "2020-03": None, "2020-04": None, "2020-05": -120,
                     "2020-06": None}  # fmt: skip
    assert "data from 2020-01-01 to 2020-06-01" in understood
    assert "-120" in words


def test_the_unfinished_month_is_named() -> None:
    days = pd.date_range("2023-01-01", "2024-06-10", freq="D")
    frame = pd.DataFrame({"day": days, "revenue": 10.0})
    _, _, understood = _answered("monthly growth of revenue", frame)
    assert "the last month is not whole" in understood
    rows, _, understood = _answered("forecast revenue for the next 2 months", frame)
    assert [row[0] for row in rows] == ["2024-06", "2024-07"]
    assert "2024-06-01 on is not whole and left out" in understood


def test_a_straight_series_goes_on_straight() -> None:
    rows, words, understood = _answered(
        "forecast revenue for the next 3 months", _months([10.0 * at for at in range(36)])
    )
    assert [(row[0], round(row[1], 6)) for row in rows] == [
        ("2023-01", 360),
        ("2023-02", 370),
        ("2023-03", 380),
    ]
    assert all(row[2] <= row[1] <= row[3] for row in rows)
    assert "By a linear trend" in words
    assert "95 %" in understood


def test_a_gap_in_time_is_no_forecast() -> None:
    value, words, _ = _answered(
        "forecast revenue for the next 2 months", _months([1.0 * at for at in range(30)]).drop(index=9)
    )
    assert value == "no forecast: 1 of 30 periods have no value"
    assert "no forecast" in words


def test_a_part_that_ends_early_is_no_forecast() -> None:
    frame = _months([1.0 * at for at in range(30)]).assign(region=["a"] * 20 + ["b"] * 10)
    value, _, _ = _answered("forecast revenue for the next 2 months where region is a", frame)
    assert value == "no forecast: 10 of 30 periods have no value"


def test_every_number_of_the_words_is_in_the_result() -> None:
    cells, words, _ = _answered("t-test of extra by drug", _grouped(SLEEP, "extra", "drug"))
    assert f"p = {cells['p-value']:.4f}" in words
    assert "(n = 10)" in words
    assert math.isclose(cells["mean of a"], 0.75)


def test_no_analysis_of_variance_where_only_rounding_varies() -> None:
    frame = _grouped({"a": [0.1] * 3, "b": [0.3] * 3, "c": [0.3] * 3}, "yield", "plot")
    assert _answered("anova of yield by plot", frame)[0] == "not enough different values to tell"


def test_a_month_without_any_value_has_no_growth_to_minus_100() -> None:
    frame = _months([10.0, 20.0, float("nan"), 30.0, 60.0, 90.0])
    cells, _, _ = _answered("monthly growth of revenue", frame)
    found = [None if value is None or value != value else round(value) for value in cells.values()]
    assert found == [None, 100, None, None, 100, 50]


def test_groups_of_one_or_two_rows_are_not_compared() -> None:
    frame = pd.DataFrame({"plot": [f"p{i // 2}" for i in range(21)], "yield": [float(i) for i in range(21)]})
    made = _planned("anova of yield by plot", frame)
    assert isinstance(made, Decline)
    assert "groups are too many" in str(made)
