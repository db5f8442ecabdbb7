"""Typed results: each value in its form, exact, and within the cap."""

import datetime
import decimal
import json

import numpy as np
import pandas as pd
import pytest

from sandbox_image.results import csv_bytes, flatten, to_typed

CAP = 1 << 20


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, 3),
        (True, True),
        (np.bool_(False), False),
        (np.int64(2**62 + 1), 2**62 + 1),
        (np.float32(0.5), 0.5),
        (float("nan"), None),
        (float("-inf"), None),
        (None, None),
        (pd.NA, None),
        (pd.NaT, None),
        (decimal.Decimal("1.25"), 1.25),
        (decimal.Decimal("7"), 7),
        (pd.Timestamp("2024-01-02"), "2024-01-02"),
        (pd.Timestamp("2024-01-02 03:04"), "2024-01-02T03:04:00"),
        (np.datetime64("2024-01-02"), "2024-01-02"),
        (datetime.date(2024, 1, 2), "2024-01-02"),
        (pd.Timedelta(days=1, hours=2), "1 days 02:00:00"),
        (pd.Period("2024-01"), "2024-01"),
        ("text", "text"),
    ],
)
def test_scalars(value, expected):
    assert to_typed(value, CAP).result == {"type": "scalar", "value": expected}


def test_a_table_keeps_types_nulls_and_order():
    table = pd.DataFrame(
        {
            "when": pd.to_datetime(["2024-01-01", None]),
            "at": pd.to_datetime(["2024-01-01 00:00", "2024-01-01 05:00"]),
            "n": [2**60 + 1, 2],
            "x": [0.5, np.nan],
            "kind": pd.Categorical(["a", None]),
            "ok": pd.array([True, None], dtype="boolean"),
        }
    )
    result = to_typed(table, CAP).result
    assert result["value"]["columns"] == ["when", "at", "n", "x", "kind", "ok"]
    assert result["value"]["rows"] == [
        ["2024-01-01", "2024-01-01T00:00:00", 2**60 + 1, 0.5, "a", True],
        [None, "2024-01-01T05:00:00", 2, None, None, None],
    ]
    assert result["shape"] == [2, 6]
    assert "truncated" not in result


def test_a_named_index_becomes_a_column_and_multi_columns_are_joined():
    table = pd.DataFrame({"g": ["a", "a", "b"], "v": [1, 2, 3]}).groupby("g").agg({"v": ["sum", "mean"]})
    value = to_typed(table, CAP).result["value"]
    assert value == {"columns": ["g", "v / sum", "v / mean"], "rows": [["a", 3, 1.5], ["b", 3, 3.0]]}


def test_the_numbers_of_rows_are_no_column():
    table = pd.DataFrame({"v": [3, 1, 2]}).sort_values("v")
    assert to_typed(table, CAP).result["value"] == {"columns": ["v"], "rows": [[1], [2], [3]]}


def test_columns_of_one_name_stay_apart():
    table = pd.DataFrame([[1, 2]], columns=["a", "a"])
    assert to_typed(table, CAP).result["value"] == {"columns": ["a", "a_2"], "rows": [[1, 2]]}


def test_a_long_table_is_cut_and_comes_whole_as_csv():
    table = pd.DataFrame({"v": range(1001)})
    typed = to_typed(table, CAP)
    assert (typed.result["shape"], typed.result["truncated"]) == ([1001, 1], True)
    assert len(typed.result["value"]["rows"]) == 1000
    assert typed.whole is not None
    content = csv_bytes(typed.whole, 1 << 20)
    assert content is not None
    assert content.decode().split() == ["v", *map(str, range(1001))]
    assert csv_bytes(typed.whole, 100) is None


