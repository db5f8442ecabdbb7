"""Are the rows behind a table's data what they say: totals of the rows above? Then they are left out."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import duckdb

from .decide import Decision, decide
from .engine import quote
from .header_rows import is_value
from .hypotheses import Hypothesis, trim
from .numbers import number_hypotheses
from .read_as import ReadAs
from .staging import TextTable
from .tail import LABEL, Ending, TailRow, find_ending, is_mean, label_of

_COMPARED_COLUMNS = 60
_SHOWN = 60


def settle_ending(engine: duckdb.DuckDBPyConnection, table: TextTable, wanted: ReadAs) -> None:
    """Leave out notes and verified totals, and say so; totals that are not the sums are kept, and named."""
    if not table.tail:
        return
    ending = find_ending(table.tail, len(table.columns))
    _leave_out(engine, table, ending.empty, "empty rows at the end left out")
    if ending.notes:
        said = " ".join(cell for cell in ending.notes[0].cells if cell)[:_SHOWN]
        _leave_out(engine, table, ending.notes, f'notes below the table left out, first: "{said}"')
    if wanted.totals != "keep":
        _settle_first_row(engine, table, wanted)
    if ending.totals and wanted.totals != "keep":
        _settle_totals(engine, table, ending, wanted)
    elif ending.totals:
        table.read_as["totals"] = "keep"


def doubtful_ending(
    first: list[str | None], last: list[list[str | None]], width: int, rows: int
) -> list[dict[str, Any]]:
    """What is said of the ends of a table that is too large for looking at its sums: all rows are kept."""
    ending = find_ending([TailRow([cell or "" for cell in cells]) for cells in last], width)
    begun = label_of(TailRow([cell or "" for cell in first])) if rows > 1 else ""
    said = [f'the first row is called "{begun[:_SHOWN]}"'] if begun and not is_mean(begun) else []
    where = f"one of the last rows of the {rows:,}"
    for row in ending.totals:
        label = label_of(row)
        said.append(f'{where} is called "{label[:_SHOWN]}"' if label else f"{where} has numbers and no name")
    said += [f'{where} looks like a note: "{(row.cells[0] or "")[:_SHOWN]}"' for row in ending.notes]
    kept = "kept, and counted as data, as in every file of this size"
    return [{"column": None, "what": f"{each}: {kept}", "cells": 1} for each in said]


def _settle_first_row(engine: duckdb.DuckDBPyConnection, table: TextTable, wanted: ReadAs) -> None:
    """Statistics begin with the total of all: left out if it is one, and a row like the others if not."""
    cells = engine.execute(f"SELECT * FROM {table.scan} LIMIT 1").fetchone()  # noqa: S608 - our own scan
    row = TailRow([cell or "" for cell in cells or ()])
    label = label_of(row)
    if not label or is_mean(label):
        return
    below = replace(table, scan=_without(table, [row]), coercions=[])
    if _count(engine, below.scan) and _Sums(engine, below, [row], wanted).verdict(row, "sum"):
        what = f'totals in row 1, "{label[:_SHOWN]}", left out: its numbers are the sums of the rows below'
        _leave_out(engine, table, [row], what)
        table.read_as["totals"] = "drop"


def _settle_totals(
    engine: duckdb.DuckDBPyConnection, table: TextTable, ending: Ending, wanted: ReadAs
) -> None:
    rows = _count(engine, table.scan)
    body = replace(table, scan=_without(table, ending.totals), coercions=[])
    if _count(engine, body.scan) != rows - len(ending.totals):
        return
    sums = _Sums(engine, body, ending.totals, wanted)
    doubtful: list[tuple[int, TailRow]] = []
    for number, row in enumerate(ending.totals, start=rows - len(ending.totals) + 1):
        label = label_of(row)
        verdict = sums.verdict(row, "mean" if is_mean(label) else "sum")
        if verdict or (wanted.totals == "drop" and label):
            name = f', "{label[:_SHOWN]}",' if label else ", which have no name,"
            why = verdict or "as read_as.totals says"
            if _leave_out(engine, table, [row], f"totals in row {number}{name} left out: {why}"):
                table.read_as["totals"] = "drop"
                continue
        if label:
            doubtful.append((number, row))
    if doubtful or sums.inner:
        _settle_labelled(engine, table, ending, wanted, doubtful)


def _settle_labelled(
    engine: duckdb.DuckDBPyConnection,
    table: TextTable,
    ending: Ending,
    wanted: ReadAs,
    doubtful: list[tuple[int, TailRow]],
) -> None:
    """Rows called totals are left: subtotals, if together they are the sum of the others."""
    sums = _Sums(engine, replace(table, coercions=[]), ending.totals, wanted)
    if sums.inner_are_subtotals:
        table.scan = f"(SELECT * FROM {table.scan} WHERE NOT {sums.labelled})"  # noqa: S608
        table.read_as["totals"] = "drop"
        what = "subtotals between the rows left out: together they are the sum of the rows"
        table.coercions.append({"column": None, "what": what, "cells": sums.inner})
        return
    table.read_as.setdefault("totals", "keep")
    for number, row in doubtful:
        what = (
            f'row {number} is called "{label_of(row)[:_SHOWN]}", but its numbers are not the sums of the '
            "rows above: kept, and counted as data; read_as.totals = drop leaves it out"
        )
        table.coercions.append({"column": None, "what": what, "cells": 1})
    if sums.inner > len(doubtful):
        what = "rows between the others are called totals, not verified: kept, and counted as data"
        table.coercions.append({"column": None, "what": what, "cells": sums.inner - len(doubtful)})


def _leave_out(engine: duckdb.DuckDBPyConnection, table: TextTable, rows: list[TailRow], what: str) -> bool:
    """Whether the rows were left out."""
    if not rows:
        return False
    before, scan = _count(engine, table.scan), _without(table, rows)
    gone = before - _count(engine, scan)
    empty = not any(cell for row in rows for cell in row.cells)
    if gone != len(rows) and not empty:
        # Another row has the very same cells: better one too many than one too few.
        return False
    table.scan = scan
    table.rows = max(0, table.rows - gone)
    table.coercions.append({"column": None, "what": what, "cells": gone})
    return True


def _count(engine: duckdb.DuckDBPyConnection, scan: str) -> int:
    row = engine.execute(f"SELECT count(*) FROM {scan}").fetchone()  # noqa: S608 - our own scan
    return int(row[0]) if row else 0


def _without(table: TextTable, rows: list[TailRow]) -> str:
    """The table's scan without the rows that have just these cells."""
    width = min(len(table.columns), _COMPARED_COLUMNS)
    same = []
    for row in rows:
        cells = [*row.cells, *([None] * width)][:width]
        same.append(" AND ".join(f"coalesce(c{i}, '') = {quote(cell or '')}" for i, cell in enumerate(cells)))
    return f"(SELECT * FROM {table.scan} WHERE NOT (({') OR ('.join(same)})))"  # noqa: S608 - quoted


