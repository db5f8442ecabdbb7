"""Which tables are in a JSON file?"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from .encoding import detect_encoding
from .errors import EMPTY_FILE, NOT_A_TABLE, BadFileError
from .json_reader import JsonReader
from .json_rows import ColumnStage, RecordStage
from .names import table_name, unique_columns
from .read_as import ReadAs
from .staging import TextTable

_FIX = 'Send an array of records ([{"a": 1}, ...]), JSON lines, or an object of columns ({"a": [1, ...]}).'


def load_json(path: Path, name: str, stage_dir: Path, taken: set[str], wanted: ReadAs) -> list[TextTable]:
    """Read records, JSON lines, columns, or tables under keys.

    Raises:
        BadFileError: Not JSON, cut off, no table in it, or over a cap.
    """
    encoding = detect_encoding(path, name)
    loading = _Loading(name, stage_dir, taken, {"format": "json", "encoding": encoding.removesuffix("-sig")})
    with path.open(encoding=encoding) as text:
        first = JsonReader(text, name).peek()
        if not first:
            raise BadFileError(
                EMPTY_FILE, f"{name} is empty: there is only white space in it. Export it again."
            )
        if first not in "[{":
            raise BadFileError(NOT_A_TABLE, f"{name} does not begin as a table in JSON does. {_FIX}")
        text.seek(0)
        if first == "{" and _has_lines(text, name):
            return loading.lines(JsonReader(_rewound(text), name))
        reader = JsonReader(_rewound(text), name)
        tables = loading.array(reader) if first == "[" else loading.object(reader)
        if reader.peek():
            raise BadFileError(NOT_A_TABLE, f"{name} has more text after its JSON ends. {_FIX}")
        return tables


def _rewound(text: TextIO) -> TextIO:
    text.seek(0)
    return text


def _has_lines(text: TextIO, name: str) -> bool:
    """Whether another value follows the first object: JSON lines."""
    line = text.readline(1 << 22).strip()
    try:
        if not isinstance(json.loads(line), dict):
            return False
    except (ValueError, RecursionError):
        return False
    return JsonReader(text, name).peek() == "{"


@dataclass
class _Loading:
    name: str
    stage_dir: Path
    taken: set[str]
    read_as: dict[str, Any]
    stages: int = field(default=0)

    def lines(self, reader: JsonReader) -> list[TextTable]:
        """One object after the other."""
        stage = self._record_stage()

        def values() -> Iterable[Any]:
            while reader.peek():
                yield reader.value()

        stage.add_all(values())
        return [self._table(stage, "lines", None)]

    def array(self, reader: JsonReader) -> list[TextTable]:
        """An array of records, of rows, or of single values."""
        stage = self._record_stage()
        stage.add_all(reader.elements())
        return [self._table(stage, "records", None)]

    def object(self, reader: JsonReader) -> list[TextTable]:
        """An object: tables under its keys, columns, rows by key, or one record."""
        tables: dict[str, RecordStage] = {}
        columns = ColumnStage(self._folder(), self.name)
        rest: dict[str, Any] = {}
        for key in reader.keys():  # noqa: SIM118 - not a dict
            if reader.peek() != "[":
                rest[key] = reader.value()
            elif reader.peek_inside() in "{[":
                tables[key] = self._record_stage()
                tables[key].add_all(reader.elements())
            else:
                columns.add(key, reader.elements())
        if tables:
            return self._tables(tables, columns, rest)
        inner = {key: value for key, value in rest.items() if isinstance(value, dict) and value}
        if columns.names and (len(columns.names) > 1 or not rest) and columns.is_even():
            return [self._columns(columns, rest)]
        if columns.names and not rest:
            raise BadFileError(
                NOT_A_TABLE,
                f"{self.name} is an object of columns of different lengths ({columns.said()}). {_FIX}",
            )
        if not columns.names and len(inner) == 1 and _holds_table(next(iter(inner.values()))):
            return self._below(next(iter(inner.values())), rest)
        if not columns.names and inner and len(inner) == len(rest):
            return [self._keyed(inner)]
        return [self._one_record({**columns.values(), **rest})]

    def _tables(
        self, tables: dict[str, RecordStage], columns: ColumnStage, rest: dict[str, Any]
    ) -> list[TextTable]:
        if set(tables) == {"data"} and "columns" in columns.names:
            # pandas' orient="split".
            names = [str(value) for value in columns.values()["columns"]]
            table = self._table(tables["data"], "split", None, names)
            return [self._ignoring(table, (set(columns.names) | set(rest)) - {"columns", "index"})]
        found = []
        for key, stage in tables.items():
            table = self._table(stage, "records", key if len(tables) > 1 else None)
            table.read_as["key"] = key
            found.append(table)
        self._ignoring(found[0], set(columns.names) | set(rest))
        return found

    def _columns(self, columns: ColumnStage, rest: dict[str, Any]) -> TextTable:
        names, report = unique_columns(columns.names, self.name)
        read_as = {**self.read_as, "shape": "columns"}
        scan = columns.scan()
        table = TextTable(
            table_name(self.name, self.taken), self.name, names, scan, read_as, columns.rows, report
        )
        return self._ignoring(table, set(rest))

    def _below(self, value: dict[str, Any], rest: dict[str, Any]) -> list[TextTable]:
        key = next(key for key, other in rest.items() if other is value)
        found = self.object(JsonReader(io.StringIO(json.dumps(value)), self.name))
        found[0].read_as["key"] = key
        self._ignoring(found[0], set(rest) - {key})
        return found

    def _keyed(self, inner: dict[str, dict[str, Any]]) -> TextTable:
        """An object of objects: columns by row label (pandas' default) or rows by label."""
        stage = self._record_stage()
        labels = list(dict.fromkeys(label for value in inner.values() for label in value))
        if all(label.isdecimal() for label in labels):
            stage.add_all({key: value.get(label) for key, value in inner.items()} for label in labels)
            return self._table(stage, "columns", None)
        stage.add_all({"key": key, **value} for key, value in inner.items())
        return self._table(stage, "rows by key", None)

    def _one_record(self, record: dict[str, Any]) -> TextTable:
        stage = self._record_stage()
        stage.add_all([record])
        return self._table(stage, "one record", None)

    def _table(
        self, stage: RecordStage, shape: str, key: str | None, header: list[str] | None = None
    ) -> TextTable:
        names, header_row = stage.finish(header)
        if not names:
            what = "holds no rows" if not stage.rows else "has rows without a single field"
            raise BadFileError(EMPTY_FILE if not stage.rows else NOT_A_TABLE, f"{self.name} {what}. {_FIX}")
        columns, report = unique_columns(names, self.name)
        read_as = {**self.read_as, "shape": shape, "header_row": header_row}
        name = table_name(self.name, self.taken, key)
        scan = stage.scan(len(columns))
        return TextTable(name, self.name, columns, scan, read_as, stage.rows, report + stage.report())

    def _ignoring(self, table: TextTable, keys: set[str]) -> TextTable:
        table.coercions += [
            {"column": None, "what": f'key "{key}" is not part of the table: left out', "cells": 1}
            for key in sorted(keys)
        ]
        return table

    def _record_stage(self) -> RecordStage:
        return RecordStage(self._folder(), self.name)

    def _folder(self) -> Path:
        self.stages += 1
        return self.stage_dir / f"json{self.stages}"


def _holds_table(value: dict[str, Any]) -> bool:
    return any(isinstance(inner, list) for inner in value.values())
