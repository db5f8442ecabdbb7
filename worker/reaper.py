"""What is left over? Stray containers, jobs whose worker died, jobs never published: swept in turns."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

import redis.asyncio
import structlog

from policies.spec import LABEL_DEADLINE, LABEL_OWNER, LABEL_STACK
from store.base import Blobs, Store, StoreError
from store.open import open_store
from store.records import Job, utc_now
from worker.ending import ending
from worker.engines.base import ContainerEntry, Engine, EngineError
from worker.engines.choose import Engines
from worker.health import note_alive
from worker.heartbeat import Heartbeat
from worker.metrics.record import say
from worker.publish import publish
from worker.runtime import owner_lives
from worker.settings import Settings

log = structlog.get_logger()
_PUBLISH_AGAIN_SECONDS = 15
_STOP_SECONDS = 10
_EXITED_SECONDS = 300
"""An ended sandbox stays this long: its worker may wait for a model before it looks at it again."""


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
        while not self._stop.is_set():
            try:
                asyncio.run(self._sweep_on())
            except Exception:  # whatever it is, nobody else here would take up lost jobs
                log.exception("the sweep broke off; it begins anew")
                self._stop.wait(self._settings.sweep_seconds)

    def _note_alive(self) -> None:
        settings = self._settings
        try:
            note_alive(settings.spool, settings.worker_name, settings.sweep_seconds)
        except OSError as error:
            log.error("not noted that this worker lives", error=str(error))

    async def _sweep_on(self) -> None:
        store = open_store(self._settings.store)
        client = redis.asyncio.from_url(self._settings.redis_url, socket_timeout=5, socket_connect_timeout=2)
        engines = Engines(self._settings.engine_url, self._settings.gvisor_engine_url)
        blobs = self._settings.open_blobs(self._settings.store)
        try:
            await self._sweep_until_stopped(store, blobs, client, engines)
        finally:
            await engines.close()
            await client.aclose()
            await blobs.close()
            await store.close()

    async def _sweep_until_stopped(
        self, store: Store, blobs: Blobs, client: redis.asyncio.Redis, engines: Engines
    ) -> None:
        heartbeat, exited = Heartbeat(self._settings), Exited()
        opened = False
        while not self._stop.is_set():
            try:
                if not opened:
                    await store.open()
                    opened = True
                await sweep_jobs(store, self._settings)
                say("sandglass_sweep_timestamp_seconds", time.time())
                say("sandglass_store_up", 1)
            except StoreError as error:
                say("sandglass_store_up", 0)
                log.error("jobs not swept", error=str(error))
            try:
                if opened:
                    await sweep_uploads(store, blobs)
            except StoreError as error:
                log.error("uploads not swept", error=str(error))
            await sweep_engines(engines, self._settings, exited)
            await heartbeat.beat(client, engines, store if opened else None)
            self._note_alive()
            await asyncio.to_thread(self._stop.wait, self._settings.sweep_seconds)
        await heartbeat.end(client)


async def sweep_jobs(store: Store, settings: Settings) -> None:
    """Publish queued jobs again that no worker took, and jobs whose lease ended; end the expired ones."""
    now = utc_now()
    for tenant_id, task_id in await store.sweep_leases(now):
        await _take_up(store, settings, tenant_id, task_id)
    for tenant_id, task_id in await store.sweep_awaiting(now - timedelta(seconds=settings.approval_seconds)):
        await _expire_awaiting(store, settings, tenant_id, task_id)
    overdue = now - timedelta(seconds=_PUBLISH_AGAIN_SECONDS)
    for tenant_id, task_id in await store.sweep_unpublished(overdue):
        await _republish_or_expire(store, settings, tenant_id, task_id)


async def _take_up(store: Store, settings: Settings, tenant_id: str, task_id: str) -> None:
    job = await store.get_job(tenant_id, task_id)
    if job is not None and job.lease_until is not None and _is_lost(job, job.lease_until):
        log.warning("lease ended; published again", task_id=task_id)
        say("sandglass_swept", found="lease_ended")
        await _publish(store, settings, tenant_id, task_id)


async def sweep_uploads(store: Store, blobs: Blobs) -> None:
    """Delete upload grants that have ended, and their bytes first."""
    if ended := await store.sweep_uploads(utc_now()):
        await blobs.open()  # only now: nothing else here needs them
    for grant in ended:
        await blobs.delete(grant.blob_key)
        await store.delete_upload(grant.tenant_id, grant.upload_id)


async def _republish_or_expire(store: Store, settings: Settings, tenant_id: str, task_id: str) -> None:
    job = await store.get_job(tenant_id, task_id)
    if job is None:
        return
    since = job.queued_at or job.created_at
    age = (utc_now() - since).total_seconds()
    if age > settings.queued_seconds:
        changes = ending("expired", f"The job waited {age:.0f} s in the queue, longer than allowed.")
        if await store.sweep_end(tenant_id, task_id, changes, utc_now()):
            say("sandglass_swept", found="expired")
    elif _is_lost(job, since):
        say("sandglass_swept", found="unpublished")
        await _publish(store, settings, tenant_id, task_id)


def _is_lost(job: Job, since: datetime) -> bool:
    """Whether to publish a job that nobody has taken `since` then.

    All workers may be busy for long, and each of them sweeps: published at every sweep, a job would be in the
    queue hundreds of times. So each time it is given half as long as it has waited yet.
    """
    if job.published_at is None or job.published_at < since:
        return True
    now = utc_now()
    again = max(timedelta(seconds=_PUBLISH_AGAIN_SECONDS), (now - since) / 2)
    return now - job.published_at >= again


async def _expire_awaiting(store: Store, settings: Settings, tenant_id: str, task_id: str) -> None:
    job = await store.get_job(tenant_id, task_id)
    if job is None or job.awaiting_since is None:
        return
    hours = settings.approval_seconds / 3600
    changes = ending("expired", f"Nobody approved or rejected the code within {hours:g} hours. Ask again.")
    if await store.end_awaiting(tenant_id, task_id, job.awaiting_since, changes) is not None:
        log.warning("waited too long for an approval", task_id=task_id)
        say("sandglass_swept", found="expired")


async def _publish(store: Store, settings: Settings, tenant_id: str, task_id: str) -> None:
    if await publish(settings.redis_url, tenant_id, task_id):
        await store.mark_published(tenant_id, task_id, utc_now())


class Exited:
    """Which containers of other workers have been seen to run no more, and since when?"""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}

    def linger(self, engine: str, entries: Sequence[ContainerEntry], now: float) -> set[str]:
        """Ids of those that ended so long ago that a worker who lives would have removed them."""
        ended = {
            f"{engine} {entry.container_id}": entry.container_id for entry in entries if not entry.running
        }
        others = {key: at for key, at in self._since.items() if not key.startswith(f"{engine} ")}
        self._since = others | {key: self._since.get(key, now) for key in ended}
        return {ended[key] for key in ended if now - self._since[key] > _EXITED_SECONDS}


async def sweep_engines(engines: Engines, settings: Settings, exited: Exited) -> None:
    """Sweep each engine that answers; one that refuses does not keep the other from being swept."""
    for number, engine in enumerate(await engines.all()):
        try:
            await sweep_containers(engine, settings, exited, str(number))
        except EngineError as error:
            log.error("containers not swept", engine=engine.name, error=str(error))


async def sweep_containers(engine: Engine, settings: Settings, exited: Exited, engine_mark: str = "") -> int:
    """Remove this stack's containers whose process is dead or whose deadline is past; how many.

    Of a worker in another container nothing is known, but its sandboxes end with it, as their pipes do: so
    one that stays ended is nobody's.
    """
    entries = await engine.find({LABEL_STACK: settings.stack})
    lingering = exited.linger(engine_mark, entries, time.monotonic())
    strays = [entry for entry in entries if entry.container_id in lingering or is_stray(entry, settings)]
    for entry in strays:
        log.warning("stray sandbox removed", container=entry.container_id[:12])
        await engine.remove(entry.container_id)
        say("sandglass_swept", found="stray_sandbox")
    return len(strays)


def is_stray(entry: ContainerEntry, settings: Settings, now: float | None = None) -> bool:
    """Whether nobody will remove it any more."""
    deadline = entry.labels.get(LABEL_DEADLINE, "")
    if not deadline.isdigit() or int(deadline) < (time.time() if now is None else now):
        return True
    return owner_lives(entry.labels.get(LABEL_OWNER, ""), settings.worker_name) is False
