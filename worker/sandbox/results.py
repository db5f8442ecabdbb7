"""Is what the sandbox gives as its typed result one, and of a size that may be kept?"""

from __future__ import annotations

import json
import math
from typing import Any

from store.text import clean_text

MAX_DEPTH = 40
_REQUIRED: dict[str, dict[str, tuple[type, ...]]] = {
    "scalar": {"value": (str, int, float, bool, type(None))},
    "text": {"value": (str,)},
    "json": {"value": (dict, list, str, int, float, bool, type(None))},
    "table": {"value": (dict,)},
    "series": {"value": (dict,)},
    "chart": {"name": (str,)},
}
_FIELDS = ("type", "value", "name", "shape", "truncated")
_DIMENSIONS_MAX = 64
"""Of numpy."""
_COUNT_MAX = 1 << 53


class BadResultError(ValueError):
    """The result is not of the shape in docs/architecture.md (Result), or too large."""


def check_result(result: Any, limit_bytes: int) -> dict[str, Any]:
    """A cleaned copy of `result`.

    Raises:
        BadResultError: Not a typed result, nested deeper than 40, or over `limit_bytes` as JSON.
    """
    if not isinstance(result, dict) or not isinstance(result.get("type"), str):
        raise BadResultError("it is not a typed result")
    required = _REQUIRED.get(result["type"])
    if required is None:
        raise BadResultError("it is not a typed result")
    for field, kinds in required.items():
        if field not in result or not isinstance(result[field], kinds):
            raise BadResultError(f"its {field} is missing or of the wrong kind")
    _check_shape(result)
    # What is not of a result would be kept and shown unread.
    cleaned: dict[str, Any] = _clean({field: result[field] for field in _FIELDS if field in result}, 0)
    # Counted as the sandbox counts (sandbox_image/results.py), or what it cut to fit would still be refused.
    if len(json.dumps(cleaned, ensure_ascii=False, separators=(",", ":")).encode()) > limit_bytes:
        raise BadResultError(f"it is larger than {limit_bytes} bytes")
    return cleaned


def _check_shape(result: dict[str, Any]) -> None:
    value: Any = result.get("value")
    shape = result.get("shape", [])
    if not isinstance(shape, list) or len(shape) > _DIMENSIONS_MAX or not all(map(_is_count, shape)):
        raise BadResultError("its shape is no list of counts")
    if not isinstance(result.get("truncated", False), bool):
        raise BadResultError("its truncated is neither true nor false")
    if result["type"] == "table":
        columns, rows = value.get("columns"), value.get("rows")
        if not isinstance(columns, list) or not isinstance(rows, list):
            raise BadResultError("a table has columns and rows")
        if any(not isinstance(row, list) or len(row) != len(columns) for row in rows):
            raise BadResultError("a row of the table does not fit its columns")
        if not all(isinstance(column, str) for column in columns):
            raise BadResultError("a column's name is no text")
    if result["type"] == "series":
        index, values = value.get("index"), value.get("values")
        if not isinstance(index, list) or not isinstance(values, list) or len(index) != len(values):
            raise BadResultError("a series has an index and as many values")
        if not isinstance(value.get("name"), str | None):
            raise BadResultError("a series' name is no text")


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= _COUNT_MAX


def _clean(value: Any, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise BadResultError(f"it is nested deeper than {MAX_DEPTH}")
    if isinstance(value, str):
        return value if value.isprintable() else clean_text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        return [_clean(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {_clean(str(key), depth): _clean(item, depth + 1) for key, item in value.items()}
    return value
