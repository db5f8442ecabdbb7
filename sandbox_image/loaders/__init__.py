"""How does an uploaded file become typed Parquet tables, each with a profile?"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from .archives import ARCHIVES, TABLES, Member, members
from .budget import fit
from .delimited import load_delimited
from .ending import settle_ending
from .engine import open_engine
from .errors import WRONG_FORMAT, BadFileError
from .limits import LoadLimits
from .read_as import FIRST_READING, Asked, ReadAs, asked_of
from .room import room_for
from .selection import check_types, chosen, without_hidden
from .signature import check_signature
from .staging import TextTable
from .typed import write_table

__all__ = ["Asked", "BadFileError", "LoadLimits", "ReadAs", "asked_of", "load_file"]

FORMATS = (*TABLES, *ARCHIVES)


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
        with room_for(name), tempfile.TemporaryDirectory(dir=out_dir, prefix=".stage-") as folder:
            stage_dir = Path(folder)
            with open_engine(limits, stage_dir / "spill") as engine:
                loading = _Loading(engine, name, out_dir, stage_dir, taken, limits, asked)
                only = (asked.only or {}).get("member")
                for member in members(path, name, format, stage_dir, limits, only):
                    loading.read(member)
                return loading.profiles()
    except BadFileError:
        _undo(out_dir, before, taken)
        raise


@dataclass
class _Loading:
    """One upload on its way into Parquet, file by file of those in it."""

    engine: duckdb.DuckDBPyConnection
    name: str
    out_dir: Path
    stage_dir: Path
    taken: set[str]
    limits: LoadLimits
    asked: Asked
    found: list[dict[str, Any]] = field(default_factory=list)
    failed: list[tuple[str, BadFileError]] = field(default_factory=list)

    def read(self, member: Member) -> None:
        """Read one file; of several in an archive one that is no table is reported, not fatal."""
        inside = member.read_as.get("member")
        before = set(self.taken)
        try:
            self._read(member)
        except BadFileError as error:
            if inside is None:
                raise
            _undo(self.out_dir, before, self.taken)
            self.failed.append((str(inside), error))

    def profiles(self) -> list[dict[str, Any]]:
        """All profiles; raises BadFileError where no file could be read, or they do not fit."""
        if not self.found and self.failed:
            inside, error = self.failed[0]
            raise BadFileError(error.code, f"{self.name}: {inside}: {error.message}")
        for inside, error in self.failed:
            what = f"{inside[:80]} in the archive was not read: {error.message[:300]}"
            self.found[0]["coercions"].append({"column": None, "what": what, "cells": 1})
        fit(self.found)
        return self.found

    def _read(self, member: Member) -> None:
        folder = self.stage_dir / f"read{len(self.found)}-{len(self.failed)}"
        folder.mkdir()
        tables = self._tables(member, folder)
        for table in tables:
            table.file = self.name
            table.read_as.update(member.read_as)
        kept = chosen(tables, self.asked, self.name, self.taken)
        if "member" not in member.read_as or self.asked.only:
            check_types(kept, self.asked, self.name)
        for table in kept:
            settle_ending(self.engine, table, self.asked.read_as)
        for table in [without_hidden(table, self.asked) for table in kept]:
            self.found.append(
                write_table(self.engine, table, self.out_dir, folder, self.limits, self.asked.read_as)
            )
        shutil.rmtree(folder)

    def _tables(self, member: Member, folder: Path) -> list[TextTable]:
        path, name, taken, read_as = member.path, member.name, self.taken, self.asked.read_as
        check_signature(path, name, member.format)
        # A loader is imported only where its file is there: openpyxl alone costs a tenth of a second.
        if member.format == "json":
            from .json_tables import load_json

            return load_json(path, name, folder, taken, self.asked)
        if member.format in ("xlsx", "xls"):
            from .excel import load_excel

            return load_excel(path, name, member.format, folder, taken, self.limits, read_as)
        return load_delimited(self.engine, path, name, member.format, folder, taken, read_as)


def _undo(out_dir: Path, before: set[str], taken: set[str]) -> None:
    for name in taken - before:
        (out_dir / f"{name}.parquet").unlink(missing_ok=True)
    taken &= before
