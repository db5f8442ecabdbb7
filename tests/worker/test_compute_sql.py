"""The predefined SQL gives what pandas gives, whatever the columns hold and are called."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sandbox_image.tables import Sql
from store.operations import OPERATIONS
from worker.compute_sql import FITTING, Wanted, left_out, misfit, sql_for, twin

ODD = '"; DROP TABLE t; --'
FRAME = pd.DataFrame(
    {
        "whole": [3, 1, 4, 1, 5, 9, 2, 6, 2**53 + 1],
        "broken": [0.1, None, 2.5, -7.25, 1e-9, 3.0, None, 0.2, 12.5],
        "one": [None, None, None, 4.5, None, None, None, None, None],
        "none": pd.Series([None] * 9, dtype="float64"),
        "yes": [True, False, True, True, False, True, False, True, True],
        "maybe": [True, None, False, None, True, True, False, None, None],
        "group": ["b", "a", None, "b", "a", "c", "b", None, "c"],
        "day": pd.to_datetime([*(f"2024-01-0{day}" for day in range(1, 9)), None]),
        "text": ["x", "Zebra", "ä", None, "x", "10", "9", "", "x"],
        ODD: [1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5],
        "金額 合計": [10, 20, 30, 40, 50, 60, 70, 80, 90],
        "with 'quotes' and \\": [1, 1, 2, 2, 3, 3, 4, 4, 5],
        "select": [5, 4, 3, 2, 1, 0, -1, -2, -3],
    }
)
KINDS = {"yes": "boolean", "maybe": "boolean", "group": "text", "day": "date", "text": "text"}


def wanted(column: str, operation: str, by: str | None = None, frame: pd.DataFrame = FRAME) -> Wanted:
    columns = [
        {"name": name, "kind": KINDS.get(name, "number"), "nulls": int(frame[name].isna().sum())}
        for name in frame.columns
    ]
    return Wanted({"columns": columns}, 'my "table"', column, operation, by)


@pytest.fixture(scope="module")
def query(tmp_path_factory: pytest.TempPathFactory) -> Sql:
    path = tmp_path_factory.mktemp("tables") / "t.parquet"
    FRAME.to_parquet(path)
    return Sql({'my "table"': path}, 1, None)


def truth(values: pd.Series[Any], operation: str) -> Any:
    filled = values.dropna()
    if filled.dtype == object and operation in ("average", "sum", "std", "variance", "median"):
        values = values.astype("float64")
    calls: dict[str, Any] = {
        "average": values.mean,
        "sum": values.sum,
        "std": values.std,
        "variance": values.var,
        "median": lambda: values.median() if values.count() else None,  # numpy warns of an empty one
        "count": values.count,
        "count_distinct": values.nunique,
        "nulls": lambda: int(values.isna().sum()),
        "range": lambda: values.max() - values.min(),
        "min": filled.min,
        "max": filled.max,
    }
    return calls[operation]()


def agree(found: Any, true: Any) -> bool:
    if pd.isna(true):
        return bool(pd.isna(found))
    if isinstance(true, int | float | np.number):
        return math.isclose(float(found), float(true), rel_tol=1e-12)
    return bool(found == true)


CASES = [
    (column, operation)
    for column in FRAME.columns
    for operation in OPERATIONS
    if KINDS.get(column, "number") in FITTING[operation]
]


@pytest.mark.parametrize(("column", "operation"), CASES)
def test_a_value_equals_that_of_pandas(query: Sql, column: str, operation: str) -> None:
    frame = query(sql_for(wanted(column, operation)))
    assert frame.shape == (1, 1)
    assert agree(frame.iloc[0, 0], truth(FRAME[column], operation))


def test_a_sum_of_whole_numbers_is_exact(query: Sql) -> None:
    assert int(query(sql_for(wanted("whole", "sum"))).iloc[0, 0]) == 2**53 + 1 + 31


@pytest.mark.parametrize("column", ["whole", "broken", "yes", "maybe", "金額 合計", ODD])
@pytest.mark.parametrize("operation", ["average", "sum", "std", "median", "count", "nulls", "count_distinct"])
@pytest.mark.parametrize("by", ["group", "yes", "day"])
def test_groups_equal_those_of_pandas(query: Sql, column: str, operation: str, by: str) -> None:
    frame = query(sql_for(wanted(column, operation, by)))
    true = {key: truth(values, operation) for key, values in FRAME.groupby(by)[column]}
    assert list(frame.iloc[:, 0]) == list(true)  # the same order, and no group for missing keys
    assert all(agree(found, true[key]) for key, found in zip(frame.iloc[:, 0], frame.iloc[:, 1], strict=True))


def test_a_column_by_itself_is_counted(query: Sql) -> None:
    frame = query(sql_for(wanted("group", "count", "group")))
    assert frame.to_numpy().tolist() == [["a", 2], ["b", 3], ["c", 2]]


@pytest.mark.parametrize("operation", ["average", "sum", "std", "variance", "median", "range"])
@pytest.mark.parametrize("column", ["text", "day"])
def test_what_needs_numbers_says_what_the_column_is(column: str, operation: str) -> None:
    reason = misfit(wanted(column, operation))
    assert f'{column} in my "table" is {KINDS[column]}' in reason
    assert "count_distinct" in reason
    assert operation not in reason.partition("there are:")[2].split(", ")


def test_a_range_of_yes_and_no_is_none() -> None:
    assert "needs numbers" in misfit(wanted("yes", "range"))
    assert misfit(wanted("yes", "average")) == ""


def test_columns_that_differ_in_case_only_are_not_guessed_at() -> None:
    frame = pd.DataFrame({"Price": [1], "price": [2], "other": [3]})
    assert "'Price'" in twin(wanted("price", "sum", frame=frame))
    assert twin(wanted("other", "sum", frame=frame)) == ""
    assert twin(wanted("other", "sum", "Price", frame=frame)) != ""


def test_rows_without_a_group_are_told() -> None:
    assert left_out(wanted("whole", "sum", "group")) == "left out: 2 rows where group is missing"
    assert left_out(wanted("whole", "sum", "yes")) == ""
    assert left_out(wanted("whole", "sum")) == ""
