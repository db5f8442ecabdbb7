"""What does an object of JSON hold: tables, columns, and what else?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .json_reader import JsonReader
from .json_rows import ColumnStage, RecordStage

_SMALL_CHARACTERS = 4 << 20
_MAX_LEVELS = 6
_NAMING = ("columns", "fields", "header", "headers", "names", "cols", "schema", "column_names", "columnNames")


@dataclass
class Inside:
    """What an object holds, table by table."""

    columns: ColumnStage
    new_stage: Callable[[], RecordStage]
    tables: dict[str, RecordStage] = field(default_factory=dict)
    rest: dict[str, Any] = field(default_factory=dict)

    def take(self, reader: JsonReader) -> None:
        """Take the object that comes next apart."""
        self._descend(reader, "", self.rest, _MAX_LEVELS)

    def _descend(self, reader: JsonReader, prefix: str, rest: dict[str, Any], levels: int) -> None:
        """What is too long to be held is looked into as a stream."""
        for key in reader.keys():  # noqa: SIM118 - not a dict
            first = reader.peek()
            reader.repeated_keys += key in rest or f"{prefix}{key}" in self.tables
            if first == "[" and reader.peek_inside() in "{[":
                stage = self.tables[f"{prefix}{key}"] = self.new_stage()
                stage.add_all(reader.batches())
            elif first == "[" and not prefix:
                self.columns.add(key, chunks(reader.elements()))
            elif first == "{" and levels:
                is_short, value = reader.value_within(_SMALL_CHARACTERS)
                if is_short:
                    rest[key] = value
                    continue
                rest[key] = {}
                self._descend(reader, f"{prefix}{key}.", rest[key], levels - 1)
                if not rest[key]:
                    del rest[key]
            else:
                rest[key] = reader.value()

    def names_beside(self) -> tuple[str, str] | None:
        """The key of a table of lists, and the key of the list that names its columns."""
        rows = [key for key, stage in self.tables.items() if stage.width_of_rows]
        if len(rows) != 1:
            return None
        width = self.tables[rows[0]].width_of_rows
        lists = self.columns.lengths()
        named = [key for key in lists if key in _NAMING and lists[key] == width]
        named += [key for key, stage in self.tables.items() if key in _NAMING and stage.rows == width]
        if len(named) != 1 or set(self.tables) - {rows[0], named[0]}:
            return None
        if named[0] in self.tables and not self.tables[named[0]].only_texts():
            return None
        return rows[0], named[0]


def chunks(values: Iterable[Any], size: int = 50_000) -> Iterator[list[Any]]:
    """The values, many at a time."""
    chunk: list[Any] = []
    for value in values:
        chunk.append(value)
        if len(chunk) >= size:
            yield chunk
            chunk = []
    yield chunk


def pages(batches: Iterable[list[Any]]) -> Iterator[list[Any]]:
    """Arrays of records one after the other are one table; other values are rows themselves."""
    for batch in batches:
        if all(isinstance(page, list) and page and all(map(_is_object, page)) for page in batch):
            yield from batch
        else:
            yield batch


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)
