"""What does the code of a plan come to? Run as it is, in this process: for tests alone."""

from __future__ import annotations

import math
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd

from sandbox_image.charts import chart
from sandbox_image.forecasting import forecast
from sandbox_image.results import to_typed
from tests.worker.models.builtin.worlds import frame_of, view_of
from worker.analysis.contract import Decline, Plan, Question
from worker.models.builtin import plan

mpl.use("Agg")
RESULT_BYTES = 1_000_000


def planned(question: str, *names: str) -> Plan:
    made = plan(Question(question, tuple(view_of(name) for name in names)))
    assert isinstance(made, Plan), f"{question!r} was declined: {made.reason}"
    return made


def declined(question: str, *names: str) -> Decline:
    made = plan(Question(question, tuple(view_of(name) for name in names)))
    assert isinstance(made, Decline), f"{question!r} was taken as {made.understood!r}: {made.code}"
    return made


def run(made: Plan, tables: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """Return the typed result of the plan's code."""
    from matplotlib import pyplot as plt

    before = {name: table.copy() for name, table in tables.items()}
    space: dict[str, Any] = {
        "pd": pd,
        "np": np,
        "tables": tables,
        "df": next(iter(tables.values())),
        "chart": chart,
        "forecast": forecast,
    }
    exec(compile(made.code, "<plan>", "exec"), space)  # noqa: S102 - the planner's own code, on the test's own tables
    plt.close("all")
    for name, table in tables.items():
        pd.testing.assert_frame_equal(table, before[name])
    return to_typed(space["result"], RESULT_BYTES).result


def typed(question: str, *names: str) -> dict[str, Any]:
    return run(planned(question, *names), {name: frame_of(name) for name in names})


def answer(question: str, *names: str) -> Any:
    """Return a scalar, a dict (series) or a list of tuples (table)."""
    return plain(typed(question, *names))


def plain(result: dict[str, Any]) -> Any:
    value = result["value"]
    if result["type"] == "series":
        return dict(zip(value["index"], value["values"], strict=True))
    if result["type"] == "table":
        return [tuple(row) for row in value["rows"]]
    return value


def same(got: Any, truth: Any) -> bool:
    """Whether two answers are equal, numbers up to rounding, groups in any order."""
    if isinstance(truth, dict):
        return (
            isinstance(got, dict)
            and got.keys() == truth.keys()
            and all(same(got[k], truth[k]) for k in truth)
        )
    if isinstance(truth, list | tuple):
        return isinstance(got, list | tuple) and len(got) == len(truth) and all(map(same, got, truth))
    if isinstance(truth, bool) or isinstance(got, bool) or truth is None or got is None:
        return got is truth
    if isinstance(truth, int | float):
        return isinstance(got, int | float) and math.isclose(got, truth, rel_tol=1e-9, abs_tol=1e-9)
    return bool(got == truth)
