"""Does the planner stay true on tables made to mislead it: totals rows, twins, values that are words?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from tests.worker.models.builtin.asking import plain, run, same
from tests.worker.models.builtin.profiles import view
from worker.analysis.contract import Decline, Plan, Question
from worker.models.builtin import plan

DAYS = ["2023-01-05", "2023-05-02", "2024-05-09"]
TABLES = {
    "totals": pd.DataFrame({"region": ["North", "South", "Total"], "sales": [1, 2, 3]}),
    "births": pd.DataFrame({"year": [2000, 2000, 2001], "name": ["Al", "Bo", "Al"], "count": [5, 6, 7]}),
    "monthly": pd.DataFrame(
        {"month": ["January", "May", "May"], "date": pd.to_datetime(DAYS), "year": [2023, 2023, 2024],
            "revenue": [1.0, 2.0, 4.0]}
    ),
    "twins": pd.DataFrame({"Sales": [1, 2], "sales": [3, 4], "Sales Rep": ["a", "b"]}),
    "cases": pd.DataFrame({"state": ["US", "us", "Us"], "x": [1, 2, 3], "kind": ["All", "By", "In"]}),
    "names": pd.DataFrame({"name": ["May", "April", "Will"],
    "joined": pd.to_datetime(DAYS), "score": [1, 2, 3]}),
    "zones": pd.DataFrame({"zone": ["North", "North East", "East"], "revenue": [1, 2, 4]}),
    "targets": pd.DataFrame({"region": ["N", "S"], "target_revenue": [1, 2], "revenue_target": [5, 6]}),
    "only": pd.DataFrame({"id": [1, 2, 3], "amount": [10, 20, 30]}),
    "orders": pd.DataFrame({"order_id": [1, 1, 2], "customer_id": [7, 7, 8], "customer_name": ["X", "X",
    "Y"], "amount": [1, 2, 3]}),
    "stats": pd.DataFrame({"team": ["A", "B"], "mean": [1, 2], "max": [3, 4], "total": [5, 6]}),
    "opinion": pd.DataFrame({"feedback": ["Good", "Bad", "Not Good"], "score": [1, 2, 3]}),
    "temps": pd.DataFrame({"max_temp": [3, 4], "min_temp": [1, 2], "avg_price": [1.0, 2.0]}),
    "both": pd.DataFrame({"revenue": [1, 2], "total_revenue": [10, 20]}),
    "marks": pd.DataFrame({"grade": ["A", "A-", "A+"], "lang": ["C", "C++", "C#"], "n_points": [1, 2, 4]}),
    "codes": pd.DataFrame({"state": ["OR", "IN", "ME"], "people": [1, 2, 4]}),
    "text_numbers": pd.DataFrame({"amount": ["1", "2", "x"], "label": ["a", "b", "c"]}),
    "nothing": pd.DataFrame({"a": pd.Series([], dtype="float64"), "b": pd.Series([], dtype="object")}),
    "hollow": pd.DataFrame({"a": [None, None], "g": ["x", "y"]}).astype({"a": "float64"}),
}  # fmt: skip

ANSWERS: list[tuple[str, str, Any]] = [
    ("totals", "total sales by region", {"North": 1, "South": 2, "Total": 3}),
    ("totals", "sales for North", 1),
    ("births", "sum of count in 2000", 11),
    ("births", "how many rows in 2000", 2),
    ("monthly", "revenue in January 2023", 1.0),
    ("monthly", "total revenue where month is May", 6.0),
    ("monthly", "revenue in May", 6.0),
    ("twins", "total Sales", 3),
    ("twins", "total sales", 7),
    ("cases", "total x where kind is All", 1),
    ("names", "how many rows in May 2023", 1),
    ("names", "total score where name is May", 1),
    ("zones", "revenue in North", 1),
    ("zones", "revenue in North East", 2),
    ("zones", "revenue in the East zone", 4),
    ("zones", "revenue not in North", 6),
    ("targets", "sum of target revenue", 3),
    ("targets", "sum of revenue target", 11),
    ("only", "what is the total?", 60),
    ("only", "average", 20.0),
    ("orders", "total amount by customer_name", {"X": 3, "Y": 3}),
    ("orders", "how many unique customer_id", 2),
    ("orders", "how many rows are there", 3),
    ("stats", "mean of max", 3.5),
    ("stats", "max of mean", 2),
    ("opinion", "how many rows with feedback Not Good", 1),
    ("temps", "maximum max_temp", 4),
    ("temps", "mean avg_price", 1.5),
    ("both", "sum of total_revenue", 30),
    ("both", "sum of revenue", 3),
    ("marks", "sum of n_points where grade is A", 1),
    ("marks", "sum of n_points where grade is A+", 4),
    ("marks", "sum of n_points where grade is A-", 2),
    ("marks", "how many rows where lang is C++", 1),
    ("marks", "how many rows where lang is C", 1),
    ("codes", "sum of people in OR", 1),
    ("codes", "sum of people where state is IN", 2),
    ("nothing", "how many rows are there", 0),
]  # fmt: skip
DECLINES = [
    ("totals", "total sales"), ("totals", "average sales"), ("totals", "which region has the highest sales"),
    ("totals", "how many regions are in the data in total"), ("totals", "distribution of sales"),
    ("births", "how many births"), ("births", "how many births in 2000"), ("births", "count by name"),
    ("births", "most common name"), ("births", "total births"),
    ("monthly", "revenue by month"), ("monthly", "revenue in 2023"),
    ("monthly", "revenue by year"), ("monthly", "which month had the highest revenue"),
    ("twins", "total SALES"), ("twins", "sum of sales rep"),
    ("cases", "total x where state is us"), ("cases", "how many rows in US"), ("cases", "total x for All"),
    ("names", "how many rows in May"), ("names", "average score for May"), ("names", "will the score rise?"),
    ("zones", "total revenue north east"), ("zones", "revenue in Norths"), ("zones", "revenue in South"),
    ("targets", "total revenue"), ("targets", "revenue by region"),
    ("only", "total id"), ("only", "average id"),
    ("orders", "how many orders"), ("orders", "how many customers"), ("orders", "amount by customer"),
    ("orders", "average order amount"),
    ("stats", "mean total"), ("stats", "total max"), ("stats", "total"), ("stats", "max"),
    ("opinion", "how many rows are not good"),
    ("temps", "average temp"), ("temps", "average price"), ("temps", "avg price"),
    ("both", "total revenue"), ("both", "what is the total revenue?"),
    ("codes", "sum of people in me"), ("codes", "how many rows in or"),
    ("text_numbers", "total amount"), ("text_numbers", "average amount"), ("text_numbers", "max amount"),
    ("text_numbers", "rows where amount > 1"), ("text_numbers", "top 2 rows by amount"),
    ("hollow", "average of a"), ("hollow", "sum of a"),
]  # fmt: skip


def asked(table: str, question: str) -> Plan | Decline:
    return plan(Question(question, (view(table, TABLES[table]),)))


@pytest.mark.parametrize(("table", "question", "true"), ANSWERS)
def test_the_answer_is_true(table: str, question: str, true: Any) -> None:
    made = asked(table, question)
    assert isinstance(made, Plan), made
    got = plain(run(made, {table: TABLES[table]}))
    assert same(got, true), (got, made.understood)


@pytest.mark.parametrize(("table", "question"), DECLINES)
def test_what_may_mislead_is_declined(table: str, question: str) -> None:
    made = asked(table, question)
    assert isinstance(made, Decline), made.understood
