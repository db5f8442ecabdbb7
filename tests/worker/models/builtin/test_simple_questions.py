"""Are the plain questions answered that have one sure reading, though they do not name all that they mean?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from tests.worker.models.builtin.asking import plain, run, same
from tests.worker.models.builtin.profiles import view
from worker.analysis.contract import Decline, Plan, Question
from worker.models.builtin import plan

DAYS = pd.to_datetime(["2023-01-05", "2023-01-20", "2023-02-09", "2023-02-10"])
TABLES = {
    "orders": pd.DataFrame(
        {
            "order_id": [1, 2, 3, 4],
            "region": ["N", "S", "N", "N"],
            "channel": ["Web", "Web", "Shop", "Web"],
            "order_date": DAYS,
            "ship_date": DAYS + pd.Timedelta(days=40),
            "returned": [True, False, False, False],
            "unit_price": [2.0, 3.0, 5.0, 1.0],
            "total_price": [4.0, 3.0, 10.0, 9.0],
            "quantity": [2, 1, 2, 9],
        }
    ),
    "states": pd.DataFrame({"state": ["A", "B", "C"], "side": ["e", "e", "w"], "crime": [5, 9, 7]}),
    "weather": pd.DataFrame(
        {
            "date": pd.date_range("2023-01-30", periods=4),
            "sky": ["rain", "sun", "rain", "sun"],
            "wind": [1, 4, 2, 3],
            "temp_max": [7, 9, 8, 8],
        }
    ),
    "gaps": pd.DataFrame({"date": DAYS, "wind": [1, 4, 2, 3]}),
    "titanic": pd.DataFrame({"passenger_class": [1, 2, 1], "sex": ["m", "f", "m"]}),
    "pay": pd.DataFrame({"name": ["a", "b"], "Annual Salary": [1, 2], "hired": DAYS[:2]}),
    "fans": pd.DataFrame({"artist": ["a", "a", "b"], "day": DAYS[:3], "followers": [5, 6, 9]}),
    "work": pd.DataFrame({"project": ["a", "b"] * 6, "hours": range(12)}),
    "power": pd.DataFrame(
        {"year": pd.to_datetime(["2001-01-01", "2001-01-01", "2002-01-01"]), "output": [1, 2, 4]}
    ),
    "nations": pd.DataFrame(
        {"country": ["X", "X", "Total"], "year": [2000, 2001, 2000], "people": [1, 2, 3]}
    ),
    "flights": pd.DataFrame(
        {
            "flight_no": ["a1", "a1", "b2"],
            "airline": ["A", "A", "B"],
            "delay_minutes": [5, 10, 30],
            "passengers": [100, 50, 20],
        }
    ),
    "staff": pd.DataFrame(
        {
            "office": ["O", "P"] * 5,
            "Annual Salary": range(10, 110, 10),
            "hired": pd.to_datetime(["2020-01-01"] * 10),
            "left": pd.date_range("2020-01-01", periods=10),
        }
    ),
    "patients": pd.DataFrame({"patient_id": [1, 2, 3], "smoker": [True, True, False], "age": [30, None, 50]}),
    "visits_log": pd.DataFrame({"patient_id": [1, 1, 2], "smoker": [True, True, False]}),
    "sales": pd.DataFrame({"region": ["N", "S"], "amount": [3, 4]}),
}

ANSWERS: list[tuple[str, str, Any]] = [
    ("orders", "total_price by region", {"N": 23.0, "S": 3.0}),
    ("orders", "how many orders in order_date 2023", 4),
    ("orders", "how many orders with order_date in January 2023", 2),
    ("orders", "monthly trend of quantity by order_date", {"2023-01": 3, "2023-02": 11}),
    ("orders", "trend of quantity by month of order date", {"2023-01": 3, "2023-02": 11}),
    ("orders", "monthly quantity over ship_date", {"2023-02": 2, "2023-03": 12}),
    ("orders", "orders by region", {"N": 3, "S": 1}),
    ("orders", "order count by region", {"N": 3, "S": 1}),
    ("orders", "orders by month of order_date", {"2023-01": 2, "2023-02": 2}),
    ("orders", "returned orders by channel", {"Web": 1}),
    ("orders", "number of orders not returned", 3),
    ("orders", "percentage of orders not returned", 75.0),
    ("orders", "how many orders with quantity above 1 but below 9", 2),
    ("orders", "how many orders with quantity over 1 and under 3", 2),
    ("orders", "how many orders with quantity 2 or more", 3),
    ("orders", "how many orders with quantity over two", 1),
    ("orders", "how many orders with quantity above 1 and region N", 3),
    ("orders", "how many returned Web orders", 1),
    ("orders", "how many N Web orders", 2),
    ("orders", "range of unit_price", 4.0),
    ("orders", "range of unit_price by region", {"N": 4.0, "S": 0.0}),
    ("orders", "difference in number of orders between Web and Shop", {"Web": 3, "Shop": 1, "Web - Shop": 2}),
    ("orders", "which region has the most unique channels", {"N": 2}),
    ("states", "how many states are there", 3),
    ("states", "how many states with crime above 6", 2),
    ("states", "number of states by side", {"e": 2, "w": 1}),
    ("weather", "how many days are there", 4),
    ("weather", "how many days with wind above 2", 2),
    ("weather", "number of days by sky", {"rain": 2, "sun": 2}),
    ("weather", "monthly average temp_max", {"2023-01": 8.0, "2023-02": 8.0}),
    ("power", "total output by year", {"2001-01-01": 3, "2002-01-01": 4}),
    ("nations", "how many rows are there", 3),
    ("nations", "how many unique years", 2),
    ("flights", "how many flights are there", 3),
    ("flights", "total flights", 3),
    ("flights", "average delay", 15.0),
    ("flights", "passengers by airline", {"A": 150, "B": 20}),
    ("flights", "how many passengers", 170),
    ("flights", "total number of passengers by airline", {"A": 150, "B": 20}),
    ("flights", "which airline has the most delay minutes", {"B": 30}),
    ("staff", "average salary", 55.0),
    ("staff", "mean salary per office", {"O": 50.0, "P": 60.0}),
    ("patients", "how many smokers are there", 2),
    ("patients", "how many missing ages are there", 1),
]
DECLINES = [
    ("gaps", "how many days between 2023-01-05 and 2023-02-09"),
    ("staff", "staff by year"),
    ("gaps", "how many days in February 2023"),
    ("weather", "last 3 days"),
    ("orders", "first 2 orders"),
    ("titanic", "passenger class by sex"),
    ("pay", "monthly salary"),
    ("fans", "which artist has the most followers"),
    ("work", "average hours per project"),
    ("orders", "list orders by region"),
    ("orders", "total quantity by order_date 2023"),
    ("orders", "trend of quantity for each order_date"),
    ("orders", "orders by quantity"),
    ("orders", "orders by month"),
    ("orders", "orders"),
    ("orders", "date"),
    ("orders", "how many orders with quantity 2 or 3"),
    ("orders", "average quantity per region"),
    ("orders", "how many orders with quantity above 9 but below 1"),
    ("nations", "how many countries"),
    ("nations", "sum of people"),
    ("nations", "how many nations are there"),
    ("visits_log", "how many smokers"),
    ("sales", "sales by region"),
    ("sales", "total sales"),
    ("flights", "how many minutes"),
    ("flights", "unique passengers"),
    ("states", "how many crimes"),
    ("weather", "which month had the highest wind"),
    ("weather", "how many warm days"),
    ("staff", "salary"),
    ("weather", "days"),
    ("staff", "how many days"),
]


def asked(table: str, question: str) -> Plan | Decline:
    return plan(Question(question, (view(table, TABLES[table]),)))


@pytest.mark.parametrize(("table", "question", "true"), ANSWERS)
def test_the_answer_is_true(table: str, question: str, true: Any) -> None:
    made = asked(table, question)
    assert isinstance(made, Plan), made
    got = plain(run(made, {table: TABLES[table]}))
    assert same(got, true), (got, made.understood)


@pytest.mark.parametrize(("table", "question"), DECLINES)
def test_what_is_close_to_it_but_not_sure_is_declined(table: str, question: str) -> None:
    made = asked(table, question)
    assert isinstance(made, Decline), made.understood


def test_the_day_of_the_highest_value_is_named() -> None:
    for question in ("which day had the highest wind", "date with the highest wind", "top 1 days by wind"):
        made = asked("weather", question)
        assert isinstance(made, Plan), question
        (row,) = plain(run(made, {"weather": TABLES["weather"]}))
        assert str(row[0])[:10] == "2023-01-31", question
        assert row[1] == 4


@pytest.mark.parametrize(("table", "question", "true"), ANSWERS)
def test_one_more_word_with_a_meaning_makes_it_decline(table: str, question: str, true: Any) -> None:
    for word in ("blue", "cancelled", "forecast", "unless", "twice", "never"):
        for more in (f"{question} {word}", f"{word} {question}"):
            made = asked(table, more)
            assert isinstance(made, Decline), f"{more!r} was taken as {made.understood!r}, as without {word}"
