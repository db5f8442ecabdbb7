"""How does a job move in a SQLite file? Each step is one transaction that sees it as it is."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from store.documents import check_changes, checked_text, from_json, to_milliseconds
from store.records import Approval, Backlog, Job, utc_now
from store.sqlite_rows import SqliteRows, columns_of, stamp

_JOB_COLUMNS = (
    "session_id",
    "state",
    "created_at",
    "published_at",
    "lease_owner",
    "lease_until",
    "idempotency_key",
    "answer_key",
    "finished_at",
    "awaiting_since",
)

_LIVE = "state IN ('queued', 'running', 'awaiting_approval')"
_COUNT_LIVE = f"SELECT state, count(*) FROM jobs WHERE {_LIVE} GROUP BY state"  # noqa: S608
_QUEUED_AT = "json_extract(doc, '$.queued_at')"
_OLDEST_QUEUED = (
    f"SELECT min(CASE WHEN {_QUEUED_AT} IS NULL THEN created_at END), min({_QUEUED_AT})"  # noqa: S608
    " FROM jobs WHERE state = 'queued'"
)
_PARKED: dict[str, Any] = {
    "state": "awaiting_approval",
    "stage": "awaiting_approval",
    "lease_owner": None,
    "lease_until": None,
}
_QUEUED_ANEW: dict[str, Any] = {
    "state": "queued",
    "stage": "queued",
    "awaiting_since": None,
    "published_at": None,
    "deliveries": 0,
}


class SqliteJobs(SqliteRows):
    """The part of the `Store` contract that is about jobs."""

    async def insert_job(self, job: Job) -> None:
        await self._insert("jobs", job, "task_id", "tenant_id", *_JOB_COLUMNS)

    async def get_job(self, tenant_id: str, task_id: str) -> Job | None:
        return await self._one(Job, "FROM jobs WHERE tenant_id = ? AND task_id = ?", tenant_id, task_id)

    async def get_job_by_key(self, tenant_id: str, idempotency_key: str) -> Job | None:
        where = "FROM jobs WHERE tenant_id = ? AND idempotency_key = ?"
        return await self._one(Job, where, tenant_id, idempotency_key)

    async def list_jobs(self, tenant_id: str, session_id: str, limit: int = 100) -> list[Job]:
        where = "FROM jobs WHERE tenant_id = ? AND session_id = ? ORDER BY created_at DESC, seq DESC LIMIT ?"
        return await self._many(Job, where, tenant_id, session_id, limit=limit)

    async def list_unfinished(self, tenant_id: str, session_id: str) -> list[Job]:
        where = (
            "FROM jobs WHERE state IN ('queued', 'running', 'awaiting_approval')"
            " AND tenant_id = ? AND session_id = ? ORDER BY seq"
        )
        return await self._many(Job, where, tenant_id, session_id)

    async def find_answer(self, tenant_id: str, answer_key: str) -> Job | None:
        where = (
            "FROM jobs WHERE tenant_id = ? AND answer_key = ? AND state = 'succeeded'"
            " ORDER BY finished_at DESC, seq DESC LIMIT 1"
        )
        return await self._one(Job, where, tenant_id, answer_key)

    async def mark_published(self, tenant_id: str, task_id: str, at: datetime) -> bool:
        return await self._move(tenant_id, task_id, lambda job: {"published_at": at}) is not None

    async def claim_job(self, tenant_id: str, task_id: str, owner: str, lease_until: datetime) -> Job | None:
        checked_text("owner", owner)

        def claim(job: Job) -> dict[str, Any] | None:
            now = utc_now()
            if not (job.state == "queued" or _lease_ended(job, now)):
                return None
            return {
                "state": "running",
                "lease_owner": owner,
                "lease_until": lease_until,
                "started_at": job.started_at or now,
                "deliveries": job.deliveries + 1,
            }

        return await self._move(tenant_id, task_id, claim)

    async def renew_lease(self, tenant_id: str, task_id: str, owner: str, lease_until: datetime) -> bool:
        changes = {"lease_until": lease_until}
        return await self._move(tenant_id, task_id, _if_held(owner, changes)) is not None

    async def update_job(self, tenant_id: str, task_id: str, owner: str, changes: dict[str, Any]) -> bool:
        checked = check_changes(changes, ends=False)
        return await self._move(tenant_id, task_id, _if_held(owner, checked)) is not None

    async def finish_job(self, tenant_id: str, task_id: str, owner: str, changes: dict[str, Any]) -> bool:
        checked = _ending(check_changes(changes, ends=True))
        return await self._move(tenant_id, task_id, _if_held(owner, checked)) is not None

    async def park_job(self, tenant_id: str, task_id: str, owner: str, changes: dict[str, Any]) -> bool:
        checked = check_changes(changes, ends=False)
        held = _if_held(owner, checked | _PARKED | {"awaiting_since": utc_now()})

        def park(job: Job) -> Mapping[str, Any] | None:
            return None if job.cancel_requested else held(job)

        return await self._move(tenant_id, task_id, park) is not None

    async def approve_job(
        self, tenant_id: str, task_id: str, awaiting_since: datetime, approval: Approval
    ) -> Job | None:
        approved = _QUEUED_ANEW | {"approval": approval.model_dump(), "queued_at": utc_now()}
        return await self._move(tenant_id, task_id, _if_awaiting(awaiting_since, approved))

    async def end_awaiting(
        self, tenant_id: str, task_id: str, awaiting_since: datetime, changes: dict[str, Any]
    ) -> Job | None:
        checked = _ending(check_changes(changes, ends=True))
        return await self._move(tenant_id, task_id, _if_awaiting(awaiting_since, checked))

    async def request_cancel(self, tenant_id: str, task_id: str) -> Job | None:
        def cancel(job: Job) -> dict[str, Any] | None:
            if job.state in ("queued", "awaiting_approval"):
                return _ending({"state": "cancelled", "outcome": "cancelled", "cancel_requested": True})
            return {"cancel_requested": True} if job.state == "running" else {}

        return await self._move(tenant_id, task_id, cancel)

    async def count_jobs(self, tenant_id: str) -> int:
        query = (
            "SELECT count(*) FROM jobs"
            " WHERE state IN ('queued', 'running', 'awaiting_approval') AND tenant_id = ?"
        )
        values = (checked_text("tenant_id", tenant_id),)
        return int(await self._db.read(lambda db: db.execute(query, values).fetchone()[0]))

    async def sweep_unpublished(self, before: datetime, limit: int = 100) -> list[tuple[str, str]]:
        return await self._ids(
            "state = 'queued' AND (published_at IS NULL OR published_at < :before) AND created_at < :before",
            before,
            limit,
        )

    async def sweep_leases(self, before: datetime, limit: int = 100) -> list[tuple[str, str]]:
        return await self._ids("state = 'running' AND lease_until < :before", before, limit)

    async def sweep_awaiting(self, before: datetime, limit: int = 100) -> list[tuple[str, str]]:
        return await self._ids("state = 'awaiting_approval' AND awaiting_since < :before", before, limit)

    async def sweep_end(
        self, tenant_id: str, task_id: str, changes: dict[str, Any], before: datetime
    ) -> bool:
        checked = _ending(check_changes(changes, ends=True))
        limit = to_milliseconds(before)

        def end(job: Job) -> dict[str, Any] | None:
            return checked if job.state == "queued" or _lease_ended(job, limit) else None

        return await self._move(tenant_id, task_id, end) is not None

    async def backlog(self) -> Backlog:
        def look(db: sqlite3.Connection) -> Backlog:
            counts = dict(db.execute(_COUNT_LIVE).fetchall())
            created, again = db.execute(_OLDEST_QUEUED).fetchone()
            since = [] if created is None else [datetime.fromtimestamp(created / 1000, UTC)]
            since += [] if again is None else [datetime.fromisoformat(again)]
            return Backlog(**counts, oldest_queued_at=min(since, default=None))

        return await self._db.read(look)

    async def _ids(self, where: str, before: datetime, limit: int) -> list[tuple[str, str]]:
        query = f"SELECT tenant_id, task_id FROM jobs WHERE {where} ORDER BY seq LIMIT :limit"  # noqa: S608
        values = {"before": stamp(before), "limit": max(0, limit)}
        return await self._db.read(lambda db: [(row[0], row[1]) for row in db.execute(query, values)])

    async def _move(
        self, tenant_id: str, task_id: str, decide: Callable[[Job], Mapping[str, Any] | None]
    ) -> Job | None:
        """Compare and set: `decide` sees the job as it is and gives its changes, or None to leave it."""
        ids = (checked_text("tenant_id", tenant_id), checked_text("task_id", task_id))

        def work(db: sqlite3.Connection) -> Job | None:
            row = db.execute("SELECT doc FROM jobs WHERE tenant_id = ? AND task_id = ?", ids).fetchone()
            if row is None:
                return None
            job = from_json(Job, row[0])
            changes = decide(job)
            if not changes:
                return None if changes is None else job
            moved = Job.model_validate(job.model_dump() | dict(changes))
            values = columns_of(moved, _JOB_COLUMNS)
            pairs = ", ".join(f"{name} = ?" for name in values)
            db.execute(f"UPDATE jobs SET {pairs} WHERE task_id = ?", (*values.values(), moved.task_id))  # noqa: S608
            return from_json(Job, values["doc"])

        return await self._db.write(work)


def _lease_ended(job: Job, now: datetime) -> bool:
    return job.state == "running" and job.lease_until is not None and job.lease_until < now


def _if_held(owner: str, changes: Mapping[str, Any]) -> Callable[[Job], Mapping[str, Any] | None]:
    checked_text("owner", owner)
    return lambda job: changes if job.state == "running" and job.lease_owner == owner else None


def _if_awaiting(since: datetime, changes: Mapping[str, Any]) -> Callable[[Job], Mapping[str, Any] | None]:
    since = to_milliseconds(since)
    return lambda job: changes if (job.state, job.awaiting_since) == ("awaiting_approval", since) else None


def _ending(changes: Mapping[str, Any]) -> dict[str, Any]:
    cleared = {"lease_owner": None, "lease_until": None, "awaiting_since": None}
    return dict(changes) | cleared | {"finished_at": utc_now()}
