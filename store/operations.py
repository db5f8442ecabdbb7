"""Which named operations can be computed of a column, and is a column there to compute them of?"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from store.records import Table

OPERATIONS = (
    "average",
    "sum",
    "std",
    "count",
    "median",
    "min",
    "max",
    "variance",
    "range",
    "count_distinct",
    "nulls",
)
_ALSO = {"mean": "average", "avg": "average"}
_NAMES_SHOWN = 12


class ColumnError(ValueError):
    """There is no such table or column, or more than one; the message names near ones."""


def operation_named(name: str) -> str | None:
    """The operation that `name` means, in any case of letters; None: there is none."""
    plain = name.strip().lower()
    plain = _ALSO.get(plain, plain)
    return plain if plain in OPERATIONS else None


def table_with(
    tables: Sequence[Table],
    hidden: Mapping[str, Sequence[str]],
    table: str | None,
    column: str,
    by: str | None = None,
) -> Table:
    """The one table that has the columns `column` and `by`; hidden ones are not there.

    Raises:
        ColumnError: None has, or several have and `table` does not say which.
    """
    named = [one for one in tables if table in (None, one.name)]
    if not named:
        raise ColumnError(f"table: there is no {table!r}{_near(table or '', [one.name for one in tables])}")
    wanted = [name for name in (column, by) if name is not None]
    found = [one for one in named if set(wanted) <= set(visible_columns(one, hidden))]
    if len(found) > 1:
        names = ", ".join(one.name for one in found)
        raise ColumnError(f"table: {column!r} is in {names}; say which one is meant")
    if found:
        return found[0]
    every = list(dict.fromkeys(name for one in named for name in visible_columns(one, hidden)))
    for field, name in (("column", column), ("by", by)):
        if name is not None and name not in every:
            raise ColumnError(f"{field}: there is no {name!r}{_near(name, every)}")
    raise ColumnError(f"by: no table has both {column!r} and {by!r}")


def visible_columns(table: Table, hidden: Mapping[str, Sequence[str]]) -> list[str]:
    """The names of a table's columns, but for those that its session hides."""
    unseen = {*hidden.get("*", ()), *hidden.get(table.name, ())}
    return [str(one["name"]) for one in table.profile.get("columns", []) if one["name"] not in unseen]


def _near(name: str, names: list[str]) -> str:
    folded: dict[str, str] = {}
    for one in names:
        folded.setdefault(one.casefold(), one)
    near = [folded[one] for one in difflib.get_close_matches(name.casefold()[:200], list(folded), 3, 0.6)]
    if near:
        return f"; did you mean {' or '.join(repr(one) for one in near)}?"
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return f"; there are: {', '.join(names[:_NAMES_SHOWN])}{more}" if names else "; there are none"
