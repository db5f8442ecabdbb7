"""What holds when an engine says more, or other things, than it was asked: each check stands by itself."""

import json
import os
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from tests.worker.engine_proxy.fake_engine import answer, fake_engine
from tests.worker.engine_proxy.running import proxied
from tests.worker.engine_proxy.test_carry import Engine, create
from tests.worker.engine_proxy.test_wire import ATTACH, LABELS, OURS, VERSION, connected, said_to
from worker.engine_proxy import carry
from worker.engine_proxy.listen import listening_socket
from worker.wall.guard_attacks import ANY_ID

LIST = b"GET /v1.40/containers/json?limit=-1&all=1&size=0&trunc_cmd=0 HTTP/1.1\r\nHost: x\r\n\r\n"
INSPECT = f"GET /v1.40/containers/{ANY_ID}/json HTTP/1.1\r\nHost: x\r\n\r\n".encode()
REMOVE = "DELETE /v1.40/containers/{}?v=True&link=False&force=True HTTP/1.1\r\nHost: x\r\n\r\n"


def body_of(said: str) -> Any:
    return json.loads(said.partition("\r\n\r\n")[2])


@pytest.mark.parametrize(
    "labels",
    [None, [], "x", {}, {"sandglass.stack": "ours"}, LABELS, {**LABELS, "sandglass.stack": "theirs"}],
)
def test_what_is_not_ours_is_left_out_of_a_list_and_not_reached(labels: Any) -> None:
    def engine(head: bytes, connection: socket.socket) -> None:
        record = {"Id": ANY_ID, "Labels": labels, "Config": {"Labels": labels}}
        answer(connection, 200, [record, 7, None] if b"limit=" in head else record)

    with fake_engine(engine) as fake, proxied(fake.url, "ours") as proxy:
        status, said = said_to(proxy.path, LIST)
        assert (status, body_of(said)) == (200, [])
        assert said_to(proxy.path, INSPECT)[0] == 403


def test_a_record_of_another_container_makes_none_ours() -> None:
    other = {**OURS, "Id": "ef" * 32}
    with (
        fake_engine(lambda _, connection: answer(connection, 200, other)) as fake,
        proxied(fake.url, "ours") as proxy,
    ):
        assert said_to(proxy.path, INSPECT)[0] == 403


def test_a_pipe_that_the_engine_refused_can_be_had_later() -> None:
    def engine(head: bytes, connection: socket.socket) -> None:
        answer(connection, 409 if b"/attach" in head else 200, OURS)

    with fake_engine(engine) as fake, proxied(fake.url, "ours") as proxy:
        for _ in range(2):
            status, said = said_to(proxy.path, ATTACH)
            assert (status, "somebody" in said) == (409, False)


def test_where_runtimes_lie_stays_behind() -> None:
    info = {
        "DefaultRuntime": "runc",
        "Runtimes": {"runc": {"path": "/opt/secret/runc"}},
        "Swarm": {"Cert": "x"},
    }
    with (
        fake_engine(lambda _, connection: answer(connection, 200, info)) as fake,
        proxied(fake.url, "ours") as proxy,
    ):
        _, said = said_to(proxy.path, VERSION.replace(b"version", b"info"))
    assert body_of(said)["Runtimes"] == {"runc": {}}
    assert body_of(said)["Swarm"] == {"LocalNodeState": "inactive"}


def test_an_image_whose_tag_has_moved_on_is_not_made_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carry, "_FRESH_SECONDS", 0.0)
    engine = Engine()
    with fake_engine(engine) as fake, proxied(fake.url, "ours") as proxy:
        assert said_to(proxy.path, create())[0] == 201
        engine.digest = "sha256:" + "0" * 64
        assert said_to(proxy.path, create())[0] == 403
    assert len(engine.bodies) == 1


def test_a_place_is_free_again_when_a_create_failed_or_a_sandbox_is_removed_and_not_before() -> None:
    engine = Engine()
    status = {"create": 500, "remove": 409}

    def serve(head: bytes, connection: socket.socket) -> None:
        if b"/create" in head and status["create"] != 201:
            answer(connection, status["create"], {"message": "no"})
        elif head.startswith(b"DELETE"):
            if status["remove"] == 204:
                engine.bodies.clear()
            answer(connection, status["remove"], {})
        else:
            engine(head, connection)

    with fake_engine(serve) as fake, proxied(fake.url, "ours", most=1) as proxy:
        assert [said_to(proxy.path, create())[0] for _ in range(3)] == [500] * 3
        status["create"] = 201
        assert said_to(proxy.path, create())[0] == 201
        remove = REMOVE.format(engine.made).encode()
        assert said_to(proxy.path, remove)[0] == 409
        assert said_to(proxy.path, create())[0] == 429
        status["remove"] = 204
        assert said_to(proxy.path, remove)[0] == 204
        # Not ours any more: the engine is asked again.
        before = len(fake.asked)
        said_to(proxy.path, remove)
        assert fake.asked[before].endswith(f"/containers/{engine.made}/json")
        assert said_to(proxy.path, create())[0] == 201


def test_a_large_body_is_refused_before_it_comes() -> None:
    with fake_engine(Engine()) as fake, proxied(fake.url, "ours") as proxy, connected(proxy.path) as sock:
        started = time.monotonic()
        head = b"POST /v1.40/containers/create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        sock.sendall(head + b"Content-Length: 9000000000\r\n\r\n")
        assert b" 413 " in sock.recv(100)
        assert time.monotonic() - started < 5


def test_the_socket_is_its_groups_whatever_a_dead_proxy_left(tmp_path: Path) -> None:
    # In a container each proxy has the same process id.
    (tmp_path / f".e.sock.{os.getpid()}").touch()
    with listening_socket(tmp_path / "e.sock", os.getgid() or 12345):
        found = (tmp_path / "e.sock").stat()
    assert found.st_mode & 0o777 == 0o660
    assert found.st_gid == (os.getgid() or 12345)
    assert [path.name for path in tmp_path.iterdir()] == ["e.sock"]