@pytest.mark.parametrize(
    "value",
    [
        pd.DataFrame({"t": ["x" * 5000] * 500}),
        pd.Series(["y" * 5000] * 500),
        ["z" * 5000] * 500,
        "w" * 3_000_000,
        {str(n): "v" * 5000 for n in range(500)},
        np.zeros((1000, 1000)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_no_result_is_longer_than_the_cap(value):
    result = to_typed(value, 100_000).result
    assert len(json.dumps(result, separators=(",", ":"))) <= 100_100
    assert result["truncated"] is True


def test_a_series_has_name_index_and_values():
    series = pd.Series([1.5, np.nan], index=pd.to_datetime(["2024-01-01", "2024-02-01"]), name="sales")
    assert to_typed(series, CAP).result == {
        "type": "series",
        "value": {"name": "sales", "index": ["2024-01-01", "2024-02-01"], "values": [1.5, None]},
        "shape": [2],
    }


def test_nested_values_are_json():
    value = {"a": np.array([1, 2]), 3: pd.Series({"x": np.nan}), "d": [datetime.date(2024, 1, 1), (1, {2})]}
    assert to_typed(value, CAP).result == {
        "type": "json",
        "value": {"a": [1, 2], "3": {"x": None}, "d": ["2024-01-01", [1, [2]]]},
    }


def test_what_has_no_form_is_text():
    result = to_typed(object, CAP).result
    assert result["type"] == "text"
    assert "object" in result["value"]


def test_a_value_that_holds_itself_is_text():
    value: list[object] = []
    value.append(value)
    assert to_typed(value, CAP).result["type"] == "text"


def test_flattening_leaves_the_table_alone():
    table = pd.DataFrame({"v": [1]}, index=pd.Index(["r"], name="row"))
    assert list(flatten(table).columns) == ["row", "v"]
    assert list(table.columns) == ["v"]


def test_an_array_far_over_the_cap_is_cut_before_it_is_turned_into_json(monkeypatch):
    seen = []
    monkeypatch.setattr(
        "sandbox_image.results.nested_to_json", lambda value: seen.append(value.size) or value.tolist()
    )
    result = to_typed(np.zeros((3000, 3000)), CAP).result
    assert (result["type"], result["truncated"], result["shape"]) == ("json", True, [3000])
    assert 0 < len(result["value"]) <= 174
    assert len(json.dumps(result, separators=(",", ":"))) <= CAP
    assert seen[0] * 2 <= CAP


def test_a_list_far_over_the_cap_shows_its_first_items():
    result = to_typed(list(range(2_000_000)), CAP).result
    assert (result["value"], result["truncated"], result["shape"]) == (list(range(1000)), True, [2_000_000])


def test_a_wide_table_is_cut_at_once():
    result = to_typed(pd.DataFrame(np.zeros((1000, 5000), dtype=int)), CAP).result
    assert (result["truncated"], result["shape"]) == (True, [1000, 5000])
    assert 0 < len(result["value"]["rows"]) <= 105


def test_a_set_over_the_cap_says_how_many_it_had():
    result = to_typed(set(range(300_000)), CAP).result
    assert (len(result["value"]), result["truncated"], result["shape"]) == (1000, True, [300_000])


@pytest.mark.parametrize(
    "value",
    [
        {"k" * 100_001: 1},
        ["x" * 100_001],
        b"\xc3\xa4" * 100_001,
        7**200_000,
        pd.DataFrame({"c" * 100_001: [1]}),
    ],
    ids=["key", "item", "bytes", "number", "column"],
)
def test_what_is_cut_inside_is_said(value):
    assert to_typed(value, CAP).result["truncated"] is True
    assert "truncated" not in to_typed({"k" * 100_000: "x" * 100_000}, CAP).result


@pytest.mark.parametrize("value", [pd.DataFrame({"a": ["x" * 100_001]}), pd.Series(["x" * 100_001])])
def test_a_table_with_a_cut_cell_comes_whole_beside_it(value):
    typed = to_typed(value, CAP)
    assert (typed.result["truncated"], typed.result["shape"][0]) == (True, 1)
    assert b"x" * 100_001 in csv_bytes(typed.whole, CAP)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({1: "a", "1": "b"}, {"1": "a", "1_2": "b"}),
        ({None: 1, "": 2, float("nan"): 3}, {"": 1, "_2": 2, "_3": 3}),
        ({"s": pd.Series([1, 2], index=["x", "x"])}, {"s": {"x": 1, "x_2": 2}}),
        ({"t": pd.DataFrame([[1, 2]], columns=["x", "x"])}, {"t": [{"x": 1, "x_2": 2}]}),
    ],
)
def test_no_value_takes_the_place_of_another_under_the_same_key(value, expected):
    assert to_typed(value, CAP).result == {"type": "json", "value": expected}


def test_many_columns_of_one_name_are_told_apart_in_linear_time():
    assert list(flatten(pd.DataFrame([[1] * 50_000], columns=["a"] * 50_000)).columns)[-1] == "a_50000"
