"""Nasty workbooks: merged cells, as titles, as groups of columns, as labels of rows."""

from typing import Any

from tests.corpus.book_layout import STAFF, STAFF_ROWS
from tests.corpus.case import Case, one
from tests.corpus.making_books import with_openpyxl


def _put(sheet: Any, rows: Any, top: int = 1, left: int = 1) -> None:
    for i, line in enumerate(rows):
        for j, cell in enumerate(line):
            sheet.cell(top + i, left + j, cell)


def _merged(rows: Any, *areas: str) -> Any:
    def fill(book: Any) -> None:
        _put(book.active, rows)
        for area in areas:
            book.active.merge_cells(area)

    return with_openpyxl(fill)


CASES: list[Case] = [
    one(
        "xlsx-merged-title",
        "merged-title.xlsx",
        _merged([["Report of 2023", None, None], *STAFF], "A1:C1"),
        ["person", "city", "age"],
        "TTI",
        STAFF_ROWS,
        said=[(None, 'line above the table left out: "Report of 2023"', 1)],
    ),
    one(
        "xlsx-merged-groups-over-names",
        "quarters.xlsx",
        _merged(
            [
                ["Region", "2023", None, "2024", None],
                [None, "Q1", "Q2", "Q1", "Q2"],
                ["North", 1, 2, 3, 4],
                ["South", 5, 6, 7, 8],
            ],
            "A1:A2",
            "B1:C1",
            "D1:E1",
        ),
        ["Region", "2023 Q1", "2023 Q2", "2024 Q1", "2024 Q2"],
        "TIIII",
        [["North", 1, 2, 3, 4], ["South", 5, 6, 7, 8]],
        read_as={"header_row": 0, "header_rows": 2},
    ),
    one(
        "xlsx-merged-groups-of-year-numbers",
        "years.xlsx",
        _merged(
            [
                ["Sales", None, None, None, None],
                ["Region", 2023, None, 2024, None],
                [None, "Q1", "Q2", "Q1", "Q2"],
                ["North", 1, 2, 3, 4],
                ["South", 5, 6, 7, 8],
            ],
            "A1:E1",
            "A2:A3",
            "B2:C2",
            "D2:E2",
        ),
        ["Region", "2023 Q1", "2023 Q2", "2024 Q1", "2024 Q2"],
        "TIIII",
        [["North", 1, 2, 3, 4], ["South", 5, 6, 7, 8]],
    ),
    one(
        "xlsx-one-merged-group-only",
        "onegroup.xlsx",
        _merged(
            [[None, "Height", None], ["name", "min", "max"], ["oak", 10, 30], ["fir", 12, 50]],
            "B1:C1",
        ),
        ["name", "Height min", "Height max"],
        "TII",
        [["oak", 10, 30], ["fir", 12, 50]],
    ),
    one(
        "xlsx-merged-labels-in-the-body",
        "labels.xlsx",
        _merged(
            [
                ["region", "item", "qty", "budget"],
                ["North", "fig", 1, 100],
                [None, "kiwi", 2, None],
                [None, "plum", 3, None],
                ["South", "fig", 4, 50],
                [None, "kiwi", 5, None],
            ],
            "A2:A4",
            "A5:A6",
            "D2:D4",
            "D5:D6",
        ),
        ["region", "item", "qty", "budget"],
        "TTIF",
        [
            ["North", "fig", 1, 100],
            ["North", "kiwi", 2, None],
            ["North", "plum", 3, None],
            ["South", "fig", 4, 50],
            ["South", "kiwi", 5, None],
        ],
        said=[
            ("region", "the label is repeated in every row", 3),
            ("budget", "the amount stands in the first row only", 2),
        ],
    ),
    one(
        "xlsx-merged-order-numbers",
        "orders.xlsx",
        _merged(
            [["order", "item", "price"], [1001, "fig", 1.5], [None, "kiwi", 2.5], [1002, "plum", 3.5]],
            "A2:A3",
        ),
        ["order", "item", "price"],
        "ITF",
        [[1001, "fig", 1.5], [1001, "kiwi", 2.5], [1002, "plum", 3.5]],
    ),
    one(
        "xlsx-levels-as-pandas-writes-them",
        "levels.xlsx",
        _merged(
            [
                [None, "2023", None, "2024", None],
                [None, "Q1", "Q2", "Q1", "Q2"],
                ["Region", None, None, None, None],
                ["North", 1, 2, 3, 4],
                ["South", 5, 6, 7, 8],
            ],
            "B1:C1",
            "D1:E1",
        ),
        ["Region", "2023 Q1", "2023 Q2", "2024 Q1", "2024 Q2"],
        "TIIII",
        [["North", 1, 2, 3, 4], ["South", 5, 6, 7, 8]],
        read_as={"header_rows": 3},
    ),
    one(
        "xlsx-named-levels-as-pandas-writes-them",
        "levels.xlsx",
        _merged(
            [
                ["year", "2023", None, "2024", None],
                ["quarter", "Q1", "Q2", "Q1", "Q2"],
                ["Region", None, None, None, None],
                ["North", 1, 2, 3, 4],
                ["South", 5, 6, 7, 8],
            ],
            "B1:C1",
            "D1:E1",
        ),
        ["Region", "2023 Q1", "2023 Q2", "2024 Q1", "2024 Q2"],
        "TIIII",
        [["North", 1, 2, 3, 4], ["South", 5, 6, 7, 8]],
    ),
]
