"""Which typed result is the value that the code came to?"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pandas.core.groupby import GroupBy

from .values import (
    Cuts,
    Unsupported,
    cell_to_json,
    cut_text,
    key_to_json,
    nested_to_json,
    scalar_to_json,
    unique_label,
)

ROWS_INLINE = 1000
BYTES_LIMIT = 2_000_000
"""A result travels in the header of a frame."""
_CSV_ROWS_AT_ONCE = 20_000
_BYTES_PER_VALUE = 2
"""The least that a value takes in JSON, with its comma."""


@dataclass(frozen=True)
class Typed:
    """A result, and the whole table as CSV when only a part of it is in the result."""

    result: dict[str, Any]
    whole: pd.DataFrame | None = None


def to_typed(value: Any, result_bytes: int) -> Typed:
    """`value` as a typed result of at most `result_bytes` of JSON (docs/architecture.md, Result)."""
    before = Cuts.count
    typed = _to_typed(value, result_bytes)
    if Cuts.count == before:
        return typed
    whole = typed.whole
    if whole is None and typed.result["type"] in ("table", "series"):
        whole = _flat(value)
    return Typed(typed.result | {"truncated": True}, whole)


def _to_typed(value: Any, result_bytes: int) -> Typed:
    if isinstance(value, pd.DataFrame):
        return _table(value, result_bytes)
    if isinstance(value, pd.Series):
        return _series(value, result_bytes)
    if isinstance(value, GroupBy):
        return Typed(text(repr(value), result_bytes))
    if isinstance(value, str):
        return Typed(_string(value, result_bytes))
    try:
        return Typed({"type": "scalar", "value": scalar_to_json(value)})
    except Unsupported:
        return Typed(_json(value, result_bytes))


def text(content: str, result_bytes: int) -> dict[str, Any]:
    """What was printed, or what has no better form, as a result."""
    kept = _fit_text(content, result_bytes)
    result: dict[str, Any] = {"type": "text", "value": kept}
    if len(kept) < len(content):
        result |= {"truncated": True, "shape": [len(content)]}
    return result


def csv_bytes(table: pd.DataFrame, limit: int) -> bytes | None:
    """The whole table as UTF-8 CSV, or None when it is longer than `limit` bytes."""
    buffer = io.BytesIO()
    for start in range(0, max(len(table), 1), _CSV_ROWS_AT_ONCE):
        part = table.iloc[start : start + _CSV_ROWS_AT_ONCE]
        buffer.write(part.to_csv(index=False, header=start == 0).encode("utf-8", "backslashreplace"))
        if buffer.tell() > limit:
            return None
    return buffer.getvalue()


def _string(value: str, result_bytes: int) -> dict[str, Any]:
    kept = _fit_text(value, result_bytes)
    result: dict[str, Any] = {"type": "scalar", "value": kept}
    if len(kept) < len(value):
        result |= {"truncated": True, "shape": [len(value)]}
    return result


def _table(table: pd.DataFrame, result_bytes: int) -> Typed:
    flat = flatten(table)
    shape = [len(table), table.shape[1]]

    def build(count: int) -> dict[str, Any]:
        columns = [_column(flat.iloc[:count, at]) for at in range(flat.shape[1])]
        rows = [list(row) for row in zip(*columns, strict=True)] if columns else []
        return {"type": "table", "value": {"columns": list(flat.columns), "rows": rows}, "shape": shape}

    result, kept = _fit_rows(build, len(flat), flat.shape[1], result_bytes)
    return Typed(result, flat if kept < len(flat) else None)


def _series(series: pd.Series[Any], result_bytes: int) -> Typed:
    name = None if series.name is None else key_to_json(series.name)

    def build(count: int) -> dict[str, Any]:
        head = series.iloc[:count]
        labels = head.index
        index = (
            [key_to_json(label) for label in labels] if labels.nlevels > 1 else _column(labels.to_series())
        )
        value = {"name": name, "index": index, "values": _column(head)}
        return {"type": "series", "value": value, "shape": [len(series)]}

    result, kept = _fit_rows(build, len(series), 1, result_bytes)
    if kept == len(series):
        return Typed(result)
    return Typed(result, _flat(series))


def _flat(value: Any) -> pd.DataFrame:
    """The table or series as the table that goes out whole, as CSV."""
    if isinstance(value, pd.DataFrame):
        return flatten(value)
    name = "value" if value.name is None else key_to_json(value.name)
    return flatten(value.to_frame(name), keep_index=True)


def flatten(table: pd.DataFrame, keep_index: bool = False) -> pd.DataFrame:
    """The table with plain text labels, unique, and an index that says something as leading columns."""
    flat = table.copy(deep=False)
    labels = [key_to_json(label) for label in table.columns]
    leading: list[tuple[str, Any]] = []
    if keep_index or not _is_trivial(table.index):
        for level in range(table.index.nlevels):
            values = table.index.get_level_values(level)
            given = table.index.names[level]
            default = "index" if table.index.nlevels == 1 else f"level_{level}"
            leading.append((default if given is None else key_to_json(given), values))
    flat.columns = pd.RangeIndex(len(labels))
    flat = flat.reset_index(drop=True)
    for at, (_, values) in enumerate(leading):
        flat.insert(at, f"index {at}", pd.Series(values.array, index=flat.index))
    flat.columns = pd.Index(_unique([name for name, _ in leading] + labels), dtype=object)
    return flat


def _is_trivial(index: pd.Index[Any]) -> bool:
    """Whether the index only numbers rows, as a filtered or sorted table's does: unnamed whole numbers."""
    return index.nlevels == 1 and index.name is None and index.dtype.kind in "iu"


