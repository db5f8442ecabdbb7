"""Nasty workbooks: sheets, titles, headers of merged cells, several tables on a sheet, hidden things."""

from typing import Any

from sandbox_image.loaders.read_as import Asked, ReadAs
from tests.corpus.case import Case, Table, one
from tests.corpus.making_books import number, raw_xlsx, row, sheets, with_openpyxl, word

FRUIT = [["name", "qty"], ["fig", 3], ["kiwi", 5]]
FRUIT_ROWS = [["fig", 3], ["kiwi", 5]]
STAFF = [["person", "city", "age"], ["Ann", "Rome", 31], ["Bob", "Oslo", 40]]
STAFF_ROWS = [["Ann", "Rome", 31], ["Bob", "Oslo", 40]]


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


def _placed(*tables: tuple[Any, int, int]) -> Any:
    def fill(book: Any) -> None:
        for rows, top, left in tables:
            _put(book.active, rows, top, left)

    return with_openpyxl(fill)


def _hiding(book: Any) -> None:
    book.active.title = "Seen"
    _put(book.active, [["a", "b", "c"], [1, 2, 3], [4, 5, 6], [7, 8, 9]])
    book.active.column_dimensions["B"].hidden = True
    book.active.row_dimensions[3].hidden = True
    for title, state in (("Secret", "hidden"), ("Deep", "veryHidden")):
        sheet = book.create_sheet(title)
        _put(sheet, FRUIT)
        sheet.sheet_state = state
    book.create_chartsheet("Picture")


def _wide(book: Any) -> None:
    book.active.append([f"c{i}" for i in range(400)])
    book.active.append(list(range(400)))


