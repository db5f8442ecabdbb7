"""Nasty workbooks: several tables on one sheet, and what only looks so; totals and notes."""

from typing import Any

from sandbox_image.loaders.read_as import Asked, ReadAs
from tests.corpus.book_layout import FRUIT, FRUIT_ROWS, STAFF, STAFF_ROWS
from tests.corpus.case import Case, Table, one
from tests.corpus.making_books import sheets, with_openpyxl

SALES = [["item", "qty", "price"], ["fig", 1, 2.5], ["kiwi", 2, 3.5], ["plum", 3, 4.5]]
SALES_ROWS = [["fig", 1, 2.5], ["kiwi", 2, 3.5], ["plum", 3, 4.5]]


def _put(sheet: Any, rows: Any, top: int = 1, left: int = 1) -> None:
    for i, line in enumerate(rows):
        for j, cell in enumerate(line):
            sheet.cell(top + i, left + j, cell)


def _placed(*tables: tuple[Any, int, int]) -> Any:
    def fill(book: Any) -> None:
        for rows, top, left in tables:
            _put(book.active, rows, top, left)

    return with_openpyxl(fill)


CASES: list[Case] = [
    one(
        "xlsx-titles-and-margins",
        "report.xlsx",
        _placed(([["Sales of fruit"]], 2, 3), ([["made by Ann"]], 3, 3), (FRUIT, 5, 3)),
        ["name", "qty"],
        "TI",
        FRUIT_ROWS,
        said=[(None, 'line above the table left out: "Sales of fruit"', 1)],
    ),
    Case(
        "xlsx-two-tables-below-each-other",
        "below.xlsx",
        _placed((FRUIT, 1, 1), (STAFF, 6, 1)),
        [
            Table(["name", "qty"], "TI", FRUIT_ROWS, name="below", read_as={"cells": "A1:B3"}),
            Table(["person", "city", "age"], "TTI", STAFF_ROWS, name="below_2", read_as={"cells": "A6:C8"}),
        ],
    ),
    Case(
        "xlsx-two-titled-tables-below-each-other",
        "titled.xlsx",
        _placed(([["Fruit"], *FRUIT], 1, 1), ([["Staff"], *STAFF], 6, 1)),
        [
            Table(["name", "qty"], "TI", FRUIT_ROWS, name="titled_fruit"),
            Table(["person", "city", "age"], "TTI", STAFF_ROWS, name="titled_staff"),
        ],
    ),
    Case(
        "xlsx-two-tables-side-by-side",
        "beside.xlsx",
        _placed((FRUIT, 1, 1), ([*STAFF, ["Cid", "Bonn", 50]], 1, 4)),
        [
            Table(["name", "qty"], "TI", FRUIT_ROWS, read_as={"cells": "A1:B3"}),
            Table(
                ["person", "city", "age"],
                "TTI",
                [*STAFF_ROWS, ["Cid", "Bonn", 50]],
                read_as={"cells": "D1:F4"},
            ),
        ],
    ),
    Case(
        "xlsx-the-same-names-side-by-side",
        "twins.xlsx",
        _placed((FRUIT, 1, 1), (FRUIT, 1, 4)),
        [Table(["name", "qty"], "TI", FRUIT_ROWS), Table(["name", "qty"], "TI", FRUIT_ROWS)],
    ),
    one(
        "xlsx-a-spacer-column-is-one-table",
        "spacer.xlsx",
        _placed((FRUIT, 1, 1), ([["color", "weight"], ["red", 1.5], ["green", 2.5]], 1, 4)),
        ["name", "qty", "color", "weight"],
        "TITF",
        [["fig", 3, "red", 1.5], ["kiwi", 5, "green", 2.5]],
        said=[(None, "an empty column divides the sheet", 1)],
    ),
    one(
        "xlsx-blank-rows-inside-one-table",
        "gaps.xlsx",
        _placed((FRUIT, 1, 1), ([["plum", 7], ["pear", 9]], 6, 1)),
        ["name", "qty"],
        "TI",
        [*FRUIT_ROWS, ["plum", 7], ["pear", 9]],
        said=[(None, "blank rows skipped", 2)],
    ),
    one(
        "xlsx-words-after-a-blank-row-stay-rows",
        "words.xlsx",
        _placed(([["name", "city"], ["Ann", "Rome"]], 1, 1), ([["Bob", "Oslo"], ["Cid", "Bonn"]], 4, 1)),
        ["name", "city"],
        "TT",
        [["Ann", "Rome"], ["Bob", "Oslo"], ["Cid", "Bonn"]],
    ),
    one(
        "xlsx-notes-below",
        "notes.xlsx",
        _placed((STAFF, 1, 1), ([["Source: the office"], ["* estimated"]], 5, 1)),
        ["person", "city", "age"],
        "TTI",
        STAFF_ROWS,
        said=[
            (None, 'note below the table left out: "Source: the office"', 1),
            (None, 'note below the table left out: "* estimated"', 1),
        ],
    ),
    one(
        "xlsx-facts-above",
        "facts.xlsx",
        _placed(([["Region:", "North"], ["Year:", 2024]], 1, 1), (STAFF, 4, 1)),
        ["person", "city", "age"],
        "TTI",
        STAFF_ROWS,
        said=[(None, 'line above the table left out: "Year:: 2024"', 1)],
    ),
    Case(
        "xlsx-the-same-names-for-each-region",
        "regions.xlsx",
        _placed(([["North"], *FRUIT], 1, 1), ([["South"], ["name", "qty"], ["pear", 7]], 6, 1)),
        [
            Table(["name", "qty"], "TI", FRUIT_ROWS, name="regions_north"),
            Table(["name", "qty"], "TI", [["pear", 7]], name="regions_south"),
        ],
    ),
    Case(
        "xlsx-one-of-two-tables-asked-for",
        "below.xlsx",
        _placed((FRUIT, 1, 1), (STAFF, 6, 1)),
        [
            Table(
                ["person", "city", "age"], "TTT", [["Ann", "Rome", "31"], ["Bob", "Oslo", "40"]], name="staff"
            )
        ],
        asked=Asked(read_as=ReadAs(types={"age": "text"}), only={"cells": "A6:C8"}, name="staff"),
    ),
    one(
        "xlsx-sparse-remarks-beside-are-one-table",
        "remarks.xlsx",
        _placed(
            ([["id", "v"], [1, 2], [3, 4], [5, 6], [7, 8]], 1, 1),
            ([["note", "by"]], 1, 4),
            ([["late", "Ann"]], 3, 4),
        ),
        ["id", "v", "note", "by"],
        "IITT",
        [[1, 2, None, None], [3, 4, "late", "Ann"], [5, 6, None, None], [7, 8, None, None]],
        said=[(None, "an empty column divides the sheet", 1)],
    ),
    one(
        "xlsx-totals-below",
        "sales.xlsx",
        sheets(S=[*SALES, ["Total", 6, 10.5]]),
        ["item", "qty", "price"],
        "TIF",
        SALES_ROWS,
        said=[(None, 'totals in row 4, "Total", left out', 1)],
        read_as={"totals": "drop"},
    ),
    one(
        "xlsx-totals-kept-as-asked",
        "sales.xlsx",
        sheets(S=[*SALES, ["Total", 6, 10.5]]),
        ["item", "qty", "price"],
        "TIF",
        [*SALES_ROWS, ["Total", 6, 10.5]],
        asked=Asked(read_as=ReadAs(totals="keep")),
    ),
    one(
        "xlsx-totals-and-a-note-after-blank-rows",
        "sales.xlsx",
        _placed((SALES, 1, 1), ([["Total", 6, 10.5]], 6, 1), ([["Source: the till"]], 8, 1)),
        ["item", "qty", "price"],
        "TIF",
        SALES_ROWS,
        said=[(None, "totals in row 4", 1), (None, 'note below the table left out: "Source: the till"', 1)],
    ),
    one(
        "xlsx-a-last-row-that-is-no-total",
        "sales.xlsx",
        sheets(S=[*SALES, ["Total tools", 6, 11.5]]),
        ["item", "qty", "price"],
        "TIF",
        [*SALES_ROWS, ["Total tools", 6, 11.5]],
        unsaid=["left out"],
    ),
    one(
        "xlsx-words-among-numbers-after-a-blank-row",
        "stock.xlsx",
        _placed((FRUIT, 1, 1), ([["pear", "sold out"], ["plum", 4]], 5, 1)),
        ["name", "qty"],
        "TT",
        [["fig", "3"], ["kiwi", "5"], ["pear", "sold out"], ["plum", "4"]],
        said=[(None, "a line of words after a blank row may head a second table", 1)],
    ),
    one(
        "xlsx-a-crossed-table-of-years",
        "cross.xlsx",
        sheets(S=[[None, 2021, 2022], ["North", 1, 2], ["South", 3, 4]]),
        ["column_1", "2021", "2022"],
        "TII",
        [["North", 1, 2], ["South", 3, 4]],
    ),
]
