"""How does one record become a row of a SQLite file, and come back?

Each record is a JSON document beside the columns that queries need. Both are written in one statement, so
they cannot drift apart.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from store.documents import checked_text, from_json, to_json, to_milliseconds
from store.records import Record
from store.sqlite_connection import SqliteConnection
from store.sqlite_schema import MIGRATIONS

R = TypeVar("R", bound=Record)


class SqliteRows:
    """A SQLite file; each process opens its own, after its fork."""

    def __init__(self, path: Path | str) -> None:
        self._db = SqliteConnection(Path(path), MIGRATIONS)

    async def _insert(self, table: str, record: Record, *columns: str, replace: bool = False) -> None:
        values = columns_of(record, columns)
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        query = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 names are ours
        if replace:
            query += (
                " ON CONFLICT (tenant_id, session_id, name)"
                " DO UPDATE SET position = excluded.position, doc = excluded.doc"
            )
        await self._db.write(lambda db: db.execute(query, tuple(values.values())))

    async def _one(self, kind: type[R], where: str, *values: str) -> R | None:
        checked = [checked_text("an id", value) for value in values]
        row = await self._db.read(lambda db: db.execute(f"SELECT doc {where}", checked).fetchone())  # noqa: S608
        return None if row is None else from_json(kind, row[0])

    async def _many(self, kind: type[R], where: str, *values: str, limit: int | None = None) -> list[R]:
        checked: list[str | int] = [checked_text("an id", value) for value in values]
        if limit is not None:
            checked.append(max(0, limit))
        rows = await self._db.read(lambda db: db.execute(f"SELECT doc {where}", checked).fetchall())  # noqa: S608
        return [from_json(kind, row[0]) for row in rows]


def columns_of(record: Record, names: tuple[str, ...]) -> dict[str, Any]:
    """The columns of a record's row: those `names`, and `doc`."""
    values = {name: getattr(record, name) for name in names}
    plain = {name: stamp(value) if isinstance(value, datetime) else value for name, value in values.items()}
    return plain | {"doc": to_json(record)}


def stamp(moment: datetime) -> int:
    """Milliseconds since 1970: an integer compares the same everywhere."""
    since = to_milliseconds(moment) - datetime(1970, 1, 1, tzinfo=UTC)
    return since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000
