"""What would an analyst ask that compares: groups with bounds, rows with the average, column with column?"""

from __future__ import annotations

from typing import Any

from tests.questions import truth as t
from tests.questions.asked import Asked, asked


def only(groups: t.Compute, low: float, *, equal: bool = False) -> t.Compute:
    """Keep the groups whose number is above `low` (or equal to it)."""

    def compute(rows: t.Rows) -> Any:
        return {k: v for k, v in groups(rows).items() if k is not None and (v > low or (equal and v == low))}

    return compute


def above_mean(name: str, compute: t.Compute = len) -> t.Compute:
    def made(rows: t.Rows) -> Any:
        mean = t.mean(name)(rows)
        return compute([row for row in rows if row[name] is not None and row[name] > mean])

    return made


def ids(key: str) -> t.Compute:
    return lambda rows: t.Records(key, tuple(row[key] for row in rows))


COMPARED: list[Asked] = [
    asked("shop_orders.csv", above_mean("total_price", ids("order_id")), "total_price average",
          "orders with total_price above average"),
    asked("shop_orders.csv", above_mean("quantity"), "quantity average",
          "how many orders have above average quantity", "how many orders with quantity above the average"),
    asked("shop_orders.csv", only(t.by("customer"), 2, equal=True), "customer >= 2",
          "customers with at least two orders", "which customers have at least 2 orders?"),
    asked("shop_orders.csv", only(t.by("category"), 30), "category 30",
          "categories with more than 30 orders"),
    asked("shop_orders.csv", only(t.by("category", t.total("quantity")), 120), "category quantity 120",
          "categories with a total quantity above 120", "which categories have a total quantity over 120?"),
    asked("staff.csv", only(t.by("Department", t.mean("Annual Salary")), 60000), "Department 60000",
          "departments where the average annual salary is above 60000",
          "which departments have an average annual salary over 60000"),
    asked("staff.csv", t.where(t.is_("Gender", "F"), t.mean("Annual Salary")), "Gender F",
          "average annual salary for women", "average annual salary of women"),
    asked("catalog.tsv", lambda rows: len(only(t.by("brand"), 10)(rows)), "brand 10",
          "how many brands have more than 10 items"),
    asked("support_tickets.csv", only(t.by("agent"), 30), "agent 30", "agents with more than 30 tickets"),
    asked("grunfeld.csv", only(t.by("firm", t.total("invest")), 5000), "firm invest 5000",
          "firms with total invest above 5000"),
    asked("statecrime.csv", above_mean("poverty", ids("state")), "poverty average",
          "states with above average poverty", "which states have poverty above the average?"),
    asked("matches.csv", t.where(lambda r: r["home_goals"] > r["away_goals"]), "home_goals away_goals",
          "how many matches where home_goals > away_goals",
          "how many matches have home goals greater than away goals"),
    asked("admissions.csv", t.where(t.is_("sex", "M")), "sex M", "how many male patients",
          "number of male patients", "how many patients are male"),
    asked("macrodata.csv", t.where(t.within("year", 1980, 1989), t.mean("unemp")), "unemp 1980 1989",
          "average unemp in the 1980s"),
    asked("grunfeld.csv", t.where(t.within("year", 1940, 1949), t.total("invest")), "invest 1940 1949",
          "total invest in the 1940s", "sum of invest during the 1940s"),
    asked("la-riots.csv", t.top_rows("last_name", "age"), "age", "who is the oldest person?",
          "oldest person"),
    asked("la-riots.csv", t.where(lambda r: r["age"] is not None and r["age"] < 18), "age 18",
          "how many people were younger than 18?", "number of people younger than 18"),
    asked("la-riots.csv", t.where(t.is_("gender", "Female")), "gender Female", "how many women were there?",
          "number of women"),
    asked("shop_orders.csv", t.where(t.is_("returned", True)), "returned true",
          "how many orders returned", "how many orders that returned"),
    asked("driving.csv", t.top_rows("year", "miles"), "miles year", "when were miles highest?",
          "when was miles the highest?"),
    asked("cars.csv", t.top_rows("Name", "Weight_in_lbs"), "Weight_in_lbs", "heaviest car",
          "which car is the heaviest?", "what is the heaviest car?", "what is the heaviest vehicle?"),
    asked("penguins.csv", t.top("species", t.mean("body_mass_g")), "species body_mass_g",
          "which species is the heaviest on average?"),
]  # fmt: skip
