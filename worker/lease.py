"""Does this process still hold its job? A task that renews the lease, and watches for a cancel."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import structlog

from store.base import Store, StoreUnavailableError
from store.records import Job, utc_now
from worker.harmless import harmless_changes

log = structlog.get_logger()
WATCH_SECONDS = 0.4


class LeaseLostError(Exception):
    """Another worker may have the job now: stop, and write nothing."""


class CancelledByClientError(Exception):
    """The client asked to stop."""


class Lease:
    """One claimed job. Writes go through it, so that none is made without the lease, or with harmful text."""

    def __init__(self, store: Store, job: Job, owner: str, lease_seconds: float) -> None:
        self._store = store
        self._owner = owner
        self._seconds = lease_seconds
        self.job = job

    async def watch(self) -> None:
        """Renew every third of the lease; ends only by an error.

        Raises:
            LeaseLostError: The store says that it is no longer ours, or was out of reach for a whole lease.
            CancelledByClientError: A cancel was asked for.
        """
        renewed_at = time.monotonic()
        while True:
            await asyncio.sleep(min(WATCH_SECONDS, self._seconds / 6))
            try:
                await self._check_cancel()
                if time.monotonic() - renewed_at > self._seconds / 3:
                    await self.renew()
                    renewed_at = time.monotonic()
            except StoreUnavailableError as error:
                log.warning("store out of reach while holding a lease", error=str(error))
                if time.monotonic() - renewed_at > self._seconds:
                    raise LeaseLostError("the store was out of reach for a whole lease") from error

    async def write(self, **changes: object) -> None:
        """Write fields while the job runs. Raises: LeaseLostError."""
        kept = harmless_changes(changes)
        if not await self._store.update_job(self.job.tenant_id, self.job.task_id, self._owner, kept):
            raise LeaseLostError("the job is no longer ours")

    async def finish(self, **changes: object) -> bool:
        """Write the end, once; False: somebody else did, or may."""
        kept = harmless_changes(changes)
        return await self._store.finish_job(self.job.tenant_id, self.job.task_id, self._owner, kept)

    async def park(self, **changes: object) -> bool:
        """Give the job up until a person has decided; False: it is not ours, or is to be cancelled."""
        kept = harmless_changes(changes)
        return await self._store.park_job(self.job.tenant_id, self.job.task_id, self._owner, kept)

    async def renew(self) -> None:
        """Hold on for another lease. Raises: LeaseLostError."""
        until = utc_now() + timedelta(seconds=self._seconds)
        if not await self._store.renew_lease(self.job.tenant_id, self.job.task_id, self._owner, until):
            raise LeaseLostError("the job is no longer ours")

    async def _check_cancel(self) -> None:
        job = await self._store.get_job(self.job.tenant_id, self.job.task_id)
        if job is None:
            raise LeaseLostError("the job was deleted")
        if job.cancel_requested:
            raise CancelledByClientError
