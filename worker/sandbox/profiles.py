"""Is what the sandbox says of a file that it read a profile, whose every field may be relied on?"""

from __future__ import annotations

import re
from typing import Any

from store.text import clean_text

TABLES_MAX = 1000
PARTS_MAX = 64
_TABLE_NAME = re.compile(r"[a-z_][a-z0-9_]{0,119}")
_COUNT_MAX = 1 << 53
_NUMBER_MAX = 1 << 128
_DEPTH_MAX = 8
_SCALARS = (str, int, float, bool, type(None))
_COLUMN_FIELDS = ("name", "dtype", "kind", "nulls", "unique", "min", "max", "mean", "values", "top")
SEMANTICS = frozenset({"id", "category", "amount", "date", "text", "geo", "flag"})
_QUANTILES = ("p05", "p25", "p50", "p75", "p95")
_ESTIMATED = frozenset({"unique", "top", "quantiles"})
_SKETCH = re.compile(r"[\w.+-]{1,32}:(?:[A-Za-z0-9+/]{8}){0,128}", re.ASCII)


class BadProfileError(ValueError):
    """It is not of the shape in docs/architecture.md (Profile)."""


def check_profile(header: dict[str, Any]) -> dict[str, Any]:
    """A `profile` frame's `file_id`, and its `tables` or its `error`; the other one is None.

    Raises:
        BadProfileError: Anything in it is misshapen, or there are more than 1000 tables.
    """
    file_id = _text(header, "file_id")
    if header.get("error") is not None:
        return {"file_id": file_id, "tables": None, "error": _error(header["error"])}
    return {"file_id": file_id, "tables": _tables(header.get("tables")), "error": None}


def _tables(tables: Any) -> list[dict[str, Any]]:
    if not isinstance(tables, list) or len(tables) > TABLES_MAX:
        raise BadProfileError(f"its tables are no list of at most {TABLES_MAX}")
    checked = [_table(_mapping(table, "a table")) for table in tables]
    if len({table["name"] for table in checked}) < len(checked):
        raise BadProfileError("two tables have one name")
    return checked


def _error(error: Any) -> dict[str, str]:
    found = _mapping(error, "an error")
    limits = {"code": 100, "message": 2000}
    return {name: clean_text(_text(found, name))[:limit] for name, limit in limits.items()}


def _table(table: dict[str, Any]) -> dict[str, Any]:
    name = _text(table, "name")
    if not _TABLE_NAME.fullmatch(name):
        raise BadProfileError("a table without a proper name")
    columns = [_column(_mapping(column, "a column")) for column in _rows(table, "columns")]
    sample = _rows(table, "sample")
    if any(not isinstance(row, list) or len(row) != len(columns) for row in sample):
        raise BadProfileError("a row of the sample does not fit the columns")
    keys = table.get("keys", [])
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise BadProfileError("its keys are no list of names")
    names = {column["name"] for column in columns}
    if not {_sound(key) for key in keys} <= names:
        raise BadProfileError("a key is none of its columns")
    parts = _parts(table["parts"], names) if "parts" in table else {}
    return parts | {
        "name": name,
        "file": _text(table, "file"),
        "rows": _count(table, "rows"),
        "columns": columns,
        "keys": _plain(keys),
        "sample": _plain(sample),
        "read_as": _plain(_mapping(table.get("read_as"), "read_as")),
        "coercions": [_coercion(_mapping(row, "a coercion")) for row in _rows(table, "coercions")],
    }


def _parts(parts: Any, names: set[str]) -> dict[str, Any]:
    """Which columns are in which part: each in one of them."""
    if not isinstance(parts, list) or len(parts) > PARTS_MAX:
        raise BadProfileError(f"its parts are no list of at most {PARTS_MAX}")
    checked = [
        {"name": _text(_mapping(part, "a part"), "name"), "columns": _rows(part, "columns")} for part in parts
    ]
    held = [column for part in checked for column in part["columns"]]
    if not all(isinstance(column, str) for column in held):
        raise BadProfileError("a part's columns are no names")
    for part in checked:
        part["columns"] = [_sound(column) for column in part["columns"]]
    if sorted(map(_sound, held)) != sorted(names):
        raise BadProfileError("its parts do not hold each column once")
    return {"parts": checked}


