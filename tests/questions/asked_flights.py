"""What would an analyst ask of real flights with their airlines, planes and airports in other tables?"""

from __future__ import annotations

from typing import Any

from tests.questions import truth as t
from tests.questions.asked import Asked
from tests.questions.rows import Row, rows_of

FLIGHT_FILES = ("nyc_flights.csv", "airlines.csv", "airports.csv", "planes.csv")


def looked_up() -> list[Row]:
    """Return the flights, each with the columns of its airline, airport and plane under the table's name."""
    made = [dict(row) for row in rows_of("nyc_flights.csv")]
    for on, file, key, named in (
        ("carrier", "airlines.csv", "carrier", "airline"), ("dest", "airports.csv", "faa", "airport"),
        ("tailnum", "planes.csv", "tailnum", "plane"),
    ):  # fmt: skip
        found = {row[key]: row for row in rows_of(file)}
        empty = dict.fromkeys(rows_of(file)[0])
        for row in made:
            other = found.get(row[on], empty)
            row |= {f"{named} {name}": value for name, value in other.items()}
    return made


def F(truth: t.Compute, *questions: str) -> Asked:  # noqa: N802 - as in the other corpora
    def over(_: list[Row]) -> Any:
        return truth(looked_up())

    return Asked("nyc_flights.csv", over, "", questions)


delay = t.mean("arr_delay")
FLIGHTS: list[Asked] = [
    F(t.by("airline name"), "number of flights by airline", "how many flights by airline name",
      "flights by airline"),
    F(t.by("airline name", delay), "average arr_delay by airline", "average arr_delay by airline name"),
    F(t.by("airline name", t.total("distance")), "total distance by airline name",
      "sum of distance by airline"),
    F(t.top("airline name", len), "which airline has the most flights", "airline with the most flights"),
    F(t.top("airline name", t.mean("dep_delay"), 5), "top 5 airlines by average dep_delay"),
    F(t.top("airport name", len, 3), "top 3 airports by number of flights",
      "top 3 airport names by number of flights"),
    F(t.by("plane manufacturer", t.mean("distance")), "average distance by manufacturer",
      "average distance by plane manufacturer"),
    F(t.by("plane type"), "number of flights by plane type", "how many flights by type of plane"),
    F(t.by("plane engine"), "number of flights by engine"),
    F(t.where(t.is_("plane manufacturer", "BOEING"), t.mean("dep_delay")),
      "average dep_delay where manufacturer is BOEING",
      "average dep_delay for planes with manufacturer BOEING"),
    F(t.where(t.is_("airline name", "Delta Air Lines Inc.")), "number of flights for Delta Air Lines Inc.",
      "how many flights where airline name is Delta Air Lines Inc.?"),
    F(t.where(t.is_("airport tzone", "America/Denver")),
      "how many flights to airports in tzone America/Denver",
      "number of flights where tzone is America/Denver"),
    F(t.where(t.is_("airline name", "JetBlue Airways"), t.by("month")),
      "number of flights by month for JetBlue Airways"),
    F(t.where(t.over("plane seats", 200), t.mean("distance")), "average distance where seats > 200",
      "average distance of planes with more than 200 seats"),
    F(t.share("airline name"), "share of flights by airline"),
    F(lambda rows: len(rows_of("planes.csv")), "how many planes are there"),
    F(lambda rows: t.by("manufacturer")(rows_of("planes.csv")), "number of planes by manufacturer"),
]  # fmt: skip
