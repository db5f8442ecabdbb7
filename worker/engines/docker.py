"""How does Docker run a sandbox: the engine contract over the Docker SDK, which Podman's API shares."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import docker
import requests
from docker.errors import APIError, DockerException, ImageNotFound, NotFound

from worker.engines.attach import SocketPipe
from worker.engines.base import (
    ContainerEntry,
    ContainerState,
    EngineFacts,
    EngineRefusedError,
    EngineUnavailableError,
    ImageMissingError,
    Pipe,
)
from worker.engines.proxied import PROXY_COMPONENT
from worker.engines.weaknesses import weaknesses

T = TypeVar("T")
_TIMEOUT_SECONDS = 60
_POOL = 25
_FACTS_SECONDS = 60.0
"""For how long facts are believed: Podman needs half a second of CPU to say them."""
_REMOVE_PAUSES_SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0)
_AWAY = (502, 503, 504)
"""What `worker.engine_proxy` says where the engine behind it does not answer."""


class DockerEngine:
    """Docker, by its API socket. Each call runs in a thread: the SDK blocks."""

    name = "docker"

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = docker.APIClient(
            base_url=url, version="1.40", timeout=_TIMEOUT_SECONDS, num_pools=_POOL, max_pool_size=_POOL
        )
        self._facts: tuple[float, EngineFacts] | None = None

    @property
    def url(self) -> str:
        """Where it is reached."""
        return self._url

    async def facts(self) -> EngineFacts:
        """Versions and weaknesses, from `/version` and `/info`, asked once a minute at most."""
        if self._facts is None or time.monotonic() - self._facts[0] > _FACTS_SECONDS:
            self._facts = time.monotonic(), await self._ask_facts()
        return self._facts[1]

    async def _ask_facts(self) -> EngineFacts:
        version = await self._call(self._client.version)
        info = await self._call(self._client.info)
        runtime = info.get("DefaultRuntime") or "runc"
        runtime_version = self._runtime_version(version, runtime)
        number = str(version.get("Version") or "unknown")
        proxied = any(part.get("Name") == PROXY_COMPONENT for part in version.get("Components") or [])
        return EngineFacts(
            name=self.name,
            version=number,
            runtime=runtime,
            runtime_version=runtime_version,
            runtimes=tuple(sorted(info.get("Runtimes") or {})),
            cgroup_version=str(info.get("CgroupVersion") or "unknown"),
            weaknesses=weaknesses(self.name, number, runtime, runtime_version, info, proxied),
            proxied=proxied,
            swarm=(info.get("Swarm") or {}).get("LocalNodeState") or "inactive",
        )

    def _runtime_version(self, version: Mapping[str, Any], runtime: str) -> str:
        for part in version.get("Components") or []:
            if part.get("Name") == runtime:
                return str(part.get("Version", "unknown"))
        return "unknown"

    async def image_digest(self, image: str) -> str:
        """The image's id. Raises: ImageMissingError."""
        found = await self._call(self._client.inspect_image, image)
        return str(found["Id"])

    async def create(self, body: dict[str, Any]) -> str:
        """Make a container of a create body; its id. Raises: ImageMissingError."""
        made = await self._call(self._client.create_container_from_config, body)
        return str(made["Id"])

    async def start(self, container_id: str) -> Pipe:
        """Attach to a created container, then start it."""
        streams = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
        attached = await self._call(self._client.attach_socket, container_id, streams)
        pipe = await SocketPipe.over(_own_socket(attached))
        try:
            await self._call(self._client.start, container_id)
        except BaseException:
            await pipe.close()
            raise
        return pipe

    async def state(self, container_id: str) -> ContainerState | None:
        """None: it is gone."""
        found = await self.inspect(container_id)
        if found is None:
            return None
        state = found["State"]
        running = bool(state.get("Running"))
        exit_code = None if running else int(state.get("ExitCode", -1))
        return ContainerState(running, exit_code, bool(state.get("OOMKilled")))

    async def inspect(self, container_id: str) -> dict[str, Any] | None:
        """The engine's whole record of it; None: it is gone."""
        try:
            return dict(await self._call(self._client.inspect_container, container_id))
        except _GoneError:
            return None

    async def remove(self, container_id: str) -> None:
        """Kill and remove it; gone already is fine."""
        for pause_seconds in (*_REMOVE_PAUSES_SECONDS, None):
            try:
                await self._call(self._client.remove_container, container_id, force=True, v=True)
            except _GoneError:
                return
            except EngineRefusedError:
                # Both engines refuse a container that is just ending by itself, or being removed.
                if pause_seconds is None:
                    raise
                await asyncio.sleep(pause_seconds)
            else:
                return

    async def find(self, labels: Mapping[str, str]) -> list[ContainerEntry]:
        """All containers that carry all these labels."""
        wanted = {"label": [f"{name}={value}" for name, value in labels.items()]}
        rows = await self._call(self._client.containers, all=True, filters=wanted)
        return [
            ContainerEntry(row["Id"], row.get("State") == "running", row.get("Labels") or {}) for row in rows
        ]

    async def close(self) -> None:
        """Give back connections."""
        self._client.close()

    async def _call(self, verb: Callable[..., T], *arguments: Any, **options: Any) -> T:
        return await asyncio.to_thread(self._call_now, verb, *arguments, **options)

    def _call_now(self, verb: Callable[..., T], *arguments: Any, **options: Any) -> T:
        try:
            return verb(*arguments, **options)
        except ImageNotFound as error:
            raise ImageMissingError(f"the engine has no such image: {error.explanation}") from error
        except NotFound as error:
            if "image" in str(error.explanation).lower():
                raise ImageMissingError(f"the engine has no such image: {error.explanation}") from error
            raise _GoneError(str(error.explanation)) from error
        except APIError as error:
            if error.status_code in _AWAY:
                raise EngineUnavailableError(f"the engine behind {self._url}: {error.explanation}") from error
            raise EngineRefusedError(str(error.explanation or error)) from error
        except (requests.exceptions.RequestException, DockerException, OSError) as error:
            raise EngineUnavailableError(f"the engine at {self._url} does not answer: {error}") from error


def _own_socket(attached: Any) -> socket.socket:
    """A descriptor of our own for the SDK's socket, whose own one is then let go.

    The SDK wraps it in a file object, behind which `close()` would not close the connection.
    """
    own = socket.socket(fileno=os.dup(attached.fileno()))
    attached._response.close()
    return own


class _GoneError(EngineRefusedError):
    """404: the container is not there (any more)."""
