"""What the Python client sends, tries again, and raises."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from client.api import Sandglass
from client.errors import (
    BusyError,
    ClientError,
    NotFoundError,
    RefusedError,
    ServerError,
    TookTooLongError,
    UnreachableError,
    WrongKeyError,
)
from tests.client.fake_gateway import KEY, FakeGateway, Reply, error_reply, record


@pytest.fixture
def client(gateway: FakeGateway) -> Iterator[Sandglass]:
    with Sandglass(gateway.url, KEY) as made:
        yield made


def test_a_session_is_made_of_files(client: Sandglass, gateway: FakeGateway, table: Path) -> None:
    gateway.on("POST /sessions", Reply({"session_id": "s1", "task_id": "t1"}, 201))
    assert client.create_session([table, table])["session_id"] == "s1"
    assert gateway.seen[0].body.count(b'name="files"; filename="weather.csv"') == 2


def test_every_post_has_a_key_of_its_own(client: Sandglass, gateway: FakeGateway) -> None:
    gateway.on("POST /execute", {"task_id": "t1"})
    client.execute("print(1)")
    client.execute("print(1)")
    first, second = [seen.headers["idempotency-key"] for seen in gateway.seen]
    assert first != second


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_asked_again_with_the_same_key(
    client: Sandglass, gateway: FakeGateway, table: Path, status: int
) -> None:
    busy = error_reply(status, "busy", "later", Retry_After="0")
    gateway.on("POST /analyze", busy, busy, {"task_id": "t1"})
    assert client.one_shot([table], "how many rows?")["task_id"] == "t1"
    assert len({seen.headers["idempotency-key"] for seen in gateway.seen}) == 1
    assert all(table.read_bytes() in seen.body for seen in gateway.seen)


def test_a_server_that_stays_busy_is_an_error_in_the_end(client: Sandglass, gateway: FakeGateway) -> None:
    gateway.on("POST /execute", error_reply(429, "too_many_jobs", "wait", Retry_After="0"))
    with pytest.raises(BusyError, match="wait"):
        client.execute("1")
    assert len(gateway.seen) == 5


def test_busy_without_a_time_is_not_tried_again(client: Sandglass, gateway: FakeGateway) -> None:
    gateway.on("POST /execute", error_reply(503, "down", "down"))
    with pytest.raises(BusyError):
        client.execute("1")
    assert len(gateway.seen) == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, RefusedError),
        (403, WrongKeyError),
        (404, NotFoundError),
        (413, RefusedError),
        (500, ServerError),
    ],
)
def test_an_error_keeps_code_message_and_request(
    client: Sandglass, gateway: FakeGateway, status: int, kind: type[Exception]
) -> None:
    gateway.on("GET /sessions/s1", error_reply(status, "some_code", "some words"))
    with pytest.raises(kind) as caught:
        client.session("s1")
    error = caught.value
    assert isinstance(error, kind)
    assert vars(error) == {
        "status": status,
        "code": "some_code",
        "message": "some words",
        "request_id": "r-1",
    }


def test_an_error_page_of_a_stranger_is_a_server_error(client: Sandglass, gateway: FakeGateway) -> None:
    gateway.on("GET /sessions", Reply(b"<html>bad gateway</html>", 502))
    with pytest.raises(ServerError):
        client.sessions()


def test_an_answer_that_is_no_json_is_an_error(client: Sandglass, gateway: FakeGateway) -> None:
    gateway.on("GET /sessions", Reply(b"<html>hello</html>"))
    with pytest.raises(ServerError, match="not as Sandglass does"):
        client.sessions()


def test_nothing_there_names_the_address() -> None:
    with Sandglass("http://127.0.0.1:9", KEY) as client, pytest.raises(UnreachableError, match="127.0.0.1:9"):
        client.sessions()


def test_waiting_calls_back_once_for_each_stage(client: Sandglass, gateway: FakeGateway) -> None:
    stages = ["queued", "planning", "planning", "running"]
    gateway.on("GET /status/t1", *[record(state="running", stage=stage) for stage in stages], record())
    seen: list[str] = []
    last = client.wait_for("t1", on_stage=lambda item: seen.append(item["stage"]), wait_seconds=0.5)
    assert seen == ["queued", "planning", "running", "done"]
    assert last["state"] == "succeeded"
    assert gateway.seen[0].query == "wait=0.5"


def test_waiting_has_a_limit(client: Sandglass, gateway: FakeGateway) -> None:
    gateway.on("GET /status/t1", record(state="running"))
    with pytest.raises(TookTooLongError, match="t1"):
        client.wait_for("t1", limit_seconds=0.05)


def test_an_artifact_is_written_to_a_file(client: Sandglass, gateway: FakeGateway) -> None:
    gateway.on("GET /artifacts/a1", bytes(range(256)) * 1000)
    to = io.BytesIO()
    assert client.download("a1", to) == 256_000
    assert to.getvalue() == bytes(range(256)) * 1000


def test_an_artifact_of_nobody_is_not_found(client: Sandglass) -> None:
    with pytest.raises(NotFoundError):
        client.download("a1", io.BytesIO())


def test_cancel_and_delete(client: Sandglass, gateway: FakeGateway) -> None:
    gateway.on("POST /status/t1/cancel", record(state="cancelled"))
    gateway.on("DELETE /sessions/s1", Reply(b"", 204))
    assert client.cancel("t1")["state"] == "cancelled"
    client.delete_session("s1")
    assert [seen.method for seen in gateway.seen] == ["POST", "DELETE"]


def test_options_that_are_none_are_left_out(client: Sandglass, gateway: FakeGateway) -> None:
    gateway.on("POST /sessions/s1/analyze", {"task_id": "t1"})
    client.analyze("s1", "q", model=None, cache=False)
    assert json.loads(gateway.seen[0].body) == {"question": "q", "cache": False}


@pytest.mark.parametrize("address", ["foo", "ftp://x", "http://127.0.0.1:abc", "http://[::1", "http://"])
def test_an_address_that_is_none_is_named(address: str) -> None:
    with pytest.raises(ClientError, match="is no address"):
        Sandglass(address, KEY)


@pytest.mark.parametrize("key", ["k\u00e9y", "a\nb"])
def test_a_key_that_no_header_holds_is_said_and_not_shown(key: str) -> None:
    with pytest.raises(ClientError, match="the key is none") as refused:
        Sandglass("http://127.0.0.1:8000", key)
    assert key not in str(refused.value)