@dataclass(frozen=True)
class _Column:
    """What the body holds in one column of numbers; `data` without rows that are called totals."""

    rows: int
    all: float
    data: float
    low: float
    high: float
    present: int
    decision: Decision


class _Sums:
    """Sums of the rows above the totals, column by column."""

    def __init__(
        self, engine: duckdb.DuckDBPyConnection, body: TextTable, totals: list[TailRow], wanted: ReadAs
    ) -> None:
        self._engine = engine
        self._columns: dict[int, _Column] = {}
        places = sorted(
            {i for row in totals for i, cell in enumerate(row.cells) if is_value(trim(cell or ""))}
        )
        label_column = _label_column(totals)
        self.labelled = f"regexp_full_match(trim(coalesce(c{label_column}, '')), {quote(LABEL)})"
        self.inner = 0
        if places:
            self._add_up(body, places, wanted)
        added = [each for each in self._columns.values() if each.all != each.data]
        self.inner_are_subtotals = bool(added) and all(
            _near(each.all - each.data, each.data, 2, each.rows) for each in added
        )

    def verdict(self, row: TailRow, kind: str) -> str:
        """Why the row is no data; empty where its numbers are neither sums nor means."""
        matched, unmatched = 0, 0
        for place, column in self._columns.items():
            cell = trim(row.cells[place] or "") if place < len(row.cells) else ""
            if not is_value(cell):
                continue
            values = self._values(cell, place, column)
            wanted = column.data if kind == "sum" else column.all / max(1, column.present)
            if any(_near(value, wanted, digits, column.rows) for value, digits in values):
                matched += 1
            elif not any(column.low <= value <= column.high for value, _ in values):
                return ""
            else:
                unmatched += 1
        if not matched or matched < unmatched:
            return ""
        return f"its numbers are the {kind}s of the rows above"

    def _add_up(self, body: TextTable, places: list[int], wanted: ReadAs) -> None:
        selected = ", ".join(f"c{place} AS c{i}" for i, place in enumerate(places))
        part = replace(
            body,
            columns=[body.columns[place] for place in places],
            scan=f"(SELECT {selected} FROM {body.scan} WHERE NOT {self.labelled})",  # noqa: S608
        )
        types = {column: kind for column, kind in wanted.types.items() if column in part.columns}
        decisions = decide(self._engine, part, replace(wanted, types=types))
        numbers = [each for each in decisions if each.hypothesis.kind == "number"]
        if not numbers:
            return
        figures = ["count(*)", f"count(*) FILTER ({self.labelled})"]
        for each in numbers:
            place = places[each.index]
            value = f"({_moved(each, place)})::DOUBLE"
            data = f"FILTER (NOT {self.labelled})"
            figures += [
                f"sum({value})",
                f"sum({value}) {data}",
                f"min({value}) {data}",
                f"max({value}) {data}",
            ]
            figures.append(f"count({value}) {data}")
        row = self._engine.execute(f"SELECT {', '.join(figures)} FROM {body.scan}").fetchone()  # noqa: S608
        assert row is not None  # noqa: S101 - an aggregate has one row
        self.inner = int(row[1])
        for number, each in enumerate(numbers):
            whole, data, low, high, present = row[2 + number * 5 : 7 + number * 5]
            if data is not None:
                self._columns[places[each.index]] = _Column(row[0], whole, data, low, high, present, each)

    def _values(self, cell: str, place: int, column: _Column) -> list[tuple[float, int]]:
        """The numbers that the cell may be, each with its decimals."""
        readings: list[Hypothesis] = [column.decision.hypothesis, *number_hypotheses({cell})]
        found = []
        for reading in readings:
            if reading.kind != "number" or not reading.fits(cell):
                continue
            value = reading.value.replace("{t}", quote(cell))
            row = self._engine.execute(f"SELECT ({value})::DOUBLE").fetchone()  # noqa: S608 - quoted
            if row and row[0] is not None:
                mark = reading.decimal or "."
                decimals = cell.rpartition(mark)[2] if mark in cell and reading.sql_type == "DOUBLE" else ""
                found.append((float(row[0]), sum(letter.isdigit() for letter in decimals)))
        return found


def _moved(decision: Decision, place: int) -> str:
    """The decision's SQL for the column at another place."""
    moved: Any = replace(decision, index=place)
    return str(moved.expression)


def _label_column(totals: list[TailRow]) -> int:
    for row in totals:
        for place, cell in enumerate(row.cells):
            if cell and trim(cell) == label_of(row):
                return place
    return 0


def _near(value: float, wanted: float, decimals: int, rows: int) -> bool:
    """Equal but for rounding: of the total itself, and of the rows' cells."""
    unit = 10.0**-decimals
    slack = min(math.sqrt(max(1, rows)) * unit, 0.001 * abs(wanted))
    return abs(value - wanted) <= 0.51 * unit * (decimals > 0 or wanted % 1 != 0) + slack + 1e-9 * abs(wanted)
