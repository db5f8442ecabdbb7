"""What do the probes look at: one engine, the sandboxes made on it, and what is left when all are gone?"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from policies.model import Policy
from policies.spec import GVISOR, LABEL_OWNER, LABEL_STACK, LABEL_TASK, Marks, container_body
from worker.analysis.contract import RunResult
from worker.engines.base import Engine
from worker.runtime import owner_lives, owner_mark
from worker.sandbox.run import ContainerSandbox
from worker.sandbox.standby import Maker
from worker.wall import host
from worker.wall.case import NotHeldError, NotTestableError
from worker.wall.inside import PRELUDE

STACK = "sandglass-wall"
"""Of all sandboxes made here: a running stack's sweep touches its own only."""
_HOST = socket.gethostname()
_SHORT_SECONDS = 3.0
_SHORT_GRACE_SECONDS = 3.0
_SLOWER_ON_GVISOR = 2
_SMALL_BYTES = 512 << 20


class Box:
    """One sandbox, as the probes use it."""

    def __init__(self, wall: Wall, sandbox: ContainerSandbox) -> None:
        self._wall = wall
        self._number = 0
        self.sandbox = sandbox
        self.policy = sandbox.policy

    async def run(self, code: str) -> RunResult:
        """Run code, with the probes' tools before it."""
        self._number += 1
        return await self.sandbox.run(PRELUDE + code, "python", self._number)

    async def value(self, code: str) -> Any:
        """What the code sets `result` to. Raises: NotHeldError when it did not come to its end."""
        ran = await self.run(code)
        if ran.outcome != "ok" or ran.result is None:
            last = ran.traceback.strip().rpartition("\n")[2]
            raise NotHeldError(f"the probe's code ended with {ran.outcome}: {ran.message} {last}".strip())
        return ran.result["value"]

    async def works(self) -> bool:
        """Whether code still runs in it."""
        ran = await self.run("result = 6 * 7")
        return ran.outcome == "ok" and ran.result == {"type": "scalar", "value": 42}

    async def record(self) -> dict[str, Any]:
        """The engine's record of it."""
        found = await self._wall.engine.inspect(self.sandbox.container_id)
        if found is None:
            raise NotHeldError("the engine does not know the sandbox any more")
        return found

    async def host_pid(self) -> int:
        """PID 1 of it as the host numbers it. Raises: NotTestableError when the host is another one."""
        pid = int((await self.record())["State"]["Pid"])
        try:
            ours = self.sandbox.container_id in Path(f"/proc/{pid}/cgroup").read_text()
        except FileNotFoundError:
            ours = False
        if not pid or not ours:
            raise NotTestableError(
                "the engine's processes are not seen from here: run it on the engine's host"
            )
        return pid

    async def host_pids(self) -> list[int]:
        """All its processes as the host numbers them."""
        return host.descendants(await self.host_pid())

    async def processes(self) -> int:
        """How many processes there are in it; on gVisor, which hides them, as it says itself."""
        if self._wall.gvisor:
            return int(await self.value("result = len(others()) + 1"))
        return len(await self.host_pids())

    async def cgroup(self, controller: str, *names: str) -> str | None:
        """A file of its cgroup, read on the host."""
        return host.cgroup_file(await self.host_pid(), controller, *names)

    async def mounts(self) -> list[str]:
        """The lines of its `mountinfo`."""
        if self._wall.gvisor:
            return list(await self.value("result = open('/proc/self/mountinfo').read().splitlines()"))
        return Path(f"/proc/{await self.host_pid()}/mountinfo").read_text().splitlines()


