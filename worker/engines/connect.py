"""Which engine answers at this address?"""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import docker
import requests
from docker.errors import DockerException

from policies.seccomp import PROFILE_PATH
from worker.engines.base import Engine, EngineUnavailableError
from worker.engines.docker import DockerEngine
from worker.engines.dummy import DummyEngine
from worker.engines.podman import PodmanEngine

_PROBE_SECONDS = 20


async def connect(url: str, seccomp_path: Path = PROFILE_PATH) -> Engine:
    """The engine at `url` (`unix:///...`, `tcp://...`; `dummy:` for the one without containers).

    `seccomp_path` is where our seccomp profile lies on the engine's host, for an engine that reads it there.

    Raises:
        EngineUnavailableError: Nothing answers there as a container engine does.
    """
    if url == "dummy:":
        return DummyEngine()
    if "://" not in url:
        raise EngineUnavailableError(
            f"SANDGLASS_ENGINE_URL is {url!r}; it must be like unix:///run/docker.sock"
        )
    return await asyncio.to_thread(_probe, url, seccomp_path)


def _probe(url: str, seccomp_path: Path) -> Engine:
    try:
        _touch(url)
        client = docker.APIClient(base_url=url, version="1.40", timeout=_PROBE_SECONDS)
        with client:
            version = client.version()
    except (requests.exceptions.RequestException, DockerException, OSError, ValueError) as error:
        raise EngineUnavailableError(f"no container engine answers at {url}: {error}") from error
    names = " ".join(str(part.get("Name", "")) for part in version.get("Components") or [])
    return PodmanEngine(url, seccomp_path) if "podman" in names.lower() else DockerEngine(url)


def _touch(url: str) -> None:
    # The SDK leaks its socket when a connect fails, so a path where nobody listens is found out here.
    if url.startswith("unix://"):
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(_PROBE_SECONDS)
            probe.connect(url.removeprefix("unix://"))
