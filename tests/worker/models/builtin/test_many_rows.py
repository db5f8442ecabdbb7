"""A table that may not fit into memory is asked in SQL, unless a figure is drawn or pandas is asked for."""

import pytest

from store.records import Mode
from worker.analysis.contract import Plan, Question, TableView
from worker.models.builtin import plan

COLUMNS = [
    {"name": "order_date", "dtype": "datetime64[ns]", "kind": "date", "nulls": 0, "unique": 700,
     "min": "2022-01-01", "max": "2023-12-31", "mean": None, "values": None, "top": []},
    {"name": "amount", "dtype": "int64", "kind": "number", "nulls": 0, "unique": 9000,
     "min": 1, "max": 9999, "mean": 5000.0, "values": None, "top": []},
]  # fmt: skip


def _planned(text: str, rows: int, mode: Mode = "auto") -> Plan:
    table = TableView("orders", {"name": "orders", "rows": rows, "columns": COLUMNS, "sample": []})
    made = plan(Question(text, (table,), mode))
    assert isinstance(made, Plan)
    return made


@pytest.mark.parametrize(
    ("text", "rows", "mode", "language"),
    [
        ("total amount by month of order_date", 10_000_000, "auto", "sql"),
        ("total amount by month of order_date", 1_000, "auto", "python"),
        ("total amount by month of order_date", 10_000_000, "pandas", "python"),
        ("distribution of amount", 10_000_000, "auto", "python"),
        ("trend of amount by month", 10_000_000, "auto", "python"),
    ],
)
def test_many_rows_are_asked_in_sql(text: str, rows: int, mode: Mode, language: str) -> None:
    assert _planned(text, rows, mode).language == language


def test_it_means_the_same() -> None:
    few, many = (_planned("total amount by month of order_date", rows) for rows in (1_000, 10_000_000))
    assert few.understood == many.understood
    assert few.template == many.template
