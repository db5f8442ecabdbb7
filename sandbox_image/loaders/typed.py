"""How does a table of text become typed Parquet with a profile?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from .decide import Decision, decide
from .engine import quote, quote_name
from .errors import EMPTY_FILE, BadFileError
from .profile import profile
from .staging import TextTable

_ROW_GROUP_CELLS = 2_000_000
_ROW_GROUP_ROWS = 122_880
# DuckDB writes whole vectors; a row group cannot be smaller.
_ROW_GROUP_LEAST = 2_048


def write_table(engine: duckdb.DuckDBPyConnection, table: TextTable, out_dir: Path) -> dict[str, Any]:
    """Decide the types, write `<out_dir>/<name>.parquet`, and return the profile.

    Raises:
        BadFileError: The table has neither columns nor rows.
    """
    if not table.columns:
        raise BadFileError(
            EMPTY_FILE, f"{table.file} holds no table: there are neither columns nor rows in it."
        )
    decisions = decide(engine, table)
    for decision in decisions:
        table.coercions.extend(_report(table.columns[decision.index], decision))
    path = out_dir / f"{table.name}.parquet"
    selected = ", ".join(
        f"{decision.expression} AS {quote_name(table.columns[decision.index])}" for decision in decisions
    )
    group = min(_ROW_GROUP_ROWS, max(_ROW_GROUP_LEAST, _ROW_GROUP_CELLS // len(decisions)))
    engine.execute(
        f"COPY (SELECT {selected} FROM {table.scan}) TO {quote(str(path))} "  # noqa: S608 - names are quoted
        f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {group})"
    )
    return profile(engine, path, table, decisions)


def _report(column: str, decision: Decision) -> list[dict[str, Any]]:
    report = [
        {"column": column, "what": f'"{word}" -> missing', "cells": count}
        for word, count in sorted(decision.nulls.items())
    ]
    notes = [decision.hypothesis.note] if decision.hypothesis.note else []
    return report + [
        {"column": column, "what": note, "cells": decision.present} for note in (*notes, *decision.warnings)
    ]
