"""`status`, `cancel`, `sessions` and `keys`: what they show and how they exit."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.client.fake_gateway import FakeGateway, Reply, record

Cli = Callable[..., Any]
SESSION = {
    "session_id": "s1",
    "created_at": "2026-01-01T10:00:00Z",
    "files": [{"name": "weather.csv", "error": None}, {"name": "bad.xlsx", "error": "password-protected"}],
    "tables": [
        {
            "name": "weather",
            "profile": {
                "rows": 1461,
                "file": "weather.csv",
                "columns": [
                    {
                        "name": "temp[red]_max",
                        "kind": "number",
                        "nulls": 2,
                        "unique": 9,
                        "min": -1.6,
                        "max": 35.6,
                    }
                ],
            },
        }
    ],
    "tasks": [
        {
            "task_id": "t1",
            "kind": "analyze",
            "question": "how many rows?",
            "state": "succeeded",
            "outcome": "ok",
        }
    ],
}


def test_status_of_a_running_task_is_one_line(cli: Cli, gateway: FakeGateway) -> None:
    gateway.on("GET /status/t1", record(state="running", stage="planning"))
    ran = cli("status", "t1")
    assert (ran.code, ran.out) == (0, "running: writing code\n")


def test_status_of_an_ended_task_shows_it(cli: Cli, gateway: FakeGateway) -> None:
    gateway.on("GET /status/t1", record())
    ran = cli("status", "t1")
    assert ran.code == 0
    assert "sun is the highest" in ran.out


def test_status_can_wait(cli: Cli, gateway: FakeGateway) -> None:
    gateway.on("GET /status/t1", record(state="running", stage="running"), record())
    assert "sun is the highest" in cli("status", "t1", "--wait").out


def test_status_of_nobodys_task_is_not_found(cli: Cli) -> None:
    ran = cli("status", "t9")
    assert ran.code == 2
    assert "not_found" in ran.err


@pytest.mark.parametrize(
    ("state", "code", "said"),
    [
        ("cancelled", 0, "cancelled"),
        ("running", 0, "cancelling"),
        ("succeeded", 1, "had ended already"),
    ],
)
def test_cancel_says_what_became_of_it(
    cli: Cli, gateway: FakeGateway, state: str, code: int, said: str
) -> None:
    gateway.on("POST /status/t1/cancel", record(state=state))
    ran = cli("cancel", "t1")
    assert ran.code == code
    assert said in ran.out + ran.err


@pytest.mark.parametrize("words", [["sessions"], ["sessions", "list"]])
def test_sessions_are_listed(cli: Cli, gateway: FakeGateway, words: list[str]) -> None:
    gateway.on("GET /sessions", {"sessions": [SESSION]})
    ran = cli(*words)
    assert ran.code == 0
    assert "s1" in ran.out
    assert "weather.csv, bad.xlsx" in ran.out


def test_no_sessions_says_how_to_make_one(cli: Cli, gateway: FakeGateway) -> None:
    gateway.on("GET /sessions", {"sessions": []})
    assert "sandglass ask" in cli("sessions").out


def test_a_session_shows_tables_columns_and_tasks(cli: Cli, gateway: FakeGateway) -> None:
    gateway.on("GET /sessions/s1", SESSION)
    ran = cli("sessions", "show", "s1")
    for shown in (
        "weather: 1,461 rows",
        "temp[red]_max",
        "35.6",
        "how many rows?",
        "bad.xlsx: password-protected",
    ):
        assert shown in ran.out


def test_a_session_is_deleted(cli: Cli, gateway: FakeGateway) -> None:
    gateway.on("DELETE /sessions/s1", Reply(b"", 204))
    assert cli("sessions", "delete", "s1").out == "deleted s1\n"


def test_a_key_is_made_listed_and_revoked(bare_cli: Cli) -> None:
    made = bare_cli("keys", "create", "--tenant", "team-a", "--name", "laptop")
    assert made.code == 0
    assert made.out.startswith("sg_")
    assert len(made.out.split()) == 1
    listed = json.loads(bare_cli("keys", "list", "--json").out)
    assert [(key["tenant_id"], key["name"], key["revoked_at"]) for key in listed] == [
        ("team-a", "laptop", None)
    ]
    assert "sha256" not in listed[0]
    assert bare_cli("keys", "revoke", listed[0]["key_id"]).code == 0
    assert json.loads(bare_cli("keys", "list", "--json").out)[0]["revoked_at"] is not None
    again = bare_cli("keys", "revoke", listed[0]["key_id"])
    assert again.code == 1
    assert "no key with the id" in again.err


def test_keys_are_listed_as_a_table(bare_cli: Cli) -> None:
    bare_cli("keys", "create", "--name", "laptop")
    ran = bare_cli("keys")
    assert "laptop" in ran.out
    assert "local" in ran.out


def test_a_store_of_an_unknown_kind_is_one_line(bare_cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDGLASS_STORE", "mysql://user:secret@host/db")
    ran = bare_cli("keys", "list")
    assert ran.code == 2
    assert "SANDGLASS_STORE" in ran.err
    assert "secret" not in ran.err


def test_an_unknown_command_is_misuse(bare_cli: Cli) -> None:
    assert bare_cli("frobnicate").code == 2


def test_down_without_a_stack_says_so(bare_cli: Cli) -> None:
    ran = bare_cli("down")
    assert (ran.code, ran.out) == (0, "Sandglass was not running.\n")


@pytest.mark.parametrize("tenant", ["", "a/b", "../x", ".hidden", "x" * 65, "two words"])
def test_a_tenant_that_the_gateway_would_not_know_is_refused(bare_cli: Cli, tenant: str) -> None:
    ran = bare_cli("keys", "create", "--tenant", tenant)
    assert ran.code == 2
    assert "--tenant takes" in ran.err
    assert json.loads(bare_cli("keys", "list", "--json").out) == []
