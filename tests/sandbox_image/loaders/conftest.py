"""Loads a file, reads its Parquet back with pandas, and holds each profile against what pandas sees."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sandbox_image.loaders import BadFileError, LoadLimits, load_file

LIMITS = LoadLimits(memory_bytes=1 << 30, threads=1)


@dataclass
class Loaded:
    """One table: its profile and its data."""

    profile: dict[str, Any]
    frame: pd.DataFrame

    @property
    def cells(self) -> list[list[Any]]:
        """All cells; missing ones are None, dates ISO text."""
        return [[_plain(cell) for cell in row] for row in self.frame.itertuples(index=False, name=None)]

    @property
    def dtypes(self) -> list[str]:
        return [str(dtype) for dtype in self.frame.dtypes]

    @property
    def columns(self) -> list[str]:
        return list(self.frame.columns)

    def said(self) -> list[tuple[str | None, str, int]]:
        """The coercions as tuples."""
        return [(item["column"], item["what"], item["cells"]) for item in self.profile["coercions"]]


def _plain(cell: Any) -> Any:
    if cell is None or cell is pd.NaT or (isinstance(cell, float) and cell != cell):
        return None
    if isinstance(cell, pd.Timestamp):
        return cell.isoformat()
    return cell


def check_profile(profile: dict[str, Any], frame: pd.DataFrame) -> None:
    json.dumps(profile, allow_nan=False)
    assert profile["rows"] == len(frame)
    assert [column["name"] for column in profile["columns"]] == list(frame.columns)
    for column in profile["columns"]:
        data = frame[column["name"]]
        assert column["dtype"] == str(data.dtype), column["name"]
        assert column["nulls"] == int(data.isna().sum()), column["name"]
        if "unique" not in column.get("approximate", ()):
            assert column["unique"] == data.nunique(), column["name"]
        if column["kind"] == "number" and data.notna().any():
            assert column["min"] == data.min()
            assert column["max"] == data.max()
            assert column["mean"] == pytest.approx(data.mean())
    assert len(profile["sample"]) == min(5, len(frame))


@pytest.fixture
def load_path(tmp_path: Path) -> Callable[..., list[Loaded]]:
    def load(path: Path, name: str | None = None, taken: set[str] | None = None) -> list[Loaded]:
        name = name or path.name
        out = tmp_path / "out"
        out.mkdir(exist_ok=True)
        before = {file.name for file in out.iterdir()}
        try:
            profiles = load_file(
                path, name, name.rsplit(".", 1)[1], out, set() if taken is None else taken, LIMITS
            )
        except BadFileError:
            assert {file.name for file in out.iterdir()} == before, "a refused file leaves nothing behind"
            raise
        assert {file.name for file in out.iterdir()} == before | {f"{p['name']}.parquet" for p in profiles}
        loaded = [Loaded(p, pd.read_parquet(out / f"{p['name']}.parquet")) for p in profiles]
        for table in loaded:
            check_profile(table.profile, table.frame)
        return loaded

    return load


@pytest.fixture
def load(tmp_path: Path, load_path: Callable[..., list[Loaded]]) -> Callable[..., Loaded]:
    """Load the bytes or text of one table."""

    def load_one(content: bytes | str, name: str = "data.csv") -> Loaded:
        path = tmp_path / "upload"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        tables = load_path(path, name)
        assert len(tables) == 1
        return tables[0]

    return load_one


@pytest.fixture
def refuse(tmp_path: Path, load_path: Callable[..., list[Loaded]]) -> Callable[..., BadFileError]:
    """Load bytes that no table can be made of; the error."""

    def load_none(content: bytes | str, name: str = "data.csv") -> BadFileError:
        path = tmp_path / "upload"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        with pytest.raises(BadFileError) as caught:
            load_path(path, name)
        assert name in caught.value.message
        assert str(tmp_path) not in caught.value.message
        return caught.value

    return load_none
