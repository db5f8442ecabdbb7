"""Twelve small tables, made row by row in plain Python, that the builtin planner is asked about."""

from __future__ import annotations

import datetime
import random
from functools import cache
from typing import Any

import pandas as pd

from tests.worker.models.builtin.profiles import view
from worker.analysis.contract import TableView

Row = dict[str, Any]


def _day(start: str, days: int) -> datetime.date:
    return datetime.date.fromisoformat(start) + datetime.timedelta(days=days)


def sales() -> list[Row]:
    """Orders with an unset region here and there, over 2023 and the start of 2024."""
    draw = random.Random(11)  # noqa: S311
    rows = []
    for number in range(1, 181):
        quantity, price = draw.randint(1, 9), draw.choice([4.5, 9.99, 12.0, 49.0, 120.25])
        rows.append(
            {
                "order_id": number,
                "date": _day("2023-01-03", draw.randint(0, 470)),
                "category": draw.choice(["Electronics", "Furniture", "Clothing", "Toys"]),
                "region": draw.choice(["North", "South", "East", None]),
                "product": draw.choice(["Lamp", "Desk", "Phone", "Sock", "Puzzle", "TV Stand"]),
                "quantity": quantity,
                "price": price,
                "revenue": round(quantity * price, 2),
                "Profit": round(quantity * price * draw.uniform(-0.1, 0.4), 2),
                "returned": draw.random() < 0.2,
            }
        )
    return rows


def employees() -> list[Row]:
    """People with salaries, some unknown, and two date columns."""
    draw = random.Random(12)  # noqa: S311
    names = [
        "Ana",
        "Bo",
        "Cem",
        "Dee",
        "Eli",
        "Fay",
        "Gus",
        "Hal",
        "Ida",
        "Jon",
        "Kim",
        "Lea",
        "Max",
        "Ned",
        "Oda",
    ]
    return [
        {
            "employee_id": 1000 + at,
            "FullName": name,
            "department": ["Sales", "IT", "HR"][at % 3],
            "office": draw.choice(["Oslo", "Bergen"]),
            "salary": None if at in {4, 9} else 30000 + 2500 * ((at * 7) % 11),
            "age": 24 + (at * 5) % 31,
            "hire_date": _day("2015-02-01", at * 173),
            "birth_date": _day("1970-05-05", at * 311),
            "is_manager": at % 5 == 0,
        }
        for at, name in enumerate(names)
    ]


def products() -> list[Row]:
    """One row for each product; two prices, so that "price" alone is not sure."""
    return [
        {
            "product_name": name,
            "brand": brand,
            "unit_price": unit,
            "total_price": total,
            "stock": stock,
            "rating": rating,
        }
        for name, brand, unit, total, stock, rating in [
            ("Anvil", "Acme", 99.5, 199.0, 3, 4.5),
            ("Bolt", "Acme", 0.1, 1.0, 950, 3.9),
            ("Cog", "Cogs & Co", 5.25, 21.0, 40, None),
            ("Dial", "Cogs & Co", 12.0, 12.0, 0, 4.1),
            ("Epoxy", "Bond's", 7.75, 31.0, 12, 4.5),
            ("File", "Bond's", 99.5, 99.5, 7, 2.2),
        ]
    ]


def students() -> list[Row]:
    draw = random.Random(14)  # noqa: S311
    return [
        {
            "Student Name": f"Pupil {at:02d}",
            "Grade": draw.choice(["A", "A-", "B", "C"]),
            "Math Score": None if at == 7 else draw.randint(40, 100),
            "Reading Score": draw.randint(40, 100),
            "School": draw.choice(["Lakeside", "Hill High", "St. Mary's"]),
            "passed": draw.random() < 0.7,
        }
        for at in range(30)
    ]


def weather() -> list[Row]:
    draw = random.Random(15)  # noqa: S311
    return [
        {
            "date": _day("2024-01-01", at),
            "station": draw.choice(["Harbour", "Airport"]),
            "temperature": round(draw.uniform(-8, 24), 1),
            "rainfall": draw.choice([0.0, 0.0, 1.5, 7.25]),
            "humidity": draw.randint(40, 99),
        }
        for at in range(120)
    ]


def movies() -> list[Row]:
    return [
        {"title": title, "genre": genre, "year": year, "gross": gross, "minutes": minutes, "country": country}
        for title, genre, year, gross, minutes, country in [
            ("Amber", "Drama", 2019, 10.5, 101, "France"),
            ("Blue Hour", "Comedy", 2020, 3.25, 88, "Spain"),
            ("Cold", "Drama", 2020, None, 122, "France"),
            ("Dust", "Action", 2021, 44.0, 140, "Japan"),
            ("Echo", "Action", 2021, 44.0, 131, "Japan"),
            ("Fern", "Comedy", 2022, 8.0, 95, None),
            ("Gold", "Drama", 2022, 12.75, 99, "Spain"),
            ("Halo", "Action", 2019, 7.5, 111, "France"),
        ]
    ]


