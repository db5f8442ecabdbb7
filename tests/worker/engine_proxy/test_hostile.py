"""Clients that mean harm: they hold connections, leave what was said to them, and make the proxy stumble."""

import json
import socket
import threading
import time
from pathlib import Path

import pytest

from policies.model import Policy
from tests.worker.engine_proxy.fake_engine import answer, fake_engine
from tests.worker.engine_proxy.running import proxied
from tests.worker.engine_proxy.test_carry import Engine, create
from tests.worker.engine_proxy.test_wire import ATTACH, VERSION, all_of, as_docker, connected, said_to
from worker.engine_proxy import serve
from worker.wall.guard_attacks import ANY_ID

REMOVE = (
    f"DELETE /v1.40/containers/{ANY_ID}?v=True&link=False&force=True HTTP/1.1\r\nHost: x\r\n\r\n".encode()
)
UPGRADED = b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
LARGE = 400_000
"""More than a socket of the kernel's takes, and less than the proxy holds back for."""


def attached(path: Path) -> socket.socket:
    sock = connected(path)
    sock.sendall(ATTACH)
    assert sock.recv(12) == b"HTTP/1.1 101"
    return sock


def test_those_that_say_nothing_make_room_for_those_that_ask() -> None:
    with fake_engine(as_docker) as engine, proxied(engine.url, "ours", connections=3) as proxy:
        held = [connected(proxy.path) for _ in range(6)]
        held[3].sendall(b"GET /v1.40/ver")
        for _ in range(10):
            assert said_to(proxy.path, VERSION)[0] == 200
        # The last ones are still waited for.
        held[5].sendall(VERSION)
        assert b" 200 " in held[5].recv(100)
        for sock in held:
            sock.close()


def test_those_that_do_not_read_make_room_too() -> None:
    def wordy(_: bytes, connection: socket.socket) -> None:
        answer(connection, 200, {"Version": "x" * 4_000_000})

    with fake_engine(wordy) as engine, proxied(engine.url, "ours", connections=2) as proxy:
        held = []
        for _ in range(4):
            held.append(sock := connected(proxy.path))
            sock.sendall(VERSION)
            assert sock.recv(12) == b"HTTP/1.1 200"
        assert said_to(proxy.path, VERSION)[0] == 200
        for sock in held:
            sock.close()


def test_an_answer_that_nobody_reads_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "_ANSWER_SECONDS", 0.3)

    def wordy(_: bytes, connection: socket.socket) -> None:
        answer(connection, 200, {"Version": "x" * 4_000_000})

    with fake_engine(wordy) as engine, proxied(engine.url, "ours") as proxy, connected(proxy.path) as sock:
        sock.sendall(VERSION)
        assert sock.recv(12) == b"HTTP/1.1 200"
        time.sleep(1.5)
        assert len(all_of(sock)) < 2_000_000


def test_what_a_sandbox_does_not_read_is_not_kept_for_it() -> None:
    heard: list[int] = []
    gone = threading.Event()

    def deaf(head: bytes, connection: socket.socket) -> None:
        if b"/attach" not in head:
            as_docker(head, connection)
            return
        connection.sendall(UPGRADED)
        assert gone.wait(10)
        count = 0
        while data := connection.recv(65536):
            count += len(data)
        heard.append(count)

    with fake_engine(deaf) as engine, proxied(engine.url, "ours") as proxy:
        with attached(proxy.path) as sock:
            sock.sendall(b"x" * LARGE)
            time.sleep(0.5)
        deadline = time.monotonic() + 10
        while said_to(proxy.path, REMOVE)[0] != 200 or not _can_attach(proxy.path):
            assert time.monotonic() < deadline
        gone.set()
        while not heard:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    assert heard[0] < LARGE


def _can_attach(path: Path) -> bool:
    with connected(path) as sock:
        sock.sendall(ATTACH)
        return sock.recv(12) == b"HTTP/1.1 101"


class Holding:
    """An engine that, like Docker, leaves the pipe of a container open that is removed unstarted."""

    def __init__(self) -> None:
        self.asked_to_attach = threading.Event()
        self.may_attach = threading.Event()

    def __call__(self, head: bytes, connection: socket.socket) -> None:
        if b"/attach" in head:
            self.asked_to_attach.set()
            assert self.may_attach.wait(10)
            connection.sendall(UPGRADED)
            while connection.recv(65536):
                pass
        elif head.startswith(b"DELETE"):
            connection.sendall(b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n")
        else:
            as_docker(head, connection)


def test_a_removed_container_has_no_pipe() -> None:
    holding = Holding()
    holding.may_attach.set()
    with fake_engine(holding) as engine, proxied(engine.url, "ours", connections=3) as proxy:
        for _ in range(6):
            with attached(proxy.path) as sock:
                assert said_to(proxy.path, REMOVE)[0] == 204
                assert all_of(sock).endswith(b"\r\n\r\n")


def test_a_container_that_is_removed_while_somebody_attaches_has_none_either() -> None:
    holding = Holding()
    with fake_engine(holding) as engine, proxied(engine.url, "ours") as proxy, connected(proxy.path) as sock:
        sock.sendall(ATTACH)
        assert holding.asked_to_attach.wait(10)
        assert said_to(proxy.path, REMOVE)[0] == 204
        holding.may_attach.set()
        assert all_of(sock).endswith(b"\r\n\r\n")


def test_a_stumble_is_an_answer_and_the_next_is_served() -> None:
    def stumbles(name: str) -> Policy:
        raise KeyError(name)

    engine = Engine()
    with fake_engine(engine) as fake, proxied(fake.url, "ours", load=stumbles) as proxy:
        status, said = said_to(proxy.path, create())
        assert status == 500
        assert "its log" in json.loads(said.partition("\r\n\r\n")[2])["message"]
        assert "KeyError" not in said
        assert said_to(proxy.path, VERSION)[0] == 200
    assert engine.bodies == []


def test_a_body_is_refused_at_every_depth() -> None:
    with fake_engine(Engine()) as fake, proxied(fake.url, "ours") as proxy:
        for depth in (*range(700, 1000, 7), 5_000, 60_000):
            deep = create().partition(b"\r\n\r\n")[2][:-1] + b', "x": ' + b"[" * depth + b"]" * depth + b"}"
            head = "POST /v1.40/containers/create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            status, _ = said_to(proxy.path, f"{head}Content-Length: {len(deep)}\r\n\r\n".encode() + deep)
            assert status in (400, 403), depth


def test_a_sandbox_whose_answer_was_lost_counts() -> None:
    engine = Engine()

    def loses_answers(head: bytes, connection: socket.socket) -> None:
        if b"/create" in head and not engine.bodies:
            engine(head, _Nobody(connection))
        else:
            engine(head, connection)

    with fake_engine(loses_answers) as fake, proxied(fake.url, "ours", most=1) as proxy:
        assert said_to(proxy.path, create())[0] == 502
        assert len(engine.bodies) == 1
        assert said_to(proxy.path, create())[0] == 429
    assert len(engine.bodies) == 1


class _Nobody:
    """Reads as its connection does, and says nothing."""

    def __init__(self, connection: socket.socket) -> None:
        self.recv = connection.recv

    def sendall(self, data: bytes) -> None:
        """Lost."""
