"""Are numbers told apart that the result holds from those that it does not?"""

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.analysis.grounding import ungrounded_numbers

TABLE: dict[str, Any] = {
    "type": "table",
    "value": {
        "columns": ["category", "revenue"],
        "rows": [["Electronics", 45678.99], ["Furniture", 23456.78], ["Clothing", -12345.67]],
    },
    "shape": [3, 2],
}


def scalar(value: Any) -> dict[str, Any]:
    return {"type": "scalar", "value": value}


@pytest.mark.parametrize(
    "words",
    [
        "No number at all.",
        "Electronics made $45,678.99, Furniture $23,456.78.",
        "Electronics made 45678.99 USD.",
        "Electronics made 45,679.",
        "Electronics made about 45,700, some 46,000.",
        "Electronics made 45.7k, or 45.7 thousand, or 0.046 million.",
        "Electronics made 45 678,99 € (45.678,99 €).",
        "Electronics made 4.57e4.",
        "Clothing fell by 12,345.67, to -12,345.67.",
        "Clothing: −12,345.67.",
        "All three categories (3 rows, 2 columns).",
        "The top 2 and the 3rd.",
        "The first two are ahead, one is behind.",
        "４５６７８.99 in wide digits.",
    ],
)
def test_numbers_of_the_result_are_known(words: str) -> None:
    assert ungrounded_numbers(words, TABLE) == []


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("Electronics accounts for over 55% of total revenue.", "55%"),
        ("Electronics made 45,678.98.", "45,678.98"),
        ("Electronics made 45,680.5.", "45,680.5"),
        ("Electronics made -45,678.99.", "-45,678.99"),
        ("Electronics made 50,000.", "50,000"),
        ("Together they made 56,790.10.", "56,790.10"),
        ("Up fifty-five percent.", "fifty-five"),
        ("Some forty-five thousand.", "forty-five thousand"),
        ("It is the 4th.", "4th"),
        ("All 5 categories.", "5"),
        ("In 2023.", "2023"),
        ("It made 1 million.", "1 million"),
        ("It made USD12000.", "12000"),
        ("It made 1e999.", "1e999"),
    ],
)
def test_made_up_numbers_are_named(words: str, number: str) -> None:
    assert ungrounded_numbers(words, TABLE) == [number]


@pytest.mark.parametrize(
    ("words", "result"),
    [
        ("The share is 45%.", scalar(0.452)),
        ("The share is 45.2 percent.", scalar(45.2)),
        ("It was on 15 March 2024.", scalar("2024-03-15T00:00:00")),
        ("It was on 2024-03-15.", scalar("2024-03-15")),
        ("It is Q3.", scalar("Q3")),
        ("The correlation is 0.63.", scalar(0.6349)),
        ("The correlation is -0.63.", scalar(-0.6349)),
        ("It is 0.", scalar(0)),
        ("There are 12,000,000 rows.", scalar(12_000_000)),
        ("Between 10-20.", {"type": "json", "value": {"low": 10, "high": 20}}),
    ],
)
def test_other_ways_to_say_it_are_seen_through(words: str, result: dict[str, Any]) -> None:
    assert ungrounded_numbers(words, result) == []


def test_numbers_of_the_question_and_of_the_output_are_allowed() -> None:
    assert ungrounded_numbers("In 2019, 7 were above 100.", scalar(7), "How many above 100 in 2019?") == []
    assert ungrounded_numbers("It printed 3.14.", None, "pi is 3.14159") == []


def test_true_and_false_are_not_numbers() -> None:
    assert ungrounded_numbers("It is 1.", scalar(True)) == ["1"]


def test_no_result_knows_no_number() -> None:
    assert ungrounded_numbers("It is 7.", None) == ["7"]


@settings(max_examples=300, deadline=None)
@given(st.floats(min_value=-1e12, max_value=1e12), st.integers(0, 4))
def test_a_rounding_of_the_value_is_always_known(value: float, decimals: int) -> None:
    assert ungrounded_numbers(f"It is {value:,.{decimals}f}.", scalar(value)) == []


@settings(max_examples=300, deadline=None)
@given(
    st.text(max_size=200),
    st.recursive(st.none() | st.floats() | st.integers() | st.text(), st.lists, max_leaves=8),
)
def test_no_text_and_no_value_makes_it_raise(words: str, value: Any) -> None:
    ungrounded_numbers(words, {"type": "json", "value": value}, words[:10])


def test_a_large_result_is_searched_quickly() -> None:
    result = {"type": "table", "value": {"rows": [[float(row), f"x {row}"] for row in range(50_000)]}}
    started = time.process_time()
    assert ungrounded_numbers("It is 49,999, " + "7.5 and " * 200, result) == ["7.5"]
    assert time.process_time() - started < 5
