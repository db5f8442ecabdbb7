"""Does the comparison of the corpus notice a wrong answer, in numbers and in words?"""

from __future__ import annotations

from typing import Any

import pytest

from tests.questions.agreement import disagreement, invented
from tests.questions.truth import Choices, Records, Top, Within


def series(**pairs: Any) -> dict[str, Any]:
    return {"type": "series", "value": {"name": "x", "index": list(pairs), "values": list(pairs.values())}}


def table(*rows: list[Any]) -> dict[str, Any]:
    return {"type": "table", "value": {"columns": ["id", "name", "n"][: len(rows[0])], "rows": list(rows)}}


def scalar(value: Any) -> dict[str, Any]:
    return {"type": "scalar", "value": value}


@pytest.mark.parametrize(
    ("result", "truth"),
    [
        (scalar(3), 3.0),
        (scalar("2023-01-30"), "2023-01-30"),
        (series(a=1, b=2.0), {"b": 2, "a": 1}),
        (series(a=1, b=0), {"a": 1}),
        (series(a=1), {"a": 1, None: 5}),
        (series(a=2, b=1), Top((("a", 2), ("b", 1)))),
        (series(mean=1.5, std=2, more=3), Within((("mean", 1.5), ("std", 2)))),
        (table([1, "x", 2], [2, "y", 3]), Records("id", (2, 1))),
        (table(["a", "x", 2], ["a", "y", 3]), {("a", "x"): 2, ("a", "y"): 3}),
        (table(["a", 1, 2]), {"a": (1, 2)}),
        (series(first="a", second="b"), Choices(frozenset({"b", "a"}))),
    ],
)
def test_what_is_right_agrees(result: dict[str, Any], truth: Any) -> None:
    assert disagreement(result, truth) == ""


@pytest.mark.parametrize(
    ("result", "truth"),
    [
        (scalar(3), 3.001),
        (scalar(None), 0),
        (scalar(True), 1),
        (series(a=1, b=2), 3),
        (series(a=1, b=2), {"a": 1, "b": 2.01}),
        (series(a=1), {"a": 1, "b": 2}),
        (series(a=1, b=2), {"a": 1}),
        (series(a=1, b=2), Top((("b", 2), ("a", 1)))),
        (series(a=2), Top((("a", 2), ("b", 2)))),
        (series(mean=1.5), Within((("mean", 1.5), ("std", 2)))),
        (table([1, "x", 2]), Records("id", (1, 2))),
        (table([2, "x", 2], [1, "y", 3]), Records("id", (1, 2), ordered=True)),
        (table(["a", 1, 2]), {"a": (1, 3)}),
        (series(first="a"), Choices(frozenset({"b", "a"}))),
    ],
)
def test_what_is_wrong_does_not(result: dict[str, Any], truth: Any) -> None:
    assert disagreement(result, truth) != ""


def test_rounded_numbers_of_the_result_are_not_invented() -> None:
    assert invented("Average: 26.61, of 1,461 rows.", scalar(26.614625), "average of 1461 rows") == []


@pytest.mark.parametrize("words", ["Average: 26.62.", "Average: 27, up 3 percent.", "Average: 266.1."])
def test_other_numbers_are_invented(words: str) -> None:
    assert invented(words, scalar(26.614625), "average") != []
