"""Charts can be read: few or thousands of groups, one or a million points, whatever the names are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sandbox_image.charts import chart
from tests.sandbox_image.charts.drawing import drawn, labels_of, picture, said

RNG = np.random.default_rng(7)


def _groups(count: int) -> pd.Series:
    return pd.Series(range(count, 0, -1), index=[f"group {at}" for at in range(count)], dtype=float)


def test_three_groups_are_three_bars_with_title_and_axes():
    content = drawn(
        "bar", _groups(3), title="Sum of revenue_usd by region", x="region", y="sum of revenue_usd"
    )
    [trace] = content["data"]
    assert (trace["x"], trace["y"]) == (["group 0", "group 1", "group 2"], [3, 2, 1])
    assert said(content) == "Sum of revenue_usd by region"
    assert content["layout"]["xaxis"]["title"]["text"] == "region"
    assert content["layout"]["yaxis"]["title"]["text"] == "sum of revenue_usd"


def test_many_groups_lie_so_that_their_names_need_not_be_turned():
    content = drawn("bar", _groups(30), title="t", x="group", y="sum")
    [trace] = content["data"]
    assert trace["orientation"] == "h"
    assert len(trace["y"]) == 30
    assert content["layout"]["xaxis"]["title"]["text"] == "sum"
    assert labels_of(picture(content)) == [f"group {at}" for at in range(30)]


def test_of_3000_groups_the_largest_are_shown_and_the_rest_is_said():
    values = pd.Series(1.0, index=[f"c{at}" for at in range(3000)])
    values.iloc[1500] = 900.0
    content = drawn("bar", values, title="Orders by customer", rest="sum")
    [trace] = content["data"]
    assert trace["y"][0] == "c1500"
    assert len(trace["y"]) == 30
    assert "the 30 largest of 3,000; other (2,970): together 2,970" in said(content)


def test_other_is_a_bar_where_it_does_not_press_down_the_others():
    content = drawn("bar", _groups(32), title="t", rest="sum")
    assert content["data"][0]["y"][-1] == "other (2)"
    assert content["data"][0]["x"][-1] == 3


def test_averages_are_never_added_up():
    content = drawn("bar", _groups(50), title="Average price by product")
    assert "other" not in said(content)
    assert len(content["data"][0]["y"]) == 30


def test_the_smallest_stay_in_front_where_the_order_says_so():
    content = drawn("bar", _groups(40)[::-1], title="t")
    assert content["data"][0]["x"][:2] == [1, 2]
    assert "the 30 smallest of 40" in said(content)


def test_months_are_dates_and_a_month_without_data_breaks_the_line():
    values = pd.Series([1.0, 2.0, 4.0], index=["2024-01", "2024-02", "2024-04"])
    content = drawn("line", values, title="t")
    assert content["layout"]["xaxis"]["type"] == "date"
    assert content["data"][0]["x"] == ["2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01"]
    assert content["data"][0]["y"] == [1, 2, None, 4]
    assert "nothing for 1 of 4 months" in said(content)


@pytest.mark.parametrize(
    ("index", "kind", "first"),
    [
        (["2024Q1", "2024Q2"], "date", "2024-01-01"),
        (["2024-01-05", "2024-01-09"], "date", "2024-01-05"),
        (pd.to_datetime(["2024-01-05 10:30", "2024-01-09 00:00"]), "date", "2024-01-05T10:30:00"),
        ([1990, 1991], None, 1990),
        (["2024-13", "2024-14"], "category", "2024-13"),
        (["1", "2"], "category", "1"),
    ],
)
def test_the_axis_is_that_of_its_values(index, kind, first):
    content = drawn("line", pd.Series([1.0, 2.0], index=index), title="t")
    assert content["layout"]["xaxis"].get("type") == kind
    assert content["data"][0]["x"][0] == first


def test_a_line_goes_from_left_to_right_whatever_the_order_of_its_points():
    content = drawn("line", pd.Series([9.0, 5, 7], index=[3, 1, 2]), title="t")
    assert (content["data"][0]["x"], content["data"][0]["y"]) == ([1, 2, 3], [5, 7, 9])
    content = drawn("line", pd.Series([9.0, 5], index=["2024-03", "2024-02"]), title="t")
    assert content["data"][0]["y"] == [5, 9]


def test_numbers_that_are_names_are_bars_side_by_side():
    content = drawn("bar", pd.Series([2.0, 1.0], index=[1001.0, 90210.0]), title="t")
    assert content["data"][0]["x"] == ["1001", "90210"]
    assert content["layout"]["xaxis"]["type"] == "category"


def test_a_year_has_no_thousands_separator():
    content = drawn("line", pd.Series([1.0, 2.0, 3.0], index=[1990, 1991, 1992]), title="t")
    assert {"1990", "1991", "1992"} <= set(labels_of(picture(content), "x"))


def test_large_numbers_have_separators_and_a_plain_minus():
    content = drawn("bar", pd.Series({"a": -2_000_000.0, "b": 3_000_000.0}), title="t")
    assert "-2,000,000" in labels_of(picture(content))
    assert content["layout"]["yaxis"]["separatethousands"] is True


def test_a_million_points_keep_their_peaks_and_say_so():
    values = pd.Series(np.zeros(1_000_000), index=pd.date_range("2020-01-01", periods=1_000_000, freq="min"))
    values.iloc[123_456] = 99.0
    values.iloc[654_321] = -99.0
    content = drawn("line", values, title="t")
    [trace] = content["data"]
    assert len(trace["x"]) <= 4100
    assert (max(trace["y"]), min(trace["y"])) == (99, -99)
    assert "1,000,000 points drawn as" in said(content)


def test_a_million_dots_are_a_sample_and_say_so():
    table = pd.DataFrame({"a": RNG.normal(size=1_000_000), "b": RNG.normal(size=1_000_000)})
    content = drawn("scatter", table, title="t")
    assert len(content["data"][0]["x"]) == 5000
    assert "5,000 of 1,000,000 points, chosen at random" in said(content)


def test_a_histogram_counts_every_value_once_or_says_what_is_left_out():
    values = pd.Series([*RNG.lognormal(3, 2, 20_000), np.nan, np.nan, np.inf])
    content = drawn("histogram", values, title="t")
    far = int(said(content).split(" of 20,000 values above")[0].split(">")[-1].replace(",", ""))
    assert sum(content["data"][0]["y"]) + far == 20_000
    assert far > 0
    assert "2 of 20,003 values are missing" in said(content)
    assert "1 of 20,003 values is infinite" in said(content)


def test_whole_numbers_have_a_bar_each():
    content = drawn("histogram", pd.Series([1, 2, 2, 5, 5, 5]), title="t")
    assert (content["data"][0]["x"], content["data"][0]["y"]) == ([1, 2, 5], [1, 2, 3])


def test_boxes_are_quartiles_and_what_is_far_out_is_dots():
    table = pd.DataFrame({"g": ["a"] * 9 + ["b"] * 2, "v": [1, 2, 3, 4, 5, 6, 7, 8, 100, 10, 20]})
    content = drawn("box", table, title="t")
    a, dots, b = content["data"]
    assert (a["q1"], a["median"], a["q3"]) == ([3], [5], [7])
    assert (a["lowerfence"], a["upperfence"]) == ([1], [8])
    assert dots["y"] == [100]
    assert b["median"] == [15]
    assert "1 of 11 values is further than 1.5 times the box" in said(content)


def test_a_pie_has_eight_slices_at_most_that_add_up():
    content = drawn("pie", _groups(25), title="t")
    [trace] = content["data"]
    assert len(trace["values"]) == 8
    assert sum(trace["values"]) == sum(range(1, 26))
    assert trace["labels"][-1] == "other (18)"


def test_a_pie_shows_nothing_below_zero():
    with pytest.raises(ValueError, match="use a bar chart"):
        chart("pie", pd.Series({"a": 1, "b": -1}))


def test_an_unknown_kind_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="histogram"):
        chart("sankey", _groups(2))


@pytest.mark.parametrize("kind", ["bar", "line", "histogram", "box", "pie"])
@pytest.mark.parametrize("values", [[], [np.nan, np.nan]], ids=["none", "all missing"])
def test_without_values_there_is_no_chart_and_it_says_so(kind, values, capsys):
    assert chart(kind, pd.Series(values, dtype=float), title="Sum of x") is None
    assert capsys.readouterr().out == "no chart: there are no values for Sum of x\n"


@pytest.mark.parametrize("kind", ["bar", "line", "histogram", "box", "pie"])
def test_one_value_is_a_chart(kind):
    assert drawn(kind, pd.Series([5.5], index=["a"]), title="t")["data"]


def test_names_are_neither_formulas_nor_tags():
    names = ["$x_1$ and $y$", "<b>bold</b>", "a_b^c", "R&D"]
    content = drawn(
        "bar", pd.Series([4.0, 3.0, 2.0, 1.0], index=names), title="Cost $ by $ <i>x</i>", x="_$_"
    )
    text = str(content["data"]) + content["layout"]["title"]["text"]
    assert "$" not in text
    assert "<b>" not in text
    assert labels_of(picture(content), "x" if "orientation" not in content["data"][0] else "y") == names
    assert said(content) == "Cost $ by $ <i>x</i>"


def test_long_names_are_cut_and_stay_apart():
    names = [f"{'a very long name ' * 5}{at}" for at in range(3)]
    content = drawn("bar", pd.Series([3.0, 2.0, 1.0], index=names), title="t")
    shown = content["data"][0]["y"]
    assert len(set(shown)) == 3
    assert max(map(len, shown)) <= 40


def test_missing_and_equal_names_are_bars_of_their_own():
    content = drawn("bar", pd.Series([3.0, 2.0, 1.0], index=["a", None, "a"]), title="t")
    assert content["data"][0]["x"] == ["a", "(missing)", "a (2)"]


def test_several_lines_have_a_legend_and_at_most_nine():
    table = pd.DataFrame(RNG.normal(size=(12, 20)), columns=[f"c{at}" for at in range(20)])
    content = drawn("line", table, title="t")
    assert len(content["data"]) == 9
    assert content["layout"]["showlegend"] is True
    assert "the 9 largest of 20 lines" in said(content)
    assert picture(content).axes[0].get_legend() is not None


def test_a_band_is_shaded_and_not_in_the_legend():
    table = pd.DataFrame(
        {"forecast": [1.0, 2], "low": [0.0, 1], "high": [2.0, 3]}, index=["2024-01", "2024-02"]
    )
    content = drawn("line", table, title="t", band=("low", "high"))
    assert [trace.get("showlegend") for trace in content["data"]] == [None, False, False]
    assert content["data"][2]["fill"] == "tonexty"


def test_cells_are_coloured_by_sign_and_written():
    table = pd.DataFrame({"a": [1.0, -0.5], "b": [-0.5, 1.0]}, index=["a", "b"])
    content = drawn("heatmap", table, title="t")
    [trace] = content["data"]
    assert (trace["zmin"], trace["zmax"]) == (-1, 1)
    assert [text.get_text() for text in picture(content).axes[0].texts] == ["1.00", "-0.50", "-0.50", "1.00"]


@pytest.mark.parametrize(
    "index", [[2020, 2020, 2021], pd.to_datetime(["2024-01-01", "2024-01-01", "2024-02-01"])]
)
def test_two_bars_are_never_on_one_spot(index):
    data = pd.Series([5, 9, 3], index=index)
    (trace,) = chart("bar", data).data
    names = trace.y if trace.orientation == "h" else trace.x
    assert len(set(names)) == 3
    sets = chart("bar", pd.DataFrame({"a": data, "b": data})).data
    assert [len(set(one.x)) for one in sets] == [3, 3]
