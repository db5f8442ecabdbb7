"""Which tables are in a JSON file?"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from .encoding import asked_encoding, find_encoding
from .errors import EMPTY_FILE, NOT_A_TABLE, BadFileError
from .json_inside import Inside, pages
from .json_reader import JsonReader
from .json_rows import ColumnStage, RecordStage
from .json_shapes import are_counted, are_rows, holds_table
from .names import table_name, unique_columns
from .read_as import Asked, ReadAs
from .selection import plain_name
from .staging import TextTable

_FIX = 'Send an array of records ([{"a": 1}, ...]), JSON lines, or an object of columns ({"a": [1, ...]}).'
_LINE_CHARACTERS = 1 << 18


def load_json(path: Path, name: str, stage_dir: Path, taken: set[str], asked: Asked) -> list[TextTable]:
    """Read records, JSON lines, columns, or tables under keys.

    Raises:
        BadFileError: Not JSON, cut off, no table in it, or over a cap.
    """
    wanted = asked.read_as
    names = asked.hidden.union(*asked.hidden_of.values())
    hidden = frozenset(plain_name(name) for name in names)
    encoding = asked_encoding(path, name, wanted.encoding) if wanted.encoding else find_encoding(path, name)
    loading = _Loading(name, stage_dir, taken, {"format": "json", "encoding": encoding.said}, wanted, hidden)
    with path.open(encoding=encoding.name, errors=encoding.errors) as text:
        reader = JsonReader(text, name)
        first = reader.peek()
        if not first:
            raise BadFileError(
                EMPTY_FILE, f"{name} is empty: there is only white space in it. Export it again."
            )
        if first not in "[{":
            raise BadFileError(NOT_A_TABLE, f"{name} does not begin as a table in JSON does. {_FIX}")
        if wanted.key:
            tables = loading.at_key(reader, wanted.key)
        elif _has_lines(JsonReader(_rewound(text), name)):
            reader = JsonReader(_rewound(text), name)
            tables = loading.lines(reader)
        else:
            reader = JsonReader(_rewound(text), name)
            tables = loading.array(reader) if first == "[" else loading.object(reader)
            if reader.peek():
                raise BadFileError(NOT_A_TABLE, f"{name} has more text after its JSON ends. {_FIX}")
    said = (
        ("keys that an object has twice: the later value was taken", reader.repeated_keys),
        (f"encoding {encoding.said} is a guess: nothing in the file says so", int(encoding.guessed)),
        (f"bytes that are no {encoding.said} -> \ufffd", encoding.bad),
    )
    tables[0].coercions += [{"column": None, "what": what, "cells": count} for what, count in said if count]
    return tables


def _rewound(text: TextIO) -> TextIO:
    text.seek(0)
    return text


def _has_lines(reader: JsonReader) -> bool:
    """Whether another value follows the first: JSON lines, or objects one after the other."""
    is_short, _ = reader.value_within(_LINE_CHARACTERS)
    return is_short and reader.peek() in ("{", "[")


@dataclass
class _Loading:
    name: str
    stage_dir: Path
    taken: set[str]
    read_as: dict[str, Any]
    wanted: ReadAs
    hidden: frozenset[str]
    stages: int = field(default=0)

    def lines(self, reader: JsonReader) -> list[TextTable]:
        """One value after the other."""
        stage = self._record_stage()
        stage.add_all(pages(reader.line_batches()))
        return self._with_child(stage, "lines", None)

    def array(self, reader: JsonReader, key: str | None = None) -> list[TextTable]:
        """An array of records, of rows, or of single values."""
        stage = self._record_stage()
        stage.add_all(reader.batches())
        return self._with_child(stage, "records", key)

    def at_key(self, reader: JsonReader, path: str) -> list[TextTable]:
        """The table under a key that a person named, dots between the levels."""
        rest, seen = path, []
        while rest:
            if reader.peek() != "{":
                break
            for key in reader.keys():  # noqa: SIM118 - not a dict
                seen.append(key)
                if rest == key or rest.startswith(f"{key}."):
                    rest = rest[len(key) + 1 :]
                    break
                reader.value()
            else:
                break
            if not rest:
                found = self.array(reader, path) if reader.peek() == "[" else self.object(reader, path)
                found[0].read_as["key"] = path
                return found
        said = ", ".join(f'"{key}"' for key in seen[:20])
        raise BadFileError(NOT_A_TABLE, f'{self.name} has nothing under the key "{path}"; there are: {said}.')

    def object(self, reader: JsonReader, key: str | None = None, named: bool = False) -> list[TextTable]:
        """An object: tables under its keys, columns, rows by key, or one record."""
        inside = Inside(ColumnStage(self._folder(), self.name, self.hidden), self._record_stage)
        inside.take(reader)
        columns, rest = inside.columns, inside.rest
        if inside.tables:
            return self._tables(inside, key, named)
        inner = {name: value for name, value in rest.items() if isinstance(value, dict) and value}
        if columns.names and not columns.rows:
            raise BadFileError(EMPTY_FILE, f"{self.name} holds no rows: {columns.said()}.")
        if columns.names and (len(columns.names) > 1 or not rest) and columns.is_even():
            return [self._of_columns(columns, rest, key)]
        if columns.names and not rest:
            raise BadFileError(
                NOT_A_TABLE,
                f"{self.name} is an object of columns of different lengths ({columns.said()}). {_FIX}",
            )
        if not columns.names and not are_rows(inner):
            holders = [name for name, value in inner.items() if holds_table(value)]
            if holders:
                return self._below(holders, rest, key)
        if not columns.names and inner and len(inner) == len(rest):
            return self._keyed(inner, key)
        return self._with_child(self._filled([{**columns.values(), **rest}]), "one record", key)

    def _tables(self, inside: Inside, above: str | None, named: bool) -> list[TextTable]:
        columns, rest, tables = inside.columns, inside.rest, inside.tables
        names = inside.names_beside()
        if names is not None:
            return self._split(inside, above, *names)
        found: list[TextTable] = []
        for key, stage in tables.items():
            if not stage.rows:
                continue
            path = key if above is None else f"{above}.{key}"
            found += self._with_child(stage, "records", path, named=named or len(tables) > 1)
        if not found:
            raise BadFileError(EMPTY_FILE, f"{self.name} holds no rows. {_FIX}")
        left_out = set(columns.names) | {part for key in rest for part in _parts_left(key, rest[key], tables)}
        if any(stage.is_geo for stage in tables.values()):
            left_out -= {"type"}
        self._ignoring(found[0], left_out)
        return found

    def _split(self, inside: Inside, above: str | None, rows: str, names: str) -> list[TextTable]:
        """Rows as lists, and what names their columns beside them: pandas calls it split."""
        said = inside.columns.values()
        header = said[names] if names in said else inside.tables[names].only_texts()
        path = rows if above is None else f"{above}.{rows}"
        table = self._table(inside.tables[rows], "split", path, False, [str(name) for name in header])
        index = [str(value) for value in said.get("index", ())]
        left_out = (set(said) | set(inside.rest)) - {names, "index"}
        if index and not are_counted(index):
            left_out.add("index")
        return [self._ignoring(table, left_out)]

    def _of_columns(self, columns: ColumnStage, rest: dict[str, Any], key: str | None) -> TextTable:
        names, report = unique_columns(columns.names, self.name)
        read_as = {**self.read_as, "shape": "columns", **({"key": key} if key else {})}
        table = TextTable(
            table_name(self.name, self.taken), self.name, names, columns.scan(), read_as, columns.rows, report
        )
        table.kinds = columns.counts
        return self._ignoring(table, set(rest))

    def _below(self, holders: list[str], rest: dict[str, Any], above: str | None) -> list[TextTable]:
        """Tables one or more levels down."""
        found: list[TextTable] = []
        for key in holders:
            path = key if above is None else f"{above}.{key}"
            text = io.StringIO(json.dumps(rest[key]))
            tables = self.object(JsonReader(text, self.name), path, named=len(holders) > 1)
            for table in tables:
                table.read_as.setdefault("key", path)
            found += tables
        self._ignoring(found[0], set(rest) - set(holders))
        return found

    def _keyed(self, inner: dict[str, dict[str, Any]], above: str | None) -> list[TextTable]:
        """An object of objects: columns by row label (pandas' default) or rows by label."""
        labels = list(dict.fromkeys(label for value in inner.values() for label in value))
        if all(label.isdecimal() for label in labels):
            rows = [{key: value.get(label) for key, value in inner.items()} for label in labels]
            found = self._with_child(self._filled(rows), "columns", above)
            if not are_counted(labels):
                what = "row labels, which are numbers, left out"
                found[0].coercions.append({"column": None, "what": what, "cells": len(labels)})
            return found
        if are_counted(list(inner)):
            return self._with_child(self._filled(list(inner.values())), "rows by key", above)
        rows = [{"key": key, **value} for key, value in inner.items()]
        return self._with_child(self._filled(rows), "rows by key", above)

    def _filled(self, rows: list[dict[str, Any]]) -> RecordStage:
        stage = self._record_stage()
        stage.add_all([rows])
        return stage

    def _with_child(
        self, stage: RecordStage, shape: str, key: str | None, named: bool = False
    ) -> list[TextTable]:
        """The table, and a second one of the objects in its lists, if just one field has such lists."""
        table = self._table(stage, "features" if stage.is_geo else shape, key, named)
        child = stage.children
        if child is None or child.several:
            return [table]
        child.columns.finish()
        columns, report = unique_columns(child.names(table.name), self.name)
        path = child.field if key is None else f"{key}.{child.field}"
        read_as = {**self.read_as, "shape": f'lists in "{child.field}"', "key": f"{path}[]"}
        name = table_name(f"{table.name}_{child.field.replace('.', '_')}", self.taken)
        second = TextTable(
            name, self.name, columns, child.columns.scan(), read_as, child.columns.rows, report
        )
        second.kinds = child.columns.counts
        table.read_as["lists"] = f'those in "{child.field}" are the table {name}, too'
        return [table, second]

    def _table(
        self, stage: RecordStage, shape: str, key: str | None, named: bool, header: list[str] | None = None
    ) -> TextTable:
        names, header_row = stage.finish(header, self.wanted.header_row)
        if not names:
            what = "holds no rows" if not stage.rows else "has rows without a single field"
            raise BadFileError(EMPTY_FILE if not stage.rows else NOT_A_TABLE, f"{self.name} {what}. {_FIX}")
        columns, report = unique_columns(names, self.name)
        read_as = {**self.read_as, "shape": shape, "header_row": header_row}
        if key is not None:
            read_as["key"] = key
        name = table_name(self.name, self.taken, key if named else None)
        scan = stage.scan(len(columns))
        table = TextTable(name, self.name, columns, scan, read_as, stage.rows, report + stage.report())
        table.kinds = stage.kinds
        table.tail = stage.tail(len(columns))
        return table

    def _ignoring(self, table: TextTable, keys: set[str]) -> TextTable:
        table.coercions += [
            {"column": None, "what": f'key "{key}" is not part of the table: left out', "cells": 1}
            for key in sorted(keys)
        ]
        return table

    def _record_stage(self) -> RecordStage:
        return RecordStage(self._folder(), self.name, self.hidden)

    def _folder(self) -> Path:
        self.stages += 1
        return self.stage_dir / f"json{self.stages}"


def _parts_left(key: str, value: Any, tables: dict[str, RecordStage]) -> list[str]:
    """The key, or where tables were found under it, what else is under it."""
    if isinstance(value, dict) and any(path.startswith(f"{key}.") for path in tables):
        return [part for inner in value for part in _parts_left(f"{key}.{inner}", value[inner], tables)]
    return [key]
