"""Is a text file so regular that DuckDB's own reader takes it, much the fastest?"""

from __future__ import annotations

import csv
import io
from itertools import islice
from pathlib import Path

import duckdb

from .above import Above
from .dialect import Dialect, is_blank
from .engine import quote
from .tail import TAIL_ROWS, TailRow
from .wide import WIDE_COLUMNS

_UTF8 = ("utf-8", "utf-8-sig")
_TAIL_BYTES = 64 << 10


def plain_header(path: Path, dialect: Dialect) -> Above:
    """The rows above the data."""
    above, layout = Above(lines=dialect.skip_lines), dialect.layout
    with path.open(encoding=dialect.encoding.name, newline="") as file:
        lines = islice(file, dialect.skip_lines, None)
        rows = dialect.rows(lines)
        position = 0
        for row in rows:
            if is_blank(row):
                continue
            if position == layout.first:
                above.following = row
                break
            above.add(position, row, layout)
            position += 1
            above.lines = dialect.skip_lines + getattr(rows, "line_num", 0)
    return above


def plain_scan(engine: duckdb.DuckDBPyConnection, path: Path, dialect: Dialect) -> str | None:
    """SQL for `FROM`, if the whole file is as regular as DuckDB's strict mode wants."""
    layout = dialect.layout
    if (
        layout.width >= WIDE_COLUMNS
        or dialect.encoding.name not in _UTF8
        or dialect.encoding.bad
        or dialect.skip_space
        or dialect.backslash
        or dialect.framed
        or dialect.header_again
        or dialect.delimiter in ("", " ")
    ):
        return None
    try:
        above = plain_header(path, dialect)
    except csv.Error:
        return None
    if layout.header is not None and len(above.names(layout)) != layout.width:
        return None
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(layout.width))
    mark = quote(dialect.quote)
    scan = (
        f"read_csv({quote(str(path))}, delim = {quote(dialect.delimiter)}, quote = {mark}, escape = {mark}, "
        f"header = false, skip = {above.lines}, columns = {{{columns}}}, auto_detect = false, "
        "strict_mode = true, null_padding = false)"
    )
    try:
        engine.execute(f"SELECT count(*), count(c{layout.width - 1}) FROM {scan}").fetchone()  # noqa: S608
        first = engine.execute(f"SELECT * FROM {scan} LIMIT 1").fetchone()  # noqa: S608
    except duckdb.Error:
        return None
    # DuckDB counts the lines that it skips in a way of its own where some are blank or in quotes.
    return scan if [cell or "" for cell in first or ()] == above.following else None


def last_rows(path: Path, dialect: Dialect) -> list[TailRow]:
    """The rows in the last bytes of the file, without the first of them, which may be half a row."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - _TAIL_BYTES))
        data = file.read()
    text = data.decode("utf-8", "replace")
    if size > _TAIL_BYTES:
        ends = [place for place in (text.find("\n"), text.find("\r")) if place >= 0]
        text = text[min(ends) + 1 :] if ends else ""
    rows: list[TailRow] = []
    after_blank = False
    for row in dialect.rows(io.StringIO(text, newline="")):
        if is_blank(row):
            after_blank = True
            continue
        rows.append(TailRow(row, after_blank))
        after_blank = False
    if size <= _TAIL_BYTES:
        rows = rows[dialect.layout.first + dialect.skip_lines :]
    return rows[-TAIL_ROWS:]
