"""Workbooks that no table can be made of: each says why and what to do."""

import io

import msoffcrypto.format.ooxml

from tests.corpus.case import Case
from tests.corpus.making_biff import biff5
from tests.corpus.making_books import raw_xlsx, row, sheets, word, zipped

PLAIN = sheets(S=[["a", "b"], [1, 2]])
DOCTYPE = '<!DOCTYPE x [<!ENTITY a "1">]><worksheet><sheetData/></worksheet>'


def _locked() -> bytes:
    out = io.BytesIO()
    msoffcrypto.format.ooxml.OOXMLFile(io.BytesIO(PLAIN())).encrypt("secret", out)
    return out.getvalue()


def _all_hidden() -> bytes:
    book = raw_xlsx(row(1, word("a")))()
    return (
        book.replace(b"", b"")
        if not book
        else _patched(book, 'name="Sheet1"', 'name="Sheet1" state="hidden"')
    )


def _patched(book: bytes, old: str, new: str) -> bytes:
    import zipfile

    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        parts = {name: archive.read(name).replace(old.encode(), new.encode()) for name in archive.namelist()}
    return zipped(parts)


CASES: list[Case] = [
    Case("xlsx-locked", "locked.xlsx", _locked, refused=("encrypted_file", "password")),
    Case("xlsx-cut", "cut.xlsx", lambda: PLAIN()[:1500], refused=("truncated_file", "cut off")),
    Case("xlsx-named-xls", "new.xls", PLAIN, refused=("wrong_format", ".xlsx")),
    Case("xls-named-xlsx", "old.xlsx", biff5({"S": [["a"], [1]]}), refused=("wrong_format", ".xls")),
    Case("csv-named-xlsx", "table.xlsx", b"a,b\n1,2\n", refused=("wrong_format", ".csv")),
    Case(
        "html-named-xls",
        "export.xls",
        b"<html><table><tr><td>1</td></tr></table></html>",
        refused=("wrong_format", "web page"),
    ),
    Case(
        "xml-named-xls",
        "export2003.xls",
        b"<?xml version='1.0'?><Workbook/>",
        refused=("wrong_format", "XML"),
    ),
    Case("a-macro-workbook", "macros.xlsm", PLAIN, refused=("wrong_format", ".xlsm")),
    Case("a-libreoffice-workbook", "calc.ods", PLAIN, refused=("wrong_format", ".ods")),
    Case(
        "ods-named-xlsx",
        "calc.xlsx",
        lambda: zipped(
            {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<x/>"}
        ),
        refused=("wrong_format", "OpenDocument"),
    ),
    Case("xlsx-empty-sheets", "empty.xlsx", sheets(A=[], B=[]), refused=("empty_file", "empty")),
    Case("xlsx-hidden-only", "unseen.xlsx", _all_hidden, refused=("not_a_table", "hidden sheets only")),
    Case(
        "xlsx-three-million-rows",
        "rows.xlsx",
        raw_xlsx(row(1, word("a")) + "<row/>" * 3_000_000),
        refused=("too_large", "more than 1,048,576 rows"),
    ),
    Case(
        "xlsx-three-million-rows-with-a-number",
        "rows2.xlsx",
        raw_xlsx(row(1, word("a")) + '<row r="2"/>' * 3_000_000),
        refused=("too_large", "more than 1,048,576 rows"),
    ),
    Case(
        "xlsx-a-column-beyond-the-last",
        "column.xlsx",
        raw_xlsx(row(1, word("a", "A1"), word("b", "ZZZZ1"))),
        refused=("too_large", "columns"),
    ),
    Case(
        "xlsx-a-document-type",
        "entities.xlsx",
        lambda: _patched(PLAIN(), "<worksheet", f"{DOCTYPE[: DOCTYPE.index('<worksheet')]}<worksheet"),
        refused=("unreadable_file", "cannot be read as a workbook"),
    ),
    Case(
        "xlsx-a-text-that-is-not-there",
        "strings.xlsx",
        raw_xlsx(row(1, '<c r="A1" t="s"><v>9</v></c>'), strings="<si><t>a</t></si>"),
        refused=("unreadable_file", "cannot be read as a workbook"),
    ),
]
