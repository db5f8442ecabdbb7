"""How are bytes kept in MongoDB's GridFS, whole or not at all?"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import AsyncIterator

from bson import ObjectId
from gridfs.asynchronous import AsyncGridFSBucket
from gridfs.errors import CorruptGridFile, NoFile

from store.base import BlobMissingError, BlobTooLargeError, StoreUnavailableError
from store.blobs import CHUNK_BYTES, check_key
from store.mongo_connection import MongoConnection, explained

BUCKET = "blobs"


class GridFSBlobs:
    """The `Blobs` contract in GridFS. A key is a file name; its file appears when the last byte is there."""

    def __init__(self, url: str) -> None:
        self._connection = MongoConnection(url)

    async def open(self) -> None:
        self._connection.open()
        try:
            await self._connection.ping()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        await self._connection.close()

    async def put(self, key: str, chunks: AsyncIterator[bytes], limit_bytes: int) -> tuple[int, str]:
        bucket = self._bucket()
        upload = bucket.open_upload_stream(check_key(key))
        digest, size = hashlib.sha256(), 0
        try:
            async for chunk in chunks:
                size += len(chunk)
                if size > limit_bytes:
                    raise BlobTooLargeError(f"more than {limit_bytes} bytes came")
                digest.update(chunk)
                with explained():
                    await upload.write(chunk)
            with explained():
                # Listed before this one is there, so two puts at once can never delete each other.
                older = await self._ids(key)
                await upload.close()
        except BaseException:
            await self._abandon(upload._id)
            raise
        await self._delete(older)
        return size, digest.hexdigest()

    async def get(self, key: str) -> AsyncIterator[bytes]:
        bucket = self._bucket()
        try:
            with explained():
                stream = await bucket.open_download_stream_by_name(check_key(key))
            while True:
                with explained():
                    chunk = await stream.read(CHUNK_BYTES)
                if not chunk:
                    return
                yield chunk
        except NoFile:
            raise BlobMissingError(f"no blob under {key}") from None
        except CorruptGridFile as error:
            raise StoreUnavailableError(
                f"blob {key} was replaced or deleted while it was read; try again"
            ) from error

    async def delete(self, key: str) -> bool:
        return await self._delete(await self._ids(check_key(key)))

    def _bucket(self) -> AsyncGridFSBucket:
        return AsyncGridFSBucket(self._connection.database, BUCKET)

    async def _ids(self, key: str) -> list[ObjectId]:
        with explained():
            found = self._connection.database[f"{BUCKET}.files"].find({"filename": key}, {"_id": 1})
            return [document["_id"] async for document in found]

    async def _delete(self, ids: list[ObjectId]) -> bool:
        if not ids:
            return False
        database = self._connection.database
        with explained():
            found = await database[f"{BUCKET}.files"].delete_many({"_id": {"$in": ids}})
            await database[f"{BUCKET}.chunks"].delete_many({"files_id": {"$in": ids}})
        return found.deleted_count > 0

    async def _abandon(self, file_id: ObjectId) -> None:
        """Drop what an upload has left: unseen, so a server that is gone by now is no error."""
        with contextlib.suppress(StoreUnavailableError), explained():
            database = self._connection.database
            await database[f"{BUCKET}.files"].delete_one({"_id": file_id})
            await database[f"{BUCKET}.chunks"].delete_many({"files_id": file_id})
