"""What would an analyst ask of a table whose only time is a column of years in whole numbers?"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from tests.questions import truth as t
from tests.questions.asked import Asked, asked
from tests.questions.truth import Compute, Rows

N = partial(asked, "gapminder.csv")
G = partial(asked, "grunfeld.csv")
P = partial(asked, "penguins.csv")
T = partial(asked, "tips.csv")
D = partial(asked, "driving.csv")


def growth(name: str) -> Callable[[Rows], dict[Any, Any]]:
    """Return the change of the sums from each year to the next, in percent."""

    def compute(rows: Rows) -> dict[Any, Any]:
        sums: dict[int, float] = {}
        for row in rows:
            sums[row["year"]] = sums.get(row["year"], 0) + row[name]
        return {year: 100 * (sums[year] / sums[year - 1] - 1) if year - 1 in sums else None for year in sums}

    return compute


def in_japan(compute: Compute) -> Compute:
    return t.where(t.is_("country", "Japan"), compute)


YEARS: list[Asked] = [
    N(t.by("year", t.mean("lifeExp")), "average lifeExp year time", "trend of lifeExp over time",
      "lifeExp over time", "plot lifeExp over the years", "how does lifeExp change over the years?",
      "how has average lifeExp changed over time", "average lifeExp over time"),
    N(in_japan(t.by("year", t.mean("lifeExp"))), "lifeExp year Japan", "lifeExp trend for Japan",
      "trend of lifeExp over time in Japan"),
    N(t.by("year", t.mean("lifeExp")), "average lifeExp order year", "average lifeExp by year"),
    N(t.by("continent", t.mean("gdpPercap")), "average gdpPercap continent bar",
      "Plot the average gdpPercap by continent as a bar chart",
      "plot average gdpPercap for each continent as a bar chart"),
    G(t.by("year", t.total("invest")), "sum invest year time", "total invest over time",
      "total invest over the years"),
    G(t.by("year", t.mean("capital")), "average capital year", "average capital over the years",
      "trend of average capital over time"),
    G(growth("invest"), "growth sum invest year", "total invest growth by year",
      "year over year growth of total invest"),
    D(t.by("year", t.mean("miles")), "miles year", "miles over the years", "trend of miles over time"),
    P(t.by("year", t.mean("bill_length_mm")), "average bill_length_mm order year",
      "average bill_length_mm by year", "bar chart of average bill_length_mm by year"),
]  # fmt: skip
