"""Do the rules work on the profile that the sandbox's own loader makes of a file?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from sandbox_image.loaders import LoadLimits, load_file
from tests.worker.models.builtin.asking import plain, run, same
from worker.analysis.contract import Decline, Plan, Question, TableView
from worker.models.builtin import plan

ORDERS = """Order ID,Order Date,Category,Unit Price,Quantity,Sales,Active,Zip
1,2023-01-05,Toys,4.5,2,9.0,true,01234
2,2023-02-05,Books,,3,12.0,false,90210
3,2023-02-07,Toys,5.5,4,22.0,true,75001
4,2024-02-07,,5.5,1,5.5,,75001
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[TableView, pd.DataFrame]:
    folder = tmp_path_factory.mktemp("real")
    path = folder / "in.csv"
    path.write_text(ORDERS)
    out = folder / "out"
    out.mkdir()
    limits = LoadLimits(memory_bytes=512 * 1024 * 1024, threads=1)
    profile = load_file(path, "orders.csv", "csv", out, set(), limits)[0]
    frame = pd.read_parquet(next(out.glob("*.parquet")))
    return TableView(profile["name"], profile), frame


@pytest.mark.parametrize(
    ("question", "true"),
    [
        ("How many orders are there?", 4),
        ("total sales by category", {"Toys": 31.0, "Books": 12.0, None: 5.5}),
        ("total sales in 2023", 43.0),
        ("median unit price", 5.5),
        ("how many orders are active", 2),
        ("total quantity for toys", 6),
        ("monthly sales trend and the best month", {"2023-01": 9.0, "2023-02": 34.0, "2024-02": 5.5}),
        ("how many orders where zip is 01234", 1),
        ("correlation between quantity and sales", None),
    ],
)
def test_the_answer_is_true(loaded: tuple[TableView, pd.DataFrame], question: str, true: Any) -> None:
    seen, frame = loaded
    made = plan(Question(question, (seen,)))
    assert isinstance(made, Plan), made
    got = plain(run(made, {seen.name: frame}))
    if true is None:
        assert 0 < got < 1
    else:
        assert same(got, true), (got, made.understood)


@pytest.mark.parametrize("question", ["sum of zip", "average order id", "total discount", "sales by region"])
def test_what_is_not_sure_is_declined(loaded: tuple[TableView, pd.DataFrame], question: str) -> None:
    assert isinstance(plan(Question(question, (loaded[0],))), Decline)
