"""What do the cells of one column of a piece come to, under one reading of the column?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as compute

from .hypotheses import TEXT_NULLS, Hypothesis, is_missing, trim, trimmed
from .plain_cells import Cells, find_unsure

_CASTS: dict[str, Any] = {"BIGINT": pa.int64(), "DOUBLE": pa.float64(), "VARCHAR": pa.string()}


@dataclass
class Examined:
    """The typed cells, and what the reading did to them."""

    typed: Any
    """An Arrow array; None where a cell speaks against the reading."""
    present: int
    violations: int = 0
    words: Counter[str] = field(default_factory=Counter)
    """The words that were taken for missing, with their counts."""
    examples: set[str] = field(default_factory=set)
    """Some of the cells that speak against it."""
    dropped: Counter[str] = field(default_factory=Counter)
    """Cells that are not what a person said the column is: missing then, with their counts."""


def examine(engine: duckdb.DuckDBPyConnection, column: Any, hypothesis: Hypothesis) -> Examined:
    """Judge and convert the cells; the plain ways of writing values are read without SQL."""
    # A reader may give cells of nothing as such or as missing: they are the same.
    empty = compute.equal(compute.binary_length(column), 0)
    if compute.any(empty).as_py():
        column = compute.if_else(empty, pa.scalar(None, pa.string()), column)
    quick = None if hypothesis.nulls else _quick(column, hypothesis)
    return quick if quick is not None else _by_distinct_cells(engine, column, hypothesis)


def _quick(column: Any, hypothesis: Hypothesis) -> Examined | None:
    """The same as by SQL, for cells that are surely plain; None where some are not."""
    unsure = find_unsure(Cells(column), hypothesis.key)
    if unsure is None:
        return None
    words: Counter[str] = Counter()
    missing: Callable[[str], bool] = TEXT_NULLS.__contains__ if hypothesis.kind == "text" else is_missing
    if len(unsure):
        encoded = column.take(pa.array(unsure)).dictionary_encode()
        counts = np.bincount(encoded.indices.to_numpy(), minlength=len(encoded.dictionary))
        cells = [trim(cell) for cell in encoded.dictionary.to_pylist()]
        gone = np.array([missing(cell) for cell in cells], bool)
        if not gone.all() and hypothesis.kind != "text":
            return None
        for cell, count, is_gone in zip(cells, counts.tolist(), gone.tolist(), strict=True):
            if is_gone and cell:
                words[cell] += count
        mask = np.zeros(len(column), bool)
        mask[unsure[gone[encoded.indices.to_numpy()]]] = True
        column = compute.if_else(pa.array(mask), pa.scalar(None, pa.string()), column)
    try:
        typed = _cast(column, hypothesis.sql_type)
    except pa.ArrowInvalid:
        return None
    return Examined(typed, len(typed) - typed.null_count, words=words)


def _cast(column: Any, sql_type: str) -> Any:
    if sql_type != "TIMESTAMP_NS":
        return column.cast(_CASTS[sql_type])
    stamps = column.cast(pa.timestamp("s"))
    ends = compute.min_max(stamps)
    years = [compute.year(ends[end]).as_py() for end in ("min", "max")]
    if years[0] is not None and not 1678 <= years[0] <= years[1] <= 2261:
        raise pa.ArrowInvalid("a year that nanoseconds do not reach")
    return stamps.cast(pa.timestamp("ns"))


def _by_distinct_cells(engine: duckdb.DuckDBPyConnection, column: Any, hypothesis: Hypothesis) -> Examined:
    """By the SQL of the hypothesis, once for each distinct cell."""
    encoded = column.dictionary_encode()
    held = encoded.indices.drop_null().to_numpy()
    counts = np.bincount(held, minlength=len(encoded.dictionary))
    cells = pa.table({"c": encoded.dictionary, "n": pa.array(counts)})
    engine.register("distinct_cells", cells)
    present = f"(t <> '' AND NOT {hypothesis.missing('t')})"
    holds = hypothesis.holds("t")
    value = hypothesis.expression("c", "t", words=True)
    found = engine.sql(
        f"SELECT t, n, {present} AS present, {holds} AS holds, "  # noqa: S608 - ours
        f"CASE WHEN {holds} OR NOT {present} THEN {value} END AS value "
        f"FROM (SELECT c, n, {trimmed('c')} AS t FROM distinct_cells)"
    ).to_arrow_table()
    engine.unregister("distinct_cells")
    weights = found["n"].to_numpy()
    is_present = found["present"].to_numpy().astype(bool)
    against = is_present & ~found["holds"].to_numpy().astype(bool)
    cells_text = found["t"]
    words = _counted(cells_text, ~is_present, weights)
    dropped = Counter[str]()
    if hypothesis.key.startswith("forced:"):
        is_null = found["value"].is_null().to_numpy()
        dropped = _counted(cells_text, is_present & is_null, weights)
    there = int(weights[is_present].sum())
    if against.any():
        refuting = cells_text.filter(pa.array(against))
        ends = compute.min_max(refuting).as_py()
        examples = {refuting[0].as_py(), ends["min"], ends["max"]}
        return Examined(None, there, int(weights[against].sum()), words, examples)
    typed = found["value"].combine_chunks().take(encoded.indices)
    return Examined(typed, there, words=words, dropped=dropped)


def _counted(cells: Any, which: npt.NDArray[np.bool_], weights: npt.NDArray[Any]) -> Counter[str]:
    found = Counter[str]()
    for place in np.flatnonzero(which).tolist():
        if cell := cells[place].as_py():
            found[cell] += int(weights[place])
    return found
