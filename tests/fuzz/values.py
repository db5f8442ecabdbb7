"""What can a field of a header be, once its JSON was read? Strategies for hypothesis."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

from tests.fuzz.headers import FIELDS

TEXTS = (
    *(
        "",
        "ok",
        "error",
        "end",
        "\0",
        "\ud800",
        "\udfff",
        "../../etc/passwd",
        "a\\..\\b",
        "\x1b[31mred",
        "\u202egnp",
        "x" * 5000,
    ),
    *(
        "sales",
        "sales.parquet",
        "figure-1.png",
        "result.csv",
        "a" + "\u0301\u0323" * 3000,
        "1" * 5000,
        "[Errno 28]",
    ),
    *(
        "MemoryError",
        "<script>",
        "file",
        "table",
        "figure",
        "result",
        "scalar",
        "f",
        "\n\n",
        "CON.txt",
        ".",
        "/",
    ),
)
NUMBERS = (
    0,
    1,
    -1,
    2**31,
    2**63,
    -(2**63) - 1,
    10**400,
    10**4000,
    1e308,
    -0.0,
    5e-324,
    1.5,
    True,
    False,
    None,
)


def _deep(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


scalars = (
    st.sampled_from(NUMBERS)
    | st.sampled_from(TEXTS)
    | st.text(max_size=8)
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
)
values = st.recursive(
    scalars | st.sampled_from([30, 60, 400]).map(_deep),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(TEXTS) | st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)

odd_values = st.one_of(
    st.sampled_from(NUMBERS), st.sampled_from(TEXTS), st.sampled_from([[], {}, [1], {"a": 1}]), values
)


def headers(kinds: tuple[str, ...], **fixed: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Headers of these types, each field right or wrong or not there; `fixed` ones mostly as given."""

    def of(kind: str) -> st.SearchStrategy[dict[str, Any]]:
        fields = {
            name: st.just(fixed[name]) | st.just(fixed[name]) | values if name in fixed else values
            for name in FIELDS[kind]
        }
        return st.fixed_dictionaries({"type": st.just(kind)}, optional=fields)

    return st.sampled_from(kinds).flatmap(of)


@st.composite
def shaped(draw: st.DrawFn, good: Any) -> Any:
    """`good`, with one or two of its parts (or all of it) replaced by anything, or left out."""
    root = [copy.deepcopy(good)]
    for _ in range(draw(st.sampled_from([1, 1, 2, 0]))):
        *way, last = draw(st.sampled_from(_paths(root)))
        holder: Any = root
        for key in way:
            holder = holder[key]
        if holder is not root and draw(st.sampled_from([False, False, False, False, True])):
            del holder[last]
        else:
            holder[last] = copy.deepcopy(draw(odd_values))
    return root[0]


def _paths(holder: Any) -> list[tuple[Any, ...]]:
    """The way to every part inside."""
    keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
    inner = [
        (key, *rest) for key in keys if isinstance(holder[key], dict | list) for rest in _paths(holder[key])
    ]
    return [*inner, *((key,) for key in keys)]


RESULTS: tuple[dict[str, Any], ...] = (
    {"type": "scalar", "value": 1.5, "truncated": True, "shape": [3]},
    {"type": "text", "value": "hello"},
    {"type": "json", "value": {"a": [1, {"b": None}]}, "shape": [1]},
    {"type": "table", "value": {"columns": ["a", "b"], "rows": [[1, "x"], [None, 2.5]]}, "shape": [2, 2]},
    {"type": "series", "value": {"name": "n", "index": ["x", 2], "values": [1, 10**400]}, "shape": [2]},
    {"type": "chart", "name": "figure-1.png"},
)
PROFILE: dict[str, Any] = {
    "name": "sales",
    "file": "sales.csv",
    "rows": 3,
    "columns": [
        {
            "name": "price",
            "dtype": "float64",
            "kind": "number",
            "nulls": 1,
            "unique": 2,
            "min": 0.5,
            "max": 9.9,
            "mean": 4.2,
            "values": ["a", "b"],
            "top": [["4.99", 30]],
        }
    ],
    "sample": [[1.5]],
    "read_as": {"format": "csv", "delimiter": ","},
    "coercions": [{"column": "price", "what": "formulas without a stored value", "cells": 12}],
}
results = st.sampled_from(RESULTS).flatmap(shaped)
profiles = shaped(PROFILE)
OUTPUT = {
    "stdout_bytes": 65_536,
    "stderr_bytes": 65_536,
    "flood_bytes": 8 << 20,
    "result_bytes": 1 << 20,
    "artifact_count": 20,
    "artifact_bytes": 20 << 20,
}
RUN: dict[str, Any] = {
    "type": "run",
    "attempt": 1,
    "language": "python",
    "code": "1",
    "tables": [{"name": "sales", "path": "sales.parquet"}],
    "wall_seconds": 1.0,
    "output": OUTPUT,
}
