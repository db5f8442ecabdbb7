"""How do the values of one JSON column become text, and what were they?"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from .cell_kinds import BLANK, NUMBER, TEXT, TRUTH, CellKinds
from .selection import plain_name

_NONE = type(None)
_NAN = "NaN"


class ValueKinds:
    """The kinds that values in JSON have."""

    def __init__(self, hidden: frozenset[str]) -> None:
        self._hidden = hidden
        self.kinds = CellKinds()
        self._list = self.kinds.code("text", "lists kept as JSON text")
        self._deep = self.kinds.code("text", "objects nested too deeply kept as JSON text")
        self._infinite = self.kinds.code(
            "missing", "Infinity, or a number beyond the range of floats -> missing"
        )

    def texts(self, values: Sequence[Any]) -> tuple[Sequence[str | None], dict[str, int]]:
        """The cells of a column as text, and how many there are of each kind."""
        found = set(map(type, values))
        if found == {str}:
            return values, {TEXT: len(values)}
        if found == {int}:
            return list(map(str, values)), {NUMBER: len(values)}
        if found == {float}:
            total = sum(values)
            if math.isfinite(total):
                return list(map(repr, values)), {NUMBER: len(values)}
        if found <= {str, _NONE}:
            return values, _present(values)
        if found == {bool}:
            return ["true" if value else "false" for value in values], {TRUTH: len(values)}
        return self._mixed(values)

    def _mixed(self, values: Sequence[Any]) -> tuple[list[str | None], dict[str, int]]:
        texts: list[str | None] = []
        counts: dict[str, int] = {}
        for value in values:
            text, code = self.one(value)
            texts.append(text)
            counts[code] = counts.get(code, 0) + 1
        return texts, counts

    def one(self, value: Any) -> tuple[str | None, str]:
        if value is None:
            return None, BLANK
        kind = type(value)
        if kind is str:
            return value, TEXT
        if kind is bool:
            return ("true" if value else "false"), TRUTH
        if kind is int:
            return str(value), NUMBER
        if kind is float:
            if math.isfinite(value):
                return repr(value), NUMBER
            return (_NAN, BLANK) if math.isnan(value) else (None, self._infinite)
        shown = without(value, self._hidden) if self._hidden else value
        return json.dumps(shown, ensure_ascii=False), self._list if kind is list else self._deep


def _present(values: Sequence[Any]) -> dict[str, int]:
    present = len(values) - values.count(None)
    return {TEXT: present} if present else {}


def without(value: Any, hidden: frozenset[str]) -> Any:
    """A value without the fields that are hidden, wherever in it they are."""
    if isinstance(value, dict):
        return {key: without(inner, hidden) for key, inner in value.items() if plain_name(key) not in hidden}
    return [without(inner, hidden) for inner in value] if isinstance(value, list) else value


def one_text(value: Any) -> str | None:
    """A single value as text; lists and objects stay JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else _NAN
    return str(value) if isinstance(value, int) else json.dumps(value, ensure_ascii=False)
