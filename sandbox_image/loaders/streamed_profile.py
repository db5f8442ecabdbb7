"""What is in the columns of a table that passes by once? What would cost memory to count is estimated."""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Sequence
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as compute

from .distinct import MAX_VALUE_CHARACTERS, MAX_VALUES, TOP, TOP_CHARACTERS
from .sketch import HASH_BYTES, HASHES

_KEPT_HASHES = 1 << 15
"""Distinct values are exact up to so many, then estimated within about 1 %."""
_COUNTED = 20_000
_FREQUENT = 2_000
_KEPT_ROWS = 1 << 16
"""Quantiles are exact for tables of so many rows, then those of so many rows that are drawn evenly."""
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_EXACT_IN_FLOAT = 2**53

Hashes = npt.NDArray[np.uint64]


class DistinctCount:
    """How many different values there were, by the lowest of their hashes."""

    def __init__(self) -> None:
        self.lowest: Hashes = np.zeros(0, np.uint64)
        self.exact = True
        """None was let go."""

    def add(self, hashes: Hashes) -> None:
        """Take in hashes of values, repeated or not."""
        if not self.exact:
            hashes = hashes[hashes < self.lowest[-1]]
            if not len(hashes):
                return
        kept = np.sort(np.concatenate((self.lowest, hashes)))
        kept = kept[np.flatnonzero(np.diff(kept, prepend=~kept[:1]))]
        self.exact = self.exact and len(kept) <= _KEPT_HASHES
        self.lowest = kept[:_KEPT_HASHES]

    def count(self) -> int:
        """The number of different values, estimated if not exact."""
        if self.exact:
            return len(self.lowest)
        return round((_KEPT_HASHES - 1) / (float(self.lowest[-1]) / 2.0**64))


class EvenRows:
    """Which rows are drawn: all, until there are too many; the same ones in every pass."""

    def __init__(self) -> None:
        self._marks: list[Hashes] = []
        self._count = 0
        self._below = np.uint64(2**64 - 1)

    @property
    def all_kept(self) -> bool:
        """Whether every row was drawn."""
        return bool(self._below == np.uint64(2**64 - 1))

    def choose(self, first_row: int, count: int) -> npt.NDArray[np.int64]:
        """The places of those drawn among the next rows."""
        rows = np.arange(first_row + 1, first_row + 1 + count, dtype=np.uint64)
        marks = rows * _MULTIPLIER
        marks ^= marks >> np.uint64(31)
        marks *= _MULTIPLIER
        chosen = np.flatnonzero(marks <= self._below)
        self._marks.append(marks[chosen])
        self._count += len(chosen)
        while self._count > _KEPT_ROWS:
            self._below = self._below >> np.uint64(1)
            self._count = sum(int((kept <= self._below).sum()) for kept in self._marks)
        return chosen

    def still(self) -> npt.NDArray[np.bool_]:
        """Which of all that were ever drawn still are."""
        return np.concatenate(self._marks) <= self._below


