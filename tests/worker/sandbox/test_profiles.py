"""A profile that a sandbox says is taken as it is, or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from worker.sandbox.profiles import BadProfileError, check_profile

COLUMN: dict[str, Any] = {
    "name": "id",
    "dtype": "int64",
    "kind": "number",
    "nulls": 0,
    "unique": 3,
    "min": 1,
    "max": 3,
    "mean": 2.0,
    "values": None,
    "top": [],
    "semantic": "id",
    "quantiles": {"p05": 1, "p25": 1, "p50": 2, "p75": 3, "p95": 3},
    "std": 1.0,
    "sketch": "2.0.0:AAAAAAAB",
}


def checked(column: dict[str, Any] | None = None, **table: Any) -> dict[str, Any]:
    whole = {
        "name": "t",
        "file": "t.csv",
        "rows": 3,
        "columns": [column or COLUMN],
        "keys": ["id"],
        "sample": [[1]],
        "read_as": {},
        "coercions": [],
        **table,
    }
    found: dict[str, Any] = check_profile({"file_id": "f", "tables": [whole]})["tables"][0]
    return found


def test_a_good_one_comes_through_whole() -> None:
    assert checked()["columns"] == [COLUMN]
    assert checked()["keys"] == ["id"]


def test_an_estimate_is_named_only_where_there_is_one() -> None:
    assert "approximate" not in checked({**COLUMN, "approximate": []})["columns"][0]
    assert checked({**COLUMN, "approximate": ["unique"]})["columns"][0]["approximate"] == ["unique"]


def test_fields_that_it_does_not_know_are_dropped() -> None:
    assert checked({**COLUMN, "whole": True})["columns"] == [COLUMN]


@pytest.mark.parametrize(
    "wrong",
    [
        {"semantic": "secret"},
        {"semantic": ["id"]},
        {"quantiles": {"p50": 1}},
        {"quantiles": {**COLUMN["quantiles"], "p50": [1]}},
        {"quantiles": {**COLUMN["quantiles"], "p99": 1}},
        {"quantiles": [1, 2, 3, 4, 5]},
        {"std": -1},
        {"std": "1"},
        {"std": True},
        {"std": float("nan")},
        {"sketch": "2.0.0"},
        {"sketch": "2.0.0:AAAA"},
        {"sketch": "2.0.0:AAAA\nAAB"},
        {"sketch": "2.0.0:" + "AAAAAAAB" * 129},
        {"sketch": "\x1b[2J:AAAAAAAB"},
        {"approximate": ["rows"]},
        {"approximate": "unique"},
        {"approximate": [["unique"]]},
    ],
)
def test_what_is_misshapen_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadProfileError):
        checked({**COLUMN, **wrong})


@pytest.mark.parametrize("keys", ["id", ["other"], [["id"]], [1], None])
def test_keys_are_columns_of_the_table(keys: Any) -> None:
    with pytest.raises(BadProfileError):
        checked(keys=keys)


def test_parts_hold_each_column_once() -> None:
    part = {"name": "t.p0.parquet", "columns": ["id"]}
    assert checked(parts=[part])["parts"] == [part]


@pytest.mark.parametrize(
    "parts",
    [
        [],
        {},
        ["t.p0.parquet"],
        [{"name": "t.p0.parquet", "columns": []}],
        [{"name": "t.p0.parquet", "columns": ["other"]}],
        [{"name": "t.p0.parquet", "columns": [1]}],
        [{"name": "t.p0.parquet", "columns": "id"}],
        [{"name": None, "columns": ["id"]}],
        [{"name": "a", "columns": ["id"]}, {"name": "b", "columns": ["id"]}],
        [{"name": "a", "columns": ["id"]}, *({"name": "b", "columns": []} for _ in range(64))],
    ],
)
def test_other_parts_are_refused(parts: Any) -> None:
    with pytest.raises(BadProfileError):
        checked(parts=parts)
