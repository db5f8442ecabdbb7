"""How do many records become columns of text, nested objects among them?"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from .cell_kinds import BLANK, NUMBER, TRUTH, KindCounts
from .engine import quote
from .errors import TOO_LARGE, BadFileError
from .json_values import ValueKinds
from .limits import MAX_CELL_CHARACTERS
from .names import check_width
from .tail import TAIL_ROWS, TailRow

_FLUSH_CELLS = 800_000
_FLUSH_CHARACTERS = 16 << 20
_MAX_DEPTH = 32
_SHORT = 12
"""Characters of a number or a date, about."""
_BRIEF = {BLANK, NUMBER, TRUTH}

Cells = Sequence[str | None]


class RecordColumns:
    """Takes records by the thousand and writes them as Parquet parts, column by column."""

    def __init__(self, folder: Path, file: str, hidden: frozenset[str]) -> None:
        self._folder = folder
        self._file = file
        self._values = ValueKinds(hidden)
        self.counts = KindCounts(self._values.kinds)
        self.places: dict[str, int] = {}
        self.rows = 0
        self.clashes = 0
        """Cells that a nested field and a dotted name both have."""
        self.empty_objects: Counter[str] = Counter()
        self.replaced = 0
        """Cells with halves of surrogate pairs, which are no text."""
        self.lists: dict[str, list[tuple[int, list[Any]]]] = {}
        """Of the last batch: the lists of objects by column, each with the row it is in."""
        self.names: list[str] = []
        """The columns, once all rows came."""
        self._kept: list[int] = []
        self._last: deque[dict[str, str | None]] = deque(maxlen=TAIL_ROWS)
        self._cells: list[list[str | None]] = []
        self._waiting = 0
        self._characters = 0
        self._parts: list[Path] = []

    def add(self, records: Sequence[dict[str, Any]]) -> None:
        """Keep one row for each record.

        Raises:
            BadFileError: Too many columns, or a cell is too long.
        """
        self.lists = {}
        columns: dict[str, Cells] = {}
        for name, values in self._flat(records, "", 0):
            texts, counts = self._values.texts(values)
            self._characters += self._measured(texts) if counts.keys() - _BRIEF else _SHORT * len(texts)
            if name in columns:
                texts = self._merged(columns[name], texts)
            columns[name] = texts
            place = self._place(name)
            for code, cells in counts.items():
                self.counts.add_cells(place, code, cells)
        count = len(records)
        self._note_last(columns, count)
        for name, place in self.places.items():
            self._cells[place].extend(columns.get(name) or [None] * count)
        self.rows += count
        self._waiting += count
        if self._waiting * len(self._cells) >= _FLUSH_CELLS or self._characters >= _FLUSH_CHARACTERS:
            self._flush()

    def texts_of(self, names: Sequence[str]) -> list[str]:
        """The cells of the first of these columns in which no cell is missing, while no row was written."""
        for name in names:
            place = self.places.get(name)
            if place is not None and not self._parts:
                cells = [cell for cell in self._cells[place] if cell]
                if len(cells) == self.rows:
                    return cells
        return []

    def finish(self) -> None:
        """Write what is left; a field that only ever held empty objects gets its column, too."""
        for name in self.empty_objects:
            if not any(other.startswith(f"{name}.") for other in self.places):
                self._place(name)
        self._flush()
        # A field that is null here and an object there has its columns under dotted names.
        parents = {name[:at] for name in self.places for at, letter in enumerate(name) if letter == "."}
        self._kept = [
            place
            for name, place in self.places.items()
            if name not in parents or self.counts.has_cells(place)
        ]
        kept = set(self._kept)
        self.names = [name for name, place in self.places.items() if place in kept]
        self.counts.keep(self._kept)

    def tail(self) -> list[TailRow]:
        """The last rows, where totals are looked for."""
        return [TailRow([row.get(name) for name in self.names]) for row in self._last]

    def scan(self) -> str:
        """SQL for `FROM` over all rows."""
        if not self._parts:
            nothing = ", ".join(f"NULL::VARCHAR AS c{i}" for i, _ in enumerate(self._kept))
            return f"(SELECT {nothing} FROM range({self.rows}))"  # noqa: S608 - our own names
        columns = [f"c{place} AS c{i}" for i, place in enumerate(self._kept)]
        parts = ", ".join(quote(str(part)) for part in self._parts)
        source = f"read_parquet([{parts}], union_by_name = true)"
        return f"(SELECT {', '.join(columns)} FROM {source})"  # noqa: S608 - our own paths

    def _flat(
        self, records: Sequence[dict[str, Any]], prefix: str, depth: int
    ) -> Iterator[tuple[str, list[Any]]]:
        """Name and values of every field; nested objects get dotted names."""
        for key in dict.fromkeys(chain.from_iterable(records)):
            values = [record.get(key) for record in records]
            name = f"{prefix}{key}"
            kinds = set(map(type, values))
            if list in kinds:
                self._note_lists(name, values)
            if dict in kinds and depth < _MAX_DEPTH:
                nested = [value if type(value) is dict else {} for value in values]
                values = [None if type(value) is dict else value for value in values]
                self.empty_objects[name] += sum(1 for record in records if record.get(key) == {})
                if any(value is not None for value in values):
                    yield name, values
                yield from self._flat(nested, f"{name}.", depth + 1)
            else:
                yield name, values

    def _note_last(self, columns: dict[str, Cells], count: int) -> None:
        for place in range(max(0, count - TAIL_ROWS), count):
            self._last.append({name: cells[place] for name, cells in columns.items()})

    def _note_lists(self, name: str, values: list[Any]) -> None:
        found = [
            (self.rows + i, value)
            for i, value in enumerate(values)
            if type(value) is list and value and all(type(item) is dict for item in value)
        ]
        if found:
            self.lists[name] = found

    def _place(self, name: str) -> int:
        place = self.places.get(name)
        if place is None:
            place = len(self.places)
            check_width(place + 1, self._file)
            self.places[name] = place
            self._cells.append([None] * self._waiting)
        return place

    def _merged(self, first: Cells, second: Cells) -> Cells:
        self.clashes += sum(1 for one, two in zip(first, second, strict=True) if one and two)
        return [one if two is None else two for one, two in zip(first, second, strict=True)]

    def _measured(self, texts: Cells) -> int:
        total = sum([len(text) for text in texts if text])
        if total > MAX_CELL_CHARACTERS:
            longest = max(len(text) for text in texts if text)
            if longest > MAX_CELL_CHARACTERS:
                raise BadFileError(
                    TOO_LARGE,
                    f"{self._file} has a cell of {longest:,} characters; at most {MAX_CELL_CHARACTERS:,} "
                    "are read.",
                )
        return total

    def _flush(self) -> None:
        if not self._waiting or not self._cells:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"part{len(self._parts)}.parquet"
        arrays = {f"c{i}": self._array(cells) for i, cells in enumerate(self._cells)}
        pq.write_table(pa.table(arrays), path, compression="zstd", compression_level=1)
        self._parts.append(path)
        self._cells = [[] for _ in self._cells]
        self._waiting = self._characters = 0

    def _array(self, cells: Cells) -> pa.Array[Any]:
        try:
            return pa.array(cells, pa.string())
        except UnicodeEncodeError:
            whole = [cell and cell.encode("utf-8", "replace").decode() for cell in cells]
            self.replaced += sum(1 for one, two in zip(cells, whole, strict=True) if one != two)
            return pa.array(whole, pa.string())