class Wall:
    """One engine and one policy; all its sandboxes carry a stack label of their own."""

    def __init__(self, engine: Engine, image: str, policy: Policy, spool: Path) -> None:
        self.engine = engine
        self.image = image
        self.policy = policy
        self.short = _shortened(policy)
        """As the policy, with clocks that a probe can wait for, and no more memory than a small host has."""
        self.run_id = f"wall-{uuid4().hex[:12]}"
        self.maker = Maker(engine, image, STACK, owner_mark(_HOST, os.getpid()), spool, 60)
        self._shared: dict[str, Box] = {}
        self._making: set[asyncio.Task[ContainerSandbox]] = set()

    @property
    def gvisor(self) -> bool:
        """Whether the sandboxes run on gVisor, whose processes the host does not see one by one."""
        return self.policy.runtime == GVISOR

    async def sweep(self) -> None:
        """Remove what an earlier run left behind whose process was killed. Raises: EngineError."""
        for entry in await self.engine.find({LABEL_STACK: STACK}):
            if owner_lives(entry.labels.get(LABEL_OWNER, ""), _HOST) is False:
                await self.engine.remove(entry.container_id)

    async def make(self, policy: Policy | None = None, maker: Maker | None = None) -> Box:
        """A fresh sandbox, under the short clocks unless told otherwise. Raises: EngineError."""
        # Shielded: a container whose maker is cancelled half-way would be nobody's.
        making = asyncio.create_task((maker or self.maker).make(policy or self.short, self.run_id))
        self._making.add(making)
        making.add_done_callback(self._making.discard)
        return Box(self, await asyncio.shield(making))

    @asynccontextmanager
    async def fresh(self, policy: Policy | None = None) -> AsyncIterator[Box]:
        """A sandbox of one probe alone."""
        box = await self.make(policy)
        try:
            yield box
        finally:
            await box.sandbox.destroy()

    async def shared(self) -> Box:
        """The sandbox that harmless probes share, under the policy itself; made anew when it was lost."""
        return await self._kept("shared", self.policy)

    async def rough(self) -> Box:
        """The sandbox that rough probes share, under short clocks; made anew when it was lost."""
        return await self._kept("rough", self.short)

    async def gone(self, box: Box) -> bool:
        """Whether the engine knows nothing of it any more."""
        return await self.engine.inspect(box.sandbox.container_id) is None

    async def discard(self, box: Box) -> None:
        """Remove a sandbox; the next probe gets another one."""
        self._shared = {name: kept for name, kept in self._shared.items() if kept is not box}
        await box.sandbox.destroy()

    async def close(self) -> int:
        """Remove all sandboxes; how many there were that no probe had removed itself."""
        await asyncio.gather(*self._making, return_exceptions=True)
        for box in self._shared.values():
            await box.sandbox.destroy()
        self._shared = {}
        left = await self.engine.find({LABEL_STACK: STACK, LABEL_TASK: self.run_id})
        for entry in left:
            await self.engine.remove(entry.container_id)
        return len(left)

    async def _kept(self, name: str, policy: Policy) -> Box:
        box = self._shared.get(name)
        if box is not None and not box.sandbox.alive:
            await self.discard(box)
            box = None
        if box is None:
            box = self._shared[name] = await self.make(policy)
        return box


def asked_for(policy: Policy) -> dict[str, Any]:
    """`HostConfig` as the policy means it; on gVisor its kernel's own needs are added there."""
    return dict(container_body(policy, "", Marks("", "", 0))["HostConfig"])


def as_text(*things: Any) -> str:
    """All that was seen, to look for something that may not be there."""
    return json.dumps(things, default=str, ensure_ascii=False)


def _shortened(policy: Policy) -> Policy:
    limits = policy.limits
    slower = _SLOWER_ON_GVISOR if policy.runtime == GVISOR else 1
    changes = {
        "code_wall_seconds": min(limits.code_wall_seconds, _SHORT_SECONDS * slower),
        "grace_seconds": min(limits.grace_seconds, _SHORT_GRACE_SECONDS * slower),
        "memory_bytes": min(limits.memory_bytes, _SMALL_BYTES),
        "tmpfs_bytes": min(limits.tmpfs_bytes, _SMALL_BYTES // 4),
        "pids": 64,
    }
    return policy.model_copy(update={"limits": limits.model_copy(update=changes)})
