"""Is a warm sandbox there when a job comes? The keeper makes them ahead, hands each out once, and refills."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from policies.model import Policy
from policies.spec import Marks, container_body
from worker.engines.base import (
    Engine,
    EngineError,
    EngineUnavailableError,
    Pipe,
    PipeClosedError,
)
from worker.engines.choose import Second, choose_engine
from worker.metrics.record import say
from worker.metrics.sandboxes import Start, sandbox_made, starting
from worker.sandbox.link import Link, SandboxLostError
from worker.sandbox.proof import refuse_unproven
from worker.sandbox.run import ContainerSandbox, Made

log = structlog.get_logger()
READY_SECONDS = 60.0
MAX_AGE_SECONDS = 900.0
TEND_SECONDS = 5.0
_BACKOFF_SECONDS = (1.0, 2.0, 5.0, 15.0, 30.0)


@dataclass(frozen=True)
class Maker:
    """All that is needed to make a sandbox, whatever its policy."""

    engine: Engine
    image: str
    stack: str
    owner: str
    spool: Path
    job_seconds: float
    gvisor: Second | None = None
    """Where sandboxes on gVisor are made, if the usual engine makes none."""

    async def make(self, policy: Policy, task: str, attempt: str = "0") -> ContainerSandbox:
        """Create, start and greet a sandbox; `task` and `attempt` are labels of it.

        Raises:
            EngineError: The engine cannot; see `worker.engines.base`.
        """
        with starting(policy.name) as start:
            sandbox = await self._make(policy, task, attempt, start)
        sandbox_made(sandbox.container_id)
        return sandbox

    async def _make(self, policy: Policy, task: str, attempt: str, start: Start) -> ContainerSandbox:
        deadline = int(time.time() + MAX_AGE_SECONDS + self.job_seconds)
        marks = Marks(self.stack, self.owner, deadline, task, attempt)
        engine, runtime = await choose_engine(policy, self.engine, self.gvisor)
        start.engine = engine.name
        # By digest, so that what runs is what the receipt says, whatever the tag means a moment later.
        digest = await engine.image_digest(self.image)
        container_id = await engine.create(container_body(policy, digest, marks))
        try:
            link, facts = await _greet(await engine.start(container_id), engine.name, runtime)
        except BaseException:
            await _discard(engine, container_id)
            raise
        made = Made(container_id, digest, facts, self.spool / container_id[:16])
        return ContainerSandbox(engine, link, policy, made)


async def _discard(engine: Engine, container_id: str) -> None:
    try:
        await engine.remove(container_id)
    except EngineError as error:
        log.warning("failed sandbox not removed; the sweep will", error=str(error))


async def _greet(pipe: Pipe, engine_name: str, runtime: str) -> tuple[Link, dict[str, Any]]:
    """The link to a sandbox that is what it was made to be, and its facts; on an error the pipe is closed."""
    link = Link(pipe)
    try:
        facts = await link.shake_hands(READY_SECONDS)
        refuse_unproven(engine_name, runtime, facts)
    except BaseException as error:
        await link.close()
        if isinstance(error, SandboxLostError | PipeClosedError):
            log.error("a new sandbox did not come up", diagnostics=link.diagnostics())
            raise EngineUnavailableError(f"a new sandbox did not come up: {error}") from error
        raise
    return link, facts


@dataclass(frozen=True)
class Taken:
    """A sandbox for one job, and whether it was warm."""

    sandbox: ContainerSandbox
    warm: bool


class Standby:
    """Keeps `size` sandboxes of one policy warm; any other policy's are made when asked for."""

    def __init__(self, maker: Maker, policy: Policy, size: int) -> None:
        self._maker = maker
        self._policy = policy
        self._size = size
        self._ready: deque[tuple[float, ContainerSandbox]] = deque()
        self._making: asyncio.Task[None] | None = None
        self._tending: asyncio.Task[None] | None = None
        self._changed = asyncio.Condition()
        self._background: set[asyncio.Task[Any]] = set()
        self._error: EngineError | None = None
        self._closed = False

    @property
    def ready(self) -> int:
        """How many are warm now."""
        return len(self._ready)

    def refill(self) -> None:
        """Start making what is missing, in the background; does nothing while that is under way."""
        if self._closed:
            return
        if self._making is None or self._making.done():
            self._making = asyncio.create_task(self._fill())
        if self._tending is None:
            self._tending = asyncio.create_task(self._tend())

    async def take(self, policy: Policy, task: str, attempt: str = "0") -> Taken:
        """A sandbox nobody has used, warm if there is one. Raises: EngineError."""
        if policy != self._policy or self._size == 0:
            return Taken(await self._maker.make(policy, task, attempt), warm=False)
        warm = self._pop()
        if warm is not None:
            return Taken(warm, warm=True)
        self.refill()
        async with self._changed:
            await self._changed.wait_for(lambda: self._ready or self._error is not None)
        next_one = self._pop()
        if next_one is None:
            return Taken(await self._maker.make(policy, task, attempt), warm=False)
        return Taken(next_one, warm=False)

    def retire(self, sandbox: ContainerSandbox) -> None:
        """Destroy a used sandbox, and refill, in the background."""
        self._start(sandbox.destroy())
        self.refill()

    async def wait_warm(self, wall_seconds: float) -> None:
        """Wait until all are warm; gives up after `wall_seconds`, or at once when the engine refuses."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wall_seconds), self._changed:
                await self._changed.wait_for(
                    lambda: len(self._ready) >= self._size or self._error is not None
                )

    async def close(self) -> None:
        """Destroy all that is warm, and finish what is being destroyed."""
        self._closed = True
        ending = [task for task in (self._making, self._tending) if task is not None]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        while self._ready:
            await self._ready.popleft()[1].destroy()
        await asyncio.gather(*self._background, return_exceptions=True)

    def _pop(self) -> ContainerSandbox | None:
        self._drop_stale()
        found = self._ready.popleft()[1] if self._ready else None
        say("sandglass_sandboxes_standby", len(self._ready))
        return found

    def _drop_stale(self) -> None:
        """Destroy what has died or grown old; its deadline label would have it swept some day."""
        kept: deque[tuple[float, ContainerSandbox]] = deque()
        for made_at, sandbox in self._ready:
            if sandbox.alive and time.monotonic() - made_at < MAX_AGE_SECONDS:
                kept.append((made_at, sandbox))
            else:
                self._start(sandbox.destroy())
        self._ready = kept

    async def _tend(self) -> None:
        # Otherwise the first job after a quiet hour would find nothing warm.
        while True:
            await asyncio.sleep(TEND_SECONDS)
            self._drop_stale()
            self.refill()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _fill(self) -> None:
        failures = 0
        while len(self._ready) < self._size and not self._closed:
            try:
                sandbox = await self._maker.make(self._policy, "standby")
            except EngineError as error:
                await self._note(error)
                log.error("no standby sandbox", error=str(error))
                await asyncio.sleep(_BACKOFF_SECONDS[min(failures, len(_BACKOFF_SECONDS) - 1)])
                failures += 1
                continue
            self._ready.append((time.monotonic(), sandbox))
            say("sandglass_sandboxes_standby", len(self._ready))
            await self._note(None)

    async def _note(self, error: EngineError | None) -> None:
        async with self._changed:
            self._error = error
            self._changed.notify_all()
