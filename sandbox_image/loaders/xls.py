"""How is an .xls workbook read, without trusting it?"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import xlrd

from .cell_kinds import BLANK, TEXT, TRUTH, CellKinds
from .errors import ENCRYPTED_FILE, TOO_LARGE, TRUNCATED_FILE, UNREADABLE_FILE, WRONG_FORMAT, BadFileError
from .limits import LoadLimits
from .number_formats import NumberFormat, float_text
from .sheet import Area, Row, SheetFacts

_STATES = ("visible", "hidden", "veryHidden")


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
    book = _open(path, name)
    try:
        formats = _Formats(book)
        yield [
            _XlsSheet(title, _STATES[min(2, book._sheet_visibility[number])], book, number, name, formats)
            for number, title in enumerate(book.sheet_names())
        ]
    finally:
        book.release_resources()


def _open(path: Path, name: str) -> Any:
    for with_formats in (True, False):
        try:
            # xlrd prints its diagnostics to stdout unless it is given another file.
            return xlrd.open_workbook(
                str(path),
                logfile=io.StringIO(),
                on_demand=True,
                ragged_rows=True,
                formatting_info=with_formats,
            )
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - a hostile file may raise anything in the parser
            # Broken fonts or colours do not matter: the cells are tried without them.
            if not with_formats or isinstance(error, xlrd.XLRDError | xlrd.compdoc.CompDocError):
                raise _refused(name, error) from None
    raise AssertionError("unreachable")


class _Formats:
    """How the cells of a workbook show their numbers, by the number of their style."""

    def __init__(self, book: Any) -> None:
        self.kinds = CellKinds()
        self._book = book
        self._made: dict[str, NumberFormat] = {}
        self._styles: dict[tuple[int | None, bool], NumberFormat] = {}

    def style(self, number: int | None, is_date: bool) -> NumberFormat:
        """A style's format; where there is none, as xlrd has judged the cell."""
        found = self._styles.get((number, is_date))
        if found is None:
            pattern = self._pattern(number) or ("yyyy-mm-dd" if is_date else "General")
            found = self._made.setdefault(
                pattern, NumberFormat(pattern, self.kinds, self._book.datemode == 1)
            )
            self._styles[number, is_date] = found
        return found

    def _pattern(self, number: int | None) -> str:
        try:
            key = self._book.xf_list[number].format_key
            return str(self._book.format_map[key].format_str)
        except (IndexError, KeyError, TypeError, AttributeError):
            return ""


@dataclass
class _XlsSheet:
    name: str
    state: str
    book: Any
    number: int
    file: str
    formats: _Formats
    facts: SheetFacts = field(default_factory=SheetFacts)
    _sheet: Any = None

    @property
    def kinds(self) -> CellKinds:
        return self.formats.kinds

    def merged(self) -> list[Area]:
        return [
            Area(top + 1, left, bottom, right - 1) for top, bottom, left, right in self._loaded().merged_cells
        ]

    def rows(self) -> Iterator[Row]:
        sheet = self._loaded()
        self.facts.hidden_columns = {
            place for place, info in sheet.colinfo_map.items() if info.hidden and place < sheet.ncols
        }
        for index in range(sheet.nrows):
            row = self._row(sheet, index)
            if row.codes:
                info = sheet.rowinfo_map.get(index)
                self.facts.hidden_rows += bool(info is not None and info.hidden)
                yield row
        self._sheet = None
        self.book.unload_sheet(self.number)

    def _loaded(self) -> Any:
        if self._sheet is None:
            try:
                self._sheet = self.book.sheet_by_index(self.number)
            except MemoryError:
                raise
            except Exception as error:  # noqa: BLE001 - as above
                raise _refused(self.file, error) from None
        return self._sheet

    def _row(self, sheet: Any, index: int) -> Row:
        try:
            cells = [self._cell(cell) for cell in sheet.row(index)]
        except Exception as error:  # noqa: BLE001 - as above
            raise _refused(self.file, error) from None
        codes = "".join(code for _, code in cells).rstrip(BLANK)
        return Row(index + 1, [text for text, _ in cells[: len(codes)]], codes)

    def _cell(self, cell: Any) -> tuple[str | None, str]:
        kind = cell.ctype
        if kind == xlrd.XL_CELL_TEXT:
            text = str(cell.value)
            return (text, TEXT) if text.strip() else (None, BLANK)
        if kind in (xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE):
            form = self.formats.style(cell.xf_index, kind == xlrd.XL_CELL_DATE)
            return form.read(float_text(float(cell.value)))
        if kind == xlrd.XL_CELL_BOOLEAN:
            return ("TRUE" if cell.value else "FALSE"), TRUTH
        if kind == xlrd.XL_CELL_ERROR:
            word = xlrd.error_text_from_code.get(cell.value, "#VALUE!")
            return None, self.kinds.code("missing", f"error cells -> missing ({word})")
        return None, BLANK


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
