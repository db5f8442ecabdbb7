"""Which engine is found, and which is not taken in its place."""

from __future__ import annotations

import json
import shutil
import socketserver
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from client.errors import StackError
from client.stack import engine as engine_module
from client.stack import image as image_module
from client.stack.config import load_config
from client.stack.engine import (
    FoundEngine,
    candidate_urls,
    find_engine,
    judge_version,
    own_url,
    ping,
    start_podman,
)

DOCKER = {"ApiVersion": "1.52", "Version": "29.4.3", "Components": [{"Name": "Engine", "Version": "29.4.3"}]}
PODMAN = {
    "ApiVersion": "1.41",
    "Version": "4.3.1",
    "Components": [{"Name": "Podman Engine", "Version": "4.3.1"}],
}


@contextmanager
def engine_at(path: Path, answer: Any) -> Iterator[str]:
    """Something on a Unix socket that answers /version."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            data = json.dumps(answer).encode()
            self.send_response(200 if self.path == "/v1.40/version" else 404)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def address_string(self) -> str:
            return "unix"

        def log_message(self, format: str, *args: Any) -> None:
            return

    path.parent.mkdir(parents=True, exist_ok=True)
    with socketserver.ThreadingUnixStreamServer(str(path), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"unix://{path}"
        server.shutdown()
        thread.join()
    path.unlink()


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder with a short path, as sockets need."""
    folder = Path(tempfile.mkdtemp(prefix="sg-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, short: Path) -> Path:
    """No engine of this machine is looked at, only those under the folder."""
    urls = [f"unix://{short}/{name}.sock" for name in ("docker", "podman", "rootless")]
    monkeypatch.setattr(engine_module, "candidate_urls", lambda environ: urls)
    return short


def test_docker_and_podman_are_told_apart(short: Path) -> None:
    with engine_at(short / "d", DOCKER) as docker, engine_at(short / "p", PODMAN) as podman:
        kinds = [(found.kind, found.version) for url in (docker, podman) if (found := ping(url))]
    assert kinds == [("docker", "29.4.3"), ("podman", "4.3.1")]


def test_the_first_that_answers_is_taken(nowhere: Path) -> None:
    with engine_at(nowhere / "rootless.sock", PODMAN), engine_at(nowhere / "podman.sock", PODMAN) as url:
        found = find_engine(nowhere, {})
    assert found is not None
    assert found.url == url


def test_a_socket_that_nobody_serves_is_passed_over(nowhere: Path) -> None:
    import socket

    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(nowhere / "docker.sock"))
    with engine_at(nowhere / "podman.sock", PODMAN):
        found = find_engine(nowhere, {})
    assert found is not None
    assert found.kind == "podman"


def test_no_engine_is_none(nowhere: Path) -> None:
    assert find_engine(nowhere, {}) is None


@pytest.mark.parametrize("name", ["SANDGLASS_ENGINE_URL", "DOCKER_HOST"])
def test_a_named_engine_is_taken_before_all_others(nowhere: Path, name: str) -> None:
    with engine_at(nowhere / "docker.sock", DOCKER), engine_at(nowhere / "mine", PODMAN) as url:
        found = find_engine(nowhere, {name: url})
    assert found is not None
    assert found.url == url


def test_a_named_engine_that_is_silent_is_an_error(nowhere: Path) -> None:
    with engine_at(nowhere / "docker.sock", DOCKER), pytest.raises(StackError, match="/no/such.sock"):
        find_engine(nowhere, {"DOCKER_HOST": "unix:///no/such.sock"})


def test_an_address_of_another_kind_is_an_error(nowhere: Path) -> None:
    with pytest.raises(StackError, match="ssh://host"):
        find_engine(nowhere, {"DOCKER_HOST": "ssh://host"})


def test_our_own_service_comes_last_and_is_known_as_ours(nowhere: Path) -> None:
    with engine_at(nowhere / "podman.sock", PODMAN):
        found = find_engine(nowhere / "x" / "..", {})
    assert found is not None
    with engine_at(nowhere / "home" / "podman.sock", PODMAN):
        own = find_engine(nowhere / "home", {})
    assert own is not None
    assert (found.ours, own.ours) == (False, True)


@pytest.mark.parametrize("answer", [None, [], "hello", {"Version": "1"}])
def test_what_is_no_engine_is_not_taken_for_one(answer: Any) -> None:
    assert judge_version("unix:///x", answer) is None


def test_rootless_sockets_are_looked_at_where_there_is_a_runtime_dir() -> None:
    urls = candidate_urls({"XDG_RUNTIME_DIR": "/run/user/1000"})
    assert "unix:///run/user/1000/podman/podman.sock" in urls
    assert "unix:///run/user/1000/docker.sock" in urls


def test_a_long_home_still_gets_a_socket_that_the_kernel_takes(tmp_path: Path) -> None:
    long = tmp_path / ("x" * 120)
    path = own_url(long).removeprefix("unix://")
    assert len(path) < 100
    assert path != own_url(tmp_path / ("y" * 120)).removeprefix("unix://")


def test_without_podman_the_error_says_what_to_do(short: Path) -> None:
    with pytest.raises(StackError, match="make setup"):
        start_podman(short, {"PATH": str(short)})


def test_the_engine_proxy_is_known_by_what_it_adds() -> None:
    parts = [*PODMAN["Components"], {"Name": "Sandglass Engine Proxy", "Version": "1"}]
    found = judge_version("unix:///x", {**PODMAN, "Components": parts})
    assert found is not None
    assert (found.kind, found.proxied) == ("podman", True)
    direct = judge_version("unix:///x", PODMAN)
    assert direct is not None
    assert not direct.proxied


def test_nothing_is_built_through_the_engine_proxy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = load_config({"SANDGLASS_HOME": str(tmp_path / "home")})
    engine = FoundEngine("unix:///x", "podman", "4.3.1", proxied=True)
    monkeypatch.setattr(image_module, "_build", lambda *_: pytest.fail("it was built"))
    monkeypatch.setattr(image_module, "image_digest", lambda *_: "sha256:0")
    image_module.build_image(engine, config)
    monkeypatch.setattr(image_module, "image_digest", lambda *_: None)
    with pytest.raises(StackError, match="nothing is built through the proxy"):
        image_module.build_image(engine, config)
