"""Where do cells wait, as text, until the whole column has been seen?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from .cell_kinds import KindCounts
from .engine import quote
from .errors import TOO_LARGE, BadFileError
from .limits import MAX_CELL_CHARACTERS
from .names import check_width
from .tail import TailRow

_FLUSH_CELLS = 400_000
_FLUSH_CHARACTERS = 8 << 20


@dataclass
class TextTable:
    """A table of which every cell is still text: `scan` is SQL for `FROM`, its columns are c0, c1, ..."""

    name: str
    file: str
    columns: list[str]
    scan: str
    read_as: dict[str, Any]
    rows: int = 0
    """How many, where it is known before they are read: for every table that is staged."""
    coercions: list[dict[str, Any]] = field(default_factory=list)
    tail: list[TailRow] = field(default_factory=list)
    """The last rows, in which totals and notes are looked for; none where they are not looked for."""
    kinds: KindCounts | None = None
    """What the cells were in the file, where it says so."""


def text_array(cells: Sequence[str | None]) -> pa.Array[Any]:
    """Cells as Arrow text; halves of surrogate pairs, which are no text, become question marks."""
    try:
        return pa.array(cells, pa.string())
    except UnicodeEncodeError:
        return pa.array([cell and cell.encode("utf-8", "replace").decode() for cell in cells], pa.string())


class TextStage:
    """Writes rows of text to Parquet parts, within a fixed memory; a part ends where the table gets wider."""

    def __init__(self, folder: Path, file_name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._file_name = file_name
        self._rows: list[Sequence[str | None]] = []
        self._cells = 0
        self._characters = 0
        self._writer: pq.ParquetWriter | None = None
        self._part_width = -1
        self._parts: list[Path] = []
        self.width = 0
        self.rows = 0

    def __enter__(self) -> TextStage:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._flush()
        if self._writer is not None:
            self._writer.close()

    def add(self, row: Sequence[str | None]) -> None:
        """Keep one row; rows may be of any length.

        Raises:
            BadFileError: The row is wider, or a cell longer, than the caps.
        """
        if len(row) > self.width:
            check_width(len(row), self._file_name)
            self.width = len(row)
        self._rows.append(row)
        self._cells += len(row)
        size = sum(len(cell) for cell in row if cell)
        if size > MAX_CELL_CHARACTERS:
            self._check_cells(row)
        self._characters += size
        self.rows += 1
        if (
            self._cells >= _FLUSH_CELLS
            or self._characters >= _FLUSH_CHARACTERS
            or len(self._rows) >= _FLUSH_CELLS
        ):
            self._flush()

    def scan(self, width: int) -> str:
        """SQL for `FROM` over all rows, with the first `width` columns."""
        return self.scan_of(range(width))

    def scan_of(self, places: Sequence[int]) -> str:
        """SQL for `FROM` over all rows, with the columns at `places`, numbered anew."""
        columns = [
            f"{f'c{place}' if self._parts and place < self.width else 'NULL::VARCHAR'} AS c{i}"
            for i, place in enumerate(places)
        ]
        if not self._parts:
            return f"(SELECT {', '.join(columns)} WHERE false)"
        parts = ", ".join(quote(str(part)) for part in self._parts)
        source = f"read_parquet([{parts}], union_by_name = true)"
        return f"(SELECT {', '.join(columns)} FROM {source})"  # noqa: S608 - our own paths

    def _check_cells(self, row: Sequence[str | None]) -> None:
        longest = max(len(cell) for cell in row if cell)
        if longest > MAX_CELL_CHARACTERS:
            raise BadFileError(
                TOO_LARGE,
                f"{self._file_name}: row {self.rows + 1} has a cell of {longest:,} characters; at most "
                f"{MAX_CELL_CHARACTERS:,} are read. Is a quote left open?",
            )

    def _flush(self) -> None:
        if not self._rows:
            return
        columns = list(zip_longest(*self._rows)) or [(None,) * len(self._rows)]
        width = max(self.width, 1)
        columns += [(None,) * len(self._rows)] * (width - len(columns))
        table = pa.table({f"c{i}": text_array(column) for i, column in enumerate(columns)})
        if self._writer is None or self._part_width != width:
            self._open_part(table.schema, width)
        assert self._writer is not None  # noqa: S101 - _open_part has just set it
        self._writer.write_table(table)
        self._rows, self._cells, self._characters = [], 0, 0

    def _open_part(self, schema: pa.Schema, width: int) -> None:
        if self._writer is not None:
            self._writer.close()
        path = self._folder / f"part{len(self._parts)}.parquet"
        self._parts.append(path)
        self._part_width = width
        self._writer = pq.ParquetWriter(path, schema, compression="zstd", compression_level=1)
