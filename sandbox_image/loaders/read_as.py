"""How does a person say that a table is to be read, where the loaders would decide otherwise?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ReadAs:
    """What is set is obeyed; None is decided by the loaders, as for a first reading."""

    encoding: str | None = None
    """A name that Python knows."""
    delimiter: str | None = None
    """One character; a space is runs of them."""
    header_row: int | None = None
    """The row, from 0 and without blank lines, in which the header begins; -1: there is none."""
    header_rows: int | None = None
    """1, or 2 whose cells are joined."""
    decimal: str | None = None
    """`.` or `,`."""
    date_order: str | None = None
    """`dmy`, `mdy` or `ymd`, where a column can be read both ways."""
    types: Mapping[str, str] = field(default_factory=dict)
    """By column: `text`, `number`, `date` or `boolean`; a cell that is none becomes missing, counted."""
    nulls: tuple[str, ...] | None = None
    """The words that mean missing, in place of the usual ones."""
    totals: str | None = None
    """`keep` or `drop` the rows of totals at the end."""
    key: str | None = None
    """JSON: under which key the table is, dots between the levels."""


@dataclass(frozen=True)
class Asked:
    """What of a file is to be read, and how: the defaults are a first reading of all of it."""

    read_as: ReadAs = field(default_factory=ReadAs)
    hidden: frozenset[str] = frozenset()
    """Columns that are left out of profile and Parquet in every table of the file."""
    hidden_of: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The same, of one table."""
    only: Mapping[str, Any] | None = None
    """The one table to be read again: the `sheet`, `key` or `member` that its `read_as` named, or {}."""
    name: str | None = None
    """What that table is called; else it is named as at first."""


FIRST_READING = Asked()


def asked_of(said: Mapping[str, Any]) -> Asked:
    """What the `asked` of a `load` frame says; what it does not say is as for a first reading."""
    read_as = dict(said.get("read_as") or {})
    if read_as.get("nulls") is not None:
        read_as["nulls"] = tuple(read_as["nulls"])
    return Asked(
        read_as=ReadAs(**read_as),
        hidden=frozenset(said.get("hidden") or ()),
        hidden_of={name: frozenset(columns) for name, columns in (said.get("hidden_of") or {}).items()},
        only=said.get("only"),
        name=said.get("name"),
    )