def _column(column: dict[str, Any]) -> dict[str, Any]:
    for name in ("name", "dtype", "kind"):
        _text(column, name)
    for name in ("nulls", "unique"):
        _count(column, name)
    for name in ("min", "max", "mean"):
        if not isinstance(column.get(name), _SCALARS):
            raise BadProfileError(f"a column's {name} is no single value")
    values, top = column.get("values"), _rows(column, "top")
    if values is not None and not (isinstance(values, list) and all(isinstance(v, str) for v in values)):
        raise BadProfileError("a column's values are no list of text")
    if any(not isinstance(pair, list) or len(pair) != 2 or type(pair[1]) is not int for pair in top):
        raise BadProfileError("a column's top is no list of values and counts")
    return {name: _plain(column.get(name)) for name in _COLUMN_FIELDS} | _meaning(column)


def _meaning(column: dict[str, Any]) -> dict[str, Any]:
    """What was made of the values: each part may be missing, and none may be anything else."""
    semantic, std, sketch = column.get("semantic"), column.get("std"), column.get("sketch")
    if semantic is not None and not (isinstance(semantic, str) and semantic in SEMANTICS):
        raise BadProfileError("a column's semantic is none that there is")
    if std is not None and (isinstance(std, bool) or not isinstance(std, int | float) or not std >= 0):
        raise BadProfileError("a column's std is no spread")
    if sketch is not None and not (isinstance(sketch, str) and _SKETCH.fullmatch(sketch)):
        raise BadProfileError("a column's sketch is none")
    found = {
        "semantic": semantic,
        "quantiles": _quantiles(column.get("quantiles")),
        "std": _plain(std),
        "sketch": sketch,
    }
    estimated = column.get("approximate", [])
    if not isinstance(estimated, list) or any(
        not isinstance(name, str) or name not in _ESTIMATED for name in estimated
    ):
        raise BadProfileError("a column's approximate is no list of its fields")
    return found | ({"approximate": estimated} if estimated else {})


def _quantiles(quantiles: Any) -> dict[str, Any] | None:
    if quantiles is None:
        return None
    if not isinstance(quantiles, dict) or set(quantiles) != set(_QUANTILES):
        raise BadProfileError("a column's quantiles are not the five that there are")
    if not all(isinstance(value, _SCALARS) for value in quantiles.values()):
        raise BadProfileError("a quantile is no single value")
    return {name: _plain(quantiles[name]) for name in _QUANTILES}


def _coercion(row: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(row.get("column"), str | None):
        raise BadProfileError("a coercion of no column")
    return {"column": _plain(row.get("column")), "what": _text(row, "what"), "cells": _count(row, "cells")}


def _plain(value: Any, depth: int = 0) -> Any:
    """`value`, if a store and a client can hold it."""
    if depth > _DEPTH_MAX:
        raise BadProfileError("it is nested too deep")
    if isinstance(value, str):
        return _sound(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _NUMBER_MAX:
        raise BadProfileError("a number has too many digits")
    if isinstance(value, list):
        return [_plain(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {_sound(key): _plain(item, depth + 1) for key, item in value.items()}
    return value


def _sound(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _mapping(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadProfileError(f"{what} is no object")
    return value


def _rows(holder: dict[str, Any], name: str) -> list[Any]:
    value = holder.get(name)
    if not isinstance(value, list):
        raise BadProfileError(f"its {name} is no list")
    return value


def _text(holder: dict[str, Any], name: str) -> str:
    value = holder.get(name)
    if not isinstance(value, str):
        raise BadProfileError(f"its {name} is no text")
    return _sound(value)


def _count(holder: dict[str, Any], name: str) -> int:
    value = holder.get(name)
    if type(value) is not int or not 0 <= value <= _COUNT_MAX:
        raise BadProfileError(f"its {name} is no count")
    return value
