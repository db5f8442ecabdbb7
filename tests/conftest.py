"""Fixtures that the tests of several parts share: real services, started here and ended here."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import redis

from tests.engine_services import SERVICES
from tests.minio import server as minio_server
from tests.processes import group_engine_tests, scheduler


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    group_engine_tests(items)


@pytest.hookimpl(optionalhook=True)  # not there with `-p no:xdist`
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    return scheduler(config, log) if config.getoption("dist") == "loadgroup" else None


def free_port() -> int:
    """A TCP port of loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RedisServer:
    """A redis-server on a port of its own, which a test may stop and start again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        command += ["--appendonly", "no", "--dir", str(self._folder)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise RuntimeError("redis-server did not start within 10 s")

    def require_password(self, password: str) -> None:
        with redis.Redis.from_url(self.url) as client:
            client.config_set("requirepass", password)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None


def _require_redis() -> None:
    if shutil.which("redis-server") is None:
        message = "redis-server is not installed"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Redis that all tests of this run share."""
    _require_redis()
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server.url
    server.stop()


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisServer]:
    """A real Redis of this test alone, running; the test may stop it."""
    _require_redis()
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def minio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[minio_server.MinioServer]:
    """A real S3 service that all tests of this run share; each makes a bucket of its own."""
    with minio_server.running(tmp_path_factory.mktemp("minio")) as server:
        yield server


@pytest.fixture
def own_minio(tmp_path: Path) -> Iterator[minio_server.MinioServer]:
    """A real S3 service of this test alone, running; the test may kill it."""
    (tmp_path / "minio").mkdir()
    with minio_server.running(tmp_path / "minio") as server:
        yield server


class _StartedEngines(dict[str, str]):
    """URLs by engine name; an engine is started when it is first asked for."""

    def __init__(self, stack: ExitStack) -> None:
        super().__init__()
        self._stack = stack

    def __missing__(self, name: str) -> str:
        self[name] = self._stack.enter_context(SERVICES[name]())
        return self[name]


@pytest.fixture(scope="session")
def engine_urls() -> Iterator[dict[str, str]]:
    """The engines' URLs by name; all that were started are ended with the session."""
    with ExitStack() as stack:
        yield _StartedEngines(stack)
