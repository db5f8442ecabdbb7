"""Which few hashes stand for all values of a column, so that two columns can be compared without them?

The lowest hashes of two columns' values are a fair sample of the values of both, so the share that they have
in common is the share that the columns have in common (a bottom-k sketch).
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import duckdb

from .engine import quote_name

HASHES = 128
HASH_BYTES = 6
"""The highest of eight: enough to tell values apart, and exactly eight characters of base64."""
_SPARE = 8
_ALL = 1 << 64


def sketch(engine: duckdb.DuckDBPyConnection, source: str, column: dict[str, Any]) -> str | None:
    """`<engine>:<base64>`: the lowest hashes, ascending, of text, dates or whole numbers; None: it is empty.

    DuckDB's hash is fast and not promised to stay the same, so its version stands in front: sketches of two
    versions are not compared.
    """
    unique = column["unique"]
    if not unique:
        return None
    value = quote_name(column["name"]) + {"number": "::BIGINT", "date": "::TIMESTAMP"}.get(column["kind"], "")
    # Where there are many, only those below a threshold are made distinct: that costs no memory.
    share = min(1.0, _SPARE * HASHES / unique)
    found = _lowest(engine, source, value, int(_ALL * share) - 1)
    if len(found) < min(HASHES, unique):
        found = _lowest(engine, source, value, _ALL - 1)
    packed = b"".join(number.to_bytes(8)[:HASH_BYTES] for number in found)
    return f"{duckdb.__version__}:{b64encode(packed).decode()}"


def shorter(text: str, hashes: int) -> str:
    """The same sketch with the first `hashes` only."""
    version, _, packed = text.partition(":")
    return f"{version}:{packed[: hashes * 8]}"


def _lowest(engine: duckdb.DuckDBPyConnection, source: str, value: str, below: int) -> list[int]:
    rows = engine.execute(
        f"SELECT DISTINCT h FROM (SELECT hash(v) AS h FROM (SELECT {value} AS v FROM {source}) "  # noqa: S608 - quoted
        f"WHERE v IS NOT NULL) WHERE h <= {below}::UBIGINT ORDER BY h LIMIT {HASHES}"
    ).fetchall()
    return [row[0] for row in rows]