def patients() -> list[Row]:
    draw = random.Random(17)  # noqa: S311
    return [
        {
            "patient_id": f"P{at:04d}",
            "ward": draw.choice(["North", "South"]),
            "diagnosis": draw.choice(["Flu", "Fracture", "Asthma"]),
            "admission_date": _day("2022-11-15", draw.randint(0, 90)),
            "weight_kg": None if at % 11 == 0 else round(draw.uniform(45, 110), 1),
            "height_cm": draw.randint(150, 200),
            "smoker": draw.random() < 0.3,
        }
        for at in range(60)
    ]


def accounts() -> list[Row]:
    """Names that need care: unicode, quotes, a Python keyword, a space at a value's end."""
    return [
        {"Straße": street, "class": kind, 'the "net" sum': net, "Größe": size, "naïve": flag}
        for street, kind, net, size, flag in [
            ("Allee", "gold", 10, 1.5, True),
            ("Gasse", "silver", 20, 2.5, False),
            ("Allee", "gold", 30, 2.5, True),
            ("Weg", "it's", -5, 4.0, False),
            ("Gasse", "silver", 45, 0.5, True),
        ]
    ]


def survey() -> list[Row]:
    """Numbers kept as text, and answers that are also words of questions."""
    return [
        {
            "respondent": at + 1,
            "answer": answer,
            "zip": zip_code,
            "amount_text": amount,
            "hours": hours,
            "city": city,
        }
        for at, (answer, zip_code, amount, hours, city) in enumerate(
            [
                ("Yes", "01234", "10", 1.5, "Paris"),
                ("No", "90210", "20", None, "Lyon"),
                ("No", "01234", "n/a", 3.0, "Paris"),
                ("Most", "75001", "7", 3.0, "Nice"),
                ("Yes", "75001", "12", 4.5, None),
                ("Average", "75001", "9", 0.5, "Lyon"),
            ]
        )
    ]


def shipments() -> list[Row]:
    """Two date columns and a value that two columns hold."""
    draw = random.Random(20)  # noqa: S311
    rows = []
    for at in range(40):
        start = draw.randint(0, 300)
        rows.append(
            {
                "shipment_id": at,
                "from_city": draw.choice(["Riga", "Kyiv", "Graz"]),
                "to_city": draw.choice(["Riga", "Turin"]),
                "order_date": _day("2023-01-01", start),
                "ship_date": _day("2023-01-01", start + draw.randint(1, 20)),
                "weight": draw.randint(1, 50),
                "carrier": draw.choice(["UPS", "dhl"]),
            }
        )
    return rows


def tickets() -> list[Row]:
    draw = random.Random(21)  # noqa: S311
    return [
        {
            "ticket": f"T-{at}",
            "status": draw.choice(["open", "closed", "on hold"]),
            "priority": draw.choice(["High", "Low"]),
            "opened": _day("2024-03-01", draw.randint(0, 50)),
            "minutes_spent": draw.randint(0, 240),
            "assignee": draw.choice(["Ana", "Bo", None]),
        }
        for at in range(50)
    ]


def cities() -> list[Row]:
    return [
        {"city": city, "country": country, "population": people, "area_km2": area}
        for city, country, people, area in [
            ("Arles", "France", 50000, 758.9),
            ("Bonn", "Germany", 330000, 141.1),
            ("Celle", "Germany", 69000, 176.0),
            ("Dijon", "France", 158000, 40.4),
            ("Essen", "Germany", 582000, 210.3),
            ("Florø", "Norway", 9000, 691.0),
        ]
    ]


WORLDS = {
    "sales": sales, "employees": employees, "products": products, "students": students, "weather": weather,
    "movies": movies, "patients": patients, "accounts": accounts, "survey": survey, "shipments": shipments,
    "tickets": tickets, "cities": cities,
}  # fmt: skip


@cache
def rows_of(name: str) -> list[Row]:
    return WORLDS[name]()


@cache
def frame_of(name: str) -> pd.DataFrame:
    frame = pd.DataFrame(rows_of(name))
    for label in frame.columns:
        if any(isinstance(value, datetime.date) for value in frame[label]):
            frame[label] = pd.to_datetime(frame[label]).astype("datetime64[ns]")
    return frame


@cache
def view_of(name: str) -> TableView:
    return view(name, frame_of(name))
