"""How is a table of very many columns handled a few columns at a time?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from .engine import quote
from .errors import TOO_LARGE, BadFileError
from .limits import LoadLimits

WIDE_COLUMNS = 300
"""From here on DuckDB's vectors (2,048 cells a column) for all columns at once would fill the memory."""
CHUNK_COLUMNS = 100
_CELL_BYTES = 32

T = TypeVar("T")


def chunks(items: Sequence[T], size: int = CHUNK_COLUMNS) -> Iterator[Sequence[T]]:
    """The items, `size` at a time."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def copy_wide(
    engine: duckdb.DuckDBPyConnection,
    selected: Sequence[str],
    scan: str,
    path: Path,
    stage_dir: Path,
    group_rows: int,
) -> None:
    """Write the selected columns as Parquet; they are computed in chunks and put side by side as Arrow."""
    arrays: list[Any] = []
    fields: list[Any] = []
    for number, chunk in enumerate(chunks(selected)):
        part = stage_dir / f"wide{number}.parquet"
        columns = ", ".join(chunk)
        engine.execute(f"COPY (SELECT {columns} FROM {scan}) TO {quote(str(part))} (FORMAT parquet)")  # noqa: S608
        table = pq.read_table(part)
        part.unlink()
        arrays += table.columns
        fields += list(table.schema)
    pq.write_table(
        pa.table(arrays, schema=pa.schema(fields)), path, compression="zstd", row_group_size=group_rows
    )


def check_wide(rows: int, width: int, file_name: str, limits: LoadLimits) -> None:
    """Refuse a wide table that would not fit into memory as a whole.

    Raises:
        BadFileError: Too many cells.
    """
    most = limits.memory_bytes // 3 // _CELL_BYTES
    if width >= WIDE_COLUMNS and rows * width > most:
        raise BadFileError(
            TOO_LARGE,
            f"{file_name} has {rows:,} rows of {width:,} columns; with more than {WIDE_COLUMNS} columns "
            f"at most {most:,} cells are read. Drop columns or split the table.",
        )
