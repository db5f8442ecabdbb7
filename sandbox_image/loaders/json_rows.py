"""How do JSON values become rows of text?"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from .engine import quote
from .errors import NOT_A_TABLE, BadFileError
from .header import is_header
from .names import check_width
from .staging import TextStage, text_array

_CHUNK = 50_000


def cell_text(value: Any) -> str | None:
    """A JSON value as the text of a cell; lists and objects stay JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else "NaN"
    if isinstance(value, int):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def flatten(record: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str | None]]:
    """Name and text of every field; nested objects get dotted names."""
    for key, value in record.items():
        if isinstance(value, dict) and value:
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", cell_text(value)


class RecordStage:
    """Takes the elements of one array: all records, all rows, or all single values."""

    def __init__(self, folder: Path, file_name: str) -> None:
        self._stage = TextStage(folder, file_name)
        self._name = file_name
        self._places: dict[str, int] = {}
        self._kind: type | None = None
        self._first_rows: list[list[str | None]] = []
        self._repeated = 0

    @property
    def rows(self) -> int:
        """How many rows came."""
        return self._stage.rows + len(self._first_rows)

    def add_all(self, values: Iterable[Any]) -> None:
        """Keep every value as a row.

        Raises:
            BadFileError: Records, rows and single values are mixed, or a cap is passed.
        """
        for value in values:
            kind = type(value) if isinstance(value, dict | list) else str
            if self._kind is None:
                self._kind = kind
            if kind is not self._kind:
                raise BadFileError(
                    NOT_A_TABLE,
                    f"{self._name}: element {self.rows + 1} is {_said(kind)}, the one before is "
                    f"{_said(self._kind)}: a table wants the same for each row.",
                )
            if kind is dict:
                self._stage.add(self._row(value))
            else:
                self._add_list([cell_text(cell) for cell in value] if kind is list else [cell_text(value)])

    def finish(self, header: list[str] | None) -> tuple[list[str], int | None]:
        """Write what is left; the columns' names, and which row they came from, if from one."""
        header_row = None
        names = list(self._places)
        if self._kind is not dict:
            names, header_row = self._named(header)
        with self._stage:
            for row in self._first_rows:
                self._stage.add(row)
            self._first_rows = []
        names += [""] * (self._stage.width - len(names))
        return names, header_row

    def scan(self, width: int) -> str:
        """SQL for `FROM` over the rows."""
        return self._stage.scan(width)

    def report(self) -> list[dict[str, Any]]:
        """What was odd, counted."""
        if not self._repeated:
            return []
        what = "a nested field and a dotted name are the same: the later one was taken"
        return [{"column": None, "what": what, "cells": self._repeated}]

    def _row(self, record: dict[str, Any]) -> list[str | None]:
        row: list[str | None] = [None] * len(self._places)
        seen: set[int] = set()
        for name, text in flatten(record):
            place = self._places.setdefault(name, len(self._places))
            if place == len(row):
                check_width(place + 1, self._name)
                row.append(None)
            self._repeated += place in seen
            seen.add(place)
            row[place] = text
        return row

    def _add_list(self, row: list[str | None]) -> None:
        # The first rows wait: one of them may turn out to be the header.
        if self._stage.rows == 0 and len(self._first_rows) < 50:
            self._first_rows.append(row)
            return
        if self._first_rows and self._kind is list:
            self._waiting_header()
        for first in self._first_rows:
            self._stage.add(first)
        self._first_rows = []
        self._stage.add(row)

    def _waiting_header(self) -> None:
        if self._header is None and len(self._first_rows) > 1:
            first, *others = self._first_rows
            if is_header(first, others):
                self._header = [cell or "" for cell in first]
                self._first_rows = others

    _header: list[str] | None = None

    def _named(self, header: list[str] | None) -> tuple[list[str], int | None]:
        if header is not None:
            return header, None
        if self._kind is list:
            self._waiting_header()
            if self._header is not None:
                return list(self._header), 0
            return [], None
        return ["value"] if self._kind else [], None


class ColumnStage:
    """Takes the columns of an object one by one, each as compact text."""

    def __init__(self, folder: Path, file_name: str) -> None:
        self._folder = folder
        self._name = file_name
        self._columns: list[pa.ChunkedArray[Any]] = []
        self.names: list[str] = []

    def add(self, name: str, values: Iterable[Any]) -> None:
        """Keep one column."""
        chunks: list[pa.Array[Any]] = []
        cells: list[str | None] = []
        for value in values:
            cells.append(cell_text(value))
            if len(cells) >= _CHUNK:
                chunks.append(text_array(cells))
                cells = []
        chunks.append(text_array(cells))
        check_width(len(self.names) + 1, self._name)
        self.names.append(name)
        self._columns.append(pa.chunked_array(chunks, pa.string()))

    @property
    def rows(self) -> int:
        """How long the longest column is."""
        return max((len(column) for column in self._columns), default=0)

    def is_even(self) -> bool:
        """Whether all columns are equally long."""
        return len({len(column) for column in self._columns}) == 1

    def said(self) -> str:
        """The first columns' lengths, for a message."""
        pairs = zip(self.names, self._columns, strict=True)
        return ", ".join(f"{name}: {len(column):,}" for name, column in list(pairs)[:4])

    def values(self) -> dict[str, list[str | None]]:
        """The columns as they came, as lists of text."""
        return {name: column.to_pylist() for name, column in zip(self.names, self._columns, strict=True)}

    def scan(self) -> str:
        """Write the columns; SQL for `FROM` over them."""
        self._folder.mkdir(parents=True)
        path = self._folder / "columns.parquet"
        table = pa.table(self._columns, names=[f"c{i}" for i in range(len(self._columns))])
        pq.write_table(table, path, compression="zstd", compression_level=1, row_group_size=_CHUNK)
        return f"read_parquet({quote(str(path))})"


def _said(kind: type) -> str:
    if kind is dict:
        return "an object"
    return "an array" if kind is list else "a single value"
