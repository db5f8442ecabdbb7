"""Does the planner answer questions about one table of orders as plain loops do?"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.worker.models.builtin import truth as t
from tests.worker.models.builtin.asking import answer, same
from tests.worker.models.builtin.worlds import rows_of

D = date
revenue, profit, quantity = t.total("revenue"), t.total("Profit"), t.total("quantity")


def is_(name: str, *values: Any) -> Any:
    return lambda row: row[name] in values


PAIRS: list[tuple[Any, list[str]]] = [
    (len, ["How many rows are there?", "how many orders are there", "number of orders", "Count the rows",
        "row count",
           "What is the total number of orders?", "how many records does the table have",
           "How many orders?"]),
    (revenue, ["What is the total revenue?", "sum of revenue", "total of the revenue",
        "Give me the revenue total",
               "Calculate the sum of revenue, please", "how much revenue is there"]),
    (t.mean("price"), ["average price", "What is the mean price?", "the avg of price", "mean of price"]),
    (t.median("price"), ["median price", "What is the median of price?"]),
    (t.stdev("price"), ["standard deviation of price", "std of price"]),
    (t.variance("quantity"), ["variance of quantity", "What is the sample variance of the quantity?"]),
    (t.low("price"), ["minimum price", "lowest price", "What's the smallest price?"]),
    (t.high("price"), ["max price", "What is the highest price?", "largest price", "maximum of price"]),
    (t.quantile("price", 0.9), ["90th percentile of price", "0.9 quantile of price"]),
    (t.quantile("revenue", 0.25), ["first quartile of revenue", "25th percentile of the revenue"]),
    (t.different("product"), ["how many unique products are there", "number of distinct products",
                              "How many different products are there?", "How many products are there?"]),
    (t.different("region"), ["number of unique regions", "count of distinct region"]),
    (t.by("category", revenue), ["total revenue by category", "What is the total revenue by category?",
        "Show me total revenue for each category", "sum of revenue per category", "revenue by category",
        "for each category, what is the total revenue?", "total revenue grouped by category",
        "by category, total revenue", "Total Revenue by Categories", "TOTAL REVENUE BY CATEGORY"]),
    (t.by("region", revenue), ["total revenue by region", "revenue per region"]),
    (t.by("category"), ["how many orders per category", "number of orders by category",
        "count of rows by category",
                        "value counts of category", "count by category",
                        "how many orders are there in each category?"]),
    (t.by("category", t.mean("price")), ["average price by category", "mean price for each category",
                                         "average price per category"]),
    (t.by("category", t.mean("revenue")), ["average revenue by category", "mean revenue for each category"]),
    (t.by("product", t.high("price")), ["highest price by product", "max price for each product"]),
    (t.where(is_("region", None), len), ["how many orders have no region", "how many rows are missing region",
        "how many rows where region is missing", "how many missing values in region",
        "number of nulls in region"]),
    (t.where(lambda r: r["region"] is not None), ["how many orders where region is not missing"]),
    (t.where(is_("category", "Electronics"), revenue), ["total revenue for Electronics",
        "revenue in electronics",
        "total revenue where category is Electronics", "total revenue of the Electronics category",
        "what was the total electronics revenue?", "total revenue for category Electronics"]),
    (t.where(is_("category", "Electronics", "Toys"), revenue), ["total revenue for Electronics and Toys",
        "sum of revenue where category is Electronics or Toys", "revenue from toys or electronics"]),
    (t.where(lambda r: r["category"] != "Toys", revenue), ["total revenue excluding Toys",
        "total revenue except toys",
        "sum of revenue where category is not Toys", "revenue other than Toys", "total revenue not in Toys"]),
    (t.where(lambda r: r["category"] not in {"Toys", "Clothing"}, revenue),
     ["total revenue excluding Toys and Clothing"]),
    (t.where(lambda r: r["price"] > 12), ["how many orders with price above 12",
        "number of orders where price > 12",
        "how many orders have a price greater than 12", "count of rows with price over $12"]),
    (t.where(lambda r: r["price"] >= 12), ["how many orders with price at least 12",
        "number of orders with price >= 12",
        "how many orders have a price of at least 12" ]),
    (t.where(lambda r: r["price"] < 12), ["how many orders with price below 12",
        "number of orders with price less than 12"]),
    (t.where(lambda r: 4 <= r["quantity"] <= 6), ["how many orders with quantity between 4 and 6"]),
    (t.where(lambda r: r["quantity"] == 3), ["how many orders where quantity is 3",
        "number of orders with quantity = 3",
        "how many orders with quantity equal to 3"]),
    (t.where(lambda r: r["price"] > 12 and r["quantity"] < 4),
        ["how many orders where price > 12 and quantity < 4",
        "number of orders with price above 12 and with quantity below 4"]),
    (t.where(lambda r: r["returned"]), ["how many orders are returned", "number of returned orders",
        "How many orders were returned?", "count of orders where returned is true"]),
    (t.where(lambda r: not r["returned"]), ["how many orders are not returned",
        "number of orders that were not returned",
        "how many orders where returned is false"]),
    (t.where(lambda r: r["date"].year == 2023, revenue), ["total revenue in 2023",
        "What was the total revenue in 2023?",
        "revenue between 2023-01-01 and 2023-12-31", "in 2023, what was the total revenue?",
        "revenue before 2024"]),
    (t.where(lambda r: (r["date"].year, r["date"].month) == (2024, 3), revenue),
        ["total revenue in March 2024",
        "revenue in Mar 2024", "sum of revenue during March 2024", "total revenue in 2024-03",
        "revenue from 2024-03-01 to 2024-03-31"]),
    (t.where(lambda r: r["date"].year == 2023 and r["date"].month < 4), ["how many orders in Q1 2023",
        "number of orders in the first quarter of 2023", "number of orders in Q1 2023",
        "how many orders between January 2023 and March 2023"]),
    (t.where(lambda r: r["date"] > D(2023, 6, 30), profit), ["total profit after June 2023",
        "profit since July 2023",
        "total Profit after 2023-06-30"]),
    (t.where(lambda r: r["date"] == D(2023, 5, 4)), ["how many orders on 2023-05-04",
        "how many orders on May 4, 2023",
        "number of orders on 4 May 2023"]),
    (t.where(lambda r: r["category"] == "Toys" and r["region"] == "North", t.mean("price")),
     ["average price of Toys in the North region", "mean price for toys in North"]),
    (t.by(t.month("date"), revenue), ["revenue by month", "total revenue per month", "monthly revenue",
        "monthly revenue trend", "Show me the monthly revenue trend and identify the best performing month",
        "total revenue by month of date", "trend of revenue", "revenue over time",
        "monthly revenue trend and the best month", "How did revenue change over time?"]),
    (t.by(t.month("date"), profit), ["trend of Profit", "Show the trend of profit",
        "plot monthly trend for Profit",
        "Profit trend by month", "show a monthly trend for Profit and find the worst month"]),
    (t.by(t.month("date"), t.mean("price")), ["trend of price", "average price by month"]),
    (t.by(t.quarter("date"), revenue), ["revenue by quarter", "quarterly revenue",
        "total revenue for each quarter"]),
    (t.by(t.year("date"), revenue), ["revenue by year", "yearly revenue", "annual revenue"]),
    (t.by(t.month("date")), ["number of orders by month", "how many orders per month",
        "monthly number of orders"]),
    (t.best("category", revenue), ["which category has the highest revenue",
        "which category has the most revenue?",
        "What category had the highest total revenue?", "category with the highest total revenue",
        "which category generated the most revenue", "top category by revenue"]),
    (t.best("category", revenue, lowest=True), ["which category has the lowest total revenue"]),
    (t.best("category", len), ["which category has the most orders", "most common category",
        "mode of category",
        "which category is the most common", "what is the most frequent category?"]),
    (t.best("product", revenue, count=3), ["top 3 products by revenue", "top three products by total revenue",
        "the 3 products with the highest total revenue", "show the 3 top products by revenue"]),
    (t.best("product", quantity, count=2, lowest=True), ["bottom 2 products by quantity",
        "the 2 products with the lowest total quantity"]),
    (t.best("category", t.mean("price")), ["which category has the highest average price"]),
    (t.best(t.month("date"), revenue), ["which month had the highest revenue",
        "which month had the most revenue?"]),
    (t.best(t.month("date"), revenue, lowest=True), ["which month had the lowest total revenue"]),
    (t.share("category", revenue), ["share of revenue by category",
        "percentage of total revenue for each category",
        "what percentage of revenue per category", "share of each category in total revenue"]),
    (lambda rows: 100 * t.where(is_("returned", True))(rows) / len(rows),
        ["what percentage of orders are returned",
        "percentage of returned orders", "what share of orders were returned?"]),
    (lambda rows: 100 * t.where(is_("region", "North"))(rows) / len(rows),
        ["what percentage of orders are from North",
        "percentage of orders in North"]),
    (lambda rows: 100 * t.where(is_("category", "Toys"), revenue)(rows) / revenue(rows),
     ["what percentage of revenue comes from Toys", "what share of revenue is from Toys"]),
    (t.pearson("price", "quantity"), ["correlation between price and quantity",
        "Calculate the correlation between price and quantity",
        "correlation of price with quantity", "how correlated are price and quantity",
        "does price correlate with quantity?"]),
    (lambda rows: {"minimum of price": 4.5, "maximum of price": t.high("price")(rows)}, ["min and max price",
        "minimum and maximum of price"]),
    (lambda rows: {"average of price": t.mean("price")(rows), "median of price": t.median("price")(rows)},
     ["average and median price", "mean and median of price", "average price and median price"]),
    (lambda rows: {"Electronics": (a := t.where(is_("category", "Electronics"), t.mean("price"))(rows)),
                   "Clothing": (b := t.where(is_("category", "Clothing"), t.mean("price"))(rows)),
                   "Electronics - Clothing": a - b},
     ["difference in average price between Electronics and Clothing",
         "difference between Electronics and Clothing in average price"]),
    (lambda rows: 0, ["how many duplicate rows are there", "are there any duplicates?"]),
    (lambda rows: 10, ["how many columns are there", "number of columns"]),
    (lambda rows: {"rows": len(rows), "columns": 10}, ["what is the shape of the data",
        "how many rows and columns are there?"]),
    (lambda rows: list(rows[0]), ["list the columns", "What columns are there?", "column names"]),
    (lambda rows: {name: sum(row[name] is None for row in rows) for name in rows[0]},
     ["missing values per column", "How many missing values are there in each column?",
         "which columns have missing values"]),
    (lambda rows: dict(enumerate(sorted({r["category"] for r in rows}))), ["unique values of category",
        "what are the distinct categories", "list the different categories", "unique categories"]),
    (t.by("category", t.median("revenue")), ["median revenue by category"]),
    (lambda rows: [(c, r, sum(x["revenue"] for x in rows if x["category"] == c and x["returned"] is r))
                   for c in sorted({x["category"] for x in rows}) for r in (False, True)],
     ["total revenue by category and returned", "revenue for each category and returned"]),
]  # fmt: skip
CASES = [(question, compute) for compute, questions in PAIRS for question in questions]


@pytest.mark.parametrize(("question", "compute"), CASES, ids=[question for question, _ in CASES])
def test_the_answer_is_true(question: str, compute: Any) -> None:
    got, true = answer(question, "sales"), compute(rows_of("sales"))
    if isinstance(true, dict) and isinstance(got, dict):
        assert list(got) == list(true) or not isinstance(true, list)
    assert same(got, true), (got, true)


def test_there_are_two_hundred_questions() -> None:
    assert len({question for question, _ in CASES}) >= 190
