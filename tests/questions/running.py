"""What do the planner's plan and its code come to, on the profile that the real loaders make?"""

from __future__ import annotations

import atexit
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd

from sandbox_image.charts import chart
from sandbox_image.forecasting import forecast
from sandbox_image.loaders import LoadLimits, load_file
from sandbox_image.results import to_typed
from sandbox_image.tables import Sql, read_parquet
from store.records import Mode
from tests.questions.rows import path_of
from worker.analysis.contract import Join, Plan, Question, TableView
from worker.models.builtin import plan, word

mpl.use("Agg")
LIMITS = LoadLimits(memory_bytes=1 << 30, threads=1)
RESULT_BYTES = 1_000_000
HELD = tempfile.TemporaryDirectory()
atexit.register(HELD.cleanup)


@dataclass(frozen=True)
class Answered:
    """One question that was not declined."""

    plan: Plan
    result: dict[str, Any]
    words: str


@cache
def loaded(file: str) -> tuple[TableView, Path]:
    """Return the profile and the Parquet file that the sandbox would have of `file`."""
    path = path_of(file)
    out = Path(HELD.name) / file
    out.mkdir(exist_ok=True)
    profile = load_file(path, file, path.suffix[1:], out, set(), LIMITS)[0]
    return TableView(str(profile["name"]), profile), out / f"{profile['name']}.parquet"


@cache
def ask(
    question: str,
    *files: str,
    mode: Mode = "auto",
    history: tuple[tuple[str, str], ...] = (),
    joins: tuple[Join, ...] = (),
) -> Answered | str:
    """Return the answer, or the reason of the decline."""
    held = [loaded(file) for file in files]
    made = plan(Question(question, tuple(view for view, _ in held), mode, history, joins))
    if not isinstance(made, Plan):
        return made.reason
    paths = {view.name: path for view, path in held}
    result = execute(made, paths)
    return Answered(made, result, word(made, result))


@cache
def _sql(paths: tuple[tuple[str, Path], ...]) -> Sql:
    """Return one connection for each set of tables: most of a query's time is to make one."""
    return Sql(dict(paths), 1, None)


def execute(made: Plan, paths: dict[str, Path]) -> dict[str, Any]:
    """Run the plan's code as the sandbox does and return its typed result."""
    from matplotlib import pyplot as plt

    if made.language == "sql":
        return to_typed(_sql(tuple(paths.items()))(made.code), RESULT_BYTES).result
    tables = {name: read_parquet(path) for name, path in paths.items()}
    space: dict[str, Any] = {
        "pd": pd,
        "np": np,
        "tables": tables,
        "df": next(iter(tables.values())),
        "chart": chart,
        "forecast": forecast,
    }
    exec(compile(made.code, "<plan>", "exec"), space)  # noqa: S102 - the code under test, on the test's tables
    plt.close("all")
    return to_typed(space["result"], RESULT_BYTES).result
