"""How are the records kept in one SQLite file, shared by the processes of one machine?

Each record is a JSON document beside the columns that queries need. Both are written in one statement, so
they cannot drift apart.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from store.documents import check_changes, checked_text, from_json, to_json, to_milliseconds
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
from store.sqlite_connection import SqliteConnection
from store.sqlite_schema import SCHEMA, SCHEMA_VERSION

R = TypeVar("R", bound=Record)
_BLOB_KEYS = """
SELECT doc FROM files WHERE tenant_id = :tenant AND session_id = :session
UNION ALL SELECT doc FROM tables WHERE tenant_id = :tenant AND session_id = :session
UNION ALL SELECT doc FROM artifacts WHERE tenant_id = :tenant AND task_id IN
    (SELECT task_id FROM jobs WHERE tenant_id = :tenant AND session_id = :session)
"""
_DELETE_SESSION = (
    "DELETE FROM artifacts WHERE tenant_id = :tenant AND task_id IN"
    " (SELECT task_id FROM jobs WHERE tenant_id = :tenant AND session_id = :session)",
    "DELETE FROM jobs WHERE tenant_id = :tenant AND session_id = :session",
    "DELETE FROM tables WHERE tenant_id = :tenant AND session_id = :session",
    "DELETE FROM files WHERE tenant_id = :tenant AND session_id = :session",
    "DELETE FROM sessions WHERE tenant_id = :tenant AND session_id = :session",
)
_JOB_COLUMNS = (
    "session_id",
    "state",
    "created_at",
    "published_at",
    "lease_owner",
    "lease_until",
    "idempotency_key",
)


class SqliteStore:
    """The `Store` contract in a SQLite file; each process opens its own, after its fork."""

    def __init__(self, path: Path | str) -> None:
        self._db = SqliteConnection(Path(path), SCHEMA, SCHEMA_VERSION)

    async def open(self) -> None:
        await self._db.open()

    async def close(self) -> None:
        await self._db.close()

    async def ping(self) -> None:
        await self._db.read(lambda db: db.execute("SELECT count(*) FROM keys").fetchone())

    async def insert_session(self, session: Session) -> None:
        await self._insert("sessions", session, "session_id", "tenant_id", "created_at")

    async def get_session(self, tenant_id: str, session_id: str) -> Session | None:
        where = "FROM sessions WHERE tenant_id = ? AND session_id = ?"
        return await self._one(Session, where, tenant_id, session_id)

    async def list_sessions(self, tenant_id: str, limit: int = 100) -> list[Session]:
        where = "FROM sessions WHERE tenant_id = ? ORDER BY created_at DESC, seq DESC LIMIT ?"
        return await self._many(Session, where, tenant_id, limit=limit)

    async def delete_session(self, tenant_id: str, session_id: str) -> list[str] | None:
        names = {
            "tenant": checked_text("tenant_id", tenant_id),
            "session": checked_text("session_id", session_id),
        }

        def work(db: sqlite3.Connection) -> list[str] | None:
            blob_keys = [json.loads(row[0])["blob_key"] for row in db.execute(_BLOB_KEYS, names)]
            deleted = [db.execute(statement, names).rowcount for statement in _DELETE_SESSION]
            return blob_keys if deleted[-1] else None

        return await self._db.write(work)

    async def insert_file(self, file: StoredFile) -> None:
        await self._insert("files", file, "file_id", "tenant_id", "session_id")

    async def list_files(self, tenant_id: str, session_id: str) -> list[StoredFile]:
        where = "FROM files WHERE tenant_id = ? AND session_id = ? ORDER BY seq"
        return await self._many(StoredFile, where, tenant_id, session_id)

    async def write_file_error(self, tenant_id: str, file_id: str, error: str) -> bool:
        ids = (checked_text("tenant_id", tenant_id), checked_text("file_id", file_id))

        def work(db: sqlite3.Connection) -> bool:
            row = db.execute("SELECT doc FROM files WHERE tenant_id = ? AND file_id = ?", ids).fetchone()
            if row is None:
                return False
            file = from_json(StoredFile, row[0]).model_copy(update={"error": error})
            db.execute("UPDATE files SET doc = ? WHERE file_id = ?", (to_json(file), file.file_id))
            return True

        return await self._db.write(work)

    async def upsert_table(self, table: Table) -> None:
        await self._insert("tables", table, "tenant_id", "session_id", "name", "position", replace=True)

    async def list_tables(self, tenant_id: str, session_id: str) -> list[Table]:
        where = "FROM tables WHERE tenant_id = ? AND session_id = ? ORDER BY position, seq"
        return await self._many(Table, where, tenant_id, session_id)

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

    async def request_cancel(self, tenant_id: str, task_id: str) -> Job | None:
        def cancel(job: Job) -> dict[str, Any] | None:
            if job.state == "queued":
                return _ending({"state": "cancelled", "outcome": "cancelled", "cancel_requested": True})
            return {"cancel_requested": True} if job.state == "running" else {}

        return await self._move(tenant_id, task_id, cancel)

    async def count_jobs(self, tenant_id: str) -> int:
        query = "SELECT count(*) FROM jobs WHERE state IN ('queued', 'running') AND tenant_id = ?"
        values = (checked_text("tenant_id", tenant_id),)
        return int(await self._db.read(lambda db: db.execute(query, values).fetchone()[0]))

    async def insert_artifact(self, artifact: Artifact) -> None:
        await self._insert("artifacts", artifact, "artifact_id", "tenant_id", "task_id")

    async def get_artifact(self, tenant_id: str, artifact_id: str) -> Artifact | None:
        where = "FROM artifacts WHERE tenant_id = ? AND artifact_id = ?"
        return await self._one(Artifact, where, tenant_id, artifact_id)

    async def sweep_unpublished(self, before: datetime, limit: int = 100) -> list[tuple[str, str]]:
        return await self._ids(
            "state = 'queued' AND (published_at IS NULL OR published_at < :before) AND created_at < :before",
            before,
            limit,
        )

    async def sweep_leases(self, before: datetime, limit: int = 100) -> list[tuple[str, str]]:
        return await self._ids("state = 'running' AND lease_until < :before", before, limit)

    async def sweep_end(
        self, tenant_id: str, task_id: str, changes: dict[str, Any], before: datetime
    ) -> bool:
        checked = _ending(check_changes(changes, ends=True))
        limit = to_milliseconds(before)

        def end(job: Job) -> dict[str, Any] | None:
            return checked if job.state == "queued" or _lease_ended(job, limit) else None

        return await self._move(tenant_id, task_id, end) is not None

    async def insert_key(self, key: ApiKey) -> None:
        await self._insert("keys", key, "key_id", "sha256")

    async def find_key(self, sha256: str) -> ApiKey | None:
        key = await self._one(ApiKey, "FROM keys WHERE sha256 = ?", sha256)
        return key if key is not None and key.revoked_at is None else None

    async def list_keys(self) -> list[ApiKey]:
        return await self._many(ApiKey, "FROM keys ORDER BY seq")

    async def revoke_key(self, key_id: str) -> bool:
        checked_text("key_id", key_id)

        def work(db: sqlite3.Connection) -> bool:
            row = db.execute("SELECT doc FROM keys WHERE key_id = ?", (key_id,)).fetchone()
            if row is None or (key := from_json(ApiKey, row[0])).revoked_at is not None:
                return False
            revoked = key.model_copy(update={"revoked_at": utc_now()})
            db.execute("UPDATE keys SET doc = ? WHERE key_id = ?", (to_json(revoked), key_id))
            return True

        return await self._db.write(work)

    async def _insert(self, table: str, record: Record, *columns: str, replace: bool = False) -> None:
        values = _columns(record, columns)
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        query = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 names are ours
        if replace:
            query += (
                " ON CONFLICT (tenant_id, session_id, name)"
                " DO UPDATE SET position = excluded.position, doc = excluded.doc"
            )
        await self._db.write(lambda db: db.execute(query, tuple(values.values())))

    async def _one(self, kind: type[R], where: str, *values: str) -> R | None:
        checked = [checked_text("an id", value) for value in values]
        row = await self._db.read(lambda db: db.execute(f"SELECT doc {where}", checked).fetchone())  # noqa: S608
        return None if row is None else from_json(kind, row[0])

    async def _many(self, kind: type[R], where: str, *values: str, limit: int | None = None) -> list[R]:
        checked: list[str | int] = [checked_text("an id", value) for value in values]
        if limit is not None:
            checked.append(max(0, limit))
        rows = await self._db.read(lambda db: db.execute(f"SELECT doc {where}", checked).fetchall())  # noqa: S608
        return [from_json(kind, row[0]) for row in rows]

    async def _ids(self, where: str, before: datetime, limit: int) -> list[tuple[str, str]]:
        query = f"SELECT tenant_id, task_id FROM jobs WHERE {where} ORDER BY seq LIMIT :limit"  # noqa: S608
        values = {"before": _stamp(before), "limit": max(0, limit)}
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
            values = _columns(moved, _JOB_COLUMNS)
            pairs = ", ".join(f"{name} = ?" for name in values)
            db.execute(f"UPDATE jobs SET {pairs} WHERE task_id = ?", (*values.values(), moved.task_id))  # noqa: S608
            return from_json(Job, values["doc"])

        return await self._db.write(work)


def _columns(record: Record, names: tuple[str, ...]) -> dict[str, Any]:
    values = {name: getattr(record, name) for name in names}
    plain = {name: _stamp(value) if isinstance(value, datetime) else value for name, value in values.items()}
    return plain | {"doc": to_json(record)}


def _stamp(moment: datetime) -> int:
    """Milliseconds since 1970: an integer compares the same everywhere."""
    since = to_milliseconds(moment) - datetime(1970, 1, 1, tzinfo=UTC)
    return since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000


def _lease_ended(job: Job, now: datetime) -> bool:
    return job.state == "running" and job.lease_until is not None and job.lease_until < now


def _if_held(owner: str, changes: Mapping[str, Any]) -> Callable[[Job], Mapping[str, Any] | None]:
    checked_text("owner", owner)
    return lambda job: changes if job.state == "running" and job.lease_owner == owner else None


def _ending(changes: Mapping[str, Any]) -> dict[str, Any]:
    return dict(changes) | {"finished_at": utc_now(), "lease_owner": None, "lease_until": None}