class ColumnFigures:
    """The figures of one column's typed values, piece by piece."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.nulls = 0
        self.low: Any = None
        self.high: Any = None
        self.whole = True
        """All numbers are whole, and exact as floats."""
        self.drawn: list[Any] = []
        self._present = 0
        self._mean = self._squares = 0.0
        self._whole_sum = 0
        self._increasing = True
        self._distinct = DistinctCount()
        self._sketched = self._distinct if kind != "number" else DistinctCount()
        self._counts: dict[Any, int] = {}
        self._all_counted = True

    def add(self, engine: duckdb.DuckDBPyConnection, values: Any, drawn: Any) -> None:
        """Take in the next typed cells, an Arrow array; `drawn` are the places of those that are drawn."""
        self.nulls += values.null_count
        present = values.drop_null() if values.null_count else values
        if self.kind in ("number", "date"):
            self.drawn.append(values.take(pa.array(drawn)))
            if len(present):
                self._add_ordered(present)
        else:
            self._count(engine, present)
        self._present += len(present)

    def figures(self, rows: int) -> dict[str, Any]:
        """The fields of the profile that can be told now; `approximate` names those that are estimated."""
        approximate = []
        counted = self.kind not in ("number", "date") and self._all_counted
        unique = len(self._counts) if counted else min(self._distinct.count(), self._present)
        if not counted and not self._distinct.exact:
            if self.kind in ("number", "date") and self._increasing:
                unique = self._present
            else:
                approximate.append("unique")
        values, top = self._values()
        if top and not self._all_counted:
            approximate.append("top")
        return {
            "nulls": rows - self._present,
            "unique": unique,
            "min": self.low,
            "max": self.high,
            "mean": self._average() if self.kind == "number" else None,
            "values": values,
            "top": top,
            "approximate": approximate,
            "whole": self.whole if self.kind == "number" else self.kind != "boolean",
        }

    def deviation(self) -> float | None:
        """Of the sample; None for what has none."""
        if self.kind != "number" or self._present < 2 or not math.isfinite(self._squares):
            return None
        return math.sqrt(self._squares / (self._present - 1))

    def sketch(self) -> str | None:
        """As `sketch.sketch` makes it."""
        if not len(self._sketched.lowest):
            return None
        packed = b"".join(int(number).to_bytes(8)[:HASH_BYTES] for number in self._sketched.lowest[:HASHES])
        return f"{duckdb.__version__}:{b64encode(packed).decode()}"

    def finish(self, engine: duckdb.DuckDBPyConnection) -> None:
        """Nothing more comes."""
        if self.kind == "text" and self._all_counted:
            self._distinct.add(text_hashes(engine, pa.array(list(self._counts), pa.string())))

    def hashed_as(self, values: Any) -> str:
        """As what DuckDB is to hash the next values, for the sketch; empty: they have none."""
        if self.kind == "date":
            return "TIMESTAMP"
        if self.kind == "number" and pa.types.is_integer(values.type):
            self._sketched = self._distinct
            return "BIGINT"
        if self.kind == "number":
            self._distinct.add(_float_hashes(values))
        if self.kind == "number" and self.whole:
            plain = (values.drop_null() if values.null_count else values).to_numpy()
            self.whole = bool(((plain == np.trunc(plain)) & (np.abs(plain) <= _EXACT_IN_FLOAT)).all())
            return "BIGINT" if self.whole else ""
        return ""

    def add_hashes(self, hashes: Hashes) -> None:
        """Take in DuckDB's hashes of the next values."""
        self._sketched.add(hashes)

    def _add_ordered(self, present: Any) -> None:
        plain = present.view(pa.int64()) if pa.types.is_timestamp(present.type) else present
        plain = plain.to_numpy()
        low, high = plain.min(), plain.max()
        if self._increasing:
            first = self.high is None or low > self._last
            self._increasing = first and bool((plain[1:] > plain[:-1]).all())
        self._last = plain[-1]
        if pa.types.is_timestamp(present.type):
            ends = compute.min_max(present.cast(pa.timestamp("us"), safe=False))
            low, high = ends["min"].as_py(), ends["max"].as_py()
        else:
            low, high = low.item(), high.item()
            self._add_moments(plain)
        self.low = low if self.low is None else min(self.low, low)
        self.high = high if self.high is None else max(self.high, high)

    def _add_moments(self, plain: Any) -> None:
        if plain.dtype == np.int64:
            high_bits, low_bits = plain >> 32, plain & 0xFFFFFFFF
            self._whole_sum += (int(high_bits.sum()) << 32) + int(low_bits.sum())
        with np.errstate(over="ignore", invalid="ignore"):
            values = plain.astype(np.float64)
            count, mean = len(values), float(values.mean())
            squares = float(((values - mean) ** 2).sum())
            total = self._present + count
            apart = mean - self._mean
            self._squares += squares + apart * apart * self._present * count / total
            self._mean += apart * count / total

    def _average(self) -> float | None:
        if not self._present:
            return None
        mean = self._whole_sum / self._present if self._whole_sum else self._mean
        return mean if math.isfinite(mean) else None

    def _count(self, engine: duckdb.DuckDBPyConnection, present: Any) -> None:
        if not self._all_counted and pa.types.is_string(present.type):
            present = self._add_different(engine, present)
        encoded = present.dictionary_encode()
        dictionary = encoded.dictionary
        counts = np.bincount(encoded.indices.to_numpy(), minlength=len(dictionary))
        if self._all_counted and len(dictionary) <= _COUNTED:
            self._merge(dictionary.to_pylist(), counts.tolist())
            if len(self._counts) <= _COUNTED:
                return
            dictionary = dictionary.slice(0, 0)
        if self._all_counted:  # from here on estimated: what was counted goes into the estimate
            self._all_counted = False
            self._distinct.add(text_hashes(engine, pa.array(list(self._counts), pa.string())))
        if len(dictionary):
            self._distinct.add(text_hashes(engine, dictionary))
            often = np.argsort(counts)[-_FREQUENT:]
            self._merge(dictionary.take(pa.array(often)).to_pylist(), counts[often].tolist())
        if len(self._counts) > _COUNTED:
            ranked = sorted(self._counts.items(), key=lambda pair: (-pair[1], pair[0]))
            self._counts = dict(ranked[:_FREQUENT])

    def _add_different(self, engine: duckdb.DuckDBPyConnection, present: Any) -> Any:
        """Take in texts that nearly all differ; gives back those that are repeated, or some."""
        hashes = text_hashes(engine, present)
        self._distinct.add(hashes)
        in_order = np.sort(hashes)
        repeated = in_order[1:][in_order[1:] == in_order[:-1]]
        if not len(repeated):
            return present.slice(0, _FREQUENT)
        return present.filter(pa.array(np.isin(hashes, repeated)))

    def _merge(self, values: Sequence[Any], counts: Sequence[int]) -> None:
        held = self._counts
        for value, count in zip(values, counts, strict=True):
            held[value] = held.get(value, 0) + count

    def _values(self) -> tuple[list[str] | None, list[list[Any]]]:
        if self.kind in ("number", "date"):
            return None, []
        ranked = sorted(self._counts.items(), key=lambda pair: (-pair[1], pair[0]))
        top = [[_cut(value), count] for value, count in ranked[:TOP]]
        if self.kind == "boolean" or not self._all_counted or len(ranked) > MAX_VALUES:
            return None, top
        values = sorted(self._counts)
        return (values if all(len(value) <= MAX_VALUE_CHARACTERS for value in values) else None), top


