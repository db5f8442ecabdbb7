"""How does a table of text become typed Parquet with a profile?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from .decide import Decision, decide
from .engine import quote, quote_name
from .errors import EMPTY_FILE, BadFileError
from .limits import LoadLimits
from .profile import profile
from .read_as import ReadAs
from .staging import TextTable
from .wide import WIDE_COLUMNS, check_wide, copy_wide

_ROW_GROUP_CELLS = 2_000_000
_ROW_GROUP_ROWS = 122_880
# DuckDB writes whole vectors; a row group cannot be smaller.
_ROW_GROUP_LEAST = 2_048
EXACT_IN_FLOAT = 2**53
INEXACT = "with cells missing, whole numbers beyond 2**53 would lose digits"


def write_table(
    engine: duckdb.DuckDBPyConnection,
    table: TextTable,
    out_dir: Path,
    stage_dir: Path,
    limits: LoadLimits,
    wanted: ReadAs,
) -> dict[str, Any]:
    """Decide the types, write `<out_dir>/<name>.parquet`, and return the profile.

    Raises:
        BadFileError: The table has neither columns nor rows.
    """
    if not table.columns:
        raise BadFileError(
            EMPTY_FILE, f"{table.file} holds no table: there are neither columns nor rows in it."
        )
    check_wide(table.rows, len(table.columns), table.file, limits)
    decisions = decide(engine, table, wanted)
    path = out_dir / f"{table.name}.parquet"
    _copy(engine, table, decisions, path, stage_dir)
    found = profile(engine, path, table, decisions)
    if _keep_exact(decisions, found["columns"]):
        _copy(engine, table, decisions, path, stage_dir)
        found = profile(engine, path, table, decisions)
    for decision in decisions:
        table.coercions.extend(report_of(table.columns[decision.index], decision))
    if table.kinds is not None:
        table.coercions.extend(table.kinds.report(table.columns, decisions))
    return found


def _copy(
    engine: duckdb.DuckDBPyConnection,
    table: TextTable,
    decisions: list[Decision],
    path: Path,
    stage_dir: Path,
) -> None:
    selected = [
        f"{decision.expression} AS {quote_name(table.columns[decision.index])}" for decision in decisions
    ]
    group = min(_ROW_GROUP_ROWS, max(_ROW_GROUP_LEAST, _ROW_GROUP_CELLS // len(decisions)))
    if len(decisions) >= WIDE_COLUMNS:
        copy_wide(engine, selected, table.scan, path, stage_dir, group)
        return
    engine.execute(
        f"COPY (SELECT {', '.join(selected)} FROM {table.scan}) TO {quote(str(path))} "  # noqa: S608 - quoted
        f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {group})"
    )


def _keep_exact(decisions: list[Decision], columns: list[dict[str, Any]]) -> bool:
    """Make text of whole numbers with gaps that pandas, which makes floats of them, would change."""
    changed = False
    for decision, column in zip(decisions, columns, strict=True):
        whole = decision.hypothesis.sql_type == "BIGINT" and column["nulls"] and column["max"] is not None
        if whole and max(abs(column["min"]), abs(column["max"])) > EXACT_IN_FLOAT:
            decision.fall_back_to_text(INEXACT)
            changed = True
    return changed


def report_of(column: str, decision: Decision) -> list[dict[str, Any]]:
    """What the reading did to the column's cells, counted."""
    report = [
        {"column": column, "what": f'"{word}" -> missing', "cells": count}
        for word, count in sorted(decision.nulls.items())
    ]
    report += [
        {"column": column, "what": f'"{word[:60]}" -> missing: no {decision.hypothesis.kind}', "cells": count}
        for word, count in decision.dropped.items()
    ]
    notes = [decision.hypothesis.note] if decision.hypothesis.note else []
    return report + [
        {
            "column": column,
            "what": note,
            "cells": decision.nearly.against if decision.nearly else decision.present,
        }
        for note in (*notes, *decision.warnings)
    ]
