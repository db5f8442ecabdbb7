"""How are bytes kept in MongoDB, in GridFS's own layout, whole or not at all?

The layout is the GridFS standard (`mongofiles` reads it). The driver's own writer and reader are not used:
they hold 32 MB of an upload, and as much of a download as the server likes to send, in memory.
"""

from __future__ import annotations

import contextlib
import hashlib
import sys
from collections.abc import AsyncIterator

from bson import Binary, Int64, ObjectId

from store.base import BlobMissingError, BlobTooLargeError, StoreUnavailableError
from store.blobs import CHUNK_BYTES, check_key
from store.mongo_connection import MongoConnection, explained
from store.records import utc_now

FILES, CHUNKS = "blobs.files", "blobs.chunks"
_NEWEST = [("uploadDate", -1), ("_id", -1)]
_CHUNKS_AT_ONCE = 2


class GridFSBlobs:
    """The `Blobs` contract in GridFS. A key is a file name; its file appears when the last byte is there."""

    def __init__(self, url: str) -> None:
        self._connection = MongoConnection(url)

    async def open(self) -> None:
        self._connection.open()
        try:
            with explained():
                database = self._connection.database
                await database[FILES].create_index([("filename", 1), ("uploadDate", 1)])
                await database[CHUNKS].create_index([("files_id", 1), ("n", 1)], unique=True)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        await self._connection.close()

    async def ping(self) -> None:
        """The server answers. Raises: StoreUnavailableError."""
        with explained():
            await self._connection.database.command("ping")

    async def put(self, key: str, chunks: AsyncIterator[bytes], limit_bytes: int) -> tuple[int, str]:
        check_key(key)
        file_id, digest, size = ObjectId(), hashlib.sha256(), 0
        waiting = bytearray()
        number = 0
        try:
            async for chunk in chunks:
                size += len(chunk)
                if size > limit_bytes:
                    raise BlobTooLargeError(f"more than {limit_bytes} bytes came")
                digest.update(chunk)
                waiting += chunk
                while len(waiting) >= CHUNK_BYTES:
                    await self._keep(file_id, number, waiting[:CHUNK_BYTES])
                    del waiting[:CHUNK_BYTES]
                    number += 1
            if waiting:
                await self._keep(file_id, number, waiting)
            # Listed before this one is there, so two puts at once can never delete each other.
            older = await self._ids(key)
            await self._publish(key, file_id, size)
        except BaseException:
            await self._abandon(file_id)
            raise
        await self._delete(older)
        return size, digest.hexdigest()

    async def get(self, key: str) -> AsyncIterator[bytes]:
        check_key(key)
        database = self._connection.database
        with explained():
            file = await database[FILES].find_one({"filename": key}, sort=_NEWEST)
        if file is None:
            raise BlobMissingError(f"no blob under {key}")
        cursor = database[CHUNKS].find({"files_id": file["_id"]}).sort([("n", 1)]).batch_size(_CHUNKS_AT_ONCE)
        expected, size = 0, 0
        try:
            while True:
                with explained():
                    chunk = await anext(cursor, None)
                if chunk is None or chunk["n"] != expected:
                    break
                expected += 1
                size += len(chunk["data"])
                yield bytes(chunk["data"])
        finally:
            await cursor.close()
        if size != file["length"]:
            raise StoreUnavailableError(f"blob {key} was replaced or deleted while it was read; try again")

    async def copy(self, key: str, to: str) -> None:
        await self.put(to, self.get(key), sys.maxsize)

    async def delete(self, key: str) -> bool:
        return await self._delete(await self._ids(check_key(key)))

    async def keys(self) -> AsyncIterator[str]:
        files = self._connection.database[FILES].find({}, {"filename": 1}).sort([("filename", 1)])
        before = ""
        while True:
            with explained():
                file = await anext(files, None)
            if file is None:
                return
            if file["filename"] != before:  # two of one name: one is being replaced
                before = str(file["filename"])
                yield before

    async def _keep(self, file_id: ObjectId, number: int, data: bytearray) -> None:
        with explained():
            chunks = self._connection.database[CHUNKS]
            await chunks.insert_one({"files_id": file_id, "n": number, "data": Binary(bytes(data))})

    async def _publish(self, key: str, file_id: ObjectId, size: int) -> None:
        with explained():
            await self._connection.database[FILES].insert_one(
                {
                    "_id": file_id,
                    "length": Int64(size),
                    "chunkSize": CHUNK_BYTES,
                    "uploadDate": utc_now(),
                    "filename": key,
                }
            )

    async def _ids(self, key: str) -> list[ObjectId]:
        with explained():
            found = self._connection.database[FILES].find({"filename": key}, {"_id": 1})
            return [document["_id"] async for document in found]

    async def _delete(self, ids: list[ObjectId]) -> bool:
        if not ids:
            return False
        database = self._connection.database
        with explained():
            found = await database[FILES].delete_many({"_id": {"$in": ids}})
            await database[CHUNKS].delete_many({"files_id": {"$in": ids}})
        return found.deleted_count > 0

    async def _abandon(self, file_id: ObjectId) -> None:
        """Drop what an upload has left: unseen, so a server that is gone by now is no error."""
        with contextlib.suppress(StoreUnavailableError), explained():
            database = self._connection.database
            await database[FILES].delete_one({"_id": file_id})
            await database[CHUNKS].delete_many({"files_id": file_id})
