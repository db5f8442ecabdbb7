"""What would an analyst ask of several tables that belong together?"""

from __future__ import annotations

from typing import Any

from tests.questions import truth as t
from tests.questions.asked import Asked
from tests.questions.rows import Row, rows_of
from worker.analysis.contract import Join

FILES = ("purchases.csv", "buyers.csv", "items.csv", "item_groups.csv")
JOINS = (
    Join("purchases", "buyer_id", "buyers", "buyer_id", "many_to_one", 0.9),
    Join("purchases", "item_id", "items", "item_id", "many_to_one", 1.0),
    Join("items", "group_id", "item_groups", "group_id", "many_to_one", 1.0),
)


def looked_up() -> list[Row]:
    """Return the purchases, each with the columns of its buyer, item and group (None where there is none)."""
    made = [dict(row) for row in rows_of("purchases.csv")]
    for on, file, named in (
        ("buyer_id", "buyers.csv", "buyer"), ("item_id", "items.csv", "item"),
        ("group_id", "item_groups.csv", "group"),
    ):  # fmt: skip
        found = {row[on]: row for row in rows_of(file)}
        empty = dict.fromkeys(rows_of(file)[0])
        for row in made:
            other = found.get(row[on], empty)
            row |= {f"{named} name" if k == "name" else k: v for k, v in other.items() if k != on}
    return made


def J(truth: t.Compute, named: str, *questions: str) -> Asked:  # noqa: N802 - as in the other corpora
    def over(_: list[Row]) -> Any:
        return truth(looked_up())

    return Asked("purchases.csv", over, named, questions)


def B(truth: t.Compute, named: str, *questions: str) -> Asked:  # noqa: N802
    return Asked("buyers.csv", truth, named, questions)


amount, quantity = t.total("amount"), t.total("quantity")
JOINED: list[Asked] = [
    J(t.by("segment", amount), "amount segment buyers", "total amount by segment",
      "total amount by buyer segment", "sum of amount for each segment", "amount by segment of the buyer"),
    J(t.by("country", amount), "amount country", "total amount by country", "total amount per country",
      "What is the total amount for each buyer country?"),
    J(t.where(t.is_("country", "Germany"), amount), "amount country Germany", "total amount in Germany",
      "total amount from buyers in Germany", "total amount for German buyers",
      "sum of amount where country is Germany"),
    J(t.where(t.is_("country", "Germany")), "Germany", "how many purchases in Germany",
      "number of purchases from Germany", "how many purchases were made by buyers from Germany"),
    J(t.by("segment"), "segment", "number of purchases by segment", "how many purchases per buyer segment",
      "purchases by segment"),
    J(t.where(t.is_("segment", "Business"), t.mean("amount")), "average amount Business",
      "average amount for Business buyers", "average amount where segment is Business",
      "mean amount in the Business segment"),
    J(t.top("item name", quantity, 3), "name highest quantity 3", "top 3 items by quantity",
      "top 3 items by total quantity", "the 3 items with the highest total quantity"),
    J(t.top("buyer name", amount, 5), "name highest amount 5", "top 5 buyers by amount",
      "top 5 buyers by total amount"),
    J(t.top("buyer name", len), "name highest", "which buyer has the most purchases",
      "buyer with the most purchases", "which buyer made the most purchases"),
    J(t.by("item_group", amount), "amount item_group", "total amount by item group",
      "total amount by item_group"),
    J(t.by("department", quantity), "quantity department", "total quantity by department",
      "sum of quantity per department", "quantity by department"),
    J(t.by("department", t.mean("quantity")), "average quantity department",
      "average quantity by department"),
    J(t.where(t.is_("department", "Studio"), amount), "amount Studio", "total amount for Studio",
      "total amount in the Studio department"),
    J(t.by2("department", "segment", amount), "amount department segment",
      "total amount by department and segment"),
    J(t.where(t.is_("department", "Office"), t.by("country", amount)), "amount Office country",
      "total amount by country for Office", "total amount by country in the Office department"),
    J(t.top("department", amount), "department highest amount",
      "which department has the highest total amount",
      "department with the highest total amount"),
    J(t.where(t.is_("segment", "Private"), t.by(t.month("purchased_on"), amount)), "amount Private month",
      "total amount by month for segment Private"),
    J(t.where(t.both(t.is_("country", "Spain"), t.in_year("purchased_on", 2023)), amount),
      "amount Spain 2023", "total amount in Spain in 2023"),
    J(t.where(t.is_("item_group", "Pens"), t.different("buyer_id")), "buyer Pens",
      "number of distinct buyer_id where item_group is Pens"),
    J(t.by("country", t.median("amount")), "median amount country", "median amount by country"),
    J(t.share("segment", amount), "share amount segment", "share of amount by segment",
      "percentage of total amount by segment"),
    J(t.where(t.is_("segment", "School"), t.common("payment")), "payment School",
      "most common payment for segment School"),
    J(t.where(t.over("list_price", 10), quantity), "quantity list_price > 10",
      "total quantity of items with list_price above 10", "sum of quantity where list_price > 10"),
    J(t.records("purchase_id", t.is_("country", "Japan")), "Japan", "purchases where country is Japan",
      "show the purchases from Japan"),
    B(len, "buyers", "how many buyers are there", "number of buyers", "how many rows in buyers",
      "how many rows are in the buyers table"),
    B(t.by("segment"), "segment buyers", "number of buyers by segment", "how many buyers per segment"),
]  # fmt: skip

UNSURE = (
    "total list_price by country", "average list price by segment", "total amount by name",
    "how many rows", "sum of list_price in Germany", "average list_price of purchases in Spain",
    "buyers without purchases", "purchases of items never bought",
    "total amount by name and month",
)  # fmt: skip
"""What would be counted more than once, or is not said surely."""

TWO_WAYS = (
    Join("purchases", "buyer_id", "buyers", "buyer_id", "many_to_one", 0.9),
    Join("purchases", "quantity", "buyers", "buyer_id", "many_to_one", 0.1),
)
