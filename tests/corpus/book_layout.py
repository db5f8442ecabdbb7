"""Nasty workbooks: sheets, titles, headers of merged cells, several tables on a sheet, hidden things."""

import datetime as dt
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
    book.active.append([f"c{i}" for i in range(320)])
    book.active.append(list(range(320)))


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
        "xlsx-nulls-and-date-order-asked",
        "asked2.xlsx",
        sheets(S=[["n", "d"], [1, "03/04/2024"], ["gone", "05/06/2024"], [3, "07/08/2024"]]),
        ["n", "d"],
        "FD",
        [[1, "2024-04-03"], [None, "2024-06-05"], [3, "2024-08-07"]],
        asked=Asked(read_as=ReadAs(nulls=("gone",), date_order="dmy")),
        said=[("n", '"gone" -> missing', 1)],
    ),
    one(
        "xlsx-dates-as-names",
        "months.xlsx",
        sheets(S=[["Region", dt.date(2023, 1, 1), dt.date(2023, 2, 1)], ["North", 1, 2], ["South", 3, 4]]),
        ["Region", "2023-01-01", "2023-02-01"],
        "TII",
        [["North", 1, 2], ["South", 3, 4]],
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
        "xlsx-320-columns",
        "wide.xlsx",
        with_openpyxl(_wide),
        [f"c{i}" for i in range(320)],
        "I" * 320,
        [list(range(320))],
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
