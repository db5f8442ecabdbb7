"""How is an .xlsx workbook opened, without trusting it?"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from .cell_kinds import CellKinds
from .errors import ENCRYPTED_FILE, TOO_LARGE, TRUNCATED_FILE, UNREADABLE_FILE, WRONG_FORMAT, BadFileError
from .limits import LoadLimits
from .sheet import Area, Row, SheetFacts
from .xlsx_parts import Package, Workbook, read_workbook
from .xlsx_rows import XlsxRows, read_merged

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
    _check_zip(path, name, limits)
    with zipfile.ZipFile(path) as archive:
        package = Package(archive)
        try:
            book = read_workbook(package)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - a hostile file may raise anything in the parser
            raise _damaged(name, error) from None
        yield [
            _XlsxSheet(part.title, part.state if part.part else "chart", name, part.part, package, book)
            for part in book.sheets
        ]


@dataclass
class _XlsxSheet:
    name: str
    state: str
    file: str
    part: str
    package: Package
    book: Workbook
    facts: SheetFacts = field(default_factory=SheetFacts)

    @property
    def kinds(self) -> CellKinds:
        return self.book.kinds

    def merged(self) -> list[Area]:
        try:
            with self.package.open(self.part) as source:
                return read_merged(source)
        except Exception as error:  # noqa: BLE001 - as above
            raise _damaged(self.file, error) from None

    def rows(self) -> Iterator[Row]:
        reader = XlsxRows(self.book, self.file, self.name, self.facts)
        try:
            with self.package.open(self.part) as source:
                yield from reader.read(source)
        except (MemoryError, BadFileError):
            raise
        except Exception as error:  # noqa: BLE001 - as above
            raise _damaged(self.file, error) from None


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
