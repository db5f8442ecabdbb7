"""Nasty workbooks: number formats that say what a number is, and ones that only dress it."""

from typing import Any

from tests.corpus.case import Case, one
from tests.corpus.making_books import with_openpyxl

PERCENT = "shown as percent in the workbook: the value is kept"


def _formats(book: Any) -> None:
    sheet = book.active
    for line in (
        ["id", "share", "price", "big", "zip"],
        [7, 0.12, 9.5, 1500000, 501],
        [12, 0.5, 3, 25, 99950],
    ):
        sheet.append(line)
    for place, form in (
        ("A", "00000"),
        ("B", "0%"),
        ("C", "[$€-407]#,##0.00"),
        ("D", "#,##0,"),
        ("E", "00000"),
    ):
        for line in (2, 3):
            sheet[f"{place}{line}"].number_format = form


def _two_currencies(book: Any) -> None:
    sheet = book.active
    for line in (["item", "price"], ["a", 10], ["b", 20], ["c", 30]):
        sheet.append(line)
    sheet["B2"].number_format = sheet["B3"].number_format = '"$"#,##0.00'
    sheet["B4"].number_format = "#,##0.00\\ [$€-1]"


def _clocks(book: Any) -> None:
    sheet = book.active
    for line in (
        ["start", "worked", "laps", "stamp"],
        [0.375, 1.0625, 0.5, 45000.25],
        [0.75, 0.5, 1.5, 45000],
    ):
        sheet.append(line)
    for place, form in (("A", "hh:mm"), ("B", "[h]:mm:ss"), ("C", "h:mm"), ("D", "dd/mm/yyyy hh:mm")):
        for line in (2, 3):
            sheet[f"{place}{line}"].number_format = form


def _masks(book: Any) -> None:
    sheet = book.active
    for line in (["ssn", "year"], [1020003, 2020], [123456789, 2021]):
        sheet.append(line)
    for line in (2, 3):
        sheet[f"A{line}"].number_format = "000\\-00\\-0000"
        sheet[f"B{line}"].number_format = "0000"


CASES: list[Case] = [
    one(
        "xlsx-number-formats",
        "formats.xlsx",
        with_openpyxl(_formats),
        ["id", "share", "price", "big", "zip"],
        "TFFIT",
        [["00007", 0.12, 9.5, 1500000, "00501"], ["00012", 0.5, 3.0, 25, "99950"]],
        said=[
            ("id", "leading zeros", 2),
            ("share", PERCENT, 2),
            ("price", 'currency "€"', 2),
            ("big", "shown in thousands", 2),
            ("zip", "leading zeros", 1),
        ],
    ),
    one(
        "xlsx-two-currencies",
        "prices.xlsx",
        with_openpyxl(_two_currencies),
        ["item", "price"],
        "TI",
        [["a", 10], ["b", 20], ["c", 30]],
        said=[("price", "several currencies ($, €)", 3), ("price", 'currency "$"', 2)],
    ),
    one(
        "xlsx-times-and-durations",
        "clock.xlsx",
        with_openpyxl(_clocks),
        ["start", "worked", "laps", "stamp"],
        "TTTD",
        [
            ["09:00:00", "25:30:00", "12:00:00", "2023-03-15T06:00:00"],
            ["18:00:00", "12:00:00", "36:00:00", "2023-03-15"],
        ],
        said=[("start", "times of day kept as text", 2), ("worked", "durations kept as text", 2)],
    ),
    one(
        "xlsx-masks-pad-only-where-they-change",
        "people.xlsx",
        with_openpyxl(_masks),
        ["ssn", "year"],
        "TI",
        [["001-02-0003", 2020], ["123-45-6789", 2021]],
    ),
]
