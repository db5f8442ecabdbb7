"""What profile (docs/architecture.md) does a small DataFrame have? Made apart from the sandbox's own."""

from __future__ import annotations

from typing import Any

import pandas as pd

from worker.analysis.contract import TableView


def kind_of(series: pd.Series[Any]) -> str:
    if pd.api.types.is_bool_dtype(series.dtype):
        return "boolean"
    if pd.api.types.is_datetime64_any_dtype(series.dtype):
        return "date"
    if pd.api.types.is_numeric_dtype(series.dtype):
        return "number"
    held = series.dropna()
    return "boolean" if len(held) and all(isinstance(value, bool) for value in held) else "text"


def column_profile(name: str, series: pd.Series[Any]) -> dict[str, Any]:
    kind = kind_of(series)
    held = series.dropna()
    profile: dict[str, Any] = {
        "name": name,
        "dtype": str(series.dtype),
        "kind": kind,
        "nulls": int(series.isna().sum()),
        "unique": int(held.nunique()),
        "min": None,
        "max": None,
        "mean": None,
        "values": None,
        "top": [],
    }
    if kind in {"number", "date"} and len(held):
        low, high = held.min(), held.max()
        profile["min"] = low.isoformat() if kind == "date" else low.item()
        profile["max"] = high.isoformat() if kind == "date" else high.item()
        if kind == "number":
            profile["mean"] = float(held.mean())
    if kind in {"text", "boolean"}:
        profile["top"] = [[value, int(count)] for value, count in held.value_counts().head(20).items()]
    if kind == "text":
        values = sorted({str(value) for value in held})
        if len(values) <= 200 and all(len(value) <= 80 for value in values):
            profile["values"] = values
    return profile


def view(name: str, frame: pd.DataFrame) -> TableView:
    columns = [column_profile(str(label), frame[label]) for label in frame.columns]
    sample = [[str(cell)[:200] for cell in row] for row in frame.head(5).itertuples(index=False)]
    profile = {"name": name, "file": f"{name}.csv", "rows": len(frame), "columns": columns, "sample": sample}
    return TableView(name, profile)
