"""How do the elements of a JSON array become rows of text?"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from .cell_kinds import KindCounts
from .engine import quote
from .errors import NOT_A_TABLE, BadFileError
from .header import is_header
from .json_children import ChildRows
from .json_columns import RecordColumns
from .json_geo import feature_records, is_feature
from .json_values import ValueKinds, one_text
from .names import check_width
from .selection import plain_name
from .staging import TextStage, text_array
from .tail import TAIL_ROWS, TailRow

_CHUNK = 50_000
_HEADER_ROWS = 50
_NAMES = ("name", "field", "title", "id", "key", "label")


class RecordStage:
    """Takes the elements of one array: all records, all rows, or all single values."""

    def __init__(self, folder: Path, file_name: str, hidden: frozenset[str]) -> None:
        self._folder = folder
        self._name = file_name
        self._hidden = hidden
        self._kind: type | None = None
        self._records = RecordColumns(folder / "records", file_name, hidden)
        self._lists = _ListRows(folder / "rows", file_name, hidden)
        self._empty = 0
        self.is_geo = False
        self.children: ChildRows | None = None
        """The one field that holds lists of objects, as rows of its own."""

    @property
    def rows(self) -> int:
        """How many rows came."""
        return self._records.rows + self._lists.rows

    @property
    def width_of_rows(self) -> int:
        """How wide its rows are, if they are lists."""
        return self._lists.seen_width if self._kind is list else 0

    def only_texts(self) -> list[str]:
        """The one text that each record has under `name` or alike; empty if they have not all one."""
        return self._records.texts_of(_NAMES) if self._kind is dict else []

    @property
    def kinds(self) -> KindCounts:
        """What the cells were."""
        return self._records.counts if self._kind is dict else self._lists.counts

    def add_all(self, batches: Iterable[Sequence[Any]]) -> None:
        """Keep every value as a row.

        Raises:
            BadFileError: Records, rows and single values are mixed, or a cap is passed.
        """
        for batch in batches:
            self._add(batch)

    def finish(self, header: list[str] | None, header_row: int | None) -> tuple[list[str], int | None]:
        """Write what is left; the columns' names, and which row they came from, if from one."""
        if self._kind is dict:
            self._records.finish()
            return list(self._records.names), None
        return self._lists.finish(header, header_row, single=self._kind is not list)

    def scan(self, width: int) -> str:
        """SQL for `FROM` over the rows."""
        return self._records.scan() if self._kind is dict else self._lists.scan(width)

    def tail(self, width: int) -> list[TailRow]:
        """The last rows, where totals are looked for."""
        return self._records.tail() if self._kind is dict else self._lists.tail(width)

    def report(self) -> list[dict[str, Any]]:
        """What was odd, counted."""
        columns = self._records
        said = [
            (None, "a nested field and a dotted name are the same: the later one was taken", columns.clashes),
            (None, "null in place of a row: all its cells are missing", self._empty),
            (None, "halves of surrogate pairs -> ?", columns.replaced),
            *((name, "empty objects -> missing", count) for name, count in columns.empty_objects.items()),
        ]
        return [
            {"column": name if name in columns.names else None, "what": what, "cells": count}
            for name, what, count in said
            if count
        ]

    def _add(self, batch: Sequence[Any]) -> None:
        kinds = {kind if kind in (dict, list) else str for kind in map(type, batch)}
        if self._kind is None and batch:
            self._kind = next((kind for kind in (dict, list) if kind in kinds), str)
        if kinds - {self._kind}:
            batch = self._without_nulls(batch)
        if self._kind is dict:
            self._add_records(batch)
        elif batch:
            self._lists.add(batch if self._kind is list else [[value] for value in batch])

    def _add_records(self, records: Sequence[dict[str, Any]]) -> None:
        if self.rows == 0:
            self.is_geo = all(map(is_feature, records))
        first_row = self.rows
        if self.is_geo:
            records = feature_records(records)
        self._records.add(records)
        # Lists under a hidden name are shown nowhere else either.
        found = {
            name: lists for name, lists in self._records.lists.items() if plain_name(name) not in self._hidden
        }
        if not found:
            return
        if self.children is None:
            self.children = ChildRows(
                next(iter(found)), self._folder / "children", self._name, records[0], self._hidden
            )
        self.children.add(found, records, first_row)

    def _without_nulls(self, batch: Sequence[Any]) -> list[Any]:
        kept = []
        for number, value in enumerate(batch, self.rows + 1):
            kind = type(value) if isinstance(value, dict | list) else str
            if kind is not self._kind and (value is not None or self._kind not in (dict, list)):
                raise BadFileError(
                    NOT_A_TABLE,
                    f"{self._name}: element {number:,} is {_said(kind)}, others are "
                    f"{_said(self._kind or str)}: a table wants the same for each row.",
                )
            self._empty += kind is not self._kind
            kept.append(value if kind is self._kind else (self._kind or str)())
        return kept


