"""How are upload grants kept in MongoDB?"""

from __future__ import annotations

from datetime import datetime

from pymongo import ReturnDocument

from store.documents import checked_text, from_document, to_milliseconds
from store.mongo_connection import Document, explained
from store.mongo_documents import MongoDocuments, strings_of
from store.records import UploadGrant

_OLDEST = 1


class MongoUploads(MongoDocuments):
    """The part of the `Store` contract that is about upload grants."""

    async def insert_upload(self, upload: UploadGrant) -> None:
        await self._insert("uploads", upload.upload_id, upload)

    async def get_upload(self, tenant_id: str, upload_id: str) -> UploadGrant | None:
        return await self._one("uploads", UploadGrant, {"_id": upload_id, "tenant_id": tenant_id})

    async def count_uploads(self, tenant_id: str) -> int:
        free = strings_of({"tenant_id": tenant_id}) | {"taken_at": {"$exists": False}}
        with explained():
            uploads = self._connection.database["uploads"]
            return await uploads.count_documents(free)

    async def receive_upload(
        self, tenant_id: str, upload_id: str, blob_key: str, sha256: str, at: datetime
    ) -> bool:
        fresh = _fresh(tenant_id, upload_id, at) | {"received_at": {"$exists": False}}
        values = strings_of({"blob_key": blob_key, "sha256": sha256}) | {"received_at": to_milliseconds(at)}
        with explained():
            found = await self._connection.database["uploads"].update_one(fresh, {"$set": values})
        return found.matched_count > 0

    async def take_upload(self, tenant_id: str, upload_id: str, at: datetime) -> UploadGrant | None:
        with explained():
            document = await self._connection.database["uploads"].find_one_and_update(
                _fresh(tenant_id, upload_id, at),
                {"$set": {"taken_at": to_milliseconds(at)}},
                return_document=ReturnDocument.AFTER,
            )
        return None if document is None else from_document(UploadGrant, document)

    async def free_upload(self, tenant_id: str, upload_id: str) -> bool:
        ids = strings_of({"_id": upload_id, "tenant_id": tenant_id})
        with explained():
            uploads = self._connection.database["uploads"]
            return (await uploads.update_one(ids, {"$unset": {"taken_at": ""}})).matched_count > 0

    async def delete_upload(self, tenant_id: str, upload_id: str) -> bool:
        ids = strings_of({"_id": upload_id, "tenant_id": tenant_id})
        with explained():
            return (await self._connection.database["uploads"].delete_one(ids)).deleted_count > 0

    async def sweep_uploads(self, before: datetime, limit: int = 100) -> list[UploadGrant]:
        if limit <= 0:
            return []  # to MongoDB 0 is "no limit"
        expired = {"expires_at": {"$lt": to_milliseconds(before)}}
        with explained():
            cursor = self._connection.database["uploads"].find(expired)
            cursor = cursor.sort([("expires_at", _OLDEST)]).limit(limit)
            return [from_document(UploadGrant, document) async for document in cursor]


def _fresh(tenant_id: str, upload_id: str, at: datetime) -> Document:
    """A filter: the grant, while nobody has taken it and it has not ended."""
    return {
        "_id": checked_text("upload_id", upload_id),
        "tenant_id": checked_text("tenant_id", tenant_id),
        "taken_at": {"$exists": False},
        "expires_at": {"$gt": to_milliseconds(at)},
    }
