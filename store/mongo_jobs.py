"""How does a job move in MongoDB? Each step is one update of one document, by a filter on its state."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument

from store.documents import (
    changes_to_document,
    check_changes,
    checked_text,
    from_document,
    to_milliseconds,
)
from store.mongo_connection import Document, explained
from store.mongo_documents import MongoDocuments, digest_of, strings_of
from store.records import TERMINAL, Approval, Backlog, Job, utc_now

_OLDEST, _NEWEST = 1, -1
_LIVE = ["queued", "running", "awaiting_approval"]
BY_CREATION = [("created_at", _NEWEST), ("seq", _NEWEST)]


class MongoJobs(MongoDocuments):
    """The part of the `Store` contract that is about jobs."""

    async def insert_job(self, job: Job) -> None:
        # `once` is always there, so a plain unique index serves; a partial one is not known to every server.
        key = job.idempotency_key
        once = f"task {job.task_id}" if key is None else f"key {digest_of(job.tenant_id, key)}"
        await self._insert("jobs", job.task_id, job, once=once)

    async def get_job(self, tenant_id: str, task_id: str) -> Job | None:
        return await self._one("jobs", Job, {"_id": task_id, "tenant_id": tenant_id})

    async def get_job_by_key(self, tenant_id: str, idempotency_key: str) -> Job | None:
        checked_text("tenant_id", tenant_id)
        once = f"key {digest_of(tenant_id, checked_text('idempotency_key', idempotency_key))}"
        return await self._one("jobs", Job, {"once": once, "tenant_id": tenant_id})

    async def list_jobs(self, tenant_id: str, session_id: str, limit: int = 100) -> list[Job]:
        of_session = {"tenant_id": tenant_id, "session_id": session_id}
        return await self._many("jobs", Job, of_session, BY_CREATION, limit)

    async def list_unfinished(self, tenant_id: str, session_id: str) -> list[Job]:
        live = strings_of({"tenant_id": tenant_id, "session_id": session_id}) | {"state": {"$in": _LIVE}}
        with explained():
            cursor = self._connection.database["jobs"].find(live).sort([("seq", _OLDEST)])
            return [from_document(Job, document) async for document in cursor]

    async def find_answer(self, tenant_id: str, answer_key: str) -> Job | None:
        keys = strings_of({"tenant_id": tenant_id, "answer_key": answer_key}) | {"state": "succeeded"}
        newest = [("finished_at", _NEWEST), ("seq", _NEWEST)]
        with explained():
            cursor = self._connection.database["jobs"].find(keys).sort(newest).limit(1)
            found = [from_document(Job, document) async for document in cursor]
        return found[0] if found else None

    async def mark_published(self, tenant_id: str, task_id: str, at: datetime) -> bool:
        ids = {"_id": task_id, "tenant_id": tenant_id}
        return await self._set("jobs", ids, {"published_at": to_milliseconds(at)})

    async def claim_job(self, tenant_id: str, task_id: str, owner: str, lease_until: datetime) -> Job | None:
        now = utc_now()
        return await self._move(
            strings_of({"_id": task_id, "tenant_id": tenant_id}) | _endable(now),
            {
                "$set": {
                    "state": "running",
                    "lease_owner": checked_text("owner", owner),
                    "lease_until": to_milliseconds(lease_until),
                },
                "$min": {"started_at": now},  # sets it if it is not there, and never moves it later
                "$inc": {"deliveries": 1},
            },
        )

    async def renew_lease(self, tenant_id: str, task_id: str, owner: str, lease_until: datetime) -> bool:
        lease = {"lease_until": to_milliseconds(lease_until)}
        return await self._set("jobs", _held(tenant_id, task_id, owner), lease)

    async def update_job(self, tenant_id: str, task_id: str, owner: str, changes: dict[str, Any]) -> bool:
        checked = changes_to_document(check_changes(changes, ends=False))
        held = _held(tenant_id, task_id, owner)
        if not checked:  # MongoDB refuses an empty $set
            return await self._one("jobs", Job, held) is not None
        return await self._set("jobs", held, checked)

    async def finish_job(self, tenant_id: str, task_id: str, owner: str, changes: dict[str, Any]) -> bool:
        ending = _ending(check_changes(changes, ends=True))
        return await self._set("jobs", _held(tenant_id, task_id, owner), ending)

    async def park_job(self, tenant_id: str, task_id: str, owner: str, changes: dict[str, Any]) -> bool:
        parked = changes_to_document(check_changes(changes, ends=False)) | {
            "state": "awaiting_approval",
            "stage": "awaiting_approval",
            "awaiting_since": utc_now(),
            "lease_owner": None,
            "lease_until": None,
        }
        held = strings_of(_held(tenant_id, task_id, owner)) | {"cancel_requested": False}
        return await self._move(held, {"$set": parked}) is not None

    async def approve_job(
        self, tenant_id: str, task_id: str, awaiting_since: datetime, approval: Approval
    ) -> Job | None:
        queued = {"state": "queued", "stage": "queued", "queued_at": utc_now(), "deliveries": 0}
        approved = changes_to_document(check_changes({"approval": approval}, ends=False))
        # Taken out, not null: the sweep looks for jobs that have no `published_at` at all.
        update = {"$set": queued | approved, "$unset": {"awaiting_since": "", "published_at": ""}}
        return await self._move(_awaiting(tenant_id, task_id, awaiting_since), update)

    async def end_awaiting(
        self, tenant_id: str, task_id: str, awaiting_since: datetime, changes: dict[str, Any]
    ) -> Job | None:
        ending = _ending(check_changes(changes, ends=True))
        return await self._move(_awaiting(tenant_id, task_id, awaiting_since), {"$set": ending})

    async def request_cancel(self, tenant_id: str, task_id: str) -> Job | None:
        ids = strings_of({"_id": task_id, "tenant_id": tenant_id})
        idle = {"state": {"$in": ["queued", "awaiting_approval"]}}
        ending = _ending({"state": "cancelled", "outcome": "cancelled"}) | {"cancel_requested": True}
        while True:
            job = (
                await self._move(ids | idle, {"$set": ending})
                or await self._move(ids | {"state": "running"}, {"$set": {"cancel_requested": True}})
                or await self.get_job(tenant_id, task_id)
            )
            # Between the looks a running job may have begun to wait for an approval: then once more.
            if job is None or job.state in TERMINAL or job.cancel_requested:
                return job

    async def count_jobs(self, tenant_id: str) -> int:
        live = strings_of({"tenant_id": tenant_id}) | {"state": {"$in": _LIVE}}
        with explained():
            return await self._connection.database["jobs"].count_documents(live)

    async def sweep_unpublished(self, before: datetime, limit: int = 100) -> list[tuple[str, str]]:
        older = {"$lt": to_milliseconds(before)}
        unpublished = [{"published_at": {"$exists": False}}, {"published_at": older}]
        return await self._ids({"state": "queued", "created_at": older, "$or": unpublished}, limit)

    async def sweep_leases(self, before: datetime, limit: int = 100) -> list[tuple[str, str]]:
        return await self._ids({"state": "running", "lease_until": {"$lt": to_milliseconds(before)}}, limit)

    async def sweep_awaiting(self, before: datetime, limit: int = 100) -> list[tuple[str, str]]:
        older = {"$lt": to_milliseconds(before)}
        return await self._ids({"state": "awaiting_approval", "awaiting_since": older}, limit)

    async def sweep_end(
        self, tenant_id: str, task_id: str, changes: dict[str, Any], before: datetime
    ) -> bool:
        ending = _ending(check_changes(changes, ends=True))
        ids = strings_of({"_id": task_id, "tenant_id": tenant_id})
        return await self._move(ids | _endable(to_milliseconds(before)), {"$set": ending}) is not None

    async def backlog(self) -> Backlog:
        jobs = self._connection.database["jobs"]
        queued: Document = {"state": "queued"}
        with explained():
            counts = {state: await jobs.count_documents({"state": state}) for state in _LIVE}
            first = await jobs.find_one(queued | {"queued_at": None}, sort=[("created_at", _OLDEST)])
            again = await jobs.find_one(queued | {"queued_at": {"$ne": None}}, sort=[("queued_at", _OLDEST)])
        since = [first["created_at"]] if first else []
        since += [again["queued_at"]] if again else []
        return Backlog(**counts, oldest_queued_at=min(since, default=None))

    async def _ids(self, where: Document, limit: int) -> list[tuple[str, str]]:
        if limit <= 0:
            return []
        with explained():
            jobs = self._connection.database["jobs"].find(where, {"tenant_id": 1})
            cursor = jobs.sort([("seq", _OLDEST)]).limit(limit)
            return [(document["tenant_id"], document["_id"]) async for document in cursor]

    async def _move(self, where: Document, update: Document) -> Job | None:
        with explained():
            document = await self._connection.database["jobs"].find_one_and_update(
                where, update, return_document=ReturnDocument.AFTER
            )
        return None if document is None else from_document(Job, document)


def _held(tenant_id: str, task_id: str, owner: str) -> dict[str, str]:
    return {"_id": task_id, "tenant_id": tenant_id, "state": "running", "lease_owner": owner}


def _awaiting(tenant_id: str, task_id: str, since: datetime) -> Document:
    ids = strings_of({"_id": task_id, "tenant_id": tenant_id})
    return ids | {"state": "awaiting_approval", "awaiting_since": to_milliseconds(since)}


def _endable(before: datetime) -> Document:
    """Queued, or running under a lease that ended before: whoever asks may take it."""
    return {"$or": [{"state": "queued"}, {"state": "running", "lease_until": {"$lt": before}}]}


def _ending(changes: Mapping[str, Any]) -> Document:
    cleared = {"lease_owner": None, "lease_until": None, "awaiting_since": None}
    ended = cleared | {"finished_at": utc_now()}
    return changes_to_document(dict(changes)) | ended
