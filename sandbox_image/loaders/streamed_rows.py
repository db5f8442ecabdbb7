"""How do the rows of a file that is sent block by block come as pieces of a table of text?

Two ways: `QuickRows` for files that are as regular as RFC 4180 wants, `CarefulRows` for all others.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

import pyarrow as pa

from .cut import IrregularError, whole_rows
from .delimited import reading_report, said_of
from .dialect import detect_dialect
from .encoding import Encoding, asked_encoding, find_encoding, has_nul
from .errors import EMPTY_FILE, BadFileError
from .fed import FedFile
from .names import check_width
from .pieces import read_piece
from .plain_reading import plain_header
from .read_as import ReadAs
from .row_reading import Reading, RowStage
from .staging import text_array

Consume = Callable[[Any], None]
_BOM = b"\xef\xbb\xbf"
_PIECE_CELLS = 1_000_000
_PIECE_CHARACTERS = 16 << 20


class QuickRows:
    """UTF-8, one delimiter, all rows of one width, quotes only where they belong: as RFC 4180 has it."""

    def __init__(self, file: FedFile, name: str, file_format: str, wanted: ReadAs) -> None:
        """Raises: BadFileError; IrregularError, already by the first block."""
        if wanted.encoding not in (None, "utf-8", "utf-8-sig"):
            raise IrregularError("not UTF-8")
        _check_utf8(file.head)
        self._file = file
        encoding = Encoding("utf-8-sig" if file.head.startswith(_BOM) else "utf-8")
        head: Any = _Head(file)
        self._dialect = dialect = detect_dialect(head, file_format, encoding, wanted, name)
        plain = dialect.quote == '"' and not (dialect.backslash or dialect.skip_space or dialect.framed)
        plain = plain and not dialect.header_again
        if not plain or dialect.delimiter in ("", " "):
            raise IrregularError("not the plain way of writing rows")
        try:
            above = plain_header(head, dialect)
        except csv.Error as error:
            raise IrregularError(str(error)) from None
        self.header = above.names(dialect.layout)
        if len(self.header) != dialect.layout.width:
            raise IrregularError("the header has another width than the rows")
        self._lines_above = above.lines
        self.report = above.report(dialect.layout)
        self.read_as = said_of(dialect, file_format)

    def run(self, consume: Consume) -> None:
        """Give each piece to `consume`. Raises: IrregularError."""
        pieces = whole_rows(self._file.blocks())
        first = next(pieces, b"").removeprefix(_BOM)
        for _ in range(self._lines_above):
            first = first[first.find(b"\n") + 1 :] if b"\n" in first else b""
        for piece in chain([first], pieces):
            if piece:
                consume(read_piece(piece, self._dialect.delimiter, self._dialect.layout.width))


class CarefulRows:
    """Any encoding, ragged rows, stray quotes: Python's reader, row by row, with every oddity counted."""

    def __init__(self, file: FedFile, name: str, file_format: str, wanted: ReadAs) -> None:
        """Find out how the file must be read: reads all of it, several times. Raises: BadFileError."""
        path: Any = file
        encoding = (
            asked_encoding(path, name, wanted.encoding) if wanted.encoding else find_encoding(path, name)
        )
        dialect = detect_dialect(path, file_format, encoding, wanted, name)
        if dialect.layout.width == 0:
            raise BadFileError(
                EMPTY_FILE, f"{name} is empty: there are only blank lines in it. Export it again."
            )
        nul = not encoding.name.startswith(("utf-16", "utf-32")) and has_nul(path)
        self._name = name
        self._reading = _PieceReading(path, name, dialect, Path())
        self._reading.run()
        self.header = self._reading.names()
        self.report = reading_report(encoding, nul) + self._reading.report()
        self.read_as = said_of(dialect, file_format)

    def run(self, consume: Consume) -> None:
        """Give each piece to `consume`."""
        self._reading.read_into(PieceStage(self._name, consume, len(self.header)), self._reading.options)


class _PieceReading(Reading):
    """Looks at every row and keeps none."""

    def _new_stage(self, number: int) -> RowStage:
        return PieceStage(self.name, None)


class PieceStage:
    """Takes rows like `TextStage`, and gives them on in pieces instead of keeping them."""

    def __init__(self, file_name: str, consume: Consume | None, width: int = 0) -> None:
        self._file_name = file_name
        self._consume = consume
        self._width = width
        self._rows: list[Sequence[str | None]] = []
        self._cells = self._characters = 0
        self.width = self.rows = 0

    def __enter__(self) -> PieceStage:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._flush()

    def add(self, row: Sequence[str | None]) -> None:
        """Take one row. Raises: BadFileError: it is wider than the cap."""
        if len(row) > self.width:
            check_width(len(row), self._file_name)
            self.width = len(row)
        self.rows += 1
        if self._consume is None:
            return
        self._rows.append(row)
        self._cells += max(len(row), self._width)
        self._characters += sum(len(cell) for cell in row if cell)
        if self._cells >= _PIECE_CELLS or self._characters >= _PIECE_CHARACTERS:
            self._flush()

    def _flush(self) -> None:
        if not self._rows or self._consume is None:
            return
        columns: list[Any] = list(zip_longest(*self._rows))
        columns += [(None,) * len(self._rows)] * (self._width - len(columns))
        self._consume(pa.table({f"c{i}": text_array(column) for i, column in enumerate(columns)}))
        self._rows, self._cells, self._characters = [], 0, 0


class _Head:
    """Only the first block of a file, for deciding how to read it."""

    def __init__(self, file: FedFile) -> None:
        self._file = FedFile(lambda: iter([file.head]))

    def open(self, *args: Any, **options: Any) -> Any:
        """A stream of it."""
        return self._file.open(*args, **options)


def _check_utf8(head: bytes) -> None:
    for cut in range(4):  # the block may end within a character
        try:
            head[: len(head) - cut].decode()
        except UnicodeDecodeError:
            continue
        return
    raise IrregularError("not UTF-8")
