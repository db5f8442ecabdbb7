"""How does the code reach the tables: as DataFrames, and in SQL?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from .wide_numbers import is_wide, narrowed


@dataclass(frozen=True)
class Source:
    """The Parquet of one table: one file, or some of its columns in a file each."""

    files: tuple[tuple[Path, tuple[str, ...]], ...]
    """With the columns in each; none are named where all are in the one file."""
    columns: tuple[str, ...] | None = None
    """All that the table has, in order; None: what the file has."""

    @classmethod
    def of(cls, table: dict[str, Any], folder: Path) -> Source:
        """As a `run` asks for it."""
        files = tuple((folder / file["path"], tuple(file["columns"] or ())) for file in table["files"])
        return cls(files, None if table["columns"] is None else tuple(table["columns"]))

    def read(self) -> pd.DataFrame:
        """What is there of the table, with the types that its profile names, read in this thread."""
        if self.columns is None:
            return read_parquet(self.files[0][0])
        held: dict[str, Any] = {}
        for path, _ in self.files:
            held |= _read_columns(path)
        if not held:
            raise KeyError("none of the table's columns is loaded, as the code names none")
        return pd.DataFrame({name: held[name] for name in self.columns if name in held}, copy=False)

    def scan(self) -> str:
        """SQL for `FROM`: the columns that are there, row by row."""
        readers = [f"read_parquet({_quoted(str(path))})" for path, _ in self.files]
        if self.columns is None:
            return f"SELECT * FROM {readers[0]}"  # noqa: S608 - quoted, and ours
        held = {name for _, names in self.files for name in names}
        named = ", ".join(_identifier(name) for name in self.columns if name in held)
        return f"SELECT {named} FROM {' POSITIONAL JOIN '.join(readers)}"  # noqa: S608 - quoted, and ours


class Tables(MutableMapping[str, Any]):
    """The tables by name; each is read when it is first asked for."""

    def __init__(self, paths: Mapping[str, Path | Source]) -> None:
        self.paths = _sources(paths)
        self._read: dict[str, Any] = {}
        self._names = dict.fromkeys(paths)

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(f"no table {name!r}; there are: {', '.join(map(str, self._names)) or 'none'}")
        if name not in self._read:
            self._read[name] = self.paths[name].read()
        return self._read[name]

    def __setitem__(self, name: str, table: Any) -> None:
        self._names[name] = None
        self._read[name] = table

    def __delitem__(self, name: str) -> None:
        del self._names[name]
        self._read.pop(name, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        return f"<tables: {', '.join(map(str, self._names)) or 'none'}>"


def _sources(paths: Mapping[str, Path | Source]) -> dict[str, Source]:
    """A path is a table in one file."""
    return {
        name: found if isinstance(found, Source) else Source(((found, ()),)) for name, found in paths.items()
    }


def read_parquet(path: Path) -> pd.DataFrame:
    """Read one table in this thread, with the types that its profile names."""
    return _read_arrow(path).to_pandas(use_threads=False, coerce_temporal_nanoseconds=True)  # type: ignore[no-any-return]


def _read_columns(path: Path) -> dict[str, Any]:
    """The columns of a part, one after the other, each let go of as Arrow: a big table is in memory once."""
    import pyarrow as pa

    table, found = _read_arrow(path), {}
    while table.num_columns:
        found[table.column_names[0]] = table.column(0).to_pandas(coerce_temporal_nanoseconds=True)
        table = table.remove_column(0)
    del table
    pa.default_memory_pool().release_unused()
    return found


def _read_arrow(path: Path) -> Any:
    from pyarrow import parquet

    with path.open("rb") as file:
        return parquet.read_table(file, use_threads=False)


class Sql:
    """`sql(query)`: DuckDB over the tables, with no way to any other file, the network, or its settings."""

    def __init__(self, paths: Mapping[str, Path | Source], threads: int, memory_bytes: int | None) -> None:
        self._paths = _sources(paths)
        self._threads = threads
        self._memory_bytes = memory_bytes
        self._connection: Any = None

    def __call__(self, query: str) -> pd.DataFrame:
        if self._connection is None:
            self._connection = self._connect()
        relation = self._connection.sql(query)
        if relation is None:
            return pd.DataFrame()
        return _to_frame(relation)

    def _connect(self) -> Any:
        import duckdb

        connection = duckdb.connect(
            ":memory:",
            config={
                "threads": self._threads,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "allow_community_extensions": False,
                "temp_directory": "",
                "preserve_insertion_order": True,
            },
        )
        if self._memory_bytes:
            connection.execute(f"SET memory_limit = '{self._memory_bytes // 2}B'")
        files = [str(path) for source in self._paths.values() for path, _ in source.files]
        allowed = ", ".join(_quoted(path) for path in files)
        connection.execute(f"SET allowed_paths = [{allowed}]")
        connection.execute("SET enable_external_access = false")
        for name, source in self._paths.items():
            self._view(connection, name, source)
        if self._paths and "df" not in self._paths:
            self._view(connection, "df", next(iter(self._paths.values())))
        connection.execute("SET lock_configuration = true")
        return connection

    def _view(self, connection: Any, name: str, source: Source) -> None:
        if source.files:
            connection.execute(f"CREATE VIEW {_identifier(name)} AS {source.scan()}")


def _to_frame(relation: Any) -> pd.DataFrame:
    """The relation as a DataFrame; wide numbers (sums of whole ones, decimals) stay what they are."""
    kinds = [str(kind) for kind in relation.types]
    if not any(map(is_wide, kinds)):
        return relation.df()  # type: ignore[no-any-return]
    names = list(relation.columns)
    columns = [f"CAST(c{at} AS VARCHAR)" if is_wide(kind) else f"c{at}" for at, kind in enumerate(kinds)]
    inner = ", ".join(f"c{at}" for at in range(len(names)))
    frame = relation.query("wide", f"SELECT {', '.join(columns)} FROM wide AS t({inner})").df()  # noqa: S608
    read = [
        narrowed(frame.iloc[:, at], kind) if is_wide(kind) else frame.iloc[:, at]
        for at, kind in enumerate(kinds)
    ]
    frame = pd.concat(read, axis=1)
    frame.columns = pd.Index(names, dtype=object)
    return frame


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
