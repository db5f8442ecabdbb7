"""What must the engine itself say before a call goes on, and what of its answer goes back?"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Mapping
from typing import Any

from policies.spec import LABEL_STACK, profile_by_path
from worker.engine_proxy.calls import (
    API,
    Ask,
    Create,
    Listing,
    OnContainer,
    Refused,
    image_path,
    list_path,
    on_container,
)
from worker.engine_proxy.create import LABELS
from worker.engine_proxy.engine import Answer, Attached, EngineDownError, EngineSocket
from worker.engine_proxy.judge import Rules
from worker.engines.proxied import PROXY_COMPONENT

_INFO = (
    *("DefaultRuntime", "CgroupVersion", "CgroupDriver", "SecurityOptions", "ServerVersion", "KernelVersion"),
    *("OperatingSystem", "OSType", "Architecture", "NCPU", "MemTotal", "Driver", "LoggingDriver"),
)
"""What the worker and its doctor read; proxies, registries, paths and counts of the host stay behind."""
_ID = re.compile(r"[0-9a-f]{64}")
_FRESH_SECONDS = 5.0
_RUNTIME_SECONDS = 60.0


class RefusedError(Exception):
    """The engine's own word was needed, and by it the call does not go on."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.reason)
        self.refused = refused


class Carrier:
    """Carries calls out on one engine for one stack, and knows which containers are the stack's."""

    def __init__(self, engine: EngineSocket, rules: Rules, max_sandboxes: int) -> None:
        self._engine = engine
        self._rules = rules
        self._max = max_sandboxes
        self._ours: set[str] = set()
        self._attached: dict[str, Attached | None] = {}
        self._making = 0
        self._counted = False
        self._counting = asyncio.Lock()
        self._image: tuple[float, str] = (float("-inf"), "")
        self._runtime: tuple[float, str] = (float("-inf"), "")
        self._podman: bool | None = None

    async def answer(self, call: Ask | Listing | Create | OnContainer) -> Answer:
        """What comes of a call, all but attach. Raises: EngineDownError, RefusedError."""
        if isinstance(call, Ask):
            return await self._ask(call)
        if isinstance(call, Listing):
            return await self._list(call.labels)
        if isinstance(call, Create):
            return await self._create(call)
        return await self._on_container(call)

    async def attach(self, call: OnContainer) -> Attached | Answer:
        """The container's pipe, once at a time. Raises: EngineDownError, RefusedError."""
        await self._must_be_ours(call.container_id)
        if call.container_id in self._attached:
            raise RefusedError(Refused("somebody is attached to this sandbox", 409))
        self._attached[call.container_id] = None
        attached: Attached | Answer | None = None
        try:
            attached = await self._engine.attach(on_container(call)[1])
        finally:
            if not isinstance(attached, Attached):
                self.detached(call)
        if isinstance(attached, Attached):
            self._attached[call.container_id] = attached
            if call.container_id not in self._ours:
                self._gone(call.container_id)  # removed in the meantime
        return attached

    def detached(self, call: OnContainer) -> None:
        """Its pipe is over."""
        self._attached.pop(call.container_id, None)

    def _gone(self, container_id: str) -> None:
        """The container is removed, and with it its pipe, which Docker leaves open."""
        self._ours.discard(container_id)
        if attached := self._attached.get(container_id):
            attached.writer.transport.abort()

    async def _ask(self, call: Ask) -> Answer:
        if call.what == "image":
            return await self._ask_image()
        answer = await self._engine.ask("GET", f"{API}/{call.what}")
        if answer.status != 200:
            return answer
        said = answer.value()
        if not isinstance(said, dict):
            raise EngineDownError(f"the engine's /{call.what} is no object")
        return _json(200, self._version(said) if call.what == "version" else self._info(said))

    def _version(self, said: dict[str, Any]) -> dict[str, Any]:
        parts = [part for part in said.get("Components") or [] if isinstance(part, dict)]
        self._podman = any("podman" in str(part.get("Name", "")).lower() for part in parts)
        return {**said, "Components": [*parts, {"Name": PROXY_COMPONENT, "Version": "1", "Details": {}}]}

    def _info(self, said: dict[str, Any]) -> dict[str, Any]:
        self._runtime = time.monotonic(), str(said.get("DefaultRuntime") or "runc")
        swarm = said.get("Swarm")
        state = swarm.get("LocalNodeState") if isinstance(swarm, dict) else None
        runtimes = said.get("Runtimes")
        return {
            **{name: said[name] for name in _INFO if name in said},
            "Runtimes": {str(name): {} for name in runtimes} if isinstance(runtimes, dict) else {},
            "Swarm": {"LocalNodeState": state or "inactive"},
        }

    async def _ask_image(self) -> Answer:
        answer = await self._engine.ask("GET", image_path(self._rules.image))
        if answer.status == 200:
            said = answer.value()
            self._image = time.monotonic(), str(said.get("Id")) if isinstance(said, dict) else ""
        return answer

    async def _list(self, labels: tuple[str, ...]) -> Answer:
        answer = await self._engine.ask("GET", list_path(labels))
        if answer.status != 200:
            return answer
        rows = answer.value()
        if not isinstance(rows, list):
            raise EngineDownError("the engine's list is no list")
        return _json(200, [row for row in rows if isinstance(row, dict) and self._is_ours(row.get("Labels"))])

    def _is_ours(self, labels: Any) -> bool:
        return (
            isinstance(labels, Mapping)
            and labels.get(LABEL_STACK) == self._rules.stack
            and labels.keys() >= LABELS
        )

    async def _create(self, call: Create) -> Answer:
        podman = await self._is_podman()
        if podman and call.runtime and call.runtime != (served := await self._served_runtime()):
            raise RefusedError(
                Refused(
                    f"the policy {call.policy!r} wants {call.runtime}, and this Podman runs every container "
                    f"with {served}"
                )
            )
        await self._must_be_our_image(call)
        body = profile_by_path(call.body, self._rules.seccomp_path) if podman else call.body
        await self._reserve()
        try:
            answer = await self._engine.ask("POST", f"{API}/containers/create", body)
            if answer.status == 201:
                self._ours.add(_made(answer))
        except EngineDownError:
            self._counted = False  # it may be made even so
            raise
        finally:
            self._making -= 1
        return answer

    async def _is_podman(self) -> bool:
        if self._podman is None:
            await self._ask(Ask("version"))
        return bool(self._podman)

    async def _served_runtime(self) -> str:
        if time.monotonic() - self._runtime[0] > _RUNTIME_SECONDS:
            await self._ask(Ask("info"))
        return self._runtime[1]

    async def _must_be_our_image(self, call: Create) -> None:
        # The worker asks for the digest just before; a tag that has moved since is seen within seconds.
        if call.image != self._image[1] or time.monotonic() - self._image[0] > _FRESH_SECONDS:
            answer = await self._ask_image()
            if answer.status == 404:
                raise RefusedError(Refused(f"the engine has no such image: {self._rules.image}", 404))
            if answer.status != 200 or call.image != self._image[1]:
                raise RefusedError(
                    Refused(f"Image is not the digest of {self._rules.image} (SANDGLASS_IMAGE)")
                )

    async def _reserve(self) -> None:
        async with self._counting:
            if not self._counted or len(self._ours) + self._making >= self._max:
                await self._count()
            if len(self._ours) + self._making >= self._max:
                raise RefusedError(
                    Refused(
                        f"{self._max} sandboxes of the stack {self._rules.stack!r} are there, as many as the "
                        "engine proxy allows (SANDGLASS_MAX_SANDBOXES)",
                        429,
                    )
                )
            self._making += 1

    async def _count(self) -> None:
        before = set(self._ours)
        answer = await self._list((f"{LABEL_STACK}={self._rules.stack}",))
        if answer.status != 200:
            raise EngineDownError("the engine does not say which sandboxes there are")
        # What was made in the meantime may not be on the list yet.
        self._ours = {str(row.get("Id")) for row in answer.value()} | (self._ours - before)
        self._counted = True

    async def _on_container(self, call: OnContainer) -> Answer:
        await self._must_be_ours(call.container_id)
        answer = await self._engine.ask(*on_container(call))
        if answer.status == 404 or (call.verb == "remove" and answer.status < 300):
            self._gone(call.container_id)
        return answer

    async def _must_be_ours(self, container_id: str) -> None:
        if container_id in self._ours:
            return
        found = await self._engine.ask(*on_container(OnContainer("inspect", container_id)))
        if found.status == 404:
            raise RefusedError(Refused(f"No such container: {container_id}", 404))
        record = found.value() if found.status == 200 else None
        record = record if isinstance(record, dict) else {}
        config = record.get("Config")
        labels = config.get("Labels") if isinstance(config, dict) else None
        if record.get("Id") != container_id or not self._is_ours(labels):
            raise RefusedError(Refused(f"this container is no sandbox of the stack {self._rules.stack!r}"))
        self._ours.add(container_id)


def _made(answer: Answer) -> str:
    said = answer.value()
    container_id = said.get("Id") if isinstance(said, dict) else None
    if not isinstance(container_id, str) or not _ID.fullmatch(container_id):
        raise EngineDownError("the engine does not say what it has made")
    return container_id


def _json(status: int, value: Any) -> Answer:
    return Answer(status, json.dumps(value).encode())
