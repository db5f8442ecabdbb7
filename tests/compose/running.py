"""The stack as an operator runs it: stack.sh with a project, a port and a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docker
import httpx
from docker.models.containers import Container

from client.api import Sandglass
from client.stack.engine import podman_environ
from tests.compose.images import SERVICES_IMAGE
from tests.compose.tools import TOOLS
from tests.conftest import free_port
from tests.engine_services import APP_IMAGE, IMAGE, ROOT, STATE

SERVICES = ("gateway", "worker", "engine-proxy", "redis", "mongo")
_OWNERS = """
import os, pymongo
jobs = pymongo.MongoClient(os.environ["SANDGLASS_STORE"]).get_default_database()["jobs"]
print(*[job["lease_owner"].split(":")[0] for job in jobs.find({"state": "running"})])
"""
"""The hosts of those who run a job now."""


@dataclass
class Stack:
    """One stack of containers on one engine."""

    engine: str
    url: str
    folder: Path
    port: int = field(default_factory=free_port)
    said: str = ""
    """What `up` printed."""

    def __post_init__(self) -> None:
        self.project = f"sg-test-{self.engine}-{os.getpid()}"
        self.docker = docker.DockerClient(base_url=self.url, version="1.40", timeout=60)
        self.tool = "docker-compose-2" if self.engine == "docker" else "podman-compose"

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environ(self) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("SANDGLASS_", "COMPOSE_", "DOCKER_HOST", "OPENAI_"))
        }
        socket = self.url.removeprefix("unix://")
        engine = {"DOCKER_HOST": self.url} if self.engine == "docker" else podman_environ(STATE)
        return {
            **kept,
            **engine,
            "SANDGLASS_ENGINE": self.engine,
            "SANDGLASS_ENGINE_SOCKET": socket,
            "SANDGLASS_COMPOSE": " ".join(TOOLS[self.tool]()),
            "SANDGLASS_COMPOSE_FILES": str(ROOT / "tests/compose/images.yaml"),
            "SANDGLASS_COMPOSE_STATE": str(self.folder),
            "COMPOSE_PROJECT_NAME": self.project,
            "SANDGLASS_PORT": str(self.port),
            "SANDGLASS_APP_IMAGE": APP_IMAGE,
            "SANDGLASS_IMAGE": IMAGE,
            "SANDGLASS_REDIS_IMAGE": SERVICES_IMAGE,
            "SANDGLASS_MONGO_IMAGE": SERVICES_IMAGE,
            "SANDGLASS_CONCURRENCY": "1",
            "SANDGLASS_UP_SECONDS": "120",
        }

    def command(self, *words: str, seconds: float = 180) -> str:
        """Run stack.sh; what it printed."""
        done = subprocess.run(
            [ROOT / "compose/stack.sh", *words],
            env=self.environ(),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert done.returncode == 0, f"stack.sh {words}: {done.stdout}"
        return done.stdout

    def client(self) -> Sandglass:
        return Sandglass(self.address, self.secret("sandglass_first_key"))

    def secret(self, name: str) -> str:
        return (self.folder / "secrets" / name).read_text().strip()

    def containers(self, service: str | None = None, everything: bool = False) -> list[Container]:
        """Its containers: of one service, or all."""
        labels = [f"com.docker.compose.project={self.project}"]
        if service:
            labels.append(f"com.docker.compose.service={service}")
        found: list[Container] = self.docker.containers.list(all=everything, filters={"label": labels})
        return found

    def inside(self, service: str, *command: str) -> str:
        """What a command says that runs in a container of this service."""
        done = self.containers(service)[0].exec_run(list(command))
        assert done.exit_code == 0, done.output
        text: str = done.output.decode()
        return text

    def hosts_at_work(self) -> set[str]:
        """The host names of the workers that run a job now."""
        return set(self.inside("gateway", "python", "-c", _OWNERS).split())

    def workers_ready(self) -> int:
        """How many workers say that they live and reach their engine."""
        answer = httpx.get(f"{self.address}/readyz", timeout=10, trust_env=False).json()
        return len([worker for worker in answer["workers"] if worker.get("engine")])

    def inspected(self) -> dict[str, dict[str, Any]]:
        """What the engine says of one container of each service."""
        return {name: self.docker.api.inspect_container(self.containers(name)[0].id) for name in SERVICES}

    def traces(self) -> list[str]:
        """What of it is still there: containers, volumes, networks."""
        mine = {"label": f"com.docker.compose.project={self.project}"}
        volumes = [volume.name for volume in self.docker.volumes.list()]
        networks = [network.name for network in self.docker.networks.list()]
        found = [container.name for container in self.docker.containers.list(all=True, filters=mine)]
        return [*found, *(name for name in (*volumes, *networks) if name.startswith(self.project))]

    def logs(self) -> str:
        """What one wants to see of a failed test."""
        parts = []
        for container in self.containers(everything=True):
            tail = container.logs(tail=12).decode(errors="replace")
            parts.append(f"== {container.name} {container.status}\n{tail}")
        return "\n".join(parts)

    def close(self) -> None:
        try:
            if self.traces():
                self.command("down", "--volumes")
        finally:
            self.docker.close()


def dumped(inspected: dict[str, Any]) -> str:
    """All that an inspection says, as one text to look for words in."""
    return json.dumps(inspected)
