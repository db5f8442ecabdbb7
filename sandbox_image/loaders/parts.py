"""How does a table leave as it is written: the Parquet of each column, or group of columns, for itself?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as compute
import pyarrow.parquet as parquet

MOST_PARTS = 48
_CHUNK_BYTES = 1 << 20
_LOOKED_AT = 1 << 14
_NEARLY_ALL = 0.95

Send = Callable[[str, bytes, bool, bool], None]
"""Name of the part, the next bytes of it, whether they are its first (again), whether its last."""


class _Outlet:
    """A file to write to, as Parquet's writer wants it; full chunks go out at once."""

    def __init__(self, name: str, send: Send) -> None:
        self._name = name
        self._send = send
        self._held = bytearray()
        self._first = True
        self.closed = False

    def write(self, data: Any) -> int:
        self._held += memoryview(data)
        while len(self._held) > _CHUNK_BYTES:
            self._pass(bytes(self._held[:_CHUNK_BYTES]), last=False)
            del self._held[:_CHUNK_BYTES]
        return len(data)

    def finish(self) -> None:
        """Send what is held as the last chunk."""
        self._pass(bytes(self._held), last=True)

    def flush(self) -> None:
        """Nothing waits but what makes no full chunk."""

    def close(self) -> None:
        self.closed = True

    def _pass(self, data: bytes, *, last: bool) -> None:
        self._send(self._name, data, self._first, last)
        self._first = False


@dataclass
class Part:
    """Some columns of the table, side by side in one Parquet file."""

    name: str
    places: Sequence[int]
    """Of its columns in the table."""
    written: bool = False
    """All of it, in a pass that is over."""
    _schema: Any = None
    _writer: Any = None
    _outlet: _Outlet | None = None
    _broken: bool = False

    def begin(self) -> None:
        """Write it anew."""
        self.written = self._broken = False
        self._writer = self._outlet = None

    def write(self, names: Sequence[str], arrays: Sequence[Any], send: Send) -> None:
        """The next rows; an array that is None breaks the part off until it is begun anew."""
        if self._broken or any(array is None for array in arrays):
            self._broken = True
            return
        if self._writer is None:
            self._open(names, arrays, send)
        table = pa.table(
            [array.cast(field.type) for array, field in zip(arrays, self._schema, strict=True)],
            schema=self._schema,
        )
        self._writer.write_table(table, row_group_size=max(1, len(table)))

    def _open(self, names: Sequence[str], arrays: Sequence[Any], send: Send) -> None:
        """How each column is written best is seen by its first values."""
        self._schema = pa.schema((name, array.type) for name, array in zip(names, arrays, strict=True))
        plain = {name: _encoding(array) for name, array in zip(names, arrays, strict=True)}
        self._outlet = _Outlet(self.name, send)
        self._writer = parquet.ParquetWriter(
            self._outlet,
            self._schema,
            compression="zstd",
            compression_level=1,
            store_schema=False,
            use_dictionary=[name for name, encoding in plain.items() if not encoding],
            column_encoding={name: encoding for name, encoding in plain.items() if encoding},
        )

    def finish(self) -> None:
        """The pass is over."""
        if self._writer is not None and not self._broken:
            self._writer.close()
            assert self._outlet is not None  # noqa: S101 - made with the writer
            self._outlet.finish()
            self.written = True
        self._writer = self._outlet = None


@dataclass
class Parts:
    """All parts of one table."""

    table: str
    names: Sequence[str]
    send: Send
    parts: list[Part] = field(init=False)

    def __post_init__(self) -> None:
        width = len(self.names)
        size = -(-width // MOST_PARTS)
        self.parts = [
            Part(f"{self.table}.p{number}.parquet", range(start, min(start + size, width)))
            for number, start in enumerate(range(0, width, size))
        ]

    def write(self, arrays: Sequence[Any], due: Sequence[Part]) -> None:
        """The next rows of the parts that are due."""
        for part in due:
            names = [self.names[place] for place in part.places]
            part.write(names, [arrays[place] for place in part.places], self.send)

    def described(self) -> list[dict[str, Any]]:
        """As the profile names them."""
        return [
            {"name": part.name, "columns": [self.names[place] for place in part.places]}
            for part in self.parts
        ]


def by_dictionary(array: Any) -> Any:
    """Text by its distinct values, unless nearly all differ; anything else stays as it is."""
    if array is None or not pa.types.is_string(array.type) or _nearly_all_differ(array):
        return array
    return array.dictionary_encode()


def _nearly_all_differ(array: Any) -> bool:
    """By the first values: whether a dictionary would be as long as the column."""
    values = array.slice(0, _LOOKED_AT).drop_null()
    return len(values) > 0 and compute.count_distinct(values).as_py() >= _NEARLY_ALL * len(values)


def _encoding(array: Any) -> str:
    """As Parquet calls it, for a column that is written without a dictionary; empty: with one."""
    kind = array.type
    if pa.types.is_dictionary(kind) or pa.types.is_boolean(kind):
        return ""
    if pa.types.is_string(kind):
        return "DELTA_LENGTH_BYTE_ARRAY"
    if not _nearly_all_differ(array):
        return ""
    return "PLAIN" if pa.types.is_floating(kind) else "DELTA_BINARY_PACKED"
