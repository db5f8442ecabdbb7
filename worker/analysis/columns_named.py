"""Which columns of which tables does this code need? All that is not surely left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from store.records import Language
from worker.analysis.columns_in_python import PythonNames
from worker.analysis.columns_in_sql import names_in_sql

Columns = Mapping[str, Sequence[str]]
"""Of each table in the session's order, all its columns."""


def columns_named(codes: Sequence[str], language: Language, tables: Columns) -> dict[str, set[str]]:
    """The columns that the last of `codes` needs; the earlier ones ran in the same process before.

    A table whose rows alone are counted has one column, a table that is not used at all has none.
    """
    if language == "sql":
        return names_in_sql(codes[-1], tables) or _all(tables)
    found = PythonNames(tables).read("\n".join(codes))
    return _all(tables) if found is None else found


def _all(tables: Columns) -> dict[str, set[str]]:
    return {name: set(columns) for name, columns in tables.items()}
