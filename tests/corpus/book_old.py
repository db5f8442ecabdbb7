"""Nasty workbooks: .xls of every age, from Excel 2.1 to 2003."""

import datetime as dt
from typing import Any

import xlwt

from tests.corpus.case import Case, Table, one
from tests.corpus.making_biff import biff2, biff4, biff5
from tests.corpus.making_books import with_xlwt

ROWS = [["name", "qty", "price", "ok"], ["fig", 3, 1.5, True], ["café", 5, 2.25, False]]
CELLS = [["fig", 3, 1.5, True], ["café", 5, 2.25, False]]
NAMES = ["name", "qty", "price", "ok"]


def _put(sheet: Any, rows: Any) -> None:
    for i, line in enumerate(rows):
        for j, cell in enumerate(line):
            if cell is not None:
                sheet.write(i, j, cell)


def _plain(book: Any) -> None:
    _put(book.add_sheet("S"), ROWS)


def _mac(book: Any) -> None:
    book.dates_1904 = True
    sheet = book.add_sheet("S")
    _put(sheet, [["day", "n"]])
    sheet.write(1, 0, 1, xlwt.easyxf(num_format_str="D/M/YYYY"))
    sheet.write(1, 1, 1)
    sheet.write(2, 0, 43889.5, xlwt.easyxf(num_format_str="D/M/YYYY h:mm"))
    sheet.write(2, 1, 2)


def _formats(book: Any) -> None:
    sheet = book.add_sheet("S")
    _put(sheet, [["id", "share", "at", "worked", "day"]])
    cells = (
        (7, "00000"),
        (0.12, "0.0%"),
        (0.375, "hh:mm"),
        (1.5, "[h]:mm"),
        (dt.date(2024, 2, 29), "d.m.yy"),
    )
    for place, (value, form) in enumerate(cells):
        sheet.write(1, place, value, xlwt.easyxf(num_format_str=form))


def _merged(book: Any) -> None:
    sheet = book.add_sheet("S")
    sheet.write_merge(0, 1, 0, 0, "Region")
    sheet.write_merge(0, 0, 1, 2, "2023")
    sheet.write(1, 1, "Q1")
    sheet.write(1, 2, "Q2")
    sheet.write_merge(2, 3, 0, 0, "North")
    for i, line in enumerate([[1, 2], [3, 4]], 2):
        sheet.write(i, 1, line[0])
        sheet.write(i, 2, line[1])


def _hiding(book: Any) -> None:
    sheet = book.add_sheet("Seen")
    _put(sheet, [["a", "b"], [1, 2], [3, 4]])
    sheet.col(1).hidden = True
    sheet.row(2).hidden = True
    for title, state in (("Secret", 1), ("Deep", 2)):
        other = book.add_sheet(title)
        _put(other, ROWS)
        other.visibility = state


CASES: list[Case] = [
    one("xls-biff8", "new.xls", with_xlwt(_plain), NAMES, "TIFB", CELLS),
    one("xls-biff2", "excel21.xls", biff2(ROWS), NAMES, "TIFB", CELLS),
    one("xls-biff4", "excel40.xls", biff4(ROWS), NAMES, "TIFB", CELLS),
    Case(
        "xls-biff5",
        "excel95.xls",
        biff5(
            {"One": ROWS, "Two": [["day", "n"], [("day", 45000), 1], [("day", 45001.5), 2]], "Not": ROWS},
            hidden=["Not"],
        ),
        [
            Table(NAMES, "TIFB", CELLS, name="excel95_one", said=[(None, 'hidden sheet "Not" skipped', 1)]),
            Table(["day", "n"], "DI", [["2023-03-15", 1], ["2023-03-16T12:00:00", 2]], name="excel95_two"),
        ],
    ),
    one(
        "xls-biff5-1904",
        "mac95.xls",
        biff5({"S": [["day", "n"], [("day", 1), 1], [("day", 366), 2]]}, mac=True),
        ["day", "n"],
        "DI",
        [["1904-01-02", 1], ["1905-01-01", 2]],
    ),
    one(
        "xls-biff8-1904",
        "mac.xls",
        with_xlwt(_mac),
        ["day", "n"],
        "DI",
        [["1904-01-02", 1], ["2024-02-29T12:00:00", 2]],
    ),
    one(
        "xls-number-formats",
        "formats.xls",
        with_xlwt(_formats),
        ["id", "share", "at", "worked", "day"],
        "TFTTD",
        [["00007", 0.12, "09:00:00", "36:00:00", "2024-02-29"]],
        said=[("id", "leading zeros", 1), ("share", "shown as percent", 1), ("worked", "durations", 1)],
    ),
    one(
        "xls-merged-header-and-labels",
        "merged.xls",
        with_xlwt(_merged),
        ["Region", "2023 Q1", "2023 Q2"],
        "TII",
        [["North", 1, 2], ["North", 3, 4]],
        said=[("Region", "the label is repeated in every row", 1)],
    ),
    one(
        "xls-hidden-things",
        "hidden.xls",
        with_xlwt(_hiding),
        ["a", "b"],
        "II",
        [[1, 2], [3, 4]],
        said=[
            ("b", "hidden column", 1),
            (None, "hidden rows", 1),
            (None, 'hidden sheet "Secret" skipped', 1),
            (None, 'very hidden sheet "Deep" skipped', 1),
        ],
    ),
]
