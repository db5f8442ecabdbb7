"""How is an .xlsx workbook read as a stream, without trusting it?"""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl

from .errors import ENCRYPTED_FILE, TOO_LARGE, TRUNCATED_FILE, UNREADABLE_FILE, WRONG_FORMAT, BadFileError
from .excel import Row
from .excel_cells import cell_text
from .limits import LoadLimits
from .xlsx_formulas import count_unstored

_MAX_ENTRIES = 10_000
_MAX_RATIO = 250
# Below this even a high ratio does no harm.
_RATIO_MATTERS_BYTES = 64 << 20


@contextmanager
def open_xlsx(path: Path, name: str, limits: LoadLimits) -> Iterator[list[_XlsxSheet]]:
    """The sheets of the workbook, in order.

    Raises:
        BadFileError: Damaged, encrypted, no workbook, or a zip bomb.
    """
    if not openpyxl.DEFUSEDXML:
        raise RuntimeError("defusedxml is not installed: hostile workbooks could not be read safely")
    _check_zip(path, name, limits)
    # An open file, as openpyxl judges a path by its ending, which uploads need not have.
    with path.open("rb") as file, warnings.catch_warnings():
        # openpyxl warns of what it leaves out (validation, drawings); none of it holds cells.
        warnings.simplefilter("ignore")
        try:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - a hostile file may raise anything in the parser
            raise _damaged(name, error) from None
        try:
            yield [
                _XlsxSheet(sheet.title, sheet.sheet_state != "visible", name, sheet)
                for sheet in book.worksheets
            ]
        finally:
            book.close()


@dataclass
class _XlsxSheet:
    name: str
    hidden: bool
    file: str
    sheet: Any

    def rows(self) -> Iterator[Row]:
        # The size that the sheet declares is often wrong.
        self.sheet.reset_dimensions()
        rows = self.sheet.iter_rows(values_only=True)
        while True:
            try:
                row = next(rows, None)
            except MemoryError:
                raise
            except Exception as error:  # noqa: BLE001 - as above
                raise _damaged(self.file, error) from None
            if row is None:
                return
            yield [cell_text(cell) for cell in row]

    def unstored_formulas(self) -> int:
        with self.sheet._get_source() as source:
            return count_unstored(source)


def _check_zip(path: Path, name: str, limits: LoadLimits) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, EOFError, OSError, NotImplementedError):
        raise BadFileError(
            TRUNCATED_FILE,
            f"{name} is cut off or damaged: its zip directory, at the end of the file, is missing. "
            "Send it again.",
        ) from None
    if any(entry.flag_bits & 1 for entry in entries):
        raise BadFileError(
            ENCRYPTED_FILE, f"{name} is protected with a password. Save it without one and send it again."
        )
    names = {entry.filename for entry in entries}
    if "[Content_Types].xml" not in names or not any(entry.startswith("xl/") for entry in names):
        raise BadFileError(WRONG_FORMAT, f"{name} is not a workbook: it is {_other_zip(names)}.{_FIX}")
    if "xl/workbook.bin" in names:
        raise BadFileError(WRONG_FORMAT, f"{name} is a binary workbook (.xlsb). Save it as .xlsx.")
    _check_sizes(entries, name, path.stat().st_size, limits)


_FIX = " Save the table as .xlsx or .csv."


def _other_zip(names: set[str]) -> str:
    if any(entry.startswith("word/") for entry in names):
        return "a Word document"
    if any(entry.startswith("ppt/") for entry in names):
        return "a PowerPoint document"
    return "an OpenDocument file" if "mimetype" in names else "another zip archive"


def _check_sizes(entries: list[zipfile.ZipInfo], name: str, packed: int, limits: LoadLimits) -> None:
    if len(entries) > _MAX_ENTRIES:
        raise BadFileError(
            TOO_LARGE, f"{name} has {len(entries):,} parts; at most {_MAX_ENTRIES:,} are read."
        )
    total = sum(entry.file_size for entry in entries)
    if total > limits.memory_bytes or (total > _RATIO_MATTERS_BYTES and total > packed * _MAX_RATIO):
        raise BadFileError(
            TOO_LARGE,
            f"{name} unpacks from {packed:,} to {total:,} bytes, which is more than is read. "
            "Save the table as .csv.",
        )
    # Sheets are streamed; all else (shared strings, styles) is held in memory.
    held = sum(
        entry.file_size for entry in entries if not entry.filename.startswith(("xl/worksheets/", "xl/media/"))
    )
    if held > limits.memory_bytes // 8:
        raise BadFileError(
            TOO_LARGE,
            f"{name} holds {held:,} bytes of text beside its sheets: too many. Save the table as .csv.",
        )


def _damaged(name: str, error: Exception) -> BadFileError:
    if isinstance(error, zipfile.BadZipFile | EOFError):
        return BadFileError(
            TRUNCATED_FILE, f"{name} is damaged: a part of it cannot be unpacked. Send it again."
        )
    return BadFileError(
        UNREADABLE_FILE,
        f"{name} cannot be read as a workbook ({type(error).__name__}). "
        "Open it in a spreadsheet and save it again.",
    )