def _unique(labels: list[str]) -> list[str]:
    given: dict[str, int] = {}
    return [unique_label(label, given) for label in labels]


def _column(series: pd.Series[Any]) -> list[Any]:
    if series.dtype.kind == "M" and getattr(series.dt, "tz", None) is None:
        return _dates(series)
    return [cell_to_json(value) for value in series.tolist()]


def _dates(series: pd.Series[Any]) -> list[Any]:
    """A column of dates is written alike in all cells: with the time of day if any cell has one."""
    known = series.dropna()
    whole_days = bool((known == known.dt.normalize()).all())
    return [
        None if pd.isna(value) else value.isoformat().removesuffix("T00:00:00" if whole_days else "")
        for value in series
    ]


def _json(value: Any, result_bytes: int) -> dict[str, Any]:
    head, whole = _head(value, result_bytes)
    try:
        plain = nested_to_json(head)
    except (Unsupported, RecursionError):
        return text(_safe_str(value), result_bytes)
    if head is value and _size(plain) <= result_bytes:
        result = {"type": "json", "value": plain}
        if isinstance(value, np.ndarray):
            result["shape"] = list(value.shape)
        return result
    if isinstance(plain, list):
        whole = whole or len(plain)

        def build(count: int) -> dict[str, Any]:
            return {"type": "json", "value": plain[:count], "shape": [whole]}

        result, _ = _fit_rows(build, whole, 1, result_bytes)
        return result
    return text(json.dumps(plain, ensure_ascii=False), result_bytes)


def _head(value: Any, result_bytes: int) -> tuple[Any, int]:
    """The rows of a list or array that could fit, as the rest need not become JSON; and how many it has."""
    if isinstance(value, np.ndarray) and value.ndim:
        length, width = len(value), value[:1].size
    elif isinstance(value, (list, tuple, range)):
        length, width = len(value), 1
    else:
        return value, 0
    if length * width * _BYTES_PER_VALUE <= result_bytes:
        return value, length
    return value[: min(ROWS_INLINE, _rows_at_most(width, result_bytes))], length


def _rows_at_most(width: int, result_bytes: int) -> int:
    return max(1, result_bytes // (_BYTES_PER_VALUE * max(1, width)))


def _fit_rows(
    build: Callable[[int], dict[str, Any]], total: int, width: int, result_bytes: int
) -> tuple[dict[str, Any], int]:
    """Build the result with as many rows of `width` values as fit, and say how many those are."""
    count = min(total, ROWS_INLINE, _rows_at_most(width, result_bytes))
    result = build(count)
    size = _size(result)
    while size > result_bytes and count > 0:
        count = min(count - 1, int(count * result_bytes / size))
        result = build(count)
        size = _size(result)
    if size > result_bytes:
        return {"type": "text", "value": "too wide to show", "shape": result["shape"], "truncated": True}, 0
    if count < total:
        result["truncated"] = True
    return result, count


def _fit_text(content: str, result_bytes: int) -> str:
    kept = cut_text(content)
    while _size(kept) > result_bytes - 100 and kept:
        kept = kept[: len(kept) * 3 // 4]
    return kept


def _safe_str(value: Any) -> str:
    try:
        return str(value)
    except Exception as error:
        return f"<{type(value).__name__}: its text could not be made: {type(error).__name__}>"


def _size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"))
