"""Is the answer in words true to the result, and to nothing else?"""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.worker.models.builtin.asking import planned, run
from tests.worker.models.builtin.test_truth_others import CASES as OTHER_CASES
from tests.worker.models.builtin.test_truth_sales import CASES as SALES_CASES
from tests.worker.models.builtin.worlds import frame_of
from worker.models.builtin import word

ANSWERED = [("sales", question) for question, _ in SALES_CASES] + [(table, q) for table, q, _ in OTHER_CASES]


def said(question: str, table: str) -> str:
    made = planned(question, table)
    return word(made, run(made, {table: frame_of(table)}))


def numbers_in(value: Any) -> set[str]:
    """Every number of a result, as it may be rounded in words."""
    if isinstance(value, dict):
        return set().union(*map(numbers_in, value.values())) if value else set()
    if isinstance(value, list):
        return set().union(*map(numbers_in, value)) if value else set()
    if isinstance(value, bool) or value is None:
        return set()
    if isinstance(value, int | float):
        return {f"{value:,.2f}", f"{value:.4g}", f"{round(value):,}", f"{value}"}
    return set(re.findall(r"\d[\d,.]*\d|\d", str(value)))


@pytest.mark.parametrize(("table", "question"), ANSWERED)
def test_every_number_is_in_the_result_or_was_understood(table: str, question: str) -> None:
    made = planned(question, table)
    result = run(made, {table: frame_of(table)})
    words = word(made, result)
    allowed = numbers_in(result) | set(re.findall(r"\d[\d,.]*\d|\d", made.understood))
    for number in re.findall(r"\d[\d,.]*\d|\d", words):
        assert number in allowed, (number, words)


@pytest.mark.parametrize(
    ("table", "question", "parts"),
    [
        ("cities", "total population of Florø", ("Sum of population", "city is Florø", "9,000")),
        ("cities", "which city has the highest population", ("Essen", "582,000")),
        ("sales", "how many orders on 1999-01-01", ("0", "no rows match")),
        ("sales", "total revenue in 1999", ("no rows match",)),
        ("sales", "orders where price > 5000", ("no rows match",)),
        ("sales", "what percentage of orders are returned", ("%",)),
        ("sales", "monthly revenue trend and the best month", ("The best month is 20",)),
        ("movies", "which title has the highest gross", ("Dust", "Echo", "44")),
        ("sales", "revenue by region", ("(missing)",)),
        ("sales", "unique values of category", ("Clothing, Electronics, Furniture, Toys",)),
        ("sales", "total revenue excluding Toys", ("category is not Toys",)),
    ],
)
def test_the_words_name_what_counts(table: str, question: str, parts: tuple[str, ...]) -> None:
    words = said(question, table)
    assert all(part in words for part in parts), words


def test_a_missing_result_is_said() -> None:
    assert "no result" in word(planned("total revenue", "sales"), None)


def test_a_shortened_trend_claims_no_best() -> None:
    made = planned("daily revenue", "sales")
    value = {"name": "revenue", "index": ["2023-01-01", "2023-01-02"], "values": [1.0, 2.0]}
    assert "best" not in word(made, {"type": "series", "value": value, "truncated": True, "shape": [2000]})


def test_the_chart_of_a_trend_has_title_and_labels() -> None:
    code = planned("trend of Profit", "sales").code
    assert all(f", {part}=" in code for part in ("title", "x", "y"))
