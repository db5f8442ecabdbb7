"""What `sandglass ask` and `exec` show, and how they exit."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.client.fake_gateway import FakeGateway, Reply, record

Cli = Callable[..., Any]


ACCEPTED = {"task_id": "t1", "session_id": "s1", "status_url": "/status/t1"}
QUESTION = "average temp_max by weather"


def test_words_result_and_code_are_shown(cli: Cli, gateway: FakeGateway, table: Path) -> None:
    gateway.on("POST /analyze", ACCEPTED)
    gateway.on("GET /status/t1", record())
    ran = cli("ask", str(table), QUESTION)
    assert ran.code == 0
    assert "sun is the highest, 19.86." in ran.out
    assert "temp_max" in ran.out
    assert "19.86" in ran.out
    assert "df.groupby('weather')" in ran.out
    assert "builtin" in ran.out


def test_the_file_and_the_question_are_sent(cli: Cli, gateway: FakeGateway, table: Path) -> None:
    gateway.on("POST /analyze", ACCEPTED)
    gateway.on("GET /status/t1", record())
    cli("ask", str(table), QUESTION, "--policy", "strict", "--mode", "sql", "--model", "ollama:llama3.1")
    body = gateway.requests("POST /analyze")[0].body
    assert table.read_bytes() in body
    for sent in (b'filename="weather.csv"', QUESTION.encode(), b"strict", b"sql", b"ollama:llama3.1"):
        assert sent in body


def test_options_not_given_are_not_sent(cli: Cli, gateway: FakeGateway, table: Path) -> None:
    gateway.on("POST /analyze", ACCEPTED)
    gateway.on("GET /status/t1", record())
    cli("ask", str(table), QUESTION)
    assert b'name="policy"' not in gateway.requests("POST /analyze")[0].body


def test_stages_go_to_stderr_in_order(cli: Cli, gateway: FakeGateway, table: Path) -> None:
    gateway.on("POST /analyze", ACCEPTED)
    stages = [record(state="running", stage=stage) for stage in ("planning", "running", "running")]
    gateway.on("GET /status/t1", *stages, record())
    ran = cli("ask", str(table), QUESTION)
    assert ran.err.index("writing code") < ran.err.index("running the code")
    assert ran.err.count("running the code") == 1
    assert "writing code" not in ran.out


def test_json_prints_the_record_only(cli: Cli, gateway: FakeGateway, table: Path) -> None:
    gateway.on("POST /analyze", ACCEPTED)
    gateway.on("GET /status/t1", record())
    ran = cli("ask", str(table), QUESTION, "--json")
    assert json.loads(ran.out) == record()
    assert ran.code == 0


def test_a_failed_task_exits_with_one_and_says_why(cli: Cli, gateway: FakeGateway, table: Path) -> None:
    error = {
        "code": "not_answerable",
        "message": "no column fits 'profit'",
        "suggestions": ["mean of temp_max"],
    }
    gateway.on("POST /analyze", ACCEPTED)
    gateway.on(
        "GET /status/t1",
        record(state="failed", outcome="not_answerable", error=error, result=None, answer=None),
    )
    ran = cli("ask", str(table), "profit?")
    assert ran.code == 1
    assert "not_answerable: no column fits 'profit'" in ran.out
    assert "mean of temp_max" in ran.out


def test_a_failed_task_as_json_exits_with_one(cli: Cli, gateway: FakeGateway, table: Path) -> None:
    gateway.on("POST /analyze", ACCEPTED)
    gateway.on("GET /status/t1", record(state="failed", outcome="timeout"))
    ran = cli("ask", str(table), QUESTION, "--json")
    assert ran.code == 1
    assert json.loads(ran.out)["outcome"] == "timeout"


def test_artifacts_are_saved_under_safe_names(
    cli: Cli, gateway: FakeGateway, table: Path, tmp_path: Path
) -> None:
    artifacts = [{"artifact_id": "a1", "name": "../../evil.png", "role": "figure", "size_bytes": 3}]
    gateway.on("POST /analyze", ACCEPTED)
    gateway.on("GET /status/t1", record(artifacts=artifacts))
    gateway.on("GET /artifacts/a1", b"PNG")
    ran = cli("ask", str(table), QUESTION, "--save", str(tmp_path / "kept"))
    assert (tmp_path / "kept" / "evil.png").read_bytes() == b"PNG"
    assert f"saved {tmp_path / 'kept' / 'evil.png'}" in ran.out.replace("\n", "")


def test_a_session_is_asked_without_a_file(cli: Cli, gateway: FakeGateway) -> None:
    gateway.on("POST /sessions/s1/analyze", ACCEPTED)
    gateway.on("GET /status/t1", record())
    assert cli("ask", QUESTION, "--session", "s1").code == 0
    assert json.loads(gateway.requests("POST /sessions/s1/analyze")[0].body) == {"question": QUESTION}


@pytest.mark.parametrize("session", [[], ["--session", "s1"]], ids=["one shot", "in a session"])
def test_files_are_put_first_where_that_is_asked_for(
    cli: Cli, gateway: FakeGateway, table: Path, session: list[str]
) -> None:
    gateway.on("POST /uploads", {"upload_id": "u1", "url": "/uploads/u1", "headers": {}})
    gateway.on("PUT /uploads/u1", Reply(b"", 204))
    gateway.on("POST /analyze", ACCEPTED)
    gateway.on("POST /sessions/s1/files", {"task_id": "p1", "session_id": "s1"})
    gateway.on("GET /status/p1", record(task_id="p1"))
    gateway.on("POST /sessions/s1/analyze", ACCEPTED)
    gateway.on("GET /status/t1", record())
    assert cli("ask", str(table), QUESTION, "--direct", *session).code == 0
    assert gateway.requests("PUT /uploads/u1")[0].body == table.read_bytes()
    [named] = gateway.requests("POST /sessions/s1/files" if session else "POST /analyze")
    assert b'name="uploads"\r\n\r\nu1' in named.body
    assert b"filename" not in named.body


def test_a_file_is_added_to_the_session_first(cli: Cli, gateway: FakeGateway, table: Path) -> None:
    gateway.on("POST /sessions/s1/files", {"task_id": "p1", "session_id": "s1"})
    gateway.on("GET /status/p1", record(task_id="p1"))
    gateway.on("POST /sessions/s1/analyze", ACCEPTED)
    gateway.on("GET /status/t1", record())
    assert cli("ask", str(table), QUESTION, "--session", "s1").code == 0
    order = [f"{seen.method} {seen.path}" for seen in gateway.seen]
    assert order.index("GET /status/p1") < order.index("POST /sessions/s1/analyze")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["missing.csv", "how many rows?"], "no such file: missing.csv"),
        (["how many rows?"], "no table"),
        (["data.csv"], "the question is missing"),
        ([".", "how many rows?"], "not a file: ."),
        (["  ", "--session", "s1"], "the question is empty"),
    ],
)
def test_misuse_is_one_line_and_exit_two(cli: Cli, words: list[str], said: str) -> None:
    ran = cli("ask", *words)
    assert ran.code == 2
    assert said in ran.err
    assert len(ran.err.strip().splitlines()) == 1
    assert ran.out == ""


def test_no_gateway_says_how_to_start_one(
    bare_cli: Cli, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDGLASS_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("SANDGLASS_KEY", "sg_x")
    ran = bare_cli("ask", str(table), QUESTION)
    assert ran.code == 2
    assert "sandglass up" in ran.err
    assert len(ran.err.strip().splitlines()) == 1


def test_no_key_says_where_one_comes_from(bare_cli: Cli, table: Path, home: Path) -> None:
    ran = bare_cli("ask", str(table), QUESTION)
    assert ran.code == 2
    assert "SANDGLASS_KEY" in ran.err
    assert str(home / "key") in ran.err


def test_a_wrong_key_is_said_as_such(
    cli: Cli, gateway: FakeGateway, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDGLASS_KEY", "sg_wrong")
    ran = cli("ask", str(table), QUESTION)
    assert ran.code == 2
    assert "does not accept this key" in ran.err


def test_a_server_error_shows_code_and_message(cli: Cli, gateway: FakeGateway, table: Path) -> None:
    body = {"error": {"code": "too_large", "message": "more than 1 GiB", "request_id": "r"}}
    gateway.on("POST /analyze", Reply(body, 413))
    ran = cli("ask", str(table), QUESTION)
    assert ran.code == 2
    assert "more than 1 GiB (too_large, HTTP 413)" in ran.err


def test_exec_reads_standard_input(cli: Cli, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway.on("POST /execute", ACCEPTED)
    printed = {"text": "1\n", "bytes": 2, "truncated": False}
    gateway.on("GET /status/t1", record(answer=None, result=None, code="print(1)", stdout=printed))
    monkeypatch.setattr(sys, "stdin", io.StringIO("print(1)"))
    ran = cli("exec", "-")
    assert ran.code == 0
    assert json.loads(gateway.requests("POST /execute")[0].body) == {"code": "print(1)", "language": "python"}
    assert "printed\n1\n" in ran.out


def test_exec_takes_sql_by_the_files_name(cli: Cli, gateway: FakeGateway, tmp_path: Path) -> None:
    gateway.on("POST /execute", ACCEPTED)
    gateway.on("GET /status/t1", record())
    (tmp_path / "q.sql").write_text("select 1", "utf-8")
    cli("exec", str(tmp_path / "q.sql"), "--session", "s1")
    sent = json.loads(gateway.requests("POST /execute")[0].body)
    assert sent == {"code": "select 1", "language": "sql", "session_id": "s1"}


def test_exec_without_code_is_misuse(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(" \n"))
    ran = cli("exec")
    assert (ran.code, ran.err) == (2, "sandglass: there is no code to run\n")


def test_what_code_printed_cannot_steer_the_terminal(cli: Cli, gateway: FakeGateway, table: Path) -> None:
    printed = {"text": "\x1b]0;owned\x07\x1b[2Jhello", "bytes": 20, "truncated": False}
    gateway.on("POST /analyze", ACCEPTED)
    gateway.on("GET /status/t1", record(stdout=printed, answer="[red]\x1b[31mwords[/red]"))
    ran = cli("ask", str(table), QUESTION)
    assert "\x1b" not in ran.out
    assert "\x07" not in ran.out
    assert "[red]" in ran.out


def test_exec_refuses_bytes_that_are_no_text(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("print(1) \udcff"))
    ran = cli("exec", "-")
    assert (ran.code, ran.err) == (2, "sandglass: not UTF-8 text: -\n")


def test_exec_takes_code_with_a_byte_order_mark(cli: Cli, gateway: FakeGateway, tmp_path: Path) -> None:
    gateway.on("POST /execute", ACCEPTED)
    gateway.on("GET /status/t1", record())
    (tmp_path / "code.py").write_text("print(1)", "utf-8-sig")
    cli("exec", str(tmp_path / "code.py"))
    assert json.loads(gateway.requests("POST /execute")[0].body)["code"] == "print(1)"
