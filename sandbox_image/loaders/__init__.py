"""How does an uploaded file become typed Parquet tables, each with a profile?"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import duckdb

from .budget import fit
from .delimited import load_delimited
from .ending import settle_ending
from .engine import open_engine
from .errors import TOO_LARGE, WRONG_FORMAT, BadFileError
from .limits import LoadLimits
from .read_as import FIRST_READING, Asked, ReadAs
from .selection import chosen, without_hidden
from .signature import check_signature
from .staging import TextTable
from .typed import write_table

__all__ = ["Asked", "BadFileError", "LoadLimits", "ReadAs", "load_file"]

FORMATS = ("csv", "tsv", "txt", "json", "xlsx", "xls")


def load_file(
    path: Path,
    name: str,
    format: str,
    out_dir: Path,
    taken: set[str],
    limits: LoadLimits,
    asked: Asked = FIRST_READING,
) -> list[dict[str, Any]]:
    """Read the file at `path`, which the client calls `name`, into one Parquet file for each table.

    Args:
        path: The bytes.
        name: The client's name of the file, for messages and for the tables' names.
        format: One of `FORMATS`.
        out_dir: Where the Parquet files go; nothing else stays there.
        taken: Names of tables in use; the new ones are added.
        limits: The memory and threads there are.
        asked: What of the file is to be read, and how.

    Returns:
        One profile for each table (docs/architecture.md, Profile), in the order of the sheets.

    Raises:
        BadFileError: No table can be made of the file; no Parquet file of it stays.
    """
    if format not in FORMATS:
        raise BadFileError(
            WRONG_FORMAT, f"{name}: .{format} files are not read; these are: {', '.join(FORMATS)}."
        )
    before = set(taken)
    try:
        with tempfile.TemporaryDirectory(dir=out_dir, prefix=".stage-") as folder:
            stage_dir = Path(folder)
            with open_engine(limits, stage_dir / "spill") as engine:
                tables = _load(engine, path, name, format, stage_dir, taken, limits, asked.read_as)
                kept = chosen(tables, asked, name, taken)
                for table in kept:
                    settle_ending(engine, table, asked.read_as)
                kept = [without_hidden(table, asked) for table in kept]
                profiles = [
                    write_table(engine, table, out_dir, stage_dir, limits, asked.read_as) for table in kept
                ]
                fit(profiles)
                return profiles
    except (duckdb.OutOfMemoryException, MemoryError):
        error = BadFileError(
            TOO_LARGE, f"{name} does not fit into the sandbox's memory. Split it, or drop columns."
        )
    except OSError as failure:
        if failure.errno != 28:  # no space left
            raise
        error = BadFileError(
            TOO_LARGE, f"{name} does not fit into the sandbox's disk. Split it, or drop columns."
        )
    except BadFileError as failure:
        error = failure
    _undo(out_dir, before, taken)
    raise error


def _load(
    engine: duckdb.DuckDBPyConnection,
    path: Path,
    name: str,
    format: str,
    stage_dir: Path,
    taken: set[str],
    limits: LoadLimits,
    read_as: ReadAs,
) -> list[TextTable]:
    check_signature(path, name, format)
    # A loader is imported only where its file is there: openpyxl alone costs a tenth of a second.
    if format == "json":
        from .json_tables import load_json

        return load_json(path, name, stage_dir, taken, read_as)
    if format in ("xlsx", "xls"):
        from .excel import load_excel

        return load_excel(path, name, format, stage_dir, taken, limits, read_as)
    return load_delimited(engine, path, name, format, stage_dir, taken, read_as)


def _undo(out_dir: Path, before: set[str], taken: set[str]) -> None:
    for name in taken - before:
        (out_dir / f"{name}.parquet").unlink(missing_ok=True)
    taken &= before
