"""The whole local stack, as `sandglass up` starts it, in a home and on ports of its own."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from client.api import Sandglass
from tests.conftest import free_port
from tests.engine_services import ROOT, missing
from tests.ferretdb import server as ferretdb
from tests.providers import ProviderServer

UP_SECONDS = 600


@dataclass
class Stack:
    """A running stack: its home, its environment, and a client."""

    home: Path
    environ: dict[str, str]
    provider: ProviderServer
    client: Sandglass = field(init=False)

    def __post_init__(self) -> None:
        self.command("up", timeout=UP_SECONDS)
        self.client = Sandglass(self.url, self.key)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.environ['SANDGLASS_PORT']}"

    @property
    def key(self) -> str:
        return (self.home / "key").read_text().strip()

    def command(
        self, *words: str, check: bool = True, timeout: float = 120
    ) -> "subprocess.CompletedProcess[str]":
        """Run `sandglass` with these words."""
        command = [sys.executable, "-m", "client", *words]
        done = subprocess.run(
            command, env=self.environ, cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False
        )
        assert not check or done.returncode == 0, f"{words}: {done.stdout}\n{done.stderr}\n{self.logs()}"
        return done

    def run(self, code: str, **options: Any) -> dict[str, Any]:
        """Execute code and wait for its end."""
        return self.client.wait_for(self.client.execute(code, **options)["task_id"], limit_seconds=120)

    def ask(self, file: Path, question: str, **options: Any) -> dict[str, Any]:
        """One-shot analyze, to its end; run anew, whatever another test has asked."""
        task = self.client.one_shot([file], question, **{"cache": False, **options})
        return self.client.wait_for(task["task_id"], limit_seconds=120)

    def pid(self, name: str) -> int:
        """The process id of one of its services."""
        return int((self.home / f"{name}.pid").read_text().split()[0])

    def worker_children(self) -> list[int]:
        """The prefork children of the worker."""
        return [
            int(pid)
            for pid in Path(f"/proc/{self.pid('worker')}/task/{self.pid('worker')}/children")
            .read_text()
            .split()
        ]

    def kill(self, name: str) -> None:
        os.kill(self.pid(name), signal.SIGKILL)

    def logs(self) -> str:
        """The end of each log: what one wants to see of a failed test."""
        tails = [
            f"== {path.name}\n{path.read_text()[-3000:]}" for path in sorted(self.home.glob("logs/*.log"))
        ]
        return "\n".join(tails)

    def close(self) -> None:
        self.client.close()
        self.command("down", check=False)
        shutil.rmtree(self.home, ignore_errors=True)


def _environ(home: Path, provider: ProviderServer, **more: str) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name == "SANDGLASS_IMAGE" or not name.startswith(("SANDGLASS_", "DOCKER_"))
    }
    return {
        **kept,
        "SANDGLASS_HOME": str(home),
        "SANDGLASS_PORT": str(free_port()),
        "SANDGLASS_REDIS_PORT": str(free_port()),
        "SANDGLASS_CONCURRENCY": "2",
        "SANDGLASS_LEASE_SECONDS": "4",
        "SANDGLASS_SWEEP_SECONDS": "1",
        "SANDGLASS_MODEL_TIMEOUT_SECONDS": "60",
        "SANDGLASS_MODELS_ALLOWED": "ollama:*,openai:*,scripted:*",
        "SANDGLASS_OLLAMA_URL": provider.url,
        "SANDGLASS_OPENAI_URL": f"{provider.url}/v1",
        "OPENAI_API_KEY": "sk-test-secret-7f3a",
        **more,
    }


@pytest.fixture(scope="session")
def provider() -> Iterator[ProviderServer]:
    """A model server on loopback that speaks Ollama's and OpenAI's protocols."""
    with ProviderServer() as server:
        yield server


@pytest.fixture(scope="session")
def stack(provider: ProviderServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack over SQLite, shared by the tests that leave it as they found it."""
    _need()
    # A socket's path must be short.
    home = tmp_path_factory.mktemp("sg", numbered=True)
    running = Stack(home, _environ(home, provider), provider)
    yield running
    running.close()


@pytest.fixture
def own_stack(provider: ProviderServer, tmp_path: Path) -> Iterator[Stack]:
    """A stack that the test may break."""
    _need()
    running = Stack(tmp_path / "h", _environ(tmp_path / "h", provider), provider)
    yield running
    running.close()


@pytest.fixture
def mongo_stack(provider: ProviderServer, tmp_path: Path) -> Iterator[Stack]:
    """A stack over MongoDB's protocol, GridFS included."""
    _need()
    ferretdb.build()
    (tmp_path / "db").mkdir()
    with ferretdb.running(tmp_path / "db") as (url, _):
        running = Stack(
            tmp_path / "h", _environ(tmp_path / "h", provider, SANDGLASS_STORE=f"{url}sandglass"), provider
        )
        yield running
        running.close()


@pytest.fixture
def docker_stack(provider: ProviderServer, tmp_path: Path, engine_urls: dict[str, str]) -> Iterator[Stack]:
    """A stack whose sandboxes are made by Docker, found by `DOCKER_HOST`."""
    _need()
    environ = _environ(tmp_path / "h", provider, DOCKER_HOST=engine_urls["docker"])
    running = Stack(tmp_path / "h", environ, provider)
    yield running
    running.close()


def _need() -> None:
    for program in ("redis-server", "podman"):
        if shutil.which(program) is None:
            missing(f"{program} is not installed")


def containers(stack: Stack) -> list[dict[str, Any]]:
    """All containers of the stack, by label, asked of podman directly."""
    stack_id = (stack.home / "stack-id").read_text().strip()
    listed = subprocess.run(
        ["podman", "ps", "--all", "--format", "json", "--filter", f"label=sandglass.stack={stack_id}"],
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[dict[str, Any]] = json.loads(listed.stdout or "[]")
    return found
