"""What happens on the proxy's sockets: dead and hanging engines, slow clients, crowds, and pipes."""

import json
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.worker.engine_proxy.fake_engine import answer, fake_engine
from tests.worker.engine_proxy.running import proxied
from worker.engine_proxy import reading
from worker.engines.base import EngineRefusedError, EngineUnavailableError
from worker.engines.docker import DockerEngine
from worker.wall.guard_attacks import ANY_ID

VERSION = b"GET /v1.40/version HTTP/1.1\r\nHost: x\r\n\r\n"
ATTACH = (
    f"POST /v1.40/containers/{ANY_ID}/attach?stdin=1&stdout=1&stderr=1&stream=1 HTTP/1.1\r\nHost: x\r\n"
    "Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
).encode()
LABELS = {f"sandglass.{name}": "x" for name in ("task", "attempt", "owner", "deadline", "policy")}
OURS = {"Id": ANY_ID, "Config": {"Labels": {**LABELS, "sandglass.stack": "ours"}}}


def connected(path: Path) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(20)
    sock.connect(str(path))
    return sock


def all_of(sock: socket.socket) -> bytes:
    said = b""
    # A connection that is closed before all was read from it ends with a reset, behind the answer.
    with suppress(ConnectionResetError):
        while data := sock.recv(65536):
            said += data
    return said


def said_to(path: Path, data: bytes) -> tuple[int, str]:
    with connected(path) as sock:
        # One that is turned away is told so before it has said a word.
        with suppress(BrokenPipeError):
            sock.sendall(data)
        said = all_of(sock)
    return int(said.split(b" ")[1]), said.decode()


def as_docker(head: bytes, connection: socket.socket) -> None:
    if b"/version" in head:
        answer(connection, 200, {"Version": "1", "ApiVersion": "1.40", "Components": [{"Name": "Engine"}]})
    elif b"/info" in head:
        answer(connection, 200, {"DefaultRuntime": "runc", "HttpProxy": "http://u:secret@p", "Name": "host"})
    elif b"/attach" in head:
        connection.sendall(b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nhello")
        while data := connection.recv(65536):
            connection.sendall(data.upper())
        connection.sendall(b"bye")
    else:
        answer(connection, 200, OURS)


async def test_a_dead_engine_is_unavailable_in_words_that_name_it(tmp_path: Path) -> None:
    with proxied(f"unix://{tmp_path}/none.sock", "ours") as proxy:
        engine = DockerEngine(proxy.url)
        with pytest.raises(EngineUnavailableError, match=r"no engine answers at .*none\.sock"):
            await engine.state(ANY_ID)
        await engine.close()


async def test_a_refusal_is_a_refusal(tmp_path: Path) -> None:
    with proxied(f"unix://{tmp_path}/none.sock", "ours") as proxy:
        engine = DockerEngine(proxy.url)
        with pytest.raises(EngineRefusedError, match="labels"):
            await engine.create({"Image": "x", "HostConfig": {"Privileged": True}})
        await engine.close()


def test_an_engine_that_hangs_holds_up_nobody_else() -> None:
    def hanging(head: bytes, connection: socket.socket) -> None:
        if b"/info" in head:
            connection.recv(1)
        else:
            as_docker(head, connection)

    with fake_engine(hanging) as engine, proxied(engine.url, "ours", answer_seconds=1.5) as proxy:
        with connected(proxy.path) as waiting:
            waiting.sendall(VERSION.replace(b"version", b"info"))
            started = time.monotonic()
            assert said_to(proxy.path, VERSION)[0] == 200
            assert time.monotonic() - started < 1
            said = all_of(waiting)
        assert said.startswith(b"HTTP/1.1 504 ")
        assert b"did not answer in 1.5 s" in said


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
        b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9000009\r\n\r\n" + b'{"a": "%s"}' % (b"x" * 9_000_000),
    ],
)
def test_an_answer_that_is_none_is_a_bad_gateway(said: bytes) -> None:
    with fake_engine(lambda _, connection: connection.sendall(said)) as engine:
        with proxied(engine.url, "ours") as proxy:
            status, words = said_to(proxy.path, VERSION)
    assert status == 502
    assert "engine" in words


def test_an_engines_answer_comes_with_a_head_of_our_own() -> None:
    body = b'{"message": "no"}'
    head = b"HTTP/1.1 500 Bad\r\nContent-Type: application/json\r\nX-Leak: 1\r\nContent-Length: %d\r\n\r\n"
    with fake_engine(lambda _, connection: connection.sendall(head % len(body) + body)) as engine:
        with proxied(engine.url, "ours") as proxy:
            status, said = said_to(proxy.path, VERSION)
    assert status == 500
    assert said.endswith(body.decode())
    assert "X-Leak" not in said


