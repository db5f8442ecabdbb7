"""How are the records kept in one SQLite file, shared by the processes of one machine?"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from store.documents import check_session_changes, checked_text, from_json, to_json
from store.hidden import hidden_changes
from store.records import ApiKey, Artifact, Session, StoredFile, Table, utc_now
from store.sqlite_jobs import SqliteJobs
from store.sqlite_uploads import SqliteUploads

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


def _keys_in(document: dict[str, Any]) -> set[str]:
    """The blobs of a file, an artifact or a table; a table's parts have their own."""
    return {document["blob_key"], *(part["blob_key"] for part in document.get("parts", ()))}


class SqliteStore(SqliteJobs, SqliteUploads):
    """The `Store` contract in a SQLite file; each process opens its own, after its fork."""

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

    async def update_session(self, tenant_id: str, session_id: str, changes: dict[str, Any]) -> bool:
        checked = check_session_changes(changes)
        return await self._change_session(tenant_id, session_id, lambda _: checked)

    async def hide_columns(
        self, tenant_id: str, session_id: str, hidden: Mapping[str, Sequence[str]], at: datetime
    ) -> bool:
        return await self._change_session(
            tenant_id, session_id, lambda session: check_session_changes(hidden_changes(session, hidden, at))
        )

    async def _change_session(
        self, tenant_id: str, session_id: str, changes: Callable[[Session], dict[str, Any]]
    ) -> bool:
        ids = (checked_text("tenant_id", tenant_id), checked_text("session_id", session_id))
        where = "WHERE tenant_id = ? AND session_id = ?"

        def work(db: sqlite3.Connection) -> bool:
            row = db.execute(f"SELECT doc FROM sessions {where}", ids).fetchone()  # noqa: S608 - our own
            if row is None:
                return False
            before = from_json(Session, row[0])
            session = Session.model_validate(before.model_dump() | changes(before))
            db.execute(f"UPDATE sessions SET doc = ? {where}", (to_json(session), *ids))  # noqa: S608
            return True

        return await self._db.write(work)

    async def delete_session(self, tenant_id: str, session_id: str) -> list[str] | None:
        names = {
            "tenant": checked_text("tenant_id", tenant_id),
            "session": checked_text("session_id", session_id),
        }

        def work(db: sqlite3.Connection) -> list[str] | None:
            blob_keys = [key for row in db.execute(_BLOB_KEYS, names) for key in _keys_in(json.loads(row[0]))]
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

    async def insert_artifact(self, artifact: Artifact) -> None:
        await self._insert("artifacts", artifact, "artifact_id", "tenant_id", "task_id")

    async def get_artifact(self, tenant_id: str, artifact_id: str) -> Artifact | None:
        where = "FROM artifacts WHERE tenant_id = ? AND artifact_id = ?"
        return await self._one(Artifact, where, tenant_id, artifact_id)

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
