"""What does a job need from the outside? Store, blobs, events, and sandboxes, each opened once a process."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import time
from functools import cache
from pathlib import Path

import redis.asyncio
import structlog
from redis.exceptions import RedisError

from policies.model import Policy, load_policy
from store.lookups import HINT_SECONDS, LOOKUPS, hint_name
from store.open import open_store
from store.records import Job
from worker.engines.base import Engine, EngineError
from worker.engines.choose import Engines
from worker.models.settings import ModelSettings
from worker.sandbox.run import ContainerSandbox
from worker.sandbox.standby import Maker, Standby, Taken
from worker.settings import Settings

EVENTS_CHANNEL = "sandglass:events"
DEFAULT_POLICY = "default"
IMAGE_SECONDS = 1.0
"""How long a digest is believed: to ask the engine takes longer than all else of a stored answer."""
_WARM_SECONDS = 5.0
_CONNECT_PAUSE_SECONDS = 3.0
log = structlog.get_logger()


class Runtime:
    """Everything one worker process shares between its jobs."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.models = ModelSettings()
        self.store = open_store(settings.store)
        self.blobs = settings.open_blobs(settings.store)
        self.owner = owner_mark(settings.worker_name, os.getpid())
        self._redis = redis.asyncio.from_url(settings.redis_url, socket_timeout=5, socket_connect_timeout=2)
        self.engines = Engines(settings.engine_url, settings.gvisor_engine_url, settings.seccomp_path)
        self._used = False
        """A sandbox was used since somebody last waited for a warm one."""
        self._digests: dict[int, tuple[float, str]] = {}
        self._standby: Standby | None = None
        self._making = asyncio.Lock()
        self._warming: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Open the store, and start warming a sandbox as soon as an engine answers."""
        await self.store.open()
        await self.blobs.open()
        self._warming = asyncio.create_task(self._warm_up())

    async def close(self) -> None:
        """Destroy standby sandboxes, close all."""
        if self._warming is not None:
            self._warming.cancel()
            await asyncio.gather(self._warming, return_exceptions=True)
        if self._standby is not None:
            await self._standby.close()
        await self.engines.close()
        await self._redis.aclose()
        await self.blobs.close()
        await self.store.close()

    async def take_sandbox(self, policy: Policy, task_id: str, attempt: str) -> Taken:
        """A sandbox for one job. Raises: EngineError."""
        return await (await self._standing_by()).take(policy, task_id, attempt)

    def retire(self, sandbox: ContainerSandbox) -> None:
        """Destroy a used sandbox in the background, and refill."""
        if self._standby is not None:
            self._used = True
            self._standby.retire(sandbox)

    async def wait_warm(self) -> None:
        """Wait a little until a used standby sandbox is replaced; a job that used none waits for none."""
        if self._standby is not None and self._used:
            self._used = False
            await self._standby.wait_warm(_WARM_SECONDS)

    async def engine(self) -> Engine:
        """The usual engine, connected when first asked for. Raises: EngineUnavailableError."""
        return await self.engines.usual()

    async def image_digest(self, engine: Engine) -> str:
        """The digest of the sandbox image there, as it was within the last second. Raises: EngineError."""
        at, digest = self._digests.get(id(engine), (float("-inf"), ""))
        if time.monotonic() - at > IMAGE_SECONDS:
            digest = await engine.image_digest(self.settings.image)
            self._digests[id(engine)] = (time.monotonic(), digest)
        return digest

    async def announce(self, task_id: str, state: str, stage: str) -> None:
        """Tell waiters. Lost when Redis is away: they also read the store."""
        event = json.dumps({"task_id": task_id, "state": state, "stage": stage})
        try:
            await self._redis.publish(EVENTS_CHANNEL, event)
        except (RedisError, OSError) as error:
            log.warning("event not announced", task_id=task_id, error=str(error))

    async def leave_hint(self, job: Job) -> None:
        """Tell the gateway that this may be answered from the store. Lost when Redis is away: no harm."""
        try:
            await self._redis.set(hint_name(job), 1, ex=HINT_SECONDS)
        except (RedisError, OSError) as error:
            log.warning("no hint left", task_id=job.task_id, error=str(error))

    async def take_lookup(self, wait_seconds: float) -> bytes | str | None:
        """The next of the list of look-ups; None: none came. Raises: RedisError, OSError."""
        taken = await self._redis.blpop([LOOKUPS], timeout=wait_seconds)
        return taken[1] if taken is not None else None

    async def _warm_up(self) -> None:
        while True:
            try:
                (await self._standing_by()).refill()
            except EngineError as error:
                log.error("no engine yet; jobs will say so", error=str(error))
                await asyncio.sleep(_CONNECT_PAUSE_SECONDS)
            else:
                return

    async def _standing_by(self) -> Standby:
        # A job and the warming up may both come first.
        async with self._making:
            if self._standby is None:
                maker = Maker(
                    engine=await self.engine(),
                    image=self.settings.image,
                    stack=self.settings.stack,
                    owner=self.owner,
                    spool=self.settings.spool,
                    job_seconds=self.settings.hard_seconds,
                    gvisor=self.engines.second,
                )
                self._standby = Standby(maker, load_policy(DEFAULT_POLICY), self.settings.standby)
            return self._standby


def owner_mark(worker_name: str, pid: int) -> str:
    """`worker-name:pid:start:place`; start in ticks since boot, so that a recycled pid is another owner."""
    return f"{worker_name}:{pid}:{_start_ticks(pid) or int(time.time())}:{_place()}"


def owner_lives(owner: str, worker_name: str) -> bool | None:
    """Whether the process that carries this mark is alive; None: it is of another host or container."""
    name, pid, start, place = (owner.rsplit(":", 3) + ["", "", ""])[:4]
    if name != worker_name or not pid.isdigit() or place != _place():
        return None
    return str(_start_ticks(int(pid))) == start


@cache
def _place() -> str:
    """Of this kernel and pid namespace: two containers may have one name, but pids of their own."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text()
        return hashlib.sha256(f"{boot} {Path('/proc/self/ns/pid').readlink()}".encode()).hexdigest()[:12]
    except OSError:
        return "here"  # gVisor has no such file


def _start_ticks(pid: int) -> int | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return int(stat.rpartition(")")[2].split()[19])