def test_of_the_hosts_info_only_what_a_worker_reads_comes_back() -> None:
    with fake_engine(as_docker) as engine, proxied(engine.url, "ours") as proxy:
        _, said = said_to(proxy.path, VERSION.replace(b"version", b"info"))
    info = json.loads(said.partition("\r\n\r\n")[2])
    assert info == {"DefaultRuntime": "runc", "Runtimes": {}, "Swarm": {"LocalNodeState": "inactive"}}


def test_a_client_that_says_nothing_is_shown_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading.read_request, "__defaults__", (0.3,))
    with fake_engine(as_docker) as engine, proxied(engine.url, "ours") as proxy:
        for beginning in (b"", b"GET /v1.40/version HT", b"POST /v1.40/containers/create HTTP/1.1\r\n"):
            assert said_to(proxy.path, beginning)[0] == 408
    assert engine.asked == []


def test_more_connections_than_allowed_are_turned_away_and_the_rest_are_served() -> None:
    go_on = threading.Event()

    def busy(head: bytes, connection: socket.socket) -> None:
        assert go_on.wait(20)
        as_docker(head, connection)

    with fake_engine(busy) as engine, proxied(engine.url, "ours", connections=3) as proxy:
        held = [connected(proxy.path) for _ in range(3)]
        for sock in held:
            sock.sendall(VERSION)
        deadline = time.monotonic() + 10
        while len(engine.asked) < 3:
            assert time.monotonic() < deadline
        assert said_to(proxy.path, VERSION)[0] == 503
        go_on.set()
        assert all(b" 200 " in all_of(sock) for sock in held)
        for sock in held:
            sock.close()
        assert said_to(proxy.path, VERSION)[0] == 200


def test_one_connection_carries_one_request() -> None:
    with fake_engine(as_docker) as engine, proxied(engine.url, "ours") as proxy:
        with connected(proxy.path) as sock:
            sock.sendall(VERSION)
            said = all_of(sock)
            with pytest.raises(BrokenPipeError):
                sock.sendall(VERSION)
    assert b"Connection: close" in said
    assert engine.asked == ["GET /v1.40/version"]


def _attached(path: Path) -> socket.socket:
    sock = connected(path)
    sock.sendall(ATTACH)
    said = b""
    while not said.endswith(b"\r\n\r\nhello"):
        said += sock.recv(65536)
    assert said.startswith(b"HTTP/1.1 101 UPGRADED\r\n")
    return sock


def test_a_pipe_goes_both_ways_and_ends_by_halves() -> None:
    with fake_engine(as_docker) as engine, proxied(engine.url, "ours") as proxy:
        with _attached(proxy.path) as sock:
            sock.sendall(b"abc")
            assert sock.recv(3) == b"ABC"
            sock.shutdown(socket.SHUT_WR)
            assert all_of(sock) == b"bye"


def test_a_pipe_of_many_bytes_loses_none() -> None:
    pieces = [bytes([65 + n % 26]) * 99_991 for n in range(200)]
    with fake_engine(as_docker) as engine, proxied(engine.url, "ours") as proxy:
        with _attached(proxy.path) as sock:
            for piece in pieces:
                sock.sendall(piece)
                left = len(piece)
                while left:
                    data = sock.recv(left)
                    assert data == piece[: len(data)]
                    left -= len(data)


def test_a_client_that_is_gone_ends_the_engines_side_too() -> None:
    ended: list[float] = []

    def silent(head: bytes, connection: socket.socket) -> None:
        if b"/attach" not in head:
            as_docker(head, connection)
            return
        connection.sendall(b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nhello")
        while connection.recv(65536):
            pass
        # As a container that takes no notice of the end of its input: only a closed connection tells.
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                connection.sendall(b"x")
            except OSError:
                ended.append(time.monotonic())
                return
            time.sleep(0.01)

    with fake_engine(silent) as engine, proxied(engine.url, "ours") as proxy:
        _attached(proxy.path).close()
        deadline = time.monotonic() + 5
        while not ended:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_a_sandbox_has_one_pipe_at_a_time() -> None:
    with fake_engine(as_docker) as engine, proxied(engine.url, "ours") as proxy:
        with _attached(proxy.path):
            assert said_to(proxy.path, ATTACH)[0] == 409
        deadline = time.monotonic() + 10
        while True:
            with connected(proxy.path) as sock:
                sock.sendall(ATTACH)
                if sock.recv(12) == b"HTTP/1.1 101":
                    return
            assert time.monotonic() < deadline


def test_nothing_is_said_to_a_container_of_another_stack() -> None:
    with fake_engine(as_docker) as engine, proxied(engine.url, "theirs") as proxy:
        for method, rest in (
            ("GET", "/json"),
            ("POST", "/start"),
            ("DELETE", "?v=True&link=False&force=True"),
        ):
            data = f"{method} /v1.40/containers/{ANY_ID}{rest} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
            assert said_to(proxy.path, data)[0] == 403
        assert said_to(proxy.path, ATTACH)[0] == 403
    assert set(engine.asked) == {f"GET /v1.40/containers/{ANY_ID}/json"}