def text_hashes(engine: duckdb.DuckDBPyConnection, texts: Any) -> Hashes:
    """DuckDB's hashes of an Arrow array."""
    return value_hashes(engine, {"t": texts}, {"t": "VARCHAR"})["t"]


def value_hashes(
    engine: duckdb.DuckDBPyConnection, columns: dict[str, Any], types: dict[str, str]
) -> dict[str, Hashes]:
    """DuckDB's hashes of what is not missing, in one query: each costs much more than the hashing."""
    if not columns or not len(next(iter(columns.values()))):
        return {name: np.zeros(0, np.uint64) for name in columns}
    selected = ", ".join(
        f"CASE WHEN {name} IS NOT NULL THEN hash({name}::{types[name]}) END AS {name}" for name in columns
    )
    engine.register("hashed", pa.table(columns))
    try:
        found = engine.sql(f"SELECT {selected} FROM hashed").to_arrow_table()  # noqa: S608
    finally:
        engine.unregister("hashed")
    return {name: found[name].drop_null().combine_chunks().to_numpy() for name in columns}


def _float_hashes(values: Any) -> Hashes:
    bits = ((values.drop_null() if values.null_count else values).to_numpy() + 0.0).view(np.uint64)
    mixed = bits ^ (bits >> np.uint64(33))
    mixed = mixed * np.uint64(0xFF51AFD7ED558CCD)
    mixed ^= mixed >> np.uint64(33)
    mixed = mixed * np.uint64(0xC4CEB9FE1A85EC53)
    return mixed ^ (mixed >> np.uint64(33))


def _cut(value: Any) -> Any:
    return value[:TOP_CHARACTERS] if isinstance(value, str) else value
