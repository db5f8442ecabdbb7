import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.text import clean_text
from worker.sandbox.results import BadResultError, check_result
from worker.sandbox.text import captured


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]8;;http://x\x07link\x1b]8;;\x07", "link"),
        ("a\x00b\x08c", "abc"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("safe\u202egnp.exe", "safegnp.exe"),
        ("\ud800", "?"),
        ("a\u061cb\u2028c\u206ad\U000e0041", "abcd"),
        ("\x1b\x1b[31m[31mx", "[31mx"),
        ("👩‍👩‍👧 می‌خواهم", "👩‍👩‍👧 می‌خواهم"),
        ("tab\tkept, 中文 kept\n", "tab\tkept, 中文 kept\n"),
    ],
)
def test_clean_text(dirty: str, clean: str) -> None:
    assert clean_text(dirty) == clean


@given(st.binary(max_size=200), st.binary(max_size=200), st.integers(0, 10_000))
def test_captured_is_always_storable_and_says_what_is_missing(head: bytes, tail: bytes, more: int) -> None:
    stream = captured(head, tail, len(head) + len(tail) + more)
    stream.text.encode("utf-8")
    assert "\x00" not in stream.text
    assert stream.truncated == (more > 0)
    assert (f"[{more} bytes left out]" in stream.text) == (more > 0)


GOOD: list[dict[str, Any]] = [
    {"type": "scalar", "value": 1.5},
    {"type": "scalar", "value": None},
    {"type": "table", "value": {"columns": ["a"], "rows": [[1], [None]]}, "shape": [2, 1]},
    {"type": "series", "value": {"name": "n", "index": ["x"], "values": [1]}},
    {"type": "text", "value": "hello"},
    {"type": "json", "value": {"a": [1, {"b": None}]}},
    {"type": "chart", "name": "figure_1.png"},
]


@pytest.mark.parametrize("result", GOOD)
def test_a_typed_result_passes_unchanged(result: dict[str, Any]) -> None:
    assert check_result(result, 1000) == result


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "result",
    [
        None,
        [],
        "text",
        {},
        {"type": "html", "value": "<script>"},
        {"type": "scalar", "value": [1]},
        {"type": "table", "value": {"columns": ["a"], "rows": [[1, 2]]}},
        {"type": "table", "value": {"columns": "a", "rows": []}},
        {"type": "series", "value": {"name": "n", "index": [1, 2], "values": [1]}},
        {"type": "json", "value": nested(200)},
        {"type": "text", "value": "x" * 2000},
        {"type": "chart"},
    ],
)
def test_anything_else_is_refused(result: Any) -> None:
    with pytest.raises(BadResultError):
        check_result(result, 1000)


def test_what_no_json_or_utf8_can_carry_is_cleaned() -> None:
    result = check_result({"type": "json", "value": {"\ud800": float("inf"), "n": "a\x00b"}}, 1000)
    assert result == {"type": "json", "value": {"?": None, "n": "ab"}}


def test_escapes_and_bidi_marks_do_not_reach_a_terminal_through_a_table() -> None:
    rows = [["\x1b]0;owned\x07name"], ["safe\u202egnp.exe"], ["two\nlines, 中文"]]
    result = check_result({"type": "table", "value": {"columns": ["\x1b[31mred"], "rows": rows}}, 1000)
    assert result["value"] == {"columns": ["red"], "rows": [["name"], ["safegnp.exe"], ["two\nlines, 中文"]]}


def test_a_result_that_the_sandbox_cut_to_the_limit_fits_here_too() -> None:
    # sandbox_image/results.py counts JSON without spaces; a space more for each cell refused wide tables.
    result = {"type": "json", "value": [[0] * 1000] * 100}
    size = len(json.dumps(result, separators=(",", ":")))
    assert check_result(result, size) == result
    with pytest.raises(BadResultError, match="larger"):
        check_result(result, size - 1)
