"""Where in an object of JSON is the table?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_MAX_LEVELS = 4
_MOST = 0.5


def holds_table(value: Any, levels: int = _MAX_LEVELS) -> bool:
    """Whether a list of objects or of lists, or a few equally long columns, are in it."""
    if not isinstance(value, dict) or not levels:
        return False
    lists = [inner for inner in value.values() if isinstance(inner, list) and inner]
    if any(isinstance(inner[0], dict | list) for inner in lists):
        return True
    if len(lists) > 1 and len(lists) == len(value) and len({len(inner) for inner in lists}) == 1:
        return True
    return any(holds_table(inner, levels - 1) for inner in value.values())


def are_rows(inner: Mapping[str, Any]) -> bool:
    """Whether objects by key are alike, with single values: each a row with the key as its name."""
    values = [value for value in inner.values() if isinstance(value, dict)]
    if len(values) < 2:
        return False
    shared = set(values[0]).intersection(*values[1:])
    every = set(values[0]).union(*values[1:])
    single = [key for key in shared if not isinstance(values[0][key], dict | list)]
    return bool(single) and len(shared) >= _MOST * len(every)


def are_counted(labels: list[str]) -> bool:
    """Whether labels are just 0, 1, 2, ...: nothing is lost without them."""
    return labels == [str(number) for number in range(len(labels))]
