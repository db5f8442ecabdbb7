"""How are workbooks made byte by byte: as openpyxl, as other writers, as the old formats?"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import openpyxl
import xlwt

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_RELATIONS = "http://purl.oclc.org/ooxml/officeDocument/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_STYLES = (
    '<styleSheet xmlns="{main}"><numFmts count="{count}">{formats}</numFmts>'
    '<cellXfs count="{used}">{styles}</cellXfs></styleSheet>'
)


def with_openpyxl(fill: Callable[[Any], None], mac: bool = False) -> Callable[[], bytes]:
    """A workbook that `fill` fills, given openpyxl's book."""

    def make() -> bytes:
        book = openpyxl.Workbook()
        if mac:
            book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
        fill(book)
        file = io.BytesIO()
        book.save(file)
        return file.getvalue()

    return make


def sheets(**rows: Sequence[Sequence[Any]]) -> Callable[[], bytes]:
    """A workbook of plain sheets."""

    def fill(book: Any) -> None:
        book.remove(book.active)
        for title, content in rows.items():
            sheet = book.create_sheet(title)
            for row in content:
                sheet.append(row)

    return with_openpyxl(fill)


def raw_xlsx(
    *data: str,
    strings: str | None = None,
    formats: Sequence[str] = (),
    strict: bool = False,
    book: str = "",
    folder: str = "xl",
    before: str = "",
    after: str = "",
    parts: Mapping[str, bytes] | None = None,
) -> Callable[[], bytes]:
    """A workbook of XML as written: `data` is what each `sheetData` holds; style 1 is `formats[0]`."""
    main, relations = (STRICT, STRICT_RELATIONS) if strict else (MAIN, RELATIONS)
    related = "".join(
        f'<Relationship Id="rId{i}" Type="{relations}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i, _ in enumerate(data, 1)
    )
    listed = "".join(f'<sheet name="Sheet{i}" sheetId="{i}" r:id="rId{i}"/>' for i, _ in enumerate(data, 1))
    entries = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="rId1" '
        f'Type="{relations}/officeDocument" Target="{folder}/workbook.xml"/></Relationships>',
        f"{folder}/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{relations}">{book}'
        f"<sheets>{listed}</sheets></workbook>",
    }
    if strings is not None:
        related += f'<Relationship Id="rS" Type="{relations}/sharedStrings" Target="sharedStrings.xml"/>'
        entries[f"{folder}/sharedStrings.xml"] = f'<sst xmlns="{main}">{strings}</sst>'
    if formats:
        related += f'<Relationship Id="rF" Type="{relations}/styles" Target="/{folder}/styles.xml"/>'
        entries[f"{folder}/styles.xml"] = _styles(formats, main)
    entries[f"{folder}/_rels/workbook.xml.rels"] = (
        f'<Relationships xmlns="{_PACKAGE}">{related}</Relationships>'
    )
    for i, content in enumerate(data, 1):
        entries[f"{folder}/worksheets/sheet{i}.xml"] = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<worksheet xmlns="{main}">{before}'
            f"<sheetData>{content}</sheetData>{after}</worksheet>"
        )
    return lambda: zipped({**{name: text.encode() for name, text in entries.items()}, **(parts or {})})


def zipped(entries: Mapping[str, bytes]) -> bytes:
    """A zip archive."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return file.getvalue()


def row(number: int | None, *cells: str, hidden: bool = False) -> str:
    """A `<row>` of cells as XML."""
    name = "" if number is None else f' r="{number}"'
    unseen = ' hidden="1"' if hidden else ""
    return f"<row{name}{unseen}>{''.join(cells)}</row>"


def word(text: str, ref: str = "") -> str:
    """A cell with its text in it."""
    name = f' r="{ref}"' if ref else ""
    return f'<c{name} t="inlineStr"><is><t>{text}</t></is></c>'


def number(value: str, ref: str = "", style: int = 0) -> str:
    """A cell with a number as the XML writes it."""
    name = f' r="{ref}"' if ref else ""
    return f'<c{name} s="{style}"><v>{value}</v></c>'


def with_xlwt(fill: Callable[[Any], None]) -> Callable[[], bytes]:
    """A BIFF8 workbook that `fill` fills, given xlwt's book."""

    def make() -> bytes:
        book = xlwt.Workbook()
        fill(book)
        file = io.BytesIO()
        book.save(file)
        return file.getvalue()

    return make


def _styles(formats: Sequence[str], main: str) -> str:
    quoted = [each.replace("&", "&amp;").replace('"', "&quot;") for each in formats]
    listed = "".join(f'<numFmt numFmtId="{164 + i}" formatCode="{each}"/>' for i, each in enumerate(quoted))
    used = '<xf numFmtId="0"/>' + "".join(f'<xf numFmtId="{164 + i}"/>' for i, _ in enumerate(formats))
    return _STYLES.format(main=main, count=len(formats), formats=listed, used=len(formats) + 1, styles=used)
