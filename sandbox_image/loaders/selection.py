"""Which tables of a file, and which of their columns, are kept?"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from .errors import NOT_A_TABLE, UNREADABLE_FILE, BadFileError
from .read_as import Asked
from .staging import TextTable


def chosen(tables: list[TextTable], asked: Asked, name: str, taken: set[str]) -> list[TextTable]:
    """The tables that were asked for, under the name that was; the names of the others are free again.

    Raises:
        BadFileError: The one table that is to be read again is not there.
    """
    if asked.only is None:
        return tables
    wanted = dict(asked.only)
    found = [table for table in tables if all(table.read_as.get(key) == wanted[key] for key in wanted)]
    if not found:
        said = ", ".join(f'{key} "{value}"' for key, value in wanted.items())
        raise BadFileError(NOT_A_TABLE, f"{name} has no table {said}; there are: {_places(tables, wanted)}.")
    taken.difference_update(table.name for table in tables)
    table = found[0]
    table.name = asked.name or table.name
    taken.add(table.name)
    return [table]


def check_types(tables: list[TextTable], asked: Asked, name: str) -> None:
    """Refuse types of columns that are not there.

    Raises:
        BadFileError: A column is called otherwise.
    """
    there = {column for table in tables for column in table.columns}
    for column in asked.read_as.types:
        if column not in there:
            said = ", ".join(sorted(there)[:20])
            raise BadFileError(
                UNREADABLE_FILE,
                f'{name}: read_as.types names a column "{column[:80]}" that is not there; there are: {said}.',
            )


def without_hidden(table: TextTable, asked: Asked) -> TextTable:
    """The table without its hidden columns: nothing of them is in data, report or profile.

    Raises:
        BadFileError: No column is left.
    """
    # Rather one column too many: who hides `email` means `Email ` too.
    names = {plain_name(name) for name in asked.hidden | asked.hidden_of.get(table.name, frozenset())}
    kept = [index for index, column in enumerate(table.columns) if plain_name(column) not in names]
    if len(kept) == len(table.columns):
        return table
    if not kept:
        raise BadFileError(
            NOT_A_TABLE, f"{table.file}: all columns of {table.name} are hidden. Leave one to be seen."
        )
    table.scan = f"(SELECT {_renumbered(kept)} FROM {table.scan})"  # noqa: S608 - our own names
    table.tail = []
    table.read_as["hidden"] = len(table.columns) - len(kept)
    table.columns = [table.columns[index] for index in kept]
    if table.kinds is not None:
        table.kinds.keep(kept)
    table.coercions = [_untold(item, names, set(table.columns)) for item in table.coercions]
    table.coercions = [item for item in table.coercions if item["cells"]]
    return table


def _untold(item: dict[str, Any], hidden: set[str], columns: set[str]) -> dict[str, Any]:
    """A coercion that says nothing of a hidden column; one of such a column has no cells."""
    if item["column"] is not None:
        return item if item["column"] in columns else {**item, "cells": 0}
    said = plain_name(item["what"])
    if any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said) for name in hidden):
        return {**item, "what": "a report that names a hidden column"}
    return item


def plain_name(name: str) -> str:
    """A name as hidden columns are compared: without case and needless spaces."""
    return " ".join(name.split()).casefold()


def _renumbered(kept: Iterable[int]) -> str:
    return ", ".join(f"c{index} AS c{place}" for place, index in enumerate(kept))


def _places(tables: list[TextTable], wanted: dict[str, object]) -> str:
    said = [str(table.read_as[key]) for table in tables for key in wanted if key in table.read_as]
    return ", ".join(said[:20]) or f"{len(tables)} without such a name"
