"""What `sandglass batch`, `compute`, `replay`, `approve` and `reject` send and show, and how they exit."""

from __future__ import annotations

import hashlib
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.client.fake_gateway import FakeGateway, error_reply, record

Cli = Callable[..., Any]
ACCEPTED = {"task_id": "t1", "session_id": "s1", "status_url": "/status/t1"}
SESSION = "0b7e5a2c9d3f4e61a8b2c4d6e8f01234"
CODE = "result = df['x'].sum()"
WAITING = record(
    state="awaiting_approval",
    stage="awaiting_approval",
    outcome=None,
    answer=None,
    result=None,
    code=CODE,
    approval={"state": "awaiting", "code": CODE, "language": "python", "edited": False, "reason": ""},
)
DONE = record(approval={"state": "approved", "code": CODE, "language": "python", "edited": False})
SEEN = hashlib.sha256(CODE.encode()).hexdigest()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def sent(gateway: FakeGateway, route: str) -> Any:
    return json.loads(gateway.requests(route)[-1].body)


def test_batch_asks_each_line_of_a_session(cli: Cli, gateway: FakeGateway, tmp_path: Path) -> None:
    file = tmp_path / "questions.txt"
    file.write_text("# what we ask every Monday\nTotal?\n\n  Average?  \n", "utf-8")
    tasks = [{"task_id": "t1", "question": "Total?"}, {"task_id": "t2", "question": "Average?"}]
    gateway.on(f"POST /sessions/{SESSION}/batch", {"session_id": SESSION, "tasks": tasks})
    gateway.on("GET /status/t1", record(question="Total?", answer="It is 12.", cached=True))
    gateway.on("GET /status/t2", record(question="Average?", state="failed", outcome="timeout", answer=None))
    ran = cli("batch", SESSION, str(file), "--mode", "sql", "--no-cache")
    assert sent(gateway, f"POST /sessions/{SESSION}/batch") == {
        "questions": ["Total?", "Average?"], "mode": "sql", "cache": False,
    }  # fmt: skip
    assert "It is 12." in ran.out
    assert "ok (cached)" in ran.out
    assert "timeout" in ran.out
    assert ran.code == 1


