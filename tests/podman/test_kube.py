"""Does `podman kube play` bring the stack up, walled in, answering, and does it end without a trace?"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from client.api import Sandglass
from client.stack.engine import CONTAINERS_CONF
from tests.conftest import free_port
from tests.engine_services import APP_IMAGE, IMAGE, ROOT, missing, wait_for
from tests.podman.services_image import build

pytestmark = pytest.mark.engine
CONTAINERS = ("redis-redis", "mongo-mongo", "gateway-gateway", "worker-engine-proxy", "worker-worker")
_ULIMITS = '[containers]\ndefault_ulimits = ["nofile=16384:16384", "nproc=4096:4096"]\n'
"""This machine's root may not raise limits, and kube play has no word for them."""
_PODMAN = ("podman", "--runtime", "runc")
_SECONDS = 90


@dataclass(frozen=True)
class Stack:
    """One stack that is played, with names of its own."""

    name: str
    state: Path
    environ: dict[str, str]
    port: int

    def kube(self, what: str) -> str:
        done = subprocess.run(
            [ROOT / "podman/kube.sh", what],
            env={**os.environ, **self.environ},
            cwd=self.state,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def podman(self, *words: str, check: bool = True) -> str:
        done = subprocess.run(
            [*_PODMAN, *words],
            env={**os.environ, **self.environ},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0 or not check, done.stderr
        return done.stdout

    def logs(self) -> str:
        return "\n".join(self.podman("logs", "--tail=8", f"{self.name}-{n}", check=False) for n in CONTAINERS)

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/readyz", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def await_ready(self) -> None:
        try:
            wait_for(self.is_ready, _SECONDS, "the stack is ready")
        except AssertionError:
            raise AssertionError(f"the stack is not ready:\n{self.logs()}") from None

    def ask(self, session: str | None = None) -> dict[str, Any]:
        key = (self.state / "secrets/sandglass_first_key").read_text().strip()
        question = "What is the average temp_max by weather?"
        with Sandglass(f"http://127.0.0.1:{self.port}", key) as sandglass:
            if session is None:
                task = sandglass.one_shot([ROOT / "client/examples/seattle-weather.csv"], question)
            else:
                task = sandglass.analyze(session, question)
            return sandglass.wait_for(task["task_id"])


@pytest.fixture(scope="module")
def stack(engine_urls: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    state = tmp_path_factory.mktemp("kube")
    conf = state / "containers.conf"
    conf.write_text(CONTAINERS_CONF.replace("[containers]\n", _ULIMITS))
    name, port = f"sg-kube-{os.getpid()}", free_port()
    environ = {
        "CONTAINERS_CONF": str(conf),
        "SANDGLASS_KUBE_STATE": str(state),
        "SANDGLASS_KUBE_NAME": name,
        "SANDGLASS_ENGINE_SOCKET": engine_urls["podman"].removeprefix("unix://"),
        "SANDGLASS_PORT": str(port),
        "SANDGLASS_APP_IMAGE": f"localhost/{APP_IMAGE}",
        "SANDGLASS_IMAGE": f"localhost/{IMAGE}",
        "SANDGLASS_REDIS_IMAGE": f"localhost/{name}:test",
        "SANDGLASS_MONGO_IMAGE": f"localhost/{name}:test",
    }
    made = Stack(name, state, environ, port)
    if not made.podman("images", "-q", f"localhost/{APP_IMAGE}"):
        missing(f"podman has no image {APP_IMAGE} (make image)")
    (state / "secrets").mkdir()
    (state / "secrets/sandglass_store").write_text(f"mongodb://{name}-mongo:27017/sandglass")
    context = state / "image"
    context.mkdir()
    build(list(_PODMAN), f"localhost/{name}:test", context, environ)
    try:
        made.kube("up")
        made.await_ready()
        yield made
    finally:
        made.podman("kube", "down", str(state / "stack.kube.yaml"), check=False)
        made.podman("volume", "rm", "-f", *(f"{name}-{v}" for v in ("redis", "mongo", "engine")), check=False)
        made.podman("network", "rm", "-f", name, check=False)
        made.podman("rmi", f"localhost/{name}:test", check=False)


def test_a_question_is_answered(stack: Stack) -> None:
    task = stack.ask()
    assert task["state"] == "succeeded", task
    assert "sun 19.36" in task["answer"]


def test_walls(stack: Stack) -> None:
    facts = json.loads(stack.podman("inspect", *(f"{stack.name}-{n}" for n in CONTAINERS)))
    limits = {"redis": 512, "mongo": 2048, "gateway": 1024, "engine-proxy": 256, "worker": 4096}
    for one, (short, mebibytes) in zip(facts, limits.items(), strict=True):
        host = one["HostConfig"]
        assert host["ReadonlyRootfs"], short
        assert one["EffectiveCaps"] in (None, []), short
        assert host["Memory"] == mebibytes << 20, short
        assert host["CpuQuota"] == (50_000 if short == "redis" else 200_000 if short == "worker" else 100_000)
        assert host["RestartPolicy"]["Name"] == "always", short
        status = stack.podman("exec", one["Name"], "cat", "/proc/1/status")
        assert "NoNewPrivs:\t1" in status, short
        assert "CapBnd:\t0000000000000000" in status, short


def test_only_the_proxy_reaches_the_engine(stack: Stack) -> None:
    facts = json.loads(stack.podman("inspect", *(f"{stack.name}-{n}" for n in CONTAINERS)))
    folder = str(Path(stack.environ["SANDGLASS_ENGINE_SOCKET"]).parent)
    reach = [one["Name"] for one in facts if any(mount["Source"] == folder for mount in one["Mounts"])]
    assert reach == [f"{stack.name}-worker-engine-proxy"]
    published = itertools.chain.from_iterable(
        bindings or [] for one in facts for bindings in one["HostConfig"]["PortBindings"].values()
    )
    assert [binding["HostIp"] for binding in published] in ([], ["127.0.0.1"])


def test_down_and_up_again(stack: Stack) -> None:
    session = stack.ask()["session_id"]
    stack.kube("down")
    left = stack.podman("ps", "-aq", "--filter", f"label=sandglass.stack={stack.name}")
    assert left == ""
    assert f"{stack.name}-" not in stack.podman("pod", "ps", "--format", "{{.Name}}")
    stack.kube("up")
    stack.await_ready()
    assert stack.ask(session)["state"] == "succeeded"
