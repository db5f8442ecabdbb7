"""Stored answers, approvals, batches, computed values and replays, through the whole stack."""

from __future__ import annotations

import hashlib
import io
import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.stack.conftest import Stack

pytestmark = pytest.mark.stack
ODD = '"; DROP TABLE x; --'
TABLE = pd.DataFrame(
    {
        "category": ["Toys", "Food", "Toys", None, "Books", "Food"],
        "revenue": [10.5, 5.25, None, 7.0, 1.125, 3.0],
        ODD: [1, 2, 3, 4, 5, 6],
        "金額 合計": [6, 5, 4, 3, 2, 1],
    }
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A table of this test's own: no earlier answer fits it."""
    path = tmp_path / "sales.csv"
    seed = int(hashlib.sha256(str(tmp_path).encode()).hexdigest()[:6], 16)
    TABLE.assign(seed=seed).to_csv(path, index=False)
    return path


def session(stack: Stack, file: Path) -> str:
    made = stack.client.create_session([file])
    assert stack.client.wait_for(made["task_id"], limit_seconds=120)["state"] == "succeeded"
    return str(made["session_id"])


def asked(stack: Stack, session_id: str, question: str, **options: Any) -> dict[str, Any]:
    task = stack.client.analyze(session_id, question, **options)
    return stack.client.wait_for(task["task_id"], limit_seconds=120)


def test_the_same_question_of_the_same_bytes_is_stored_and_its_chart_outlives_its_session(
    stack: Stack, file: Path
) -> None:
    first_session, question = session(stack, file), "Show a bar chart of the total of revenue by category"
    first = asked(stack, first_session, question)
    assert (first["state"], first["cached"]) == ("succeeded", False), first["error"]
    second_session = session(stack, file)
    second = asked(stack, second_session, question)
    assert (second["cached"], second["cached_from"]) == (True, first["task_id"])
    assert second["receipt"] == first["receipt"]
    stack.client.delete_session(first_session)
    for before, artifact in zip(first["artifacts"], second["artifacts"], strict=True):
        assert artifact["artifact_id"] != before["artifact_id"]
        assert stack.client.download(artifact["artifact_id"], io.BytesIO()) == artifact["size_bytes"]
    assert second["artifacts"], "a chart was asked for"
    anew = asked(stack, second_session, question, cache=False)
    assert (anew["state"], anew["cached"]) == ("succeeded", False)
    file.write_text(file.read_text().replace("10.5", "10.6"))
    changed = stack.ask(file, question, cache=True)
    assert (changed["state"], changed["cached"]) == ("succeeded", False)


def test_approved_code_runs_byte_for_byte_after_nothing_ran(stack: Stack, file: Path) -> None:
    waiting = stack.ask(file, "What is the total of revenue?", approve=True)
    assert (waiting["state"], waiting["receipt"], waiting["result"]) == ("awaiting_approval", {}, None)
    code = f"{waiting['code']}\nresult = float(result) * 2  \n\n"
    stack.client.approve(waiting["task_id"], code=code)
    done = stack.client.wait_for(waiting["task_id"], limit_seconds=120)
    assert (done["state"], done["result"]["value"]) == ("succeeded", 2 * TABLE["revenue"].sum())
    assert done["receipt"]["code_sha256"] == hashlib.sha256(code.encode()).hexdigest()
    assert (done["code"], done["planner"]) == (code, "user")
    rejected = stack.ask(file, "What is the average of revenue?", approve=True)
    assert stack.client.reject(rejected["task_id"], "no")["error"]["code"] == "rejected"


def test_a_batch_is_answered_and_one_of_it_cancelled(stack: Stack, file: Path) -> None:
    session_id = session(stack, file)
    questions = [f"What is the {name} of revenue?" for name in ("total", "average", "median", "maximum")]
    tasks = stack.client.batch(session_id, questions)["tasks"]
    stack.client.cancel(tasks[3]["task_id"])
    ended = [stack.client.wait_for(task["task_id"], limit_seconds=120) for task in tasks]
    assert [record["question"] for record in ended] == questions
    values = [record["result"]["value"] for record in ended[:3]]
    revenue = TABLE["revenue"]
    assert values == pytest.approx([revenue.sum(), revenue.mean(), revenue.median()])
    assert ended[3]["state"] in ("cancelled", "succeeded")  # it may have been answered already


def test_computed_values_equal_those_of_pandas_and_are_listed(stack: Stack, file: Path) -> None:
    session_id = session(stack, file)
    told = stack.client.session(session_id)["tables"][0]["profile"]["columns"]
    assert [column["name"] for column in told][:4] == list(TABLE.columns)
    truth = {"average": TABLE["revenue"].mean(), "std": TABLE["revenue"].std(), "nulls": 1, "count": 5}
    cases = [("revenue", name, value) for name, value in truth.items()]
    cases += [(ODD, "sum", 21), ("金額 合計", "median", 3.5), ("金額 合計", "range", 5)]
    tasks = [stack.client.compute(session_id, column, name)["task_id"] for column, name, _ in cases]
    for task_id, (column, name, value) in zip(tasks, cases, strict=True):
        record = stack.client.wait_for(task_id, limit_seconds=120)
        assert record["outcome"] == "ok", record["error"]
        assert math.isclose(record["result"]["value"], value, rel_tol=1e-12), (column, name)
    by = stack.client.compute(session_id, "revenue", "SUM", by="category")["task_id"]
    record = stack.client.wait_for(by, limit_seconds=120)
    groups = TABLE.groupby("category")["revenue"].sum()
    assert record["result"]["value"]["rows"] == [[key, value] for key, value in groups.items()]
    assert record["notes"] == ["left out: 1 rows where category is missing"]
    text = stack.client.compute(session_id, "category", "average")["task_id"]
    record = stack.client.wait_for(text, limit_seconds=120)
    assert (record["outcome"], record["error"]["code"], record["result"]) == (
        "not_answerable",
        "incompatible",
        None,
    )
    assert 'avg("category")' in record["code"]
    listed = {task["task_id"]: task for task in stack.client.session(session_id)["tasks"]}
    assert listed[tasks[0]]["result"]["value"] == pytest.approx(truth["average"])
    assert (listed[by]["operation"], listed[by]["by"]) == ("sum", "category")


def test_a_replay_says_whether_the_same_came_out(stack: Stack, file: Path) -> None:
    session_id = session(stack, file)

    def replayed(code: str, language: str = "python") -> dict[str, Any]:
        source = stack.run(code, language=language, session_id=session_id)
        task = stack.client.replay(source["task_id"])
        record = stack.client.wait_for(task["task_id"], limit_seconds=120)
        assert record["state"] == "succeeded", record["error"]
        assert record["receipt"]["sandbox"] != source["receipt"]["sandbox"]
        return dict(record["replay"])

    plot = "import matplotlib.pyplot as plt\ndf['revenue'].plot(); print('drawn')"
    assert replayed(plot)["differences"] == []
    assert replayed("SELECT sum(revenue) AS s, category FROM sales GROUP BY category ORDER BY 2", "sql")[
        "same"
    ]
    drawn_lots = replayed("import random; result = random.random()")
    assert not drawn_lots["same"]
    assert "in place of" in drawn_lots["differences"][0]
    printed = replayed("import time; print(time.time_ns())\nresult = 1")
    assert printed["differences"] == ["what was printed differs from line 1 on"]