CASES: list[Case] = [
    Case(
        "xlsx-two-sheets",
        "shop.xlsx",
        sheets(Fruit=FRUIT, Staff=STAFF, Empty=[]),
        [
            Table(["name", "qty"], "TI", FRUIT_ROWS, name="shop_fruit", read_as={"sheet": "Fruit"}),
            Table(
                ["person", "city", "age"], "TTI", STAFF_ROWS, name="shop_staff", read_as={"sheet": "Staff"}
            ),
        ],
    ),
    Case(
        "xlsx-one-sheet-asked-for",
        "shop.xlsx",
        sheets(Fruit=FRUIT, Staff=STAFF),
        [Table(["person", "city"], "TT", [["Ann", "Rome"], ["Bob", "Oslo"]], name="people")],
        asked=Asked(only={"sheet": "Staff"}, name="people", hidden=frozenset({"age"})),
    ),
    one(
        "xlsx-hidden-things",
        "hidden.xlsx",
        with_openpyxl(_hiding),
        ["a", "b", "c"],
        "III",
        [[1, 2, 3], [4, 5, 6], [7, 8, 9]],
        said=[
            ("b", "hidden column", 1),
            (None, "hidden rows", 1),
            (None, 'very hidden sheet "Deep" skipped', 1),
            (None, 'hidden sheet "Secret" skipped', 1),
            (None, 'sheet without cells "Picture" skipped', 1),
        ],
        name="hidden",
    ),
    one(
        "xlsx-titles-and-margins",
        "report.xlsx",
        _placed(([["Sales of fruit"]], 2, 3), ([["made by Ann"]], 3, 3), (FRUIT, 5, 3)),
        ["name", "qty"],
        "TI",
        FRUIT_ROWS,
        said=[(None, 'line above the table left out: "Sales of fruit"', 1)],
    ),
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
    one(
        "xlsx-no-header-asked",
        "bare.xlsx",
        sheets(S=[["a", "x"], ["b", "y"]]),
        ["column_1", "column_2"],
        "TT",
        [["a", "x"], ["b", "y"]],
        asked=Asked(read_as=ReadAs(header_row=-1)),
    ),
    one(
        "xlsx-header-row-and-types-asked",
        "asked.xlsx",
        sheets(S=[["x", "y"], ["code", "n"], [7, "1"], [8, "none"], [9, "3"]]),
        ["code", "n"],
        "IF",
        [[7, 1.0], [8, None], [9, 3.0]],
        asked=Asked(read_as=ReadAs(header_row=1)),
    ),
    one(
        "xlsx-two-header-rows-asked",
        "tworows.xlsx",
        sheets(S=[["a", "b"], ["x", "y"], ["p", "q"]]),
        ["a x", "b y"],
        "TT",
        [["p", "q"]],
        asked=Asked(read_as=ReadAs(header_row=0, header_rows=2)),
    ),
    one(
        "xlsx-repeated-and-empty-names",
        "names.xlsx",
        sheets(S=[["a", "a", None, "A"], [1, 2, 3, 4]]),
        ["a", "a_2", "column_3", "A_3"],
        "IIII",
        [[1, 2, 3, 4]],
        said=[("a_2", "repeated column name", 1), ("column_3", "empty column name", 1)],
    ),
    one(
        "xlsx-no-references-no-dimension",
        "bare-xml.xlsx",
        raw_xlsx(
            row(None, word("a"), word("b"))
            + row(None, number("1"), "<c/>", number("9"))
            + row(None)
            + row(None, number("2"), word("x"))
        ),
        ["a", "b", "column_3"],
        "ITF",
        [[1, None, 9.0], [2, "x", None]],
        said=[(None, "blank rows skipped", 1)],
    ),
    one(
        "xlsx-prefixed-markup",
        "prefixed.xlsx",
        lambda: _prefixed(),
        ["a", "b"],
        "IT",
        [[1, "x"]],
    ),
    one(
        "xlsx-a-wrong-dimension",
        "dimension.xlsx",
        raw_xlsx(
            row(1, word("a", "A1"), word("b", "B1")) + row(2, number("1", "A2"), number("2", "B2")),
            before='<dimension ref="A1:A1"/>',
        ),
        ["a", "b"],
        "II",
        [[1, 2]],
    ),
    one(
        "xlsx-rows-and-cells-out-of-order",
        "disorder.xlsx",
        raw_xlsx(
            row(1, word("b", "B1"), word("a", "A1"))
            + row(3, number("1", "A3"), number("2", "B3"))
            + row(2, number("3", "A2"), number("4", "B2"))
        ),
        ["a", "b"],
        "II",
        [[1, 2], [3, 4]],
        said=[(None, "rows whose number repeats or goes back", 1)],
    ),
    one(
        "xlsx-another-folder",
        "folder.xlsx",
        raw_xlsx(row(1, word("a"), word("b")) + row(2, number("1"), number("2")), folder="xl/deep"),
        ["a", "b"],
        "II",
        [[1, 2]],
    ),
    one(
        "xlsx-400-columns",
        "wide.xlsx",
        with_openpyxl(_wide),
        [f"c{i}" for i in range(400)],
        "I" * 400,
        [list(range(400))],
    ),
    one(
        "xlsx-a-last-row-far-below",
        "far.xlsx",
        raw_xlsx(
            row(1, word("a", "A1"), word("b", "B1"))
            + row(2, number("1", "A2"), number("2", "B2"))
            + row(1048576, number("3", "A1048576"), number("4", "B1048576"))
        ),
        ["a", "b"],
        "II",
        [[1, 2], [3, 4]],
        said=[(None, "blank rows skipped", 1048573)],
    ),
]


def _prefixed() -> bytes:
    import io
    import zipfile

    from tests.corpus.making_books import MAIN, zipped

    plain = raw_xlsx(row(1, word("a", "A1"), word("b", "B1")) + row(2, number("1", "A2"), word("x", "B2")))()
    with zipfile.ZipFile(io.BytesIO(plain)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"].decode().replace(f'xmlns="{MAIN}"', f'xmlns:x="{MAIN}"')
    for name in ("worksheet", "sheetData", "row", "c", "v", "is", "t"):
        for mark in (" ", ">"):
            sheet = sheet.replace(f"<{name}{mark}", f"<x:{name}{mark}").replace(
                f"</{name}{mark}", f"</x:{name}{mark}"
            )
    parts["xl/worksheets/sheet1.xml"] = sheet.encode()
    return zipped(parts)
