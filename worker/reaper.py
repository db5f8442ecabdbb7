"""What is left over? Stray containers, jobs whose worker died, jobs never published: swept in turns."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from datetime import timedelta
from typing import Any

import redis.asyncio
import structlog
from redis.exceptions import RedisError

from policies.model import PolicyError
from policies.spec import LABEL_DEADLINE, LABEL_OWNER, LABEL_STACK
from store.base import Store, StoreError
from store.open import open_store
from store.records import utc_now
from worker.ending import ending
from worker.engines.base import ContainerEntry, Engine, EngineError, EngineUnfitError
from worker.engines.choose import Engines, choose_engine
from worker.publish import publish
from worker.runtime import owner_lives
from worker.settings import Settings
from worker.start import all_policies

log = structlog.get_logger()
_PUBLISH_AGAIN_SECONDS = 15
_STOP_SECONDS = 10


class Reaper:
    """Runs in a thread of the worker's main process, which takes no jobs itself."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin sweeping."""
        self._thread = threading.Thread(target=self._run, name="sandglass-reaper", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the sweep under way, and remove what this worker's processes left behind."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        asyncio.run(self._sweep_on())

    async def _sweep_on(self) -> None:
        store = open_store(self._settings.store)
        client = redis.asyncio.from_url(self._settings.redis_url, socket_timeout=5, socket_connect_timeout=2)
        engines = Engines(self._settings.engine_url, self._settings.gvisor_engine_url)
        opened = False
        while not self._stop.is_set():
            try:
                if not opened:
                    await store.open()
                    opened = True
                await sweep_jobs(store, self._settings)
            except StoreError as error:
                log.error("jobs not swept", error=str(error))
            await sweep_engines(engines, self._settings)
            await beat(client, engines, self._settings)
            await asyncio.to_thread(self._stop.wait, self._settings.sweep_seconds)
        await engines.close()
        await client.aclose()
        await store.close()


async def sweep_jobs(store: Store, settings: Settings) -> None:
    """Publish queued jobs again that no worker took, and jobs whose lease ended; end the expired ones."""
    now = utc_now()
    for tenant_id, task_id in await store.sweep_leases(now):
        log.warning("lease ended; published again", task_id=task_id)
        await _publish(store, settings, tenant_id, task_id)
    for tenant_id, task_id in await store.sweep_awaiting(now - timedelta(seconds=settings.approval_seconds)):
        await _expire_awaiting(store, settings, tenant_id, task_id)
    overdue = now - timedelta(seconds=_PUBLISH_AGAIN_SECONDS)
    for tenant_id, task_id in await store.sweep_unpublished(overdue):
        await _republish_or_expire(store, settings, tenant_id, task_id)


async def _republish_or_expire(store: Store, settings: Settings, tenant_id: str, task_id: str) -> None:
    job = await store.get_job(tenant_id, task_id)
    if job is None:
        return
    age = (utc_now() - (job.queued_at or job.created_at)).total_seconds()
    if age > settings.queued_seconds:
        changes = ending("expired", f"The job waited {age:.0f} s in the queue, longer than allowed.")
        await store.sweep_end(tenant_id, task_id, changes, utc_now())
        return
    await _publish(store, settings, tenant_id, task_id)


async def _expire_awaiting(store: Store, settings: Settings, tenant_id: str, task_id: str) -> None:
    job = await store.get_job(tenant_id, task_id)
    if job is None or job.awaiting_since is None:
        return
    hours = settings.approval_seconds / 3600
    changes = ending("expired", f"Nobody approved or rejected the code within {hours:g} hours. Ask again.")
    if await store.end_awaiting(tenant_id, task_id, job.awaiting_since, changes) is not None:
        log.warning("waited too long for an approval", task_id=task_id)


async def _publish(store: Store, settings: Settings, tenant_id: str, task_id: str) -> None:
    if await publish(settings.redis_url, tenant_id, task_id):
        await store.mark_published(tenant_id, task_id, utc_now())


async def sweep_engines(engines: Engines, settings: Settings) -> None:
    """Sweep each engine that answers; one that refuses does not keep the other from being swept."""
    for engine in await engines.all():
        try:
            await sweep_containers(engine, settings)
        except EngineError as error:
            log.error("containers not swept", engine=engine.name, error=str(error))


async def sweep_containers(engine: Engine, settings: Settings) -> int:
    """Remove this stack's containers whose process is dead or whose deadline is past; how many."""
    strays = [
        entry for entry in await engine.find({LABEL_STACK: settings.stack}) if is_stray(entry, settings)
    ]
    for entry in strays:
        log.warning("stray sandbox removed", container=entry.container_id[:12])
        await engine.remove(entry.container_id)
    return len(strays)


def is_stray(entry: ContainerEntry, settings: Settings, now: float | None = None) -> bool:
    """Whether nobody will remove it any more."""
    deadline = entry.labels.get(LABEL_DEADLINE, "")
    if not deadline.isdigit() or int(deadline) < (time.time() if now is None else now):
        return True
    return owner_lives(entry.labels.get(LABEL_OWNER, ""), settings.worker_name) is False


async def beat(client: redis.asyncio.Redis, engines: Engines, settings: Settings) -> None:
    """Say that this worker lives, on which engine, and what is weak about it."""
    facts = {"worker": settings.worker_name, "concurrency": settings.concurrency}
    facts |= await _engine_facts(engines, settings)
    seconds = int(settings.sweep_seconds * 3) + 5
    try:
        await client.set(f"sandglass:worker:{settings.worker_name}", json.dumps(facts), ex=seconds)
    except (RedisError, OSError) as error:
        log.error("no heartbeat", error=str(error))


async def _engine_facts(engines: Engines, settings: Settings) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    try:
        engine = await engines.usual()
        found = await engine.facts()
        facts["engine"] = {"name": found.name, "version": found.version, "runtime": found.runtime}
        facts["engine"]["runtime_version"] = found.runtime_version.partition("\n")[0]
        facts["policies"] = await _policies(engine, engines)
        refused = [reason for reason in facts["policies"].values() if reason != "ok"]
        facts["weaknesses"] = [*found.weaknesses, *refused]
        facts["image"] = await engine.image_digest(settings.image)
    except (EngineError, PolicyError) as error:  # a policy file may be spoilt while the worker runs
        facts["problem"] = str(error)
    return facts


async def _policies(usual: Engine, engines: Engines) -> dict[str, str]:
    """Each policy, with `ok` or why its jobs are refused here. Raises: EngineError, PolicyError."""
    said = {}
    for policy in all_policies():
        try:
            await choose_engine(policy, usual, engines.second)
        except EngineUnfitError as error:
            said[policy.name] = str(error)
        else:
            said[policy.name] = "ok"
    return said
