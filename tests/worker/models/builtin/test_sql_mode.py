"""Does the SQL of a plan come to the same as its pandas code, in DuckDB?"""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from tests.worker.models.builtin.asking import planned, run, same
from tests.worker.models.builtin.test_truth_others import CASES as OTHER_CASES
from tests.worker.models.builtin.test_truth_sales import CASES as SALES_CASES
from tests.worker.models.builtin.worlds import frame_of, view_of
from worker.analysis.contract import Decline, Plan, Question
from worker.models.builtin import plan

ASKED = [("sales", question) for question, _ in SALES_CASES] + [(table, q) for table, q, _ in OTHER_CASES]


def in_sql(table: str, question: str) -> Plan | Decline:
    return plan(Question(question, (view_of(table),), mode="sql"))


COVERED = [(table, question) for table, question in ASKED if isinstance(in_sql(table, question), Plan)]


def cells(result: dict[str, Any]) -> list[tuple[Any, ...]]:
    value = result["value"]
    if result["type"] == "series":
        return [(key, cell) for key, cell in zip(value["index"], value["values"], strict=True)]
    if result["type"] == "table":
        return [tuple(row) for row in value["rows"]]
    return [(value,)]


@pytest.mark.parametrize(("table", "question"), COVERED)
def test_sql_and_pandas_agree(table: str, question: str) -> None:
    made = in_sql(table, question)
    assert isinstance(made, Plan)
    assert made.language == "sql"
    with duckdb.connect() as connection:
        connection.register(table, frame_of(table))
        got = connection.execute(made.code).fetchall()
    true = cells(run(planned(question, table), {table: frame_of(table)}))
    if got and len(got[0]) == 1 and len(true[0]) == 2:
        true = [(value,) for _, value in true]
    if len(true) == 1 and isinstance(true[0][0], list):
        true = [(value,) for value in true[0][0]]
    several = len(got) == 1 and len(true) > 1 and len(got[0]) == len(true)
    pairs = [(label, cell) for (label, _), cell in zip(true, got[0], strict=True)] if several else got
    normal = [tuple(_plain(cell) for cell in row) for row in pairs]
    assert sorted(map(_key, normal)) == sorted(map(_key, true)) or all(
        map(same, sorted(normal, key=_key), sorted(true, key=_key))
    )


def _plain(cell: Any) -> Any:
    if hasattr(cell, "isoformat"):
        return cell.isoformat()[:10]
    if isinstance(cell, str) and cell.isdigit() and len(cell) == 4:
        return int(cell)
    return float(cell) if type(cell).__name__ == "Decimal" else cell


def _key(row: tuple[Any, ...]) -> str:
    return "|".join(
        f"{cell:.6f}" if isinstance(cell, int | float) and not isinstance(cell, bool) else str(cell)
        for cell in row
    )


def test_most_aggregates_have_sql() -> None:
    assert len(COVERED) > len(ASKED) // 2


def test_what_has_no_sql_is_declined() -> None:
    made = in_sql("sales", "show the last 5 rows")
    assert isinstance(made, Decline)
    assert "SQL" in made.reason


def test_names_cannot_leave_their_quotes() -> None:
    made = in_sql("accounts", 'sum of `the "net" sum`')
    assert isinstance(made, Plan)
    assert '"the ""net"" sum"' in made.code
