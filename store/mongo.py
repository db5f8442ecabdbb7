"""How are the records kept in MongoDB, one document for each?

Plain operators only, and every state change is one update of one document by a filter on its state: that is
what MongoDB makes atomic. What a filter compares is checked to be a string first, so no client's value can be
an operator.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256 as _sha256
from typing import Any, TypeVar

from pymongo import ReturnDocument

from store.base import DuplicateError
from store.documents import (
    changes_to_document,
    check_changes,
    checked_text,
    from_document,
    to_document,
    to_milliseconds,
)
from store.mongo_connection import Document, MongoConnection, explained
from store.mongo_indexes import INDEXES
from store.records import (
    ApiKey,
    Artifact,
    Job,
    Record,
    Session,
    StoredFile,
    Table,
    utc_now,
)

R = TypeVar("R", bound=Record)
_OLDEST, _NEWEST = 1, -1
_BY_CREATION = [("created_at", _NEWEST), ("seq", _NEWEST)]
_LIVE = ["queued", "running"]


class MongoStore:
    """The `Store` contract in MongoDB; each process and event loop opens its own."""

    def __init__(self, url: str) -> None:
        self._connection = MongoConnection(url)
        self._last_seq = 0

    async def open(self) -> None:
        self._connection.open()
        try:
            with explained():
                for collection, indexes in INDEXES.items():
                    for fields, unique in indexes:
                        await self._connection.database[collection].create_index(fields, unique=unique)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        await self._connection.close()

    async def ping(self) -> None:
        await self._connection.ping()

    async def insert_session(self, session: Session) -> None:
        await self._insert("sessions", session.session_id, session)

    async def get_session(self, tenant_id: str, session_id: str) -> Session | None:
        return await self._one("sessions", Session, {"_id": session_id, "tenant_id": tenant_id})

    async def list_sessions(self, tenant_id: str, limit: int = 100) -> list[Session]:
        return await self._many("sessions", Session, {"tenant_id": tenant_id}, _BY_CREATION, limit)

    async def delete_session(self, tenant_id: str, session_id: str) -> list[str] | None:
        ids = _strings({"_id": session_id, "tenant_id": tenant_id})
        of_session = _strings({"tenant_id": tenant_id, "session_id": session_id})
        with explained():
            database = self._connection.database
            session = await database["sessions"].find_one(ids)
            if session is None:
                return None
            tasks = [job["_id"] async for job in database["jobs"].find(of_session, {"_id": 1})]
            of_jobs = {"tenant_id": of_session["tenant_id"], "task_id": {"$in": tasks}}
            # Remembered before the first record goes: repeating an interrupted delete still gives all.
            blob_keys = set(json.loads(session.get("blob_keys", "[]")))
            for collection, of_it in (("files", of_session), ("tables", of_session), ("artifacts", of_jobs)):
                found = database[collection].find(of_it, {"blob_key": 1})
                blob_keys |= {document["blob_key"] async for document in found}
            await database["sessions"].update_one(ids, {"$set": {"blob_keys": json.dumps(sorted(blob_keys))}})
            await database["artifacts"].delete_many(of_jobs)
            for collection in ("jobs", "tables", "files"):
                await database[collection].delete_many(of_session)
            await database["sessions"].delete_one(ids)
        return sorted(blob_keys)

    async def insert_file(self, file: StoredFile) -> None:
        await self._insert("files", file.file_id, file)

    async def list_files(self, tenant_id: str, session_id: str) -> list[StoredFile]:
        of_session = {"tenant_id": tenant_id, "session_id": session_id}
        return await self._many("files", StoredFile, of_session, [("seq", _OLDEST)])

    async def write_file_error(self, tenant_id: str, file_id: str, error: str) -> bool:
        return await self._set("files", {"_id": file_id, "tenant_id": tenant_id}, {"error": error})

    async def upsert_table(self, table: Table) -> None:
        # The name may be anything, so the id is a digest: of fixed length, and the same for the same three.
        table_id = _digest(table.tenant_id, table.session_id, table.name)
        document = to_document(table) | {"seq": self._next_seq()}
        try:
            await self._replace_table(table_id, document)
        except DuplicateError:  # two first upserts at once: the other one was first, so this one now replaces
            await self._replace_table(table_id, document)

    async def list_tables(self, tenant_id: str, session_id: str) -> list[Table]:
        of_session = {"tenant_id": tenant_id, "session_id": session_id}
        return await self._many("tables", Table, of_session, [("position", _OLDEST), ("seq", _OLDEST)])

    async def insert_job(self, job: Job) -> None:
        # `once` is always there, so a plain unique index serves; a partial one is not known to every server.
        key = job.idempotency_key
        once = f"task {job.task_id}" if key is None else f"key {_digest(job.tenant_id, key)}"
        await self._insert("jobs", job.task_id, job, once=once)

    async def get_job(self, tenant_id: str, task_id: str) -> Job | None:
        return await self._one("jobs", Job, {"_id": task_id, "tenant_id": tenant_id})

    async def get_job_by_key(self, tenant_id: str, idempotency_key: str) -> Job | None:
        checked_text("tenant_id", tenant_id)
        once = f"key {_digest(tenant_id, checked_text('idempotency_key', idempotency_key))}"
        return await self._one("jobs", Job, {"once": once, "tenant_id": tenant_id})

    async def list_jobs(self, tenant_id: str, session_id: str, limit: int = 100) -> list[Job]:
        of_session = {"tenant_id": tenant_id, "session_id": session_id}
        return await self._many("jobs", Job, of_session, _BY_CREATION, limit)

    async def mark_published(self, tenant_id: str, task_id: str, at: datetime) -> bool:
        ids = {"_id": task_id, "tenant_id": tenant_id}
        return await self._set("jobs", ids, {"published_at": to_milliseconds(at)})

    async def claim_job(self, tenant_id: str, task_id: str, owner: str, lease_until: datetime) -> Job | None:
        now = utc_now()
        return await self._move(
            _strings({"_id": task_id, "tenant_id": tenant_id}) | _endable(now),
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

    async def request_cancel(self, tenant_id: str, task_id: str) -> Job | None:
        # A state never goes back, so after "not queued" and "not running" it has ended.
        ids = _strings({"_id": task_id, "tenant_id": tenant_id})
        ending = _ending({"state": "cancelled", "outcome": "cancelled"}) | {"cancel_requested": True}
        return (
            await self._move(ids | {"state": "queued"}, {"$set": ending})
            or await self._move(ids | {"state": "running"}, {"$set": {"cancel_requested": True}})
            or await self.get_job(tenant_id, task_id)
        )

    async def count_jobs(self, tenant_id: str) -> int:
        live = _strings({"tenant_id": tenant_id}) | {"state": {"$in": _LIVE}}
        with explained():
            return await self._connection.database["jobs"].count_documents(live)

    async def insert_artifact(self, artifact: Artifact) -> None:
        await self._insert("artifacts", artifact.artifact_id, artifact)

    async def get_artifact(self, tenant_id: str, artifact_id: str) -> Artifact | None:
        return await self._one("artifacts", Artifact, {"_id": artifact_id, "tenant_id": tenant_id})

    async def sweep_unpublished(self, before: datetime, limit: int = 100) -> list[tuple[str, str]]:
        older = {"$lt": to_milliseconds(before)}
        unpublished = [{"published_at": {"$exists": False}}, {"published_at": older}]
        return await self._ids({"state": "queued", "created_at": older, "$or": unpublished}, limit)

    async def sweep_leases(self, before: datetime, limit: int = 100) -> list[tuple[str, str]]:
        return await self._ids({"state": "running", "lease_until": {"$lt": to_milliseconds(before)}}, limit)

    async def sweep_end(
        self, tenant_id: str, task_id: str, changes: dict[str, Any], before: datetime
    ) -> bool:
        ending = _ending(check_changes(changes, ends=True))
        ids = _strings({"_id": task_id, "tenant_id": tenant_id})
        return await self._move(ids | _endable(to_milliseconds(before)), {"$set": ending}) is not None

    async def insert_key(self, key: ApiKey) -> None:
        await self._insert("keys", key.key_id, key)

    async def find_key(self, sha256: str) -> ApiKey | None:
        key = await self._one("keys", ApiKey, {"sha256": sha256})
        return key if key is not None and key.revoked_at is None else None

    async def list_keys(self) -> list[ApiKey]:
        return await self._many("keys", ApiKey, {}, [("seq", _OLDEST)])

    async def revoke_key(self, key_id: str) -> bool:
        ids = _strings({"_id": key_id}) | {"revoked_at": {"$exists": False}}
        with explained():
            keys = self._connection.database["keys"]
            return (await keys.update_one(ids, {"$set": {"revoked_at": utc_now()}})).matched_count > 0

    def _next_seq(self) -> int:
        """A number that grows with every insert here, to order records of the same millisecond."""
        self._last_seq = max(self._last_seq + 1, time.time_ns())
        return self._last_seq

    async def _insert(self, collection: str, record_id: str, record: Record, **fields: str) -> None:
        document = to_document(record) | fields | {"_id": record_id, "seq": self._next_seq()}
        with explained():
            await self._connection.database[collection].insert_one(document)

    async def _replace_table(self, table_id: str, document: Document) -> None:
        with explained():
            tables = self._connection.database["tables"]
            await tables.replace_one({"_id": table_id}, document, upsert=True)

    async def _one(self, collection: str, kind: type[R], ids: Mapping[str, str]) -> R | None:
        with explained():
            document = await self._connection.database[collection].find_one(_strings(ids))
        return None if document is None else from_document(kind, document)

    async def _many(
        self,
        collection: str,
        kind: type[R],
        ids: Mapping[str, str],
        order: list[tuple[str, int]],
        limit: int | None = None,
    ) -> list[R]:
        if limit is not None and limit <= 0:
            return []  # to MongoDB 0 is "no limit"
        with explained():
            cursor = self._connection.database[collection].find(_strings(ids)).sort(order).limit(limit or 0)
            return [from_document(kind, document) async for document in cursor]

    async def _ids(self, where: Document, limit: int) -> list[tuple[str, str]]:
        if limit <= 0:
            return []
        with explained():
            jobs = self._connection.database["jobs"].find(where, {"tenant_id": 1})
            cursor = jobs.sort([("seq", _OLDEST)]).limit(limit)
            return [(document["tenant_id"], document["_id"]) async for document in cursor]

    async def _set(self, collection: str, ids: Mapping[str, str], values: Mapping[str, Any]) -> bool:
        with explained():
            found = await self._connection.database[collection].update_one(_strings(ids), {"$set": values})
        return found.matched_count > 0

    async def _move(self, where: Document, update: Document) -> Job | None:
        with explained():
            document = await self._connection.database["jobs"].find_one_and_update(
                where, update, return_document=ReturnDocument.AFTER
            )
        return None if document is None else from_document(Job, document)


def _strings(ids: Mapping[str, str]) -> Document:
    return {name: checked_text(name, value) for name, value in ids.items()}


def _held(tenant_id: str, task_id: str, owner: str) -> dict[str, str]:
    return {"_id": task_id, "tenant_id": tenant_id, "state": "running", "lease_owner": owner}


def _endable(before: datetime) -> Document:
    """Queued, or running under a lease that ended before: whoever asks may take it."""
    return {"$or": [{"state": "queued"}, {"state": "running", "lease_until": {"$lt": before}}]}


def _ending(changes: Mapping[str, Any]) -> Document:
    ended = {"finished_at": utc_now(), "lease_owner": None, "lease_until": None}
    return changes_to_document(dict(changes)) | ended


def _digest(*parts: str) -> str:
    return _sha256(json.dumps(parts).encode()).hexdigest()
