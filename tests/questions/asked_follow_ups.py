"""What would an analyst ask next? Each question goes on with those before it."""

from __future__ import annotations

from dataclasses import dataclass

from tests.questions import truth as t
from tests.questions.asked_joined import FILES, looked_up


@dataclass(frozen=True)
class Followed:
    """Questions that each ask the same after the earlier ones, and their truth."""

    files: tuple[str, ...]
    earlier: tuple[str, ...]
    questions: tuple[str, ...]
    truth: t.Compute


def after(file: str, earlier: str, truth: t.Compute, *questions: str) -> Followed:
    """`earlier`: one question or more, with ` > ` between them."""
    return Followed((file,), tuple(earlier.split(" > ")), questions, truth)


def joined(earlier: str, truth: t.Compute, *questions: str) -> Followed:
    return Followed(FILES, tuple(earlier.split(" > ")), questions, lambda _: truth(looked_up()))


tip, amount, quantity = t.mean("tip"), t.total("amount"), t.total("quantity")
life, mpg, mass = t.mean("lifeExp"), t.mean("Miles_per_Gallon"), t.mean("body_mass_g")
net = t.total("net_amount")
FOLLOWED: list[Followed] = [
    after("tips.csv", "average tip", t.by("day", tip), "and by day?", "by day", "now by day",
          "break it down by day", "what about by day?", "and for each day?"),
    after("tips.csv", "average tip by sex", t.by("day", tip), "and by day?", "now by day", "by day instead"),
    after("tips.csv", "average tip by day", t.by("day", t.median("tip")), "and the median?", "now the median",
          "the median instead"),
    after("tips.csv", "average tip by day", t.by("day", t.mean("total_bill")), "and for total_bill?",
          "what about total_bill?", "same for total_bill"),
    after("tips.csv", "average tip", t.where(t.is_("sex", "Female"), tip), "and for women?", "same for women",
          "what about females?", "only for women", "only women"),
    after("tips.csv", "average tip for women", t.where(t.is_("sex", "Male"), tip), "and for men?",
          "same for men", "what about men?"),
    after("tips.csv", "average tip on Sun > and by sex?", t.where(t.is_("day", "Sun"), t.by("smoker", tip)),
          "and by smoker?", "now by smoker"),
    after("tips.csv", "average tip for women", t.where(t.is_("sex", "Female"), t.high("tip")),
          "and the maximum?", "what about the maximum?"),
    after("tips.csv", "average tip by day", t.where(t.is_("time", "Dinner"), t.by("day", tip)),
          "only at Dinner", "only for Dinner", "and for Dinner?"),
    after("tips.csv", "number of rows by day", t.share("day"), "in percent", "as a percentage",
          "as percentages"),
    after("penguins.csv", "how many penguins are there by species?", t.by("island"), "and by island?"),
    after("penguins.csv", "average body mass by species", t.where(t.is_("year", 2008), t.by("species", mass)),
          "what about 2008?", "and in 2008?", "only in 2008", "for 2008"),
    after("penguins.csv", "average body mass by species in 2007",
          t.where(t.is_("year", 2008), t.by("species", mass)), "what about 2008?", "and in 2008?"),
    after("cars.csv", "top 3 cars by horsepower", t.top_rows("Name", "Horsepower", 10), "top 10 instead",
          "the top 10", "show me the top 10", "and the top 10?"),
    after("cars.csv", "top 3 cars by horsepower", t.top_rows("Name", "Horsepower", 3, lowest=True),
          "and the lowest?", "the lowest 3", "bottom 3"),
    after("cars.csv", "average miles per gallon by origin", t.by("Origin", mpg), "smallest first",
          "sort by name", "sorted ascending"),
    after("cars.csv", "average miles per gallon by origin", t.by("Cylinders", mpg), "and by cylinders?"),
    after("cars.csv", "average miles per gallon for Japan", t.where(t.is_("Origin", "USA"), mpg),
          "what about USA?", "and for USA?", "and in the USA?"),
    after("cars.csv", "how many cars are from Japan?", t.where(t.is_("Origin", "Europe")),
          "and from Europe?", "what about Europe?"),
    after("gapminder.csv", "average lifeExp by continent in 2007",
          t.where(t.is_("year", 1992), t.by("continent", life)), "and in 1992?", "what about 1992?"),
    after("gapminder.csv", "average lifeExp by continent in 2007",
          t.where(t.is_("year", 2007), t.by("continent", t.mean("gdpPercap"))), "and for gdpPercap?"),
    after("gapminder.csv", "top 5 countries by gdpPercap in 2007",
          t.where(t.is_("year", 2007), t.top_rows("country", "lifeExp", 5)), "and for lifeExp?"),
    after("gapminder.csv", "how many countries are there per continent?",
          t.where(t.is_("year", 2002), t.by("continent", t.different("country"))), "in 2002"),
    after("stocks.csv", "average price of IBM by year",
          t.where(t.is_("symbol", "AAPL"), t.by(t.year("date"), t.mean("price"))), "and AAPL?",
          "what about AAPL?", "same for AAPL"),
    after("stocks.csv", "average price by symbol", t.by(t.year("date"), t.mean("price")), "and by year?",
          "yearly"),
    after("stocks.csv", "average price by symbol in 2005 > and in 2008?",
          t.where(t.in_year("date", 2008), t.by("symbol", t.high("price"))), "now the maximum price"),
    after("barley.csv", "average yield by site", t.top("site", t.mean("yield"), 2), "top 2",
          "only the top 2"),
    after("shop_orders.csv", "total quantity by region", t.where(t.is_("region", "South"), quantity),
          "what about South?", "only South"),
    after("shop_orders.csv", "total quantity by region", t.by("region", t.mean("quantity")),
          "and the average?"),
    after("shop_orders.csv", "total quantity by region",
          t.where(t.is_("channel", "Web"), t.by("region", quantity)), "only Web", "and for Web?"),
    after("shop_orders.csv", "total quantity by region", t.by("category", quantity), "by category"),
    after("shop_orders.csv", "total quantity by region", t.by("customer", quantity), "per customer"),
    after("shop_orders.csv", "total quantity by region", t.share("region", quantity), "as a percentage"),
    after("invoices.csv", "total net_amount in March 2023",
          t.where(t.in_month("invoice_date", 2023, 4), net), "and in April 2023?", "what about April 2023?"),
    joined("total amount", t.by("segment", amount), "and by segment?", "by buyer segment"),
    joined("total amount by segment", t.by("department", amount), "and by department?"),
    joined("total amount by segment", t.by(t.month("purchased_on"), amount), "and by month?", "monthly"),
    joined("total amount by segment", t.where(t.is_("country", "Germany"), t.by("segment", amount)),
           "only for Germany", "and for Germany?"),
    joined("top 3 items by quantity", t.top("item name", quantity, 5), "top 5 instead"),
]  # fmt: skip
UNSURE_NEXT: list[tuple[str, str, tuple[str, ...]]] = [
    ("shop_orders.csv", "total quantity by region", (
        "and by month?", "same for 2023", "why?", "why is that?", "the top 3 of those", "excluding those",
        "compared with last year", "and the id?", "and by planet?", "what about quantity above 3?",
        "and the difference?", "and next year?", "and by region?", "top 0", "sort by channel",
        "and the lowest?", "is that good?", "and unit_price?", "and for order_id?", "thanks", "and?")),
    ("shop_orders.csv", "how many orders in North", ("what about Web?", "and the median?", "top 5")),
    ("tips.csv", "average tip by sex", ("per customer", "and by time and day and smoker?", "in percent")),
    ("tips.csv", "average height by sex", ("and by day?", "now the median")),
    ("gapminder.csv", "average lifeExp by continent", ("and the highest?", "what about Atlantis?")),
]  # fmt: skip
"""What no one change surely means: it is declined."""
