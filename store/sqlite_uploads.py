"""How are upload grants kept in a SQLite file?"""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Any

from store.documents import checked_text, from_json, to_json
from store.records import UploadGrant
from store.sqlite_rows import SqliteRows, stamp

_OWN = "WHERE tenant_id = ? AND upload_id = ?"


class SqliteUploads(SqliteRows):
    """The part of the `Store` contract that is about upload grants."""

    async def insert_upload(self, upload: UploadGrant) -> None:
        await self._insert("uploads", upload, "upload_id", "tenant_id", "expires_at")

    async def get_upload(self, tenant_id: str, upload_id: str) -> UploadGrant | None:
        return await self._one(UploadGrant, f"FROM uploads {_OWN}", tenant_id, upload_id)

    async def count_uploads(self, tenant_id: str) -> int:
        tenant = (checked_text("tenant_id", tenant_id),)
        query = "SELECT count(*) FROM uploads WHERE tenant_id = ? AND json_extract(doc, '$.taken_at') IS NULL"
        return int((await self._db.read(lambda db: db.execute(query, tenant).fetchone()))[0])

    async def receive_upload(
        self, tenant_id: str, upload_id: str, blob_key: str, sha256: str, at: datetime
    ) -> bool:
        changes = {"blob_key": blob_key, "sha256": sha256, "received_at": at}
        return await self._move_upload(tenant_id, upload_id, at, changes) is not None

    async def take_upload(self, tenant_id: str, upload_id: str, at: datetime) -> UploadGrant | None:
        return await self._move_upload(tenant_id, upload_id, at, {"taken_at": at})

    async def free_upload(self, tenant_id: str, upload_id: str) -> bool:
        return await self._move_upload(tenant_id, upload_id, None, {"taken_at": None}) is not None

    async def delete_upload(self, tenant_id: str, upload_id: str) -> bool:
        ids = (checked_text("tenant_id", tenant_id), checked_text("upload_id", upload_id))
        return await self._db.write(lambda db: db.execute(f"DELETE FROM uploads {_OWN}", ids).rowcount > 0)  # noqa: S608

    async def sweep_uploads(self, before: datetime, limit: int = 100) -> list[UploadGrant]:
        query = "SELECT doc FROM uploads WHERE expires_at < ? ORDER BY expires_at LIMIT ?"
        values = (stamp(before), max(0, limit))
        rows = await self._db.read(lambda db: db.execute(query, values).fetchall())
        return [from_json(UploadGrant, row[0]) for row in rows]

    async def _move_upload(
        self, tenant_id: str, upload_id: str, fresh_at: datetime | None, changes: dict[str, Any]
    ) -> UploadGrant | None:
        """Change a grant; with `fresh_at` only one that can be taken then; what was received is not again."""
        ids = (checked_text("tenant_id", tenant_id), checked_text("upload_id", upload_id))

        def work(db: sqlite3.Connection) -> UploadGrant | None:
            row = db.execute(f"SELECT doc FROM uploads {_OWN}", ids).fetchone()  # noqa: S608 - our own
            if row is None:
                return None
            upload = from_json(UploadGrant, row[0])
            if fresh_at is not None and (upload.taken_at is not None or upload.expires_at <= fresh_at):
                return None
            if "received_at" in changes and upload.received_at is not None:
                return None
            moved = UploadGrant.model_validate(upload.model_dump() | changes)
            db.execute(f"UPDATE uploads SET doc = ? {_OWN}", (to_json(moved), *ids))  # noqa: S608
            return moved

        return await self._db.write(work)
