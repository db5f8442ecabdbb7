"""Workbooks, old and new, and what looks like one."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from pathlib import Path
from typing import Any

import msoffcrypto.format.ooxml
import openpyxl
import pytest
import xlwt


def xlsx(sheets: dict[str, list[list[Any]]], hidden: tuple[str, ...] = ()) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
        if title in hidden:
            sheet.sheet_state = "hidden"
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def xls(sheets: dict[str, list[list[Any]]], hidden: tuple[str, ...] = ()) -> bytes:
    book = xlwt.Workbook()
    day = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for title, rows in sheets.items():
        sheet = book.add_sheet(title)
        sheet.visibility = int(title in hidden)
        for i, row in enumerate(rows):
            for j, cell in enumerate(row):
                if isinstance(cell, dt.date):
                    sheet.write(i, j, cell, day)
                elif cell is not None:
                    sheet.write(i, j, cell)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


WRITERS = pytest.mark.parametrize(("write", "name"), [(xlsx, "book.xlsx"), (xls, "book.xls")])
ROWS = [
    ["day", "item", "qty", "price", "ok"],
    [dt.date(2024, 1, 5), "Toy", 3, 4.5, True],
    [dt.date(2024, 1, 6), "007", None, 2.25, False],
]


@WRITERS
def test_cells_and_types(load: Any, write: Any, name: str) -> None:
    table = load(write({"S": ROWS}), name)
    assert table.columns == ["day", "item", "qty", "price", "ok"]
    assert table.dtypes == ["datetime64[ns]", "object", "float64", "float64", "bool"]
    assert table.cells == [
        ["2024-01-05T00:00:00", "Toy", 3.0, 4.5, True],
        ["2024-01-06T00:00:00", "007", None, 2.25, False],
    ]


@WRITERS
def test_sheets_are_tables_and_hidden_ones_are_reported(
    tmp_path: Path, load_path: Any, write: Any, name: str
) -> None:
    path = tmp_path / name
    path.write_bytes(write({"North": ROWS, "Secret": ROWS, "South 2": ROWS, "Empty": []}, hidden=("Secret",)))
    north, south = load_path(path)
    assert (north.profile["name"], south.profile["name"]) == ("book_north", "book_south_2")
    assert north.profile["read_as"]["sheet"] == "North"
    assert (None, 'hidden sheet "Secret" skipped', 1) in north.said()


@WRITERS
def test_title_rows_blank_rows_and_an_empty_first_column(load: Any, write: Any, name: str) -> None:
    rows = [
        [None, "Sales report"],
        [None, None],
        [None, "name", "qty"],
        [None, "Toy", 1],
        [None, None, None],
        [None, "Pen", 2],
        [None, None, None],
    ]
    table = load(write({"S": rows}), name)
    assert table.columns == ["name", "qty"]
    assert table.cells == [["Toy", 1], ["Pen", 2]]


def test_cached_values_of_formulas_and_errors(load: Any) -> None:
    content = xlsx({"S": [["a", "b"], [1, "F"], [2, 3]]})
    patched = _replace_in_sheet(content, 't="inlineStr"><is><t>F</t></is>', 't="e"><f>1/0</f><v>#DIV/0!</v>')
    patched = _replace_in_sheet(patched, "<v>3</v>", "<f>1+2</f><v>3</v>")
    table = load(patched, "b.xlsx")
    assert table.cells == [[1, None], [2, 3]]
    assert ("b", "error cells -> missing (#DIV/0!)", 1) in table.said()


def test_dates_of_1904(load: Any) -> None:
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.active.append(["d", "t"])
    book.active.append([dt.datetime(2024, 2, 29, 12, 30), "x"])  # noqa: DTZ001 - Excel knows no zones
    file = io.BytesIO()
    book.save(file)
    assert load(file.getvalue(), "mac.xlsx").cells == [["2024-02-29T12:30:00", "x"]]


def _replace_in_sheet(content: bytes, old: str, new: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w") as target:
        strings = (
            source.read("xl/sharedStrings.xml").decode()
            if "xl/sharedStrings.xml" in source.namelist()
            else ""
        )
        for entry in source.namelist():
            text = source.read(entry)
            if entry == "xl/worksheets/sheet1.xml":
                sheet = text.decode()
                if old.startswith("t=") and old not in sheet:
                    assert "<t>F</t>" in strings
                    sheet = sheet.replace('<c r="B2" t="s"><v>2</v>', f'<c r="B2" {new}')
                else:
                    sheet = sheet.replace(old, new)
                assert new in sheet
                text = sheet.encode()
            target.writestr(entry, text)
    return out.getvalue()


def _zip(entries: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return file.getvalue()


def _encrypted() -> bytes:
    out = io.BytesIO()
    msoffcrypto.format.ooxml.OOXMLFile(io.BytesIO(xlsx({"S": ROWS}))).encrypt("secret", out)
    return out.getvalue()


BOMB = {
    "[Content_Types].xml": b"<x/>",
    "xl/workbook.xml": b"<x/>",
    "xl/worksheets/sheet1.xml": b"0" * (100 << 20),
}


@pytest.mark.parametrize(
    ("make", "name", "code", "word"),
    [
        (_encrypted, "a.xlsx", "encrypted_file", "password"),
        (_encrypted, "a.xls", "encrypted_file", "password"),
        (lambda: xlsx({"S": ROWS})[:2000], "a.xlsx", "truncated_file", "cut off"),
        (lambda: xls({"S": ROWS})[:2000], "a.xls", "unreadable_file", "save it again"),
        (lambda: b"a,b\n1,2\n", "a.xlsx", "wrong_format", ".csv"),
        (lambda: b"a,b\n1,2\n", "a.xls", "wrong_format", ".csv"),
        (lambda: xlsx({"S": ROWS}), "a.csv", "wrong_format", ".xlsx"),
        (lambda: xlsx({"S": ROWS}), "a.xls", "wrong_format", ".xlsx"),
        (lambda: xls({"S": ROWS}), "a.xlsx", "wrong_format", ".xls"),
        (lambda: xls({"S": ROWS}), "a.csv", "wrong_format", ".xls"),
        (lambda: b"<html><table><tr><td>1</td></tr></table></html>", "a.xls", "wrong_format", "web page"),
        (
            lambda: _zip({"word/document.xml": b"<x/>", "[Content_Types].xml": b"<x/>"}),
            "a.xlsx",
            "wrong_format",
            "Word",
        ),
        (lambda: _zip({"a.csv": b"a,b\n1,2\n"}), "a.xlsx", "wrong_format", "zip archive"),
        (lambda: _zip(BOMB), "a.xlsx", "too_large", "unpacks"),
        (lambda: xlsx({f"S{i}": ROWS for i in range(51)}), "a.xlsx", "too_large", "51 sheets"),
        (lambda: xlsx({"S": []}), "a.xlsx", "empty_file", "empty"),
        (lambda: xls({"S": []}), "a.xls", "empty_file", "empty"),
    ],
)
def test_refused(refuse: Any, make: Any, name: str, code: str, word: str) -> None:
    error = refuse(make(), name)
    assert error.code == code
    assert word in error.message


def test_formulas_that_no_spreadsheet_has_computed_are_counted(load: Any) -> None:
    table = load(xlsx({"S": [["a", "b"], [1, "=A2*2"], [2, 5], [3, '=IF(A4<2,"x","y")']]}), "book.xlsx")
    assert table.frame["b"].isna().tolist() == [True, False, True]
    assert ("b", "formulas without a stored value -> missing", 2) in table.said()


@pytest.mark.parametrize(
    ("cells", "count"),
    [
        ('<c r="B2"><f>1+1</f><v>2</v></c>', 0),
        ('<c r="B2"><f>1+1</f></c>', 1),
        ('<c r="B2" s="0"><f>1+1</f><v></v></c>', 1),
        ('<c r="B2"><f>1+1</f><v/></c>', 1),
        ('<c r="B2"><f t="shared" si="0"/><v>3</v></c>', 0),
        ('<c r="B2"><f t="shared" si="0"/></c>', 1),
        ('<c r="B2" t="str"><f>""</f><v></v></c>', 0),
        ('<c r="B2"/><c r="C2"><v>1</v></c>', 0),
    ],
)
def test_formulas_without_a_value_are_told_from_empty_cells(load: Any, cells: str, count: int) -> None:
    content = xlsx({"S": [["a", "b"], [1, 77]]})
    table = load(_replace_in_sheet(content, '<c r="B2" t="n"><v>77</v></c>', cells), "b.xlsx")
    said = [cells for _, what, cells in table.said() if "without a stored value" in what]
    assert said == [count] * bool(count)


def test_a_sheet_too_long_to_be_looked_at_as_a_whole_is_read_as_a_stream(
    load: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox_image.loaders.sheet_reading._WHOLE_CELLS", 30)
    rows = [[i, f"item {i}", i / 4] for i in range(1, 200)]
    table = load(xlsx({"S": [["n", "item", "x"], *rows, [], [200, "item 200", 50.0]]}), "long.xlsx")
    assert table.cells == [*rows, [200, "item 200", 50.0]]
    assert (None, "blank rows skipped", 1) in table.said()
