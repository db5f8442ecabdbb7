"""What is one Python value in JSON: numbers exact, dates ISO 8601, NaN and infinities null?"""

from __future__ import annotations

import datetime
import decimal
import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

TEXT_LIMIT = 100_000
"""Characters kept of one string inside a result."""
_DEPTH_LIMIT = 20


class Cuts:
    """How many texts were cut so far: who builds a result says by it whether one in it was."""

    count = 0


class Unsupported(TypeError):
    """The value has no form as JSON."""


def scalar_to_json(value: Any) -> Any:
    """`value` as null, bool, int, float or str.

    Raises:
        Unsupported: It is not one of the scalar types known here.
    """
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)) and not isinstance(value, np.timedelta64):
        return _int(int(value))
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, decimal.Decimal):
        return _decimal(value)
    if isinstance(value, (complex, np.complexfloating)):
        return str(complex(value))
    if isinstance(value, str):
        return cut_text(str.__str__(value))
    if isinstance(value, (bytes, bytearray)):
        # A character has four bytes at most; what is more than the limit is seen, and cut there.
        return cut_text(bytes(value[: 4 * TEXT_LIMIT + 4]).decode("utf-8", "replace"))
    return _time_to_json(value)


def _time_to_json(value: Any) -> Any:
    if isinstance(value, np.datetime64):
        return scalar_to_json(pd.Timestamp(value))
    if isinstance(value, np.timedelta64):
        return scalar_to_json(pd.Timedelta(value))
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time() and value.tzinfo is None
        # By its text: pandas' dates go beyond the years 1 to 9999, where Python's `date()` ends.
        return value.isoformat().removesuffix("T00:00:00") if midnight else value.isoformat()
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, (datetime.timedelta, pd.Period, pd.Interval)):
        return str(value)
    raise Unsupported(type(value).__name__)


def cell_to_json(value: Any) -> Any:
    """`value` for a cell of a table: a scalar, a nested list or object, else its text."""
    try:
        return nested_to_json(value)
    except Unsupported:
        return cut_text(str(value))


def nested_to_json(value: Any, depth: int = 0) -> Any:
    """`value` with dicts, lists, arrays, tables and series inside turned into JSON.

    Raises:
        Unsupported: A part has no form as JSON, or it is nested too deep.
    """
    if depth > _DEPTH_LIMIT:
        raise Unsupported("nested too deep")
    if isinstance(value, dict):
        return _object(value.items(), depth)
    if isinstance(value, (list, tuple, set, frozenset)) or type(value).__name__ in _VIEWS:
        return [nested_to_json(item, depth + 1) for item in value]
    if isinstance(value, np.ndarray):
        return nested_to_json(value.tolist() if value.dtype.kind not in "mM" else list(value), depth + 1)
    if isinstance(value, (pd.Index, pd.api.extensions.ExtensionArray)):
        return [nested_to_json(item, depth + 1) for item in value]
    if isinstance(value, pd.Series):
        return _object(value.items(), depth)
    if isinstance(value, pd.DataFrame):
        names = list(value.columns)
        rows = value.itertuples(index=False, name=None)
        return [_object(zip(names, row, strict=True), depth + 1) for row in rows]
    return scalar_to_json(value)


def _object(pairs: Iterable[tuple[Any, Any]], depth: int) -> dict[str, Any]:
    """An object of all pairs: keys that become the same text are numbered, so that no value is lost."""
    given: dict[str, int] = {}
    return {unique_label(key_to_json(key), given): nested_to_json(item, depth + 1) for key, item in pairs}


_VIEWS = frozenset({"dict_keys", "dict_values", "dict_items", "range", "deque"})


def key_to_json(key: Any) -> str:
    """The key of an object, or the label of a column: parts of a tuple are joined with ` / `."""
    if isinstance(key, tuple):
        return " / ".join(part for part in (key_to_json(part) for part in key) if part)
    try:
        plain = scalar_to_json(key)
    except Unsupported:
        plain = str(key)
    return "" if plain is None else str(plain)


def unique_label(label: str, given: dict[str, int]) -> str:
    """`label`, with a number where it was given before; notes it in `given`."""
    name = label
    while name in given:
        given[label] += 1
        name = f"{label}_{given[label]}"
    given[name] = 1
    return name


def cut_text(text: str, limit: int = TEXT_LIMIT) -> str:
    """`text` cut to `limit` characters, without lone surrogates; a cut is counted in `Cuts`."""
    if len(text) > limit:
        Cuts.count += 1
    return text[:limit].encode("utf-8", "backslashreplace").decode("utf-8")


def _int(value: int) -> Any:
    return value if value.bit_length() <= 4096 else cut_text(hex(value))


_EXACT = 1 << 53
"""Up to here a float tells one whole number from the next."""


def _decimal(value: decimal.Decimal) -> Any:
    """A number, or the exact text of what a float would round to other whole units."""
    if not value.is_finite():
        return None
    if abs(value.adjusted()) < 300 and value == value.to_integral_value():
        return int(value)
    if abs(value.adjusted()) >= 300 or (abs(value) >= _EXACT and decimal.Decimal(float(value)) != value):
        return cut_text(str(value))
    return float(value)
