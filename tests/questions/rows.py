"""Which rows does each table of the corpus hold? Read with the csv module and types written by hand."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

Row = dict[str, Any]
TABLES = Path(__file__).parent / "tables"
WEATHER = Path(__file__).parents[2] / "client" / "examples" / "seattle-weather.csv"


def amount(text: str) -> int | float:
    number = float(text.replace("$", "").replace(",", ""))
    return int(number) if number.is_integer() and "." not in text else number


def iso(text: str) -> date:
    return date.fromisoformat(text)


def slashed(text: str) -> date:
    return datetime.strptime(text, "%Y/%m/%d").date()  # noqa: DTZ007 - the file names no zone


def dotted(text: str) -> date:
    return datetime.strptime(text, "%d.%m.%Y").date()  # noqa: DTZ007 - the file names no zone


def spelled(text: str) -> date:
    return datetime.strptime(text, "%b %d %Y").date()  # noqa: DTZ007 - the file names no zone


def clock(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M")  # noqa: DTZ007 - the file names no zone


def percent(text: str) -> int | float:
    return amount(text.rstrip("%"))


def comma(text: str) -> float:
    return float(text.replace(".", "").replace(",", "."))


def flag(text: str) -> bool:
    return {"true": True, "false": False, "yes": True, "no": False}[text.lower()]


def _header(file: str) -> list[str]:
    with (TABLES / file).open(newline="", encoding="utf-8") as handle:
        return next(csv.reader(handle))


@cache
def _types() -> dict[str, dict[str, Callable[[str], Any]]]:
    """Name the columns that are not text."""

    def numbers(names: str) -> dict[str, Callable[[str], Any]]:
        return dict.fromkeys(names.split(), amount)

    return {
        "shop_orders.csv": numbers("order_id quantity unit_price total_price discount")
        | {"order_date": iso, "ship_date": iso, "returned": flag},
        "customers.csv": numbers("credit_limit") | {"signup_date": iso},
        "staff.csv": {"Annual Salary": amount, "Performance Rating": amount, "Remote": flag}
        | dict.fromkeys(("Hire Date", "Termination Date", "Birth Date"), iso),
        "support_tickets.csv": numbers("hours_to_resolve satisfaction")
        | {"opened_at": clock, "closed_at": clock, "escalated": flag},
        "catalog.tsv": numbers("price price_incl_tax unit_cost stock rating") | {"discontinued": flag},
        "exam_results.csv": numbers("student_id score absences"),
        "bank_statement.csv": numbers("amount balance") | {"booking_date": dotted},
        "web_traffic.csv": numbers("visits unique_visitors bounce_rate conversions ad_spend") | {"date": iso},
        "admissions.csv": numbers("patient_id age length_of_stay readmitted systolic_bp cost")
        | {"admitted": iso, "discharged": iso, "smoker": flag},
        "nordics.csv": numbers("year population_millions area_thousand_km2 gdp_per_capita_kusd"),
        "survey.csv": numbers("respondent nps"),
        "flights.csv": numbers("delay_minutes distance_km passengers") | {"date": iso, "cancelled": flag},
        "statecrime.csv": numbers("violent murder hs_grad poverty single white urban"),
        "grunfeld.csv": numbers("invest value capital year"),
        "macrodata.csv": numbers(
            "year quarter realgdp realcons realinv realgovt realdpi cpi m1 tbilrate unemp pop infl realint"
        ),
        "iowa-electricity.csv": numbers("net_generation") | {"year": iso},
        "traps.csv": numbers("patient_id count mean year") | {"% change": amount, "vaccinated": flag},
        "invoices.csv": numbers("net_amount")
        | {"invoice_date": iso, "paid": flag, "tax_rate": percent, "gross_eur": comma},
        "single.csv": numbers("score") | {"day": iso},
        "matches.csv": numbers("home_goals away_goals attendance") | {"match_day": iso},
        "tips.csv": numbers("total_bill tip size") | {"smoker": flag},
        "penguins.csv": numbers("bill_length_mm bill_depth_mm flipper_length_mm body_mass_g year"),
        "cars.csv": numbers("Miles_per_Gallon Cylinders Displacement Horsepower Weight_in_lbs Acceleration")
        | {"Year": iso},
        "gapminder.csv": numbers("year lifeExp pop gdpPercap"),
        "stocks.csv": numbers("price") | {"date": spelled},
        "barley.csv": numbers("yield year"),
        "la-riots.csv": numbers("age longitude latitude") | {"death_date": iso},
        "election.csv": numbers("Coderre Bergeron Joly total district_id"),
        "us-employment.csv": dict.fromkeys(_header("us-employment.csv"), amount) | {"month": iso},
        "driving.csv": numbers("year miles gas"),
        "nyc_flights.csv": numbers("month day dep_delay arr_delay flight air_time distance"),
        "airlines.csv": {},
        "airports.csv": numbers("alt"),
        "planes.csv": numbers("year engines seats"),
        "burtin.csv": numbers("Penicillin Streptomycin Neomycin"),
        "purchases.csv": numbers("purchase_id buyer_id quantity amount") | {"purchased_on": iso},
        "buyers.csv": numbers("buyer_id") | {"joined_on": iso},
        "items.csv": numbers("list_price"),
        "item_groups.csv": {},
        "seattle-weather.csv": numbers("precipitation temp_max temp_min wind") | {"date": slashed},
    }


EMPTY = {
    ("admissions.csv", "systolic_bp"): {"n/a"},
    ("support_tickets.csv", "topic"): {"None"},
    ("survey.csv", "products_used"): {"None"},
}
"""Cells that the loaders take (and report) as nothing, besides empty ones."""
DELIMITERS = {"support_tickets.csv": ";", "catalog.tsv": "\t", "invoices.csv": ";"}


def path_of(file: str) -> Path:
    return WEATHER if file == WEATHER.name else TABLES / file


@cache
def rows_of(file: str) -> list[Row]:
    """Return the rows of a file; an empty cell is None."""
    types = _types()[file]
    with path_of(file).open(newline="", encoding="utf-8") as handle:
        raw = list(csv.DictReader(handle, delimiter=DELIMITERS.get(file, ",")))
    return [{name: _cell(file, name, text, types) for name, text in row.items()} for row in raw]


def _cell(file: str, name: str, text: str, types: dict[str, Callable[[str], Any]]) -> Any:
    if text == "" or text in EMPTY.get((file, name), set()):
        return None
    return types.get(name, str)(text)


FILES = tuple(sorted(_types()))
