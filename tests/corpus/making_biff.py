"""How are the workbooks of Excel 2.1 to 95 made (BIFF2 to BIFF5), which no library writes any more?"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Sequence
from typing import Any

import xlwt.CompoundDoc

_EOF = struct.pack("<HH", 0x0A, 0)
_DAY_STYLE = 1


def biff2(rows: Sequence[Sequence[Any]]) -> Callable[[], bytes]:
    """A sheet of Excel 2.1: no container, cells with three bytes of attributes."""

    def make() -> bytes:
        body = _record(0x0009, struct.pack("<HH", 2, 0x10))
        for i, row in enumerate(rows):
            for j, cell in enumerate(row):
                place = struct.pack("<HH", i, j) + b"\0\0\0"
                if isinstance(cell, bool):
                    body += _record(0x0005, place + struct.pack("<BB", cell, 0))
                elif isinstance(cell, int) and 0 <= cell < 65_536:
                    body += _record(0x0002, place + struct.pack("<H", cell))
                elif isinstance(cell, int | float):
                    body += _record(0x0003, place + struct.pack("<d", cell))
                elif cell is not None:
                    text = cell.encode("cp1252")
                    body += _record(0x0004, place + bytes([len(text)]) + text)
        return body + _EOF

    return make


def biff4(rows: Sequence[Sequence[Any]]) -> Callable[[], bytes]:
    """A sheet of Excel 4.0: no container."""

    def make() -> bytes:
        return _record(0x0409, struct.pack("<HHH", 0, 0x10, 0)) + _cells(rows, {}) + _EOF

    return make


def biff5(
    sheets: dict[str, Sequence[Sequence[Any]]], hidden: Sequence[str] = (), mac: bool = False
) -> Callable[[], bytes]:
    """A workbook of Excel 95 in its OLE container. A cell `("day", 45000)` is shown as a date."""

    def make() -> bytes:
        bodies = {title: _sheet5(rows) for title, rows in sheets.items()}
        head = _record(0x0809, struct.pack("<HHHH", 0x0500, 0x0005, 0, 0))
        head += _record(0x0042, struct.pack("<H", 1252)) + _record(0x0022, struct.pack("<H", mac))
        head += _record(0x041E, struct.pack("<HB", 164, 10) + b"yyyy-mm-dd")
        head += _style5(0) + _style5(164)
        listed = sum(4 + 7 + len(title) for title in bodies)
        at = len(head) + listed + len(_EOF)
        for title, body in bodies.items():
            head += _record(
                0x0085, struct.pack("<IBBB", at, title in hidden, 0, len(title)) + title.encode("cp1252")
            )
            at += len(body)
        stream = head + _EOF + b"".join(bodies.values())
        return _ole(stream)

    return make


def _sheet5(rows: Sequence[Sequence[Any]]) -> bytes:
    begin = _record(0x0809, struct.pack("<HHHH", 0x0500, 0x0010, 0, 0))
    width = max((len(row) for row in rows), default=0)
    size = _record(0x0200, struct.pack("<HHHHH", 0, len(rows), 0, width, 0))
    return begin + size + _cells(rows, {"day": _DAY_STYLE}) + _EOF


def _cells(rows: Sequence[Sequence[Any]], styles: dict[str, int]) -> bytes:
    body = b""
    for i, row in enumerate(rows):
        for j, cell in enumerate(row):
            style = 0
            if isinstance(cell, tuple):
                style, cell = styles[cell[0]], cell[1]
            place = struct.pack("<HHH", i, j, style)
            if isinstance(cell, bool):
                body += _record(0x0205, place + struct.pack("<BB", cell, 0))
            elif isinstance(cell, int | float):
                body += _record(0x0203, place + struct.pack("<d", cell))
            elif cell is not None:
                text = cell.encode("cp1252")
                body += _record(0x0204, place + struct.pack("<H", len(text)) + text)
    return body


def _style5(form: int) -> bytes:
    return _record(0x00E0, struct.pack("<HHHBBHHHH", 0, form, 1, 0x20, 0, 0, 0, 0, 0))


def _record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def _ole(stream: bytes) -> bytes:
    file = io.BytesIO()
    xlwt.CompoundDoc.XlsDoc().save(file, stream)
    # xlwt calls the stream as Excel 97 does; Excel 95 called it `Book`.
    new, old = "Workbook\0".encode("utf-16-le"), "Book\0".encode("utf-16-le")
    content = bytearray(file.getvalue())
    at = content.index(new)
    content[at : at + len(new)] = old.ljust(len(new), b"\0")
    content[at + 64 : at + 66] = struct.pack("<H", len(old))
    return bytes(content)
