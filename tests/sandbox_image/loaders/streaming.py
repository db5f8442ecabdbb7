"""What do the two ways of reading a text file make of it: whole, and as a stream?"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet

from sandbox_image.loaders import Asked, LoadLimits, load_file
from sandbox_image.loaders.streamed import load_streamed

LIMITS = LoadLimits(memory_bytes=1 << 30, threads=1)


@dataclass
class Streamed:
    """What came of a stream."""

    profile: dict[str, Any]
    table: pd.DataFrame
    passes: int
    parts: dict[str, bytearray] = field(default_factory=dict)


def streamed(
    data: bytes, folder: Path, block: int, name: str = "t.csv", form: str = "csv", asked: Asked | None = None
) -> Streamed:
    """Read `data`, which comes in blocks, as a stream."""
    parts: dict[str, bytearray] = {}
    passes = 0

    def restart():
        nonlocal passes
        passes += 1
        return (data[at : at + block] for at in range(0, max(len(data), 1), block))

    def send(part: str, piece: bytes, first: bool, last: bool) -> None:
        if first:
            parts[part] = bytearray()
        parts[part] += piece

    given = {} if asked is None else {"asked": asked}
    (profile,) = load_streamed(restart, send, name, form, folder, set(), LIMITS, **given)
    held = {}
    for part in profile["parts"]:
        table = parquet.read_table(io.BytesIO(bytes(parts[part["name"]])))
        assert table.column_names == part["columns"]
        held.update(zip(table.column_names, table.columns, strict=True))
    names = [column["name"] for column in profile["columns"]]
    whole = pa.table({name: held[name] for name in names})
    return Streamed(profile, whole.to_pandas(coerce_temporal_nanoseconds=True), passes, parts)


def whole(
    data: bytes, folder: Path, name: str = "t.csv", form: str = "csv", asked: Asked | None = None
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Read `data` as small files are read."""
    path = folder / "upload"
    path.write_bytes(data)
    given = {} if asked is None else {"asked": asked}
    (profile,) = load_file(path, name, form, folder, set(), LIMITS, **given)
    with (folder / f"{profile['name']}.parquet").open("rb") as file:
        table = parquet.read_table(file).to_pandas(coerce_temporal_nanoseconds=True)
    return profile, table
