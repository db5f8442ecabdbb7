"""How is a text file with delimiters read as a stream?"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from .dialect import Dialect, detect_dialect, is_blank, read_rows
from .encoding import detect_encoding, has_nul
from .engine import quote
from .errors import EMPTY_FILE, NOT_A_TABLE, TOO_LARGE, BadFileError
from .limits import MAX_CELL_CHARACTERS
from .names import table_name, unique_columns
from .read_as import ReadAs
from .staging import TextStage, TextTable
from .wide import WIDE_COLUMNS

_UTF8 = ("utf-8", "utf-8-sig")


def load_delimited(
    engine: duckdb.DuckDBPyConnection,
    path: Path,
    name: str,
    file_format: str,
    stage_dir: Path,
    taken: set[str],
    wanted: ReadAs,
) -> list[TextTable]:
    """Read a csv, tsv or txt file as one table of text.

    Raises:
        BadFileError: Not text, no table in it, or over a cap.
    """
    encoding = detect_encoding(path, name)
    dialect = detect_dialect(path, file_format, encoding)
    if dialect.layout.width == 0:
        raise BadFileError(EMPTY_FILE, f"{name} is empty: there are only blank lines in it. Export it again.")
    read_as: dict[str, Any] = {
        "format": file_format,
        "encoding": "utf-8" if encoding in _UTF8 else encoding,
        "delimiter": dialect.said,
        "header_row": dialect.layout.header,
    }
    nul = not encoding.startswith(("utf-16", "utf-32")) and has_nul(path)
    scan = None if nul else _plain_scan(engine, path, dialect)
    if scan is not None:
        header = _plain_header(path, dialect)
        columns, report = unique_columns(header, name)
        return [TextTable(table_name(name, taken), name, columns, scan, read_as, 0, report)]
    reading = _Reading(path, name, dialect, stage_dir)
    reading.run()
    columns, report = unique_columns(reading.names(), name)
    report += reading.report(nul)
    scan = reading.stage.scan(len(columns))
    return [TextTable(table_name(name, taken), name, columns, scan, read_as, reading.stage.rows, report)]


def _plain_header(path: Path, dialect: Dialect) -> list[str]:
    if dialect.layout.header is None:
        return [""] * dialect.layout.width
    with path.open(encoding=dialect.encoding, newline="") as file:
        return next(read_rows(file, dialect.delimiter, False))


def _plain_scan(engine: duckdb.DuckDBPyConnection, path: Path, dialect: Dialect) -> str | None:
    """DuckDB's reader, much the fastest, if the whole file is as regular as its strict mode wants."""
    layout = dialect.layout
    if (
        layout.width >= WIDE_COLUMNS
        or dialect.encoding not in _UTF8
        or dialect.skip_space
        or dialect.delimiter in ("", " ")
    ):
        return None
    if layout.first > 1 or (layout.header is None and layout.first > 0):
        return None
    if len(_plain_header(path, dialect)) != layout.width:
        return None
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(layout.width))
    scan = (
        f"read_csv({quote(str(path))}, delim = {quote(dialect.delimiter)}, quote = '\"', escape = '\"', "
        f"header = {str(layout.header is not None).lower()}, columns = {{{columns}}}, auto_detect = false, "
        "strict_mode = true, null_padding = false)"
    )
    try:
        engine.execute(f"SELECT count(*), count(c{layout.width - 1}) FROM {scan}").fetchone()  # noqa: S608
    except duckdb.Error:
        return None
    return scan


@dataclass
class _Reading:
    """Row by row with Python's reader: any encoding, ragged rows, stray quotes. Everything odd is counted."""

    path: Path
    name: str
    dialect: Dialect
    stage_dir: Path
    short: int = 0
    long: int = 0
    blank: int = 0
    quotes: str = ""
    header: list[str] = field(default_factory=list)
    stage: TextStage = field(init=False)

    def run(self) -> None:
        """Read the file; with stray quotes, again with a more lenient idea of quotes."""
        modes: tuple[tuple[str, dict[str, Any]], ...] = (
            ("", {"strict": True}),
            ("stray quotes read leniently", {"strict": False}),
            ("a quote is left open: quotes read as ordinary characters", {"quoting": csv.QUOTE_NONE}),
        )
        for number, (said, options) in enumerate(modes):
            self.short = self.long = self.blank = 0
            self.quotes, self.header = said, []
            self.stage = TextStage(self.stage_dir / str(number), self.name)
            try:
                with self.stage:
                    self._read(options)
            except csv.Error as error:
                if "field limit" in str(error) and number + 1 == len(modes):
                    raise BadFileError(
                        TOO_LARGE,
                        f"{self.name} has a cell of more than {MAX_CELL_CHARACTERS:,} characters. "
                        "Shorten it, or look for a quote that is left open.",
                    ) from None
                if number + 1 == len(modes):
                    raise BadFileError(NOT_A_TABLE, f"{self.name} cannot be read as rows: {error}.") from None
                continue
            return

    def names(self) -> list[str]:
        """The header, as wide as the widest row."""
        width = max(self.stage.width, len(self.header), self.dialect.layout.width)
        return self.header + [""] * (width - len(self.header))

    def report(self, nul: bool) -> list[dict[str, Any]]:
        """What was odd, counted."""
        found = [
            ("NUL bytes removed", int(nul)),
            (
                f"short rows filled with missing cells (fewer than {len(self.header) or 'the usual'} cells)",
                self.short,
            ),
            ("long rows: their extra cells are in columns of their own", self.long),
            ("blank lines skipped", self.blank),
            (self.quotes, 1 if self.quotes else 0),
        ]
        return [{"column": None, "what": what, "cells": count} for what, count in found if count]

    def _read(self, options: dict[str, Any]) -> None:
        layout = self.dialect.layout
        width = layout.width
        position = 0
        with self.path.open(encoding=self.dialect.encoding, newline="") as file:
            for row in self._rows(file, options):
                if is_blank(row):
                    self.blank += 1
                    continue
                if position == layout.header:
                    self.header = _without_tail(row, width)
                elif position >= layout.first:
                    row = _without_tail(row, width)
                    self.short += len(row) < width
                    self.long += len(row) > width
                    self.stage.add(row)
                position += 1

    def _rows(self, file: Any, options: dict[str, Any]) -> Iterator[list[str]]:
        lines = (line.replace("\0", "") for line in file)
        if self.dialect.delimiter == " ":
            return read_rows(lines, " ", False)
        watched = lines if options.get("strict", True) else _closing_quotes(lines)
        return csv.reader(
            watched,
            delimiter=self.dialect.delimiter or "\x1f",
            skipinitialspace=self.dialect.skip_space,
            **options,
        )


def _closing_quotes(lines: Iterator[str]) -> Iterator[str]:
    """Pass lines on, and raise at the end if a quote was opened and never closed."""
    odd = 0
    for line in lines:
        odd ^= line.count('"') & 1
        yield line
    if odd:
        raise csv.Error("a quote is left open")


def _without_tail(row: list[str], width: int) -> list[str]:
    """Drop empty cells beyond the table's width (a delimiter at the end of each line)."""
    end = len(row)
    while end > width and not row[end - 1]:
        end -= 1
    return row[:end]
