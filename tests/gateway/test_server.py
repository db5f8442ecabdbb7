"""The gateway as a real server process: memory under a large upload, and answers that arrive."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.settings import Settings
from tests.conftest import free_port
from tests.gateway.conftest import make_store
from tests.gateway.server_process import ROOT, Server, serving, variables_of

CHUNK = b"1234567,toys,4.99\n" * 3640


@pytest.fixture
async def environment(tmp_path: Path, redis_url: str) -> tuple[dict[str, str], str]:
    url, keys = await make_store(tmp_path)
    return variables_of(url, redis_url, SANDGLASS_MAX_UPLOAD_BYTES=str(256 << 20)), keys["alpha"]


@pytest.fixture
def server(environment: tuple[dict[str, str], str]) -> Iterator[Server]:
    variables, key = environment
    with serving(variables, key) as running:
        yield running


def _upload(megabytes: int) -> Iterator[bytes]:
    yield b"--x\r\n"
    yield b'Content-Disposition: form-data; name="files"; filename="big.csv"\r\n\r\nid,kind,price\n'
    for _ in range(megabytes * (1 << 20) // len(CHUNK)):
        yield CHUNK
    yield b"\r\n--x--\r\n"


FORM = {"Content-Type": "multipart/form-data; boundary=x"}


def test_memory_stays_flat_while_200_mb_stream_through(server: Server) -> None:
    with server.client() as client:
        assert client.post("/sessions", content=_upload(1), headers=FORM).status_code == 201
        before = server.memory_bytes("VmHWM")
        reply = client.post("/sessions", content=_upload(200), headers=FORM)
        assert reply.status_code == 201, reply.text
        size = reply.json()["files"][0]["size_bytes"]
        grown = server.memory_bytes("VmHWM") - before
        assert size > 199 << 20
        assert grown < 24 << 20
        received = 0
        url = f"/sessions/{reply.json()['session_id']}/files/big.csv"
        with client.stream("GET", url) as download:
            for chunk in download.iter_raw():
                received += len(chunk)
        assert received == size
        assert server.memory_bytes("VmHWM") - before < 48 << 20


def test_who_sends_too_much_still_gets_the_answer(server: Server) -> None:
    with server.client() as client:
        reply = client.post("/sessions", content=_upload(290), headers=FORM)
        assert (reply.status_code, reply.json()["error"]["code"]) == (413, "too_large")
        length = str(300 << 20)
        said = client.post(
            "/sessions", content=_exactly(300 << 20), headers=FORM | {"Content-Length": length}
        )
        assert said.status_code == 413
        del client.headers["Authorization"]
        assert client.post("/sessions", content=_upload(30), headers=FORM).status_code == 401


def _exactly(size: int) -> Iterator[bytes]:
    for _ in range(size >> 20):
        yield bytes(1 << 20)


def test_a_client_that_goes_away_leaves_nothing(
    server: Server, environment: tuple[dict[str, str], str]
) -> None:
    def broken() -> Iterator[bytes]:
        yield from (chunk for chunk, _ in zip(_upload(200), range(40), strict=False))
        raise ConnectionAbortedError

    with server.client() as client, pytest.raises(ConnectionAbortedError):
        client.post("/sessions", content=broken(), headers=FORM)
    folder = Path(environment[0]["SANDGLASS_STORE"].removeprefix("sqlite://")).parent / "blobs"
    deadline = time.monotonic() + 5
    while _files(folder) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert _files(folder) == []
    with server.client() as client:
        assert client.get("/sessions").json() == {"sessions": []}


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_it_says_why_it_does_not_start(tmp_path: Path, redis_url: str) -> None:
    variables = {
        **os.environ,
        "SANDGLASS_STORE": f"sqlite://{tmp_path}/s.db",
        "SANDGLASS_REDIS_URL": redis_url,
    }
    variables["SANDGLASS_PORT"] = str(free_port())
    command = [sys.executable, "-m", "gateway"]
    ended = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, timeout=30, check=False)
    assert ended.returncode != 0
    assert b"sandglass keys create" in ended.stderr + ended.stdout
    variables["SANDGLASS_PORT"] = "none"
    ended = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, timeout=30, check=False)
    assert ended.returncode == 2
    assert ended.stderr.startswith(b"the gateway does not start: SANDGLASS_PORT")


def test_it_stops_soon_though_somebody_waits(server: Server) -> None:
    with server.client() as client:
        task_id = client.post("/execute", json={"code": "1"}).json()["task_id"]
    request = (
        f"GET /status/{task_id}?wait=60 HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer {server.key}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", int(server.url.rsplit(":")[-1])), timeout=0.5) as waiter:
        waiter.sendall(request.encode())
        with pytest.raises(TimeoutError):
            waiter.recv(1)
        started = time.monotonic()
        server.process.terminate()
        server.process.wait(15)
        assert time.monotonic() - started < 8


def test_the_default_settings_listen_on_loopback_only() -> None:
    assert Settings.model_fields["host"].default == "127.0.0.1"


NO_HTTP = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03<script>",
    b"GET /<script> HTTP/9.9\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: g\r\nContent-Length: -1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: g\r\nbad header\r\n\r\n",
]


def test_what_is_no_http_gets_the_one_shape_of_an_error(server: Server) -> None:
    for said in NO_HTTP:
        with socket.create_connection(("127.0.0.1", int(server.url.rsplit(":")[-1])), timeout=5) as client:
            client.sendall(said)
            reply = b"".join(iter(lambda client=client: client.recv(65536), b""))
        head, _, body = reply.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n"), said
        headers = dict(line.split(b": ", 1) for line in head.lower().split(b"\r\n")[1:])
        assert headers[b"content-type"] == b"application/json"
        assert headers[b"x-content-type-options"] == b"nosniff"
        assert int(headers[b"content-length"]) == len(body)
        error = json.loads(body)["error"]
        assert error["code"] == "bad_request"
        assert error["request_id"].encode() == headers[b"x-request-id"]
