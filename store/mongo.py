"""How are the records kept in MongoDB, one document for each?

Plain operators only, and every state change is one update of one document by a filter on its state: that is
what MongoDB makes atomic. What a filter compares is checked to be a string first, so no client's value can be
an operator.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from store.base import DuplicateError
from store.documents import changes_to_document, check_session_changes, from_document, to_document
from store.hidden import hidden_changes
from store.mongo_connection import Document, explained
from store.mongo_documents import digest_of, strings_of
from store.mongo_indexes import INDEXES
from store.mongo_jobs import BY_CREATION, MongoJobs
from store.mongo_uploads import MongoUploads
from store.records import ApiKey, Artifact, Session, StoredFile, Table, utc_now

_OLDEST = 1


class MongoStore(MongoJobs, MongoUploads):
    """The `Store` contract in MongoDB; each process and event loop opens its own."""

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
        return await self._many("sessions", Session, {"tenant_id": tenant_id}, BY_CREATION, limit)

    async def update_session(self, tenant_id: str, session_id: str, changes: dict[str, Any]) -> bool:
        ids = {"_id": session_id, "tenant_id": tenant_id}
        values = changes_to_document(check_session_changes(changes), Session)
        if not values:  # MongoDB refuses an empty $set
            return await self.get_session(tenant_id, session_id) is not None
        return await self._set("sessions", ids, values)

    async def hide_columns(
        self, tenant_id: str, session_id: str, hidden: Mapping[str, Sequence[str]], at: datetime
    ) -> bool:
        ids = strings_of({"_id": session_id, "tenant_id": tenant_id})
        with explained():
            sessions = self._connection.database["sessions"]
            # Written only over what was read; who was overtaken adds to what the other has written.
            while (document := await sessions.find_one(ids)) is not None:
                changes = hidden_changes(from_document(Session, document), hidden, at)
                values = changes_to_document(check_session_changes(changes), Session)
                read = {name: document.get(name, {"$exists": False}) for name in ("hidden", "hidden_at")}
                if (await sessions.update_one(ids | read, {"$set": values})).matched_count > 0:
                    return True
        return False

    async def delete_session(self, tenant_id: str, session_id: str) -> list[str] | None:
        ids = strings_of({"_id": session_id, "tenant_id": tenant_id})
        of_session = strings_of({"tenant_id": tenant_id, "session_id": session_id})
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
                found = database[collection].find(of_it, {"blob_key": 1, "parts": 1})
                async for document in found:
                    parts = json.loads(document.get("parts", "[]"))
                    blob_keys |= {document["blob_key"], *(part["blob_key"] for part in parts)}
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
        table_id = digest_of(table.tenant_id, table.session_id, table.name)
        document = to_document(table) | {"seq": self._next_seq()}
        try:
            await self._replace_table(table_id, document)
        except DuplicateError:  # two first upserts at once: the other one was first, so this one now replaces
            await self._replace_table(table_id, document)

    async def list_tables(self, tenant_id: str, session_id: str) -> list[Table]:
        of_session = {"tenant_id": tenant_id, "session_id": session_id}
        return await self._many("tables", Table, of_session, [("position", _OLDEST), ("seq", _OLDEST)])

    async def insert_artifact(self, artifact: Artifact) -> None:
        await self._insert("artifacts", artifact.artifact_id, artifact)

    async def get_artifact(self, tenant_id: str, artifact_id: str) -> Artifact | None:
        return await self._one("artifacts", Artifact, {"_id": artifact_id, "tenant_id": tenant_id})

    async def insert_key(self, key: ApiKey) -> None:
        await self._insert("keys", key.key_id, key)

    async def find_key(self, sha256: str) -> ApiKey | None:
        key = await self._one("keys", ApiKey, {"sha256": sha256})
        return key if key is not None and key.revoked_at is None else None

    async def list_keys(self) -> list[ApiKey]:
        return await self._many("keys", ApiKey, {}, [("seq", _OLDEST)])

    async def revoke_key(self, key_id: str) -> bool:
        ids = strings_of({"_id": key_id}) | {"revoked_at": {"$exists": False}}
        with explained():
            keys = self._connection.database["keys"]
            return (await keys.update_one(ids, {"$set": {"revoked_at": utc_now()}})).matched_count > 0

    async def _replace_table(self, table_id: str, document: Document) -> None:
        with explained():
            tables = self._connection.database["tables"]
            await tables.replace_one({"_id": table_id}, document, upsert=True)
