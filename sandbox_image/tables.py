"""How does the code reach the tables: as DataFrames, and in SQL?"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

import pandas as pd

from .wide_numbers import is_wide, narrowed


class Tables(MutableMapping[str, Any]):
    """The tables by name; each is read when it is first asked for."""

    def __init__(self, paths: dict[str, Path]) -> None:
        self.paths = paths
        self._read: dict[str, Any] = {}
        self._names = dict.fromkeys(paths)

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(f"no table {name!r}; there are: {', '.join(map(str, self._names)) or 'none'}")
        if name not in self._read:
            self._read[name] = read_parquet(self.paths[name])
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


def read_parquet(path: Path) -> pd.DataFrame:
    """Read one table in this thread, with the types that its profile names."""
    from pyarrow import parquet

    with path.open("rb") as file:
        table = parquet.read_table(file, use_threads=False)
    return table.to_pandas(use_threads=False, coerce_temporal_nanoseconds=True)


class Sql:
    """`sql(query)`: DuckDB over the tables, with no way to any other file, the network, or its settings."""

    def __init__(self, paths: dict[str, Path], threads: int, memory_bytes: int | None) -> None:
        self._paths = paths
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
        allowed = ", ".join(_quoted(str(path)) for path in self._paths.values())
        connection.execute(f"SET allowed_paths = [{allowed}]")
        connection.execute("SET enable_external_access = false")
        for name, path in self._paths.items():
            self._view(connection, name, path)
        if self._paths and "df" not in self._paths:
            self._view(connection, "df", next(iter(self._paths.values())))
        connection.execute("SET lock_configuration = true")
        return connection

    def _view(self, connection: Any, name: str, path: Path) -> None:
        source = f"SELECT * FROM read_parquet({_quoted(str(path))})"  # noqa: S608 - quoted, and ours
        identifier = '"' + name.replace('"', '""') + '"'
        connection.execute(f"CREATE VIEW {identifier} AS {source}")


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


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
