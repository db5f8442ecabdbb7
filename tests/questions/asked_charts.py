"""Which charts would an analyst ask for? The typed result stays the answer, and is what is compared."""

from __future__ import annotations

from functools import partial

from tests.questions import truth as t
from tests.questions.asked import Asked, asked

O = partial(asked, "shop_orders.csv")  # noqa: E741 - one letter for each file, as in the other parts
W = partial(asked, "seattle-weather.csv")
S = partial(asked, "staff.csv")
G = partial(asked, "grunfeld.csv")
CHARTS: list[Asked] = [
    O(t.by("region", t.total("quantity")), "quantity region bar", "bar chart of total quantity by region",
      "plot quantity by region", "draw a bar chart of quantity by region",
      "show me total quantity by region as a bar chart", "graph of total quantity by region",
      "visualize total quantity by region", "create a bar graph of total quantity by region"),
    O(t.by("region", t.total("quantity")), "quantity region pie", "pie chart of quantity by region",
      "draw a pie chart of total quantity by region", "total quantity by region as a pie chart"),
    O(t.by("category", t.mean("unit_price")), "average unit_price category bar",
      "bar chart of average unit_price by category", "plot the average unit_price by category",
      "column chart of average unit_price for each category"),
    O(t.by("region", len), "number region bar", "bar chart of number of orders by region",
      "plot the number of orders by region"),
    W(t.by("weather", t.mean("temp_max")), "average temp_max weather bar",
      "bar chart of average temp_max by weather", "plot average temp_max by weather"),
    W(t.by("weather", len), "rows weather", "distribution of weather", "bar chart of weather",
      "pie chart of weather", "plot the distribution of weather"),
    G(t.by2("year", "firm", t.total("invest")), "invest year firm line",
      "line chart of total invest by year and firm"),
    G(t.by("year", t.total("invest")), "invest year line", "plot total invest by year",
      "line chart of total invest by year"),
    S(t.by("Department", t.mean("Annual Salary")), "average Annual Salary Department",
      "bar chart of average annual salary by department", "chart the average annual salary by department"),
]  # fmt: skip
