"""How is an .xls workbook read, without trusting it?"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xlrd

from .errors import ENCRYPTED_FILE, TOO_LARGE, TRUNCATED_FILE, UNREADABLE_FILE, WRONG_FORMAT, BadFileError
from .excel import Row
from .excel_cells import cell_text, number_text
from .limits import LoadLimits


@contextmanager
def open_xls(path: Path, name: str, limits: LoadLimits) -> Iterator[list[_XlsSheet]]:
    """The sheets of the workbook, in order.

    Raises:
        BadFileError: Damaged, encrypted, no workbook, or too large to be held in memory.
    """
    size = path.stat().st_size
    if size > limits.memory_bytes // 16:
        raise BadFileError(
            TOO_LARGE,
            f"{name} has {size:,} bytes; at most {limits.memory_bytes // 16:,} of an .xls are read. "
            "Save it as .xlsx.",
        )
    try:
        # xlrd prints its diagnostics to stdout unless it is given another file.
        book = xlrd.open_workbook(str(path), logfile=io.StringIO(), on_demand=True, ragged_rows=True)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - a hostile file may raise anything in the parser
        raise _refused(name, error) from None
    try:
        yield [_XlsSheet(title, book, number, name) for number, title in enumerate(book.sheet_names())]
    finally:
        book.release_resources()


@dataclass
class _XlsSheet:
    name: str
    book: Any
    number: int
    file: str

    @property
    def hidden(self) -> bool:
        return bool(self.book._sheet_visibility[self.number])

    def rows(self) -> Iterator[Row]:
        try:
            sheet = self.book.sheet_by_index(self.number)
            for index in range(sheet.nrows):
                yield [self._text(cell) for cell in sheet.row(index)]
        except MemoryError:
            raise
        except BadFileError:
            raise
        except Exception as error:  # noqa: BLE001 - as above
            raise _refused(self.file, error) from None
        self.book.unload_sheet(self.number)

    def unstored_formulas(self) -> int:
        return 0  # the format has no formula without a value

    def _text(self, cell: Any) -> str | None:
        if cell.ctype == xlrd.XL_CELL_TEXT:
            return str(cell.value)
        if cell.ctype == xlrd.XL_CELL_NUMBER:
            return number_text(float(cell.value))
        if cell.ctype == xlrd.XL_CELL_DATE:
            return self._date(float(cell.value))
        if cell.ctype == xlrd.XL_CELL_BOOLEAN:
            return cell_text(bool(cell.value))
        if cell.ctype == xlrd.XL_CELL_ERROR:
            return str(xlrd.error_text_from_code.get(cell.value, "#VALUE!"))
        return None

    def _date(self, value: float) -> str | None:
        try:
            stamp = xlrd.xldate_as_datetime(value, self.book.datemode)
        except (ValueError, OverflowError):
            return number_text(value)
        return cell_text(stamp.time() if 0 <= value < 1 else stamp)


def _refused(name: str, error: Exception) -> BadFileError:
    said = str(error).lower()
    if "encrypt" in said or "password" in said:
        return BadFileError(
            ENCRYPTED_FILE, f"{name} is protected with a password. Save it without one and send it again."
        )
    if "can't find workbook" in said:
        return BadFileError(
            WRONG_FORMAT,
            f"{name} is an Office document without a workbook in it. Save its table as .xlsx or .csv.",
        )
    if isinstance(error, xlrd.compdoc.CompDocError) or "truncat" in said or "not a whole number" in said:
        return BadFileError(TRUNCATED_FILE, f"{name} is cut off or damaged. Send it again.")
    return BadFileError(
        UNREADABLE_FILE,
        f"{name} cannot be read as a workbook ({type(error).__name__}). "
        "Open it in a spreadsheet and save it again.",
    )
