"""JSON in the shapes that people send."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.parametrize(
    ("text", "columns", "cells"),
    [
        ('[{"a":1,"b":"x"},{"a":2,"b":"y"}]', ["a", "b"], [[1, "x"], [2, "y"]]),
        ('{"a":1,"b":"x"}\n{"a":2,"c":true}\n', ["a", "b", "c"], [[1, "x", None], [2, None, True]]),
        ('{"a":[1,2],"b":["x",null]}', ["a", "b"], [[1, "x"], [2, None]]),
        ('{"a":{"0":1,"1":2},"b":{"0":"x","1":"y"}}', ["a", "b"], [[1, "x"], [2, "y"]]),
        ('{"columns":["a","b"],"index":[0,1],"data":[[1,"x"],[2,"y"]]}', ["a", "b"], [[1, "x"], [2, "y"]]),
        ('{"data":[{"a":1},{"a":2}]}', ["a"], [[1], [2]]),
        ('{"result":{"rows":[{"a":1}]}}', ["a"], [[1]]),
        ('[["name","n"],["x",1],["y",2]]', ["name", "n"], [["x", 1], ["y", 2]]),
        ("[1,2,3]", ["value"], [[1], [2], [3]]),
        ('{"a":1,"b":"x"}', ["a", "b"], [[1, "x"]]),
        ('\ufeff[{"ä":"ö"}]', ["ä"], [["ö"]]),
        ('[{"a":{"b":1,"c":{"d":"x"}},"e":[1,{"f":2}]}]', ["a.b", "a.c.d", "e"], [[1, "x", '[1, {"f": 2}]']]),
        ('[{"zip":"00123"},{"zip":"04567"}]', ["zip"], [["00123"], ["04567"]]),
        ('[{"d":"2024-01-05T10:00:00Z"}]', ["d"], [["2024-01-05T10:00:00"]]),
        ('[{"a":NaN},{"a":1.5}]', ["a"], [[None], [1.5]]),
    ],
)
def test_shapes(load: Any, text: str, columns: list[str], cells: list[list[Any]]) -> None:
    table = load(text, "data.json")
    assert table.columns == columns
    assert table.cells == cells


def test_several_tables_under_keys(tmp_path: Path, load_path: Any) -> None:
    path = tmp_path / "shop.json"
    path.write_text('{"orders":[{"id":1}],"items":[{"sku":"x"}],"version":3}')
    orders, items = load_path(path)
    assert (orders.profile["name"], items.profile["name"]) == ("shop_orders", "shop_items")
    assert (None, 'key "version" is not part of the table: left out', 1) in orders.said()


def test_a_large_array_with_late_columns(tmp_path: Path, load_path: Any) -> None:
    path = tmp_path / "big.json"
    rows = [{"id": i, "word": f"w{i % 7}"} for i in range(60_000)]
    path.write_text(json.dumps([*rows, {"id": 60_000, "late": 1.5}]))
    (table,) = load_path(path)
    assert table.columns == ["id", "word", "late"]
    assert table.frame["id"].tolist() == list(range(60_001))
    assert table.cells[-1] == [60_000, None, 1.5]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[]", "empty_file"),
        ("  \n ", "empty_file"),
        ("{}", "not_a_table"),
        ("5", "not_a_table"),
        ('"text"', "not_a_table"),
        ('[{"a":1},5]', "not_a_table"),
        ('{"a":[1,2],"b":[1]}', "not_a_table"),
        ('[{"a":1},', "truncated_file"),
        ('[{"a":1},{"a":"x', "truncated_file"),
        ('{"a":[1,2', "truncated_file"),
        ('[{"a":1} {"a":2}]', "unreadable_file"),
        ("[{'a':1}]", "unreadable_file"),
        ("[" * 100_000, "not_a_table"),
        ('[{"a":1}] rest', "not_a_table"),
    ],
)
def test_refused(refuse: Any, text: str, code: str) -> None:
    assert refuse(text, "data.json").code == code


@pytest.mark.parametrize("cut", range(1, 57, 3))
def test_every_cut_is_refused(refuse: Any, cut: int) -> None:
    text = '[{"name": "Ann", "n": 12.5}, {"name": "B\\u00e9", "n": -3}]'
    refuse(text[:cut], "data.json")


@pytest.mark.parametrize("shape", ["array", "lines", "deep", "rows"])
@pytest.mark.parametrize("size", [1, 7, 60, 300, 5_000])
def test_no_cut_between_batches_changes_a_cell(
    load: Any, monkeypatch: pytest.MonkeyPatch, size: int, shape: str
) -> None:
    for module, name, value in (
        ("json_reader", "_BATCH_CHARACTERS", size),
        ("json_reader", "_BATCH_VALUES", max(1, size // 50)),
        ("json_reader", "_BLOCK", size),
        ("json_columns", "_FLUSH_CELLS", size),
        ("json_inside", "_SMALL_CHARACTERS", size),
    ):
        monkeypatch.setattr(f"sandbox_image.loaders.{module}.{name}", value)
    texts = ["plain", "},{", '"],["', "\\", "line\nbreak", "é😀", "[{", "]"]
    rows = [[i, texts[i % 8], i / 8] for i in range(90)]
    records = [dict(zip(("n", "s", "x"), row, strict=True)) for row in rows]
    content = {
        "array": json.dumps(records),
        "lines": "\n".join(json.dumps(record) for record in records),
        "deep": json.dumps({"meta": {"a": 1}, "data": {"rows": records, "more": [1]}, "end": None}),
        "rows": json.dumps([["n", "s", "x"], *rows]),
    }[shape]
    table = load(content, "data.json")
    assert table.columns == ["n", "s", "x"]
    assert table.cells == rows
