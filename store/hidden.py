"""Which columns of a table are hidden?

Rather one too many than one too few: names are compared without case, and a table may be called as its file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from store.records import Session, Table

EVERYWHERE = "*"
Hidden = Mapping[str, Sequence[str]]


def with_more(hidden: Hidden, more: Hidden) -> dict[str, list[str]]:
    """What is hidden when `more` is hidden, too."""
    both = {table: list(columns) for table, columns in hidden.items()}
    for table, columns in more.items():
        both[table] = list(dict.fromkeys([*both.get(table, ()), *columns]))
    return both


def hidden_changes(session: Session, more: Hidden, at: datetime) -> dict[str, Any]:
    """The fields of `session` that change when `more` is hidden, too."""
    hidden_at = at if session.hidden_at is None else max(at, session.hidden_at)
    return {"hidden": with_more(session.hidden, more), "hidden_at": hidden_at}


def plain_name(name: str) -> str:
    """A name as it is compared: without case and needless spaces."""
    return " ".join(name.split()).casefold()


def means_table(said: str, table: str, file: str) -> bool:
    """Whether `said` names the table, or the file that it was read from, with or without its ending."""
    spoken = plain_name(said)
    names = {plain_name(table), plain_name(file)}
    while (stem := PurePosixPath(file).stem) != file:  # `orders.csv.gz` is `orders.csv` and `orders`
        names.add(plain_name(stem))
        file = stem
    return spoken in names or _identifier(spoken) == table


def hidden_columns(hidden: Hidden, table: str, file: str) -> tuple[str, ...]:
    """What is hidden of a table, in plain names, sorted."""
    names = {
        plain_name(column)
        for said, columns in hidden.items()
        if said == EVERYWHERE or means_table(said, table, file)
        for column in columns
    }
    return tuple(sorted(names))


def hidden_of_file(hidden: Hidden, file: str) -> dict[str, object]:
    """What the reading of a file leaves out, before it is known how its tables are called (`Asked`)."""
    everywhere = {
        column
        for said, columns in hidden.items()
        if said == EVERYWHERE or means_table(said, "", file)
        for column in columns
    }
    of_tables: dict[str, list[str]] = {}
    for said, columns in hidden.items():
        for name in {said, _identifier(plain_name(said))}:
            of_tables[name] = sorted({*of_tables.get(name, ()), *columns})
    return {"hidden": sorted(everywhere), "hidden_of": of_tables}


def still_visible(hidden: Hidden, table: Table) -> list[str]:
    """Columns that are hidden and that the table has all the same: it must not be used."""
    names = hidden_columns(hidden, table.name, str(table.profile.get("file", "")))
    return [name for name in column_names(table) if plain_name(name) in names]


def column_names(table: Table) -> list[str]:
    """The columns that the table has."""
    return [str(column.get("name")) for column in table.profile.get("columns") or ()]


def unknown_names(hidden: Hidden, tables: Iterable[Table], known: Hidden) -> list[tuple[str, str | None]]:
    """Names in `hidden` that mean nothing: (table, None), or (table, column).

    Args:
        hidden: What is to be hidden.
        tables: All tables of the session.
        known: What is hidden now: those columns were there when they were hidden.
    """
    held = list(tables)
    before = {plain_name(column) for columns in known.values() for column in columns}
    found: list[tuple[str, str | None]] = []
    for said, columns in hidden.items():
        meant = [
            table
            for table in held
            if said == EVERYWHERE or means_table(said, table.name, str(table.profile.get("file", "")))
        ]
        if not meant:
            found.append((said, None))
            continue
        there = before | {plain_name(name) for table in meant for name in column_names(table)}
        found += [(said, column) for column in columns if plain_name(column) not in there]
    return found


def _identifier(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name).strip("_")
