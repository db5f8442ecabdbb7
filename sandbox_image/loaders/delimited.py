"""How does a text file with delimiters become a table?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from .dialect import Dialect, detect_dialect
from .encoding import Encoding, asked_encoding, find_encoding, has_nul
from .errors import EMPTY_FILE, BadFileError
from .header_rows import LABELS
from .names import table_name, unique_columns
from .plain_reading import last_rows, plain_header, plain_scan
from .read_as import ReadAs
from .row_reading import Reading
from .staging import TextStage, TextTable


def load_delimited(
    engine: duckdb.DuckDBPyConnection,
    path: Path,
    name: str,
    file_format: str,
    stage_dir: Path,
    taken: set[str],
    wanted: ReadAs,
) -> list[TextTable]:
    """Read a csv, tsv or txt file as one table of text.

    Raises:
        BadFileError: Not text, no table in it, or over a cap.
    """
    encoding = asked_encoding(path, name, wanted.encoding) if wanted.encoding else find_encoding(path, name)
    dialect = detect_dialect(path, file_format, encoding, wanted, name)
    layout = dialect.layout
    if layout.width == 0:
        raise BadFileError(EMPTY_FILE, f"{name} is empty: there are only blank lines in it. Export it again.")
    read_as = said_of(dialect, file_format)
    nul = not encoding.name.startswith(("utf-16", "utf-32")) and has_nul(path)
    report = reading_report(encoding, nul)
    scan = None if nul else plain_scan(engine, path, dialect)
    if scan is not None:
        above = plain_header(path, dialect)
        columns, renamed = unique_columns(above.names(layout), name)
        report += above.report(layout) + renamed
        table = TextTable(table_name(name, taken), name, columns, scan, read_as, 0, report)
        table.tail = last_rows(path, dialect)
        return [table]
    reading = Reading(path, name, dialect, stage_dir)
    reading.run()
    columns, renamed = unique_columns(reading.names(), name)
    report += reading.report() + renamed
    assert isinstance(reading.stage, TextStage)  # noqa: S101 - what a plain Reading makes
    scan = reading.stage.scan(len(columns))
    table = TextTable(table_name(name, taken), name, columns, scan, read_as, reading.stage.rows, report)
    table.tail = reading.tail()
    return [table]


def said_of(dialect: Dialect, file_format: str) -> dict[str, Any]:
    """`read_as` of the profile: how the file is read."""
    said: dict[str, Any] = {
        "format": file_format,
        "encoding": dialect.encoding.said,
        "delimiter": dialect.said,
        "header_row": dialect.layout.header,
    }
    two = dialect.layout.second and dialect.layout.second != LABELS
    return said | {"header_rows": 2} if two else said


def reading_report(encoding: Encoding, nul: bool) -> list[dict[str, Any]]:
    """What the bytes were not."""
    found: list[tuple[str, int]] = []
    if encoding.guessed:
        found.append((f"encoding {encoding.said} is a guess: nothing in the file says so", 1))
    if encoding.bad:
        found.append((f"bytes that are no {encoding.said} -> \ufffd", encoding.bad))
    if nul:
        found.append(("NUL bytes removed", 1))
    return [{"column": None, "what": what, "cells": count} for what, count in found]
