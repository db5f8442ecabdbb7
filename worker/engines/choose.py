"""On which engine does a policy's sandbox run, and may it run there at all?"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from policies.model import Policy
from policies.seccomp import PROFILE_PATH
from policies.spec import GVISOR
from worker.engines.base import Engine, EngineError, EngineFacts, EngineUnfitError
from worker.engines.connect import connect
from worker.engines.versions import docker_weaknesses, runc_weaknesses

log = structlog.get_logger()
NO_GVISOR = (
    "no engine here runs gVisor: install it (`apt-get install runsc`) and run `sandglass up` again, "
    "or name an engine that has it in SANDGLASS_GVISOR_ENGINE_URL"
)
NOT_ANSWERING = (
    "the engine that runs gVisor does not answer: `sandglass up` starts it again; one that "
    "SANDGLASS_GVISOR_ENGINE_URL names is its operator's to start, or unset the variable"
)
NOT_GVISOR = "the engine at SANDGLASS_GVISOR_ENGINE_URL does not run gVisor: name one that does, or unset it"

Second = Callable[[], Awaitable[Engine]]
"""Connects to the engine whose containers run on gVisor, when a policy wants one."""


class Engines:
    """The worker's engines, the usual one and perhaps one for gVisor, each connected when asked for."""

    def __init__(self, url: str, gvisor_url: str = "", seccomp_path: Path = PROFILE_PATH) -> None:
        self._urls = {"usual": url, "gvisor": gvisor_url}
        self._seccomp_path = seccomp_path
        self._connected: dict[str, Engine] = {}
        # One each: an engine that hangs while it is connected to must not keep jobs from the other one.
        self._connecting = {name: asyncio.Lock() for name in self._urls}

    async def usual(self) -> Engine:
        """The engine of all policies that name no runtime. Raises: EngineUnavailableError."""
        return await self._connect("usual")

    @property
    def second(self) -> Second | None:
        """How to get the one for gVisor; None: none is set."""
        return (lambda: self._connect("gvisor")) if self._urls["gvisor"] else None

    async def all(self) -> list[Engine]:
        """Those that can be connected to now; a sweep looks on each, and the log says which it could not."""
        found = []
        for name in [name for name, url in self._urls.items() if url]:
            try:
                found.append(await self._connect(name))
            except EngineError as error:
                log.error("engine out of reach", engine=name, error=str(error))
        return found

    async def close(self) -> None:
        """Give back connections."""
        for engine in self._connected.values():
            await engine.close()
        self._connected.clear()

    async def _connect(self, name: str) -> Engine:
        async with self._connecting[name]:
            if name not in self._connected:
                self._connected[name] = await connect(self._urls[name], self._seccomp_path)
            return self._connected[name]


async def choose_engine(policy: Policy, usual: Engine, second: Second | None = None) -> tuple[Engine, str]:
    """The engine for a policy's sandboxes, and the OCI runtime that they must turn out to run on.

    Raises:
        EngineUnfitError: None here may run it; the message says why and what mends it, in words for clients.
        EngineError: The usual engine does not answer.
    """
    facts = await usual.facts()
    engine = usual
    if policy.runtime == GVISOR and not offers_gvisor(facts):
        engine, facts = await _second(policy, second)
    runtime = policy.runtime or facts.runtime
    if policy.fixed_versions and (reasons := outdated(facts, runtime)):
        raise EngineUnfitError(f"Policy {policy.name!r} is refused here: {'; '.join(reasons)}.")
    return engine, runtime


def offers_gvisor(facts: EngineFacts) -> bool:
    """Whether containers can be had on gVisor there. Podman lists runtimes that it may not even have."""
    return facts.runtime == GVISOR or (facts.name == "docker" and GVISOR in facts.runtimes)


def outdated(facts: EngineFacts, runtime: str) -> tuple[str, ...]:
    """Why an engine and a runtime are not known to be as new as the fixed versions; empty: they are.

    gVisor is itself the wall to the host's kernel: with it the version of runc is not asked.
    """
    engine = docker_weaknesses(facts.version) if facts.name == "docker" else ()
    if runtime == GVISOR:
        return engine
    if runtime.rpartition("/")[2] != "runc":
        return (*engine, f"no fixed version of the runtime {runtime} is known: use runc or gVisor")
    known = facts.runtime_version if runtime == facts.runtime else "unknown"
    return (*engine, *runc_weaknesses(runtime, known))


async def _second(policy: Policy, second: Second | None) -> tuple[Engine, EngineFacts]:
    if second is None:
        raise EngineUnfitError(f"Policy {policy.name!r} runs on gVisor, and {NO_GVISOR}.")
    try:
        engine = await second()
        facts = await engine.facts()
    except EngineError as error:
        raise EngineUnfitError(f"Policy {policy.name!r} runs on gVisor, and {NOT_ANSWERING}.") from error
    if not offers_gvisor(facts):
        raise EngineUnfitError(f"Policy {policy.name!r} runs on gVisor, and {NOT_GVISOR}.")
    return engine, facts