class _ListRows:
    """Rows that are arrays; one of the first may name the columns, so these wait."""

    def __init__(self, folder: Path, file: str, hidden: frozenset[str]) -> None:
        self._head = TextStage(folder / "head", file)
        self._body = TextStage(folder / "body", file)
        self._values = ValueKinds(hidden)
        self.counts = KindCounts(self._values.kinds)
        self._waiting: list[Sequence[Any]] = []
        self._first: list[list[str | None]] = []
        self._last: deque[list[str | None]] = deque(maxlen=TAIL_ROWS)

    @property
    def rows(self) -> int:
        return self._head.rows + self._body.rows + len(self._waiting)

    @property
    def width(self) -> int:
        return max(self._head.width, self._body.width)

    @property
    def seen_width(self) -> int:
        return max((len(row) for row in self._waiting), default=0)

    def add(self, rows: Sequence[Sequence[Any]]) -> None:
        room = max(0, _HEADER_ROWS - len(self._waiting))
        self._waiting.extend(rows[:room])
        self._stage(rows[room:], self._body)

    def finish(
        self, header: list[str] | None, header_row: int | None, single: bool
    ) -> tuple[list[str], int | None]:
        names, found = list(header or ()), None
        rows, self._waiting = self._waiting, []
        if header is None and single:
            names = ["value"] if rows else []
        elif header is None:
            found = self._header_row(rows, header_row)
            if found is not None:
                names = [one_text(cell) or "" for cell in rows[found]]
                rows = rows[found + 1 :]
        self._stage(rows, self._head)
        for stage in (self._head, self._body):
            with stage:
                pass
        return names + [""] * (self.width - len(names)), found

    def scan(self, width: int) -> str:
        if not self._body.rows:
            return self._head.scan(width)
        head, body = self._head.scan(width), self._body.scan(width)
        return f"(SELECT * FROM {head} UNION ALL SELECT * FROM {body})"  # noqa: S608 - our own paths

    def tail(self, width: int) -> list[TailRow]:
        last = [*self._first, *self._last][-TAIL_ROWS:]
        return [TailRow([*row, *[None] * (width - len(row))]) for row in last]

    def _stage(self, rows: Sequence[Sequence[Any]], stage: TextStage) -> None:
        for row in rows:
            cells = [self._values.one(value) for value in row]
            self.counts.add("".join(code for _, code in cells))
            texts = [text for text, _ in cells]
            stage.add(texts)
            (self._first if stage is self._head else self._last).append(texts)

    @staticmethod
    def _header_row(rows: Sequence[Sequence[Any]], asked: int | None) -> int | None:
        if asked is not None:
            return asked if 0 <= asked < len(rows) else None
        first = [[one_text(cell) for cell in row] for row in rows]
        return 0 if len(first) > 1 and is_header(first[0], first[1:]) else None


class ColumnStage:
    """Takes the columns of an object one by one, each as compact text."""

    def __init__(self, folder: Path, file_name: str, hidden: frozenset[str]) -> None:
        self._folder = folder
        self._name = file_name
        self._columns: list[pa.ChunkedArray[Any]] = []
        self._values = ValueKinds(hidden)
        self.counts = KindCounts(self._values.kinds)
        self.names: list[str] = []

    def add(self, name: str, batches: Iterable[Sequence[Any]]) -> None:
        """Keep one column."""
        check_width(len(self.names) + 1, self._name)
        chunks: list[pa.Array[Any]] = [pa.array([], pa.string())]
        for batch in batches:
            texts, counts = self._values.texts(batch)
            chunks.append(text_array(texts))
            for code, cells in counts.items():
                self.counts.add_cells(len(self.names), code, cells)
        self.names.append(name)
        self._columns.append(pa.chunked_array(chunks, pa.string()))

    @property
    def rows(self) -> int:
        """How long the longest column is."""
        return max((len(column) for column in self._columns), default=0)

    def is_even(self) -> bool:
        """Whether all columns are equally long."""
        return len({len(column) for column in self._columns}) == 1

    def lengths(self) -> dict[str, int]:
        """How long each column is."""
        return {name: len(column) for name, column in zip(self.names, self._columns, strict=True)}

    def said(self) -> str:
        """The first columns' lengths, for a message."""
        return ", ".join(f"{name}: {length:,}" for name, length in list(self.lengths().items())[:4])

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