def test_batch_uploads_files_first(cli: Cli, gateway: FakeGateway, table: Path, tmp_path: Path) -> None:
    file = tmp_path / "q.txt"
    file.write_text("\n".join(f"Question {number}?" for number in range(60)), "utf-8")
    gateway.on("POST /sessions", {"session_id": "s9", "task_id": "t1"})
    gateway.on("GET /status/t1", record())
    gateway.on("POST /sessions/s9/batch", {"session_id": "s9", "tasks": [{"task_id": "t1"}]})
    ran = cli("batch", str(table), str(file), "--json")
    assert ran.code == 0
    bodies = [json.loads(seen.body) for seen in gateway.requests("POST /sessions/s9/batch")]
    assert [len(body["questions"]) for body in bodies] == [50, 10]
    assert len(json.loads(ran.out)) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["questions.txt"], "no table"),
        (["sales.csv", "more.csv"], "the questions are missing"),
        (["nowhere.csv", "questions.txt"], "no such file, and no session: nowhere.csv"),
        ([SESSION, "none.txt"], "no such file: none.txt"),
        ([SESSION, "empty.txt"], "there is no question in empty.txt"),
    ],
)
def test_batch_says_what_is_missing(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("questions.txt").write_text("Total?\n")
    Path("empty.txt").write_text("# nothing\n")
    ran = cli("batch", *words)
    assert ran.code == 2
    assert said in ran.err


def test_compute_sends_the_operation_and_shows_sql_and_value(cli: Cli, gateway: FakeGateway) -> None:
    gateway.on("POST /sessions/s1/compute", ACCEPTED)
    scalar = {"type": "scalar", "value": 7.5}
    gateway.on("GET /status/t1", record(result=scalar, code="SELECT avg(x)", language="sql"))
    ran = cli("compute", "s1", "my column", "average", "--by", "group")
    assert sent(gateway, "POST /sessions/s1/compute") == {
        "column": "my column", "operation": "average", "by": "group",
    }  # fmt: skip
    assert "7.5" in ran.out
    assert "SELECT avg(x)" in ran.out
    assert ran.code == 0


def test_what_was_computed_is_listed_with_its_session(cli: Cli, gateway: FakeGateway) -> None:
    task = {
        "task_id": "t1", "kind": "compute", "question": None, "state": "succeeded", "outcome": "ok",
        "column": "price", "operation": "average", "by": None, "result": {"type": "scalar", "value": 7.5},
    }  # fmt: skip
    gateway.on("GET /sessions/s1", {"session_id": "s1", "files": [], "tables": [], "tasks": [task]})
    assert "average of price = 7.5" in cli("sessions", "show", "s1").out


@pytest.mark.parametrize(("same", "code"), [(True, 0), (False, 1)])
def test_replay_says_whether_it_is_the_same(cli: Cli, gateway: FakeGateway, same: bool, code: int) -> None:
    gateway.on("POST /status/t0/replay", ACCEPTED)
    differences = [] if same else ["the result is 2 in place of 1"]
    replay = {"of": "t0", "same": same, "differences": differences}
    gateway.on("GET /status/t1", record(replay=replay))
    ran = cli("replay", "t0")
    assert ran.code == code
    assert ("replay of t0: the same" in ran.out) is same
    assert ("the result is 2 in place of 1" in ran.out) is not same


def test_replay_of_changed_data_fails_with_the_reason(cli: Cli, gateway: FakeGateway) -> None:
    gateway.on("POST /status/t0/replay", ACCEPTED)
    error = {"code": "data_changed", "message": "sales holds other data"}
    gateway.on("GET /status/t1", record(state="failed", outcome="not_answerable", error=error))
    ran = cli("replay", "t0")
    assert ran.code == 1
    assert "sales holds other data" in ran.out


def test_ask_approve_shows_the_code_and_stops_where_nobody_is_there(
    cli: Cli, gateway: FakeGateway, table: Path
) -> None:
    gateway.on("POST /analyze", ACCEPTED)
    gateway.on("GET /status/t1", WAITING)
    ran = cli("ask", str(table), "total of x", "--approve")
    assert b'name="approve"' in gateway.requests("POST /analyze")[0].body
    assert CODE in ran.out
    assert "sandglass approve t1" in ran.out
    assert ran.code == 0
    assert gateway.requests("POST /status/t1/approve") == []


@pytest.mark.parametrize(
    ("typed", "route", "body"),
    [
        ("y\n", "approve", {"seen": SEEN}),
        ("n\n", "reject", {"reason": ""}),
        ("e\n", "approve", {"seen": SEEN, "code": "edited"}),
        ("\n", None, None),
    ],
)
def test_in_a_terminal_the_person_is_asked(
    cli: Cli,
    gateway: FakeGateway,
    table: Path,
    monkeypatch: pytest.MonkeyPatch,
    typed: str,
    route: str | None,
    body: Any,
) -> None:
    gateway.on("POST /analyze", ACCEPTED)
    gateway.on("GET /status/t1", WAITING, DONE)
    for verb in ("approve", "reject"):
        gateway.on(f"POST /status/t1/{verb}", DONE)
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    monkeypatch.setattr("client.commands.settling.click.edit", lambda *_, **__: "edited")
    ran = cli("ask", str(table), "total of x", "--approve")
    assert ran.code == 0
    if route is None:
        assert not any(seen.path.endswith(("approve", "reject")) for seen in gateway.seen)
        return
    assert sent(gateway, f"POST /status/t1/{route}") == body
    assert ("approved as it was" in ran.out) is (route == "approve")


def test_approve_sends_what_was_seen_and_shows_the_end(
    cli: Cli, gateway: FakeGateway, tmp_path: Path
) -> None:
    gateway.on("GET /status/t1", WAITING, DONE)
    gateway.on("POST /status/t1/approve", DONE)
    ran = cli("approve", "t1")
    assert sent(gateway, "POST /status/t1/approve") == {"seen": SEEN}
    assert "sun is the highest" in ran.out
    gateway.on("GET /status/t1", WAITING, DONE)
    file = tmp_path / "mine.py"
    file.write_text("result = 1\n")
    cli("approve", "t1", "--code", str(file))
    assert sent(gateway, "POST /status/t1/approve")["code"] == "result = 1\n"


def test_approve_of_what_does_not_wait_or_is_no_code_says_so(
    cli: Cli, gateway: FakeGateway, tmp_path: Path
) -> None:
    gateway.on("GET /status/t1", DONE)
    ran = cli("approve", "t1")
    assert (ran.code, "it is succeeded" in ran.err) == (1, True)
    gateway.on("GET /status/t1", WAITING)
    gateway.on("POST /status/t1/approve", error_reply(422, "bad_code", "code: not Python"))
    file = tmp_path / "mine.py"
    file.write_text("result = (")
    ran = cli("approve", "t1", "--code", str(file))
    assert (ran.code, "not Python" in ran.err) == (1, True)


def test_reject_keeps_the_reason(cli: Cli, gateway: FakeGateway) -> None:
    gateway.on("POST /status/t1/reject", record(state="cancelled"))
    ran = cli("reject", "t1", "--reason", "wrong table")
    assert (ran.code, sent(gateway, "POST /status/t1/reject")) == (0, {"reason": "wrong table"})


def test_status_of_a_waiting_task_shows_the_code_and_the_way_on(cli: Cli, gateway: FakeGateway) -> None:
    gateway.on("GET /status/t1", WAITING)
    ran = cli("status", "t1")
    assert CODE in ran.out
    assert "sandglass reject t1" in ran.out


def test_a_cached_answer_and_parts_are_shown_as_such(cli: Cli, gateway: FakeGateway) -> None:
    part = {"question": "the trend of B", "outcome": "ok", "answer": "It\x1b[2J rises.", "code": "b.plot()"}
    gateway.on("GET /status/t1", record(cached=True, cached_from="t0", parts=[part]))
    ran = cli("status", "t1")
    assert "from the cache: the answer of task t0" in ran.out
    assert "1. the trend of B" in ran.out
    assert "b.plot()" in ran.out
    assert "\x1b[2J" not in ran.out
