"""What must any container engine do for a sandbox: the contract, and its errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable


class EngineError(Exception):
    """Base of all that an engine raises on purpose. `message` is for operators."""


class EngineUnavailableError(EngineError):
    """The engine's socket does not answer, or not in time."""


class ImageMissingError(EngineError):
    """The engine has no such image; it is never pulled at run time."""


class EngineRefusedError(EngineError):
    """The engine answered and said no: a bad spec, no such runtime, no space."""


class EngineUnfitError(EngineRefusedError):
    """No engine here may run what a policy asks for. The message is for clients: what, why, what mends it."""


class PipeClosedError(EngineError):
    """The other end of the pipe is gone."""


@dataclass(frozen=True)
class ContainerState:
    """What the engine says of a container. `exit_code` is None while it runs."""

    running: bool
    exit_code: int | None
    oom_killed: bool


@dataclass(frozen=True)
class ContainerEntry:
    """One row of a listing by label."""

    container_id: str
    running: bool
    labels: Mapping[str, str]


@dataclass(frozen=True)
class EngineFacts:
    """Which engine this is, and what is weaker about it than it should be."""

    name: str
    version: str
    runtime: str
    runtime_version: str
    runtimes: tuple[str, ...]
    cgroup_version: str
    weaknesses: tuple[str, ...] = field(default=())
    """Each says what and why, then `: `, then what mends it."""
    swarm: str = "inactive"
    proxied: bool = False
    """Whether `worker.engine_proxy` stands between, so that the worker does not hold the engine itself."""


class Pipe(Protocol):
    """The attached stdin and stdout of one container."""

    async def send(self, data: bytes) -> None:
        """Write all of it. Raises: PipeClosedError."""

    async def receive(self) -> bytes:
        """The next bytes of stdout, at most some 64 KiB; empty at the end."""

    def diagnostics(self) -> str:
        """The last few KiB of stderr, cleaned of control characters: for the log, never trusted."""

    async def close(self) -> None:
        """End the attachment; the container's stdin ends with it."""


@runtime_checkable
class Engine(Protocol):
    """A container engine. Every verb may raise `EngineUnavailableError` or `EngineRefusedError`."""

    name: str

    async def facts(self) -> EngineFacts:
        """Versions and weaknesses."""

    async def image_digest(self, image: str) -> str:
        """The image's id (`sha256:...`). Raises: ImageMissingError."""

    async def create(self, body: dict[str, Any]) -> str:
        """Make a container of a create body (`policies.spec`); its id. Raises: ImageMissingError."""

    async def start(self, container_id: str) -> Pipe:
        """Attach to a created container, then start it; on an error nothing stays attached."""

    async def state(self, container_id: str) -> ContainerState | None:
        """None: it is gone."""

    async def inspect(self, container_id: str) -> dict[str, Any] | None:
        """The engine's whole record of it, for checks of the spec; None: it is gone."""

    async def remove(self, container_id: str) -> None:
        """Kill and remove it, whatever state it is in; gone already is fine."""

    async def find(self, labels: Mapping[str, str]) -> list[ContainerEntry]:
        """All containers, ended ones too, that carry all these labels."""

    async def close(self) -> None:
        """Give back connections."""
