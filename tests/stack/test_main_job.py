"""The main job end to end: a table in, a question, an answer from code that ran in a container."""

import csv
import json
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest
import xlwt
from celery import Celery

from tests.stack.conftest import Stack

pytestmark = pytest.mark.stack

HEADER = ["date", "category", "price", "quantity", "revenue"]
ROWS: list[list[Any]] = [
    ["2024-01-03", "Electronics", 500, 2, 1000],
    ["2024-01-15", "Furniture", 50, 4, 200],
    ["2024-02-02", "Electronics", 900, 1, 900],
    ["2024-02-20", "Clothing", 20, 10, 200],
    ["2024-03-05", "Furniture", 150, 3, 450],
]
TRUTH = {"Electronics": 1900, "Furniture": 650, "Clothing": 200}


def _delimited(path: Path, delimiter: str) -> None:
    with path.open("w", newline="") as stream:
        csv.writer(stream, delimiter=delimiter).writerows([HEADER, *ROWS])


def _xlsx(path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in [HEADER, *ROWS]:
        book.active.append(row)
    book.save(path)


def _xls(path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("sales")
    for y, row in enumerate([HEADER, *ROWS]):
        for x, value in enumerate(row):
            sheet.write(y, x, value)
    book.save(str(path))


MAKERS = {
    "csv": lambda path: _delimited(path, ","),
    "tsv": lambda path: _delimited(path, "\t"),
    "txt": lambda path: _delimited(path, "|"),
    "json": lambda path: path.write_text(json.dumps([dict(zip(HEADER, row, strict=True)) for row in ROWS])),
    "xlsx": _xlsx,
    "xls": _xls,
}


@pytest.fixture
def sales(tmp_path: Path) -> Path:
    path = tmp_path / "sales.csv"
    _delimited(path, ",")
    return path


@pytest.mark.parametrize("ending", sorted(MAKERS))
def test_a_question_about_each_format_is_answered_rightly(stack: Stack, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"sales.{ending}"
    MAKERS[ending](path)
    record = stack.ask(path, "What is the total revenue by category?")
    assert (record["state"], record["outcome"]) == ("succeeded", "ok"), record["error"]
    value = record["result"]["value"]
    assert dict(zip(value["index"], value["values"], strict=True)) == TRUTH
    assert record["planner"] == "builtin"
    assert "1,900" in record["answer"]
    assert "groupby" in record["code"]
    assert record["receipt"]["image"].startswith("sha256:")
    assert list(record["receipt"]["data"]) == ["sales"]


def test_the_same_by_plain_http(stack: Stack, sales: Path) -> None:
    with httpx.Client(
        base_url=stack.url, headers={"Authorization": f"Bearer {stack.key}"}, timeout=60
    ) as http:
        with sales.open("rb") as stream:
            made = http.post("/sessions", files={"files": ("sales.csv", stream, "text/csv")})
        assert made.status_code == 201
        profile = http.get(f"/status/{made.json()['task_id']}", params={"wait": 30}).json()
        assert profile["state"] == "succeeded", profile["error"]
        session = http.get(f"/sessions/{made.json()['session_id']}").json()
        columns = {column["name"]: column["dtype"] for column in session["tables"][0]["profile"]["columns"]}
        assert columns["date"] == "datetime64[ns]"
        assert columns["revenue"] == "int64"
        asked = http.post(
            f"/sessions/{made.json()['session_id']}/analyze", json={"question": "distribution of revenue"}
        )
        assert asked.status_code == 202
        record = http.get(asked.json()["status_url"], params={"wait": 30}).json()
        assert record["outcome"] == "ok", record["error"]
        figure = next(one for one in record["artifacts"] if one["role"] == "figure")
        picture = http.get(f"/artifacts/{figure['artifact_id']}")
        assert picture.content.startswith(b"\x89PNG")
        assert picture.headers["x-content-type-options"] == "nosniff"
        assert "attachment" in picture.headers["content-disposition"]
        original = http.get(f"/sessions/{made.json()['session_id']}/files/sales.csv")
        assert original.content == sales.read_bytes()


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("How many rows are there?", 5),
        ("What is the median price?", 150),
        ("What is the maximum revenue for Furniture?", 450),
        ("What is the average quantity?", 4.0),
    ],
)
def test_plain_questions(stack: Stack, sales: Path, question: str, value: float) -> None:
    record = stack.ask(sales, question)
    assert record["outcome"] == "ok", record["error"]
    assert record["result"]["value"] == pytest.approx(value)


def test_a_question_it_is_not_sure_of_is_declined_with_others_that_it_answers(
    stack: Stack, sales: Path
) -> None:
    record = stack.ask(sales, "Why did churn accelerate?")
    assert (record["state"], record["outcome"]) == ("failed", "not_answerable")
    assert record["code"] is None
    assert len(record["error"]["suggestions"]) == 3
    answered = stack.ask(sales, record["error"]["suggestions"][0])
    assert answered["outcome"] == "ok"


def test_code_of_the_clients_own_runs_over_the_sessions_tables(stack: Stack, sales: Path) -> None:
    session = stack.client.create_session([sales])
    record = stack.run("tables['sales']['price'].sum()", session_id=session["session_id"])
    assert record["result"] == {"type": "scalar", "value": 1620}
    record = stack.run(
        "SELECT category, sum(revenue) AS total FROM sales GROUP BY 1 ORDER BY 2 DESC",
        language="sql",
        session_id=session["session_id"],
    )
    assert record["result"]["value"]["rows"] == [["Electronics", 1900], ["Furniture", 650], ["Clothing", 200]]


@pytest.mark.parametrize("model", ["ollama:good", "openai:good"])
def test_a_model_writes_the_code_and_says_the_words(stack: Stack, sales: Path, model: str) -> None:
    record = stack.ask(sales, "How many rows?", model=model)
    assert record["outcome"] == "ok", record["error"]
    assert (record["planner"], record["result"]["value"]) == (model, 5)
    assert record["usage"]["input_tokens"] > 0
    assert record["attempts"][0]["outcome"] == "ok"


@pytest.mark.parametrize(
    ("model", "outcome"),
    [
        ("ollama:missing", "model_unavailable"),
        ("openai:locked", "model_unavailable"),
        ("ollama:broken", "model_unavailable"),
        ("ollama:prose", "no_code"),
        ("openai:huge-stream", "no_code"),
        ("openai:garbage", "no_code"),
    ],
)
def test_a_model_that_fails_has_its_own_outcome_and_no_secret_leaks(
    stack: Stack, sales: Path, model: str, outcome: str
) -> None:
    record = stack.ask(sales, "How many rows?", model=model)
    assert (record["state"], record["outcome"]) == ("failed", outcome)
    assert record["error"]["message"]
    assert "sk-test-secret" not in json.dumps(record) + stack.logs()
    assert stack.ask(sales, "How many rows?")["outcome"] == "ok"


def test_wrong_code_is_repaired_and_endless_wrong_code_ends(stack: Stack, sales: Path) -> None:
    server = stack.provider
    good = server.code
    try:
        server.code = "```python\nresult = df['no such column'].sum()\n```"
        record = stack.ask(sales, "How many rows?", model="ollama:good")
    finally:
        server.code = good
    assert (record["state"], record["outcome"]) == ("failed", "code_error")
    assert len(record["attempts"]) == 3
    assert "no such column" in record["error"]["message"]
    assert record["code"] == "result = df['no such column'].sum()"


def test_a_conversation_is_listed_and_deleted(stack: Stack, sales: Path) -> None:
    session_id = stack.client.create_session([sales])["session_id"]
    task = stack.client.analyze(session_id, "How many rows?")["task_id"]
    stack.client.wait_for(task)
    assert session_id in [session["session_id"] for session in stack.client.sessions()]
    stack.client.delete_session(session_id)
    assert session_id not in [session["session_id"] for session in stack.client.sessions()]


def test_over_mongodb_the_same(mongo_stack: Stack, sales: Path) -> None:
    record = mongo_stack.ask(sales, "What is the total revenue by category?")
    assert record["outcome"] == "ok", record["error"]
    value = record["result"]["value"]
    assert dict(zip(value["index"], value["values"], strict=True)) == TRUTH
    charted = mongo_stack.ask(sales, "distribution of revenue")
    assert charted["artifacts"], charted["error"]


def test_on_docker_the_same(docker_stack: Stack, sales: Path) -> None:
    record = docker_stack.ask(sales, "What is the total revenue by category?")
    assert record["outcome"] == "ok", record["error"]
    value = record["result"]["value"]
    assert dict(zip(value["index"], value["values"], strict=True)) == TRUTH
    assert record["receipt"]["engine"] == "docker"
    strict = docker_stack.run("21 * 2", policy="strict")
    assert (strict["outcome"], strict["receipt"]["policy"]["name"]) == ("ok", "strict"), strict["error"]
    docker_stack.command("doctor")


def test_a_worker_takes_no_orders_from_who_reaches_redis(stack: Stack) -> None:
    kept = json.loads((stack.home / "stack.json").read_text())
    url = f"redis://:{kept['redis_password']}@127.0.0.1:{stack.environ['SANDGLASS_REDIS_PORT']}/0"
    orders = Celery("orders", broker=url, set_as_current=False).control
    for order in ("ping", "pool_shrink", "shutdown"):
        assert orders.broadcast(order, reply=True, timeout=0.5) == []
    assert stack.run("1 + 1")["outcome"] == "ok"
