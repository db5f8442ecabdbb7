"""Under which limits does DuckDB work, and how is text put into its SQL?"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb

from .limits import LoadLimits


def open_engine(limits: LoadLimits, spill_dir: Path) -> duckdb.DuckDBPyConnection:
    """A DuckDB in memory that leaves room for Python and the tmpfs, and spills into `spill_dir`."""
    config: dict[str, Any] = {
        "threads": max(1, limits.threads),
        "memory_limit": f"{limits.memory_bytes * 3 // 8 // (1 << 20)}MiB",
        "temp_directory": str(spill_dir),
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "allow_community_extensions": "false",
    }
    engine = duckdb.connect(":memory:", config=config)
    engine.execute("SET TimeZone = 'UTC'")
    engine.execute("SET enable_progress_bar = false")
    return engine


def quote(text: str) -> str:
    """A string as a SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def quote_name(name: str) -> str:
    """A column's name as a SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def quote_list(texts: Iterable[str]) -> str:
    """Strings as the inside of a SQL `IN (...)`."""
    return ", ".join(quote(text) for text in texts)
