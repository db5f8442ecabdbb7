"""A table is read again as a person says, under its name and in its place, or stays as it was."""

from pathlib import Path
from typing import Any

import pytest

from client.errors import NotFoundError, RefusedError
from tests.stack.conftest import Stack

pytestmark = pytest.mark.stack

TEXT = "zip;when;price\n01234;03/04/2024;1.234\n09999;05/06/2024;2.500\n"


@pytest.fixture
def session_id(stack: Stack, tmp_path: Path) -> str:
    (tmp_path / "trades.csv").write_text(TEXT)
    (tmp_path / "other.csv").write_text("x,y\n1,2\n")
    made = stack.client.create_session([tmp_path / "trades.csv", tmp_path / "other.csv"])
    assert stack.client.wait_for(made["task_id"])["state"] == "succeeded"
    return str(made["session_id"])


def table(stack: Stack, session_id: str, name: str = "trades") -> dict[str, Any]:
    return next(one for one in stack.client.session(session_id)["tables"] if one["name"] == name)


def again(stack: Stack, session_id: str, read_as: dict[str, Any], name: str = "trades") -> dict[str, Any]:
    return stack.client.wait_for(
        stack.client.read_as(session_id, name, read_as)["task_id"], limit_seconds=120
    )


def test_a_table_is_read_as_told_and_again_as_at_first(stack: Stack, session_id: str) -> None:
    first = table(stack, session_id)
    record = again(stack, session_id, {"date_order": "mdy", "types": {"price": "text", "zip": "text"}})
    assert record["outcome"] == "ok", record["error"]
    now = table(stack, session_id)
    assert (now["position"], now["file_id"]) == (first["position"], first["file_id"])
    assert now["profile"]["read_as"]["asked"] == {
        "date_order": "mdy",
        "types": {"price": "text", "zip": "text"},
    }
    ran = stack.run("result = df.astype(str).values.tolist()", session_id=session_id)
    assert ran["result"]["value"] == [["01234", "2024-03-04", "1.234"], ["09999", "2024-05-06", "2.500"]]
    # What was said holds when a column is hidden, and ends when it is taken back.
    task = stack.client.hide(session_id, {"trades": ["zip"]})
    assert stack.client.wait_for(task["task_id"])["state"] == "succeeded"
    ran = stack.run("result = df.astype(str).values.tolist()", session_id=session_id)
    assert ran["result"]["value"] == [["2024-03-04", "1.234"], ["2024-05-06", "2.500"]]
    assert stack.client.wait_for(stack.client.hide(session_id, {})["task_id"])["state"] == "succeeded"
    assert again(stack, session_id, {})["outcome"] == "ok"
    back = table(stack, session_id)
    assert back["sha256"] == first["sha256"]
    assert "asked" not in back["profile"]["read_as"]


def test_what_does_not_fit_is_said_and_the_table_stays(stack: Stack, session_id: str) -> None:
    first = table(stack, session_id)
    for read_as, said in (
        ({"types": {"zipp": "text"}}, '"zipp" that is not there'),
        ({"header_row": 900}, "trades.csv"),
        ({"encoding": "utf-16"}, "trades.csv"),
    ):
        record = again(stack, session_id, read_as)
        assert (record["state"], record["outcome"]) == ("failed", "bad_file"), (read_as, record["answer"])
        assert said in record["error"]["message"]
    assert table(stack, session_id) == first
    assert stack.run("result = len(df)", session_id=session_id)["result"]["value"] == 2


def test_a_field_or_table_that_is_none_is_refused_by_name(stack: Stack, session_id: str) -> None:
    with pytest.raises(RefusedError, match="delimeter"):
        stack.client.read_as(session_id, "trades", {"delimeter": ";"})
    with pytest.raises(NotFoundError, match=r"did you mean trades\?"):
        stack.client.read_as(session_id, "trade", {})


def test_a_question_asked_meanwhile_waits_for_it(stack: Stack, session_id: str) -> None:
    stack.client.read_as(session_id, "trades", {"types": {"price": "text"}})
    ran = stack.run("result = str(df['price'].iloc[0])", session_id=session_id)
    assert ran["result"]["value"] == "1.234"


def test_it_can_be_typed(stack: Stack, session_id: str) -> None:
    said = stack.command("sessions", "read-as", session_id, "trades", "types.zip=text", "decimal=.")
    assert "Table trades: 2 rows, 3 columns" in said.stdout
    stack.command("sessions", "hide", session_id, "trades.price")
    shown = stack.command("sessions", "show", session_id).stdout
    assert "hidden: trades.price" in shown
    assert "you could ask: " in shown
