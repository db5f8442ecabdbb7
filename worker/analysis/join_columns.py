"""What of a column's profile tells whether it can be joined by?"""

from __future__ import annotations

import math
from base64 import b64decode
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from worker.analysis.contract import TableView
from worker.analysis.join_names import ColumnName, column_name

_HASH_BYTES = 6
_DENSE = 0.5
_TOLD = frozenset({"id", "category", "geo", "text"})
"""Meanings of columns that may name things of another table although nothing in their name says so."""


@dataclass(frozen=True, eq=False)
class Column:
    """A column that has a sketch."""

    at: int
    """Which table, counted from 0."""
    table: str
    column: str
    kind: str
    semantic: str
    unique: int
    is_key: bool
    name: ColumnName
    version: str
    hashes: tuple[int, ...]
    """Ascending; the lowest of its values'."""
    complete: bool
    """They are those of all its values."""
    low: int | None
    high: int | None
    one_letter: bool

    @property
    def density(self) -> float:
        """The chance that a whole number of its range is one of its values; of others 0."""
        if self.kind != "number" or self.low is None or self.high is None or self.low > self.high:
            return 0.0
        return min(1.0, self.unique / (self.high - self.low + 1))

    @property
    def is_dense(self) -> bool:
        """Whether its values are nearly all numbers of a range: 1 to 100 is in every table."""
        return self.density > _DENSE

    @property
    def tells_by_values(self) -> bool:
        """Whether having its values shows that they are meant."""
        return not self.is_dense and not self.one_letter and self.kind != "date"

    @property
    def may_refer_unnamed(self) -> bool:
        """Whether values alone may join it: amounts that are the same by chance are many."""
        return self.semantic in _TOLD and self.kind != "date"

    def lies_within(self, other: Column) -> bool:
        """Whether `other` is known to have all its values, being every whole number of a wider range."""
        bounds = (self.low, self.high, other.low, other.high)
        if other.density < 1 or any(bound is None for bound in bounds):
            return False
        return other.low <= self.low and self.high <= other.high  # type: ignore[operator]


def columns_of(table: TableView, at: int) -> Iterator[Column]:
    """Those columns of a table that may be joined by."""
    profile = table.profile
    rows, keys = int(profile.get("rows") or 0), profile.get("keys") or ()
    for raw in profile.get("columns") or ():
        version, _, packed = str(raw.get("sketch") or "").partition(":")
        if not packed or not raw.get("unique"):
            continue
        hashes = _unpacked(packed)
        unique, low, high = int(raw["unique"]), _whole(raw.get("min")), _whole(raw.get("max"))
        yield Column(
            at=at,
            table=table.name,
            column=str(raw["name"]),
            kind=str(raw.get("kind")),
            semantic=str(raw.get("semantic")),
            unique=unique,
            is_key=raw["name"] in keys and rows > 1,
            name=column_name(table.name, str(raw["name"])),
            version=version,
            hashes=hashes,
            complete=len(hashes) == unique and "unique" not in raw.get("approximate", ()),
            low=low,
            high=high,
            one_letter=_has_one_letter(raw),
        )


def shared_values(left: Column, right: Column) -> tuple[int, int]:
    """Of how many of the left's values it is known whether the right has them, and how many it has."""
    if left.version != right.version or not left.hashes or not right.hashes:
        return 0, 0
    # Above the end of a sketch that is not complete, nothing is known.
    known = min((one.hashes[-1] for one in (left, right) if not one.complete), default=None)
    of_left = left.hashes if known is None else left.hashes[: bisect_right(left.hashes, known)]
    return len(of_left), len(frozenset(right.hashes).intersection(of_left))


def _unpacked(packed: str) -> tuple[int, ...]:
    data = b64decode(packed)
    numbers = {int.from_bytes(data[at : at + _HASH_BYTES]) for at in range(0, len(data), _HASH_BYTES)}
    return tuple(sorted(numbers))


def _whole(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return int(value)


def _has_one_letter(raw: dict[str, Any]) -> bool:
    """Whether the values are single letters: those are the same in tables that have nothing in common."""
    seen = raw.get("values") or [pair[0] for pair in raw.get("top") or ()]
    return bool(seen) and all(len(str(value)) == 1 for value in seen)
