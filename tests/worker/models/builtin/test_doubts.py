"""Does the planner decline what could be computed, but may not be meant?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from tests.worker.models.builtin.asking import plain, run, same
from tests.worker.models.builtin.profiles import view
from worker.analysis.contract import Decline, Plan, Question
from worker.models.builtin import plan, word

DAYS = pd.to_datetime(["2023-01-05", "2023-05-02", "2024-05-09", "2024-06-01"])
TABLES = {
    "shop": pd.DataFrame(
        {"customer": ["Ann", "Bob", "Ann", "Cy"], "category": ["x", "y", "x", "y"],
         "order_date": DAYS, "ship_date": DAYS, "unit_price": [1.0, 2.0, 5.0, 1.5],
         "total_price": [10.0, 11.0, 5.0, 6.0], "quantity": [10, 5, 1, 4]}
    ),
    "account": pd.DataFrame({"booked": DAYS, "balance": [10, 20, 15, 30], "currency": ["EUR", "USD"] * 2,
         "amount": [1, 10, -5, 15]}),
    "shelf": pd.DataFrame({"item": ["a", "b"], "unit_cost": [1.5, 2.5], "stock": [3, 4]}),
    "calls": pd.DataFrame({"agent": ["May", "Ian", "May", "Al"], "opened": DAYS, "rating": [1, 2, 3, 4]}),
    "quarters": pd.DataFrame({"quarter": [1, 2, 3, 4], "gdp": [5.0, 6.0, 4.0, 7.0]}),
    "places": pd.DataFrame(
        {"place": ["North", "South"] * 2, "region": ["North", "north", "South", "South"],
         "count": [7, 8, 9, 1]}
    ),
    "bands": pd.DataFrame({"label": ["More than 10", "top 5", "over 18"], "score": [1, 2, 4]}),
    "bills": pd.DataFrame({"paid": [True, None, False, False], "due": [1, 2, 4, 8]}),
    "matches": pd.DataFrame(
        {"year": [2022, 2022, 2023, 2023], "played": DAYS[[0, 0, 2, 3]], "goals": [1, 2, 4, 8]}
    ),
    "jobs": pd.DataFrame({"job": ["a", "b", "c"], "women": [11.16, 97.51, 4.02], "kind": ["x", "y", "x"]}),
    "teams": pd.DataFrame({"team": ["a", "b"], "women": [4.0, 5.0]}),
    "web": pd.DataFrame({"visits": [5, 5, 7], "unique_visitors": [3, 4, 4], "page": ["a", "b", "a"]}),
}  # fmt: skip

DECLINES = [
    ("shop", "which customer has the highest total_price", "total"),
    ("shop", "total price", "unit_price"),
    ("shop", "total price by category", "unit_price"),
    ("account", "total balance", "sum of balance"),
    ("shelf", "cost", "unit_cost"), ("shelf", "total cost", "unit_cost"),
    ("shelf", "cost by item", "unit_cost"),
    ("calls", "how many calls by May", "month"), ("calls", "average rating for May", "month"),
    ("calls", "total rating", "sum of rating"),
    ("quarters", "highest quarter", "maximum quarter"), ("quarters", "lowest quarter", "minimum quarter"),
    ("places", "how many rows in North", "case"), ("places", "how many North rows", "case"),
    ("places", "which region has the highest count", "count"), ("places", "top 2 regions by count", "count"),
    ("bands", "how many rows with more than 10", "label"), ("bands", "total score over 18", "sure"),
    ("bands", "how many top 5 rows", "label"),
    ("bills", "how many rows where paid is not true", "no paid"),
    ("bills", "how many are not paid", "no paid"),
    ("matches", "trend of goals by year", "year of played"), ("matches", "yearly goals", "year of played"),
    ("jobs", "total women", "average women"), ("jobs", "total women by kind", "percentages"),
    ("jobs", "share of women by kind", "percentages"),
    ("web", "list visits", "sum of visits"), ("web", "show me the visits", "sum of visits"),
    ("web", "what are the visits", "sum of visits"), ("web", "unique visits", "unique values"),
    ("web", "how many unique visits", "unique values"),
    ("account", "how many rows with amount over $5", "currency"),
    ("account", "which month has the lowest amount", "total"),
    ("account", "total balance by month", "sum of balance"),
    ("shop", "list quantities", "sum of quantity"), ("shop", "list quantities for Ann", "sum of quantity"),
]  # fmt: skip
ANSWERS: list[tuple[str, str, Any]] = [
    ("shop", "sum of total_price", 32.0), ("shop", "total_price by category", {"x": 15.0, "y": 17.0}),
    ("shop", "average total_price", 8.0), ("shop", "quantity for Ann", 11),
    ("account", "sum of balance", 75), ("account", "average balance", 18.75),
    ("shelf", "sum of unit_cost", 4.0), ("shelf", "average cost", 2.0), ("shelf", "total stock", 7),
    ("calls", "how many rows where agent is May", 2), ("calls", "sum of rating", 10),
    ("matches", "trend of goals by year of played", {2023: 3, 2024: 12}),
    ("quarters", "maximum quarter", 4),
    ("places", "how many rows where place is North", 2), ("places", "sum of count", 25),
    ("bands", "total score where label is more than 10", 1), ("bands", "total score where label is top 5", 2),
    ("bills", "how many rows where paid is false", 2), ("bills", "how many are paid", 1),
    ("jobs", "sum of women", 112.69), ("jobs", "average women by kind", {"x": 7.59, "y": 97.51}),
    ("teams", "total women", 9),
    ("web", "visits", 17), ("web", "visits by page", {"a": 12, "b": 5}), ("web", "sum of visits", 17),
]  # fmt: skip


def asked(table: str, question: str) -> Plan | Decline:
    return plan(Question(question, (view(table, TABLES[table]),)))


@pytest.mark.parametrize(("table", "question", "named"), DECLINES)
def test_what_may_not_be_meant_is_declined_with_its_reason(table: str, question: str, named: str) -> None:
    made = asked(table, question)
    assert isinstance(made, Decline), made.understood
    assert named in made.reason


@pytest.mark.parametrize(("table", "question", "true"), ANSWERS)
def test_what_is_said_in_full_is_answered(table: str, question: str, true: Any) -> None:
    made = asked(table, question)
    assert isinstance(made, Plan), made
    got = plain(run(made, {table: TABLES[table]}))
    assert same(got, true), (got, made.understood)


def test_rows_that_a_flag_leaves_out_are_told() -> None:
    made = asked("bills", "how many rows where paid is false")
    assert isinstance(made, Plan)
    assert "rows without paid are left out" in made.understood


def test_the_most_common_value_is_told_apart_from_its_rows() -> None:
    made = asked("web", "most common page")
    assert isinstance(made, Plan)
    assert word(made, run(made, {"web": TABLES["web"]})).endswith("a (2 rows).")


def test_years_are_worded_as_names() -> None:
    table = pd.DataFrame({"year": [1959, 1960], "x": [1, 2]})
    made = plan(Question("minimum year", (view("t", table),)))
    assert isinstance(made, Plan)
    assert word(made, run(made, {"t": table})) == "Minimum of year: 1959."
