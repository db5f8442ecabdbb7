"""How are records written to and read from MongoDB's collections?

What a filter compares is checked to be a string first, so no client's value can be an operator.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, TypeVar

from store.documents import checked_text, from_document, to_document
from store.mongo_connection import Document, MongoConnection, explained
from store.records import Record

R = TypeVar("R", bound=Record)


class MongoDocuments:
    """A MongoDB database; each process and event loop opens its own."""

    def __init__(self, url: str) -> None:
        self._connection = MongoConnection(url)
        self._last_seq = 0

    def _next_seq(self) -> int:
        """A number that grows with every insert here, to order records of the same millisecond."""
        self._last_seq = max(self._last_seq + 1, time.time_ns())
        return self._last_seq

    async def _insert(self, collection: str, record_id: str, record: Record, **fields: str) -> None:
        document = to_document(record) | fields | {"_id": record_id, "seq": self._next_seq()}
        with explained():
            await self._connection.database[collection].insert_one(document)

    async def _one(self, collection: str, kind: type[R], ids: Mapping[str, str]) -> R | None:
        with explained():
            document = await self._connection.database[collection].find_one(strings_of(ids))
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
            cursor = self._connection.database[collection].find(strings_of(ids)).sort(order).limit(limit or 0)
            return [from_document(kind, document) async for document in cursor]

    async def _set(self, collection: str, ids: Mapping[str, str], values: Mapping[str, Any]) -> bool:
        with explained():
            found = await self._connection.database[collection].update_one(strings_of(ids), {"$set": values})
        return found.matched_count > 0


def strings_of(ids: Mapping[str, str]) -> Document:
    """`ids` as a filter, each checked to be a string. Raises: TypeError."""
    return {name: checked_text(name, value) for name, value in ids.items()}


def digest_of(*parts: str) -> str:
    """An id of fixed length for any texts."""
    return sha256(json.dumps(parts).encode()).hexdigest()
