"""Records for the tests of the store, with only what matters in the call."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from store.records import (
    ApiKey,
    Artifact,
    Job,
    Request,
    Session,
    StoredFile,
    Table,
    UploadGrant,
    new_id,
    utc_now,
)

TENANT, OTHER = "tenant-a", "tenant-b"


def soon(seconds: float = 60) -> datetime:
    return utc_now() + timedelta(seconds=seconds)


def ago(seconds: float = 60) -> datetime:
    return utc_now() - timedelta(seconds=seconds)


def session(**fields: Any) -> Session:
    return Session(**{"tenant_id": TENANT} | fields)


def job(session_id: str | None = None, **fields: Any) -> Job:
    values = {
        "tenant_id": TENANT,
        "session_id": session_id,
        "kind": "analyze",
        "request": Request(question="?"),
    }
    return Job(**values | fields)


def file(session_id: str, name: str = "a.csv", **fields: Any) -> StoredFile:
    values = {"size_bytes": 3, "sha256": "0" * 64, "blob_key": f"{TENANT}/{session_id}/{new_id()}"}
    return StoredFile(
        **{"tenant_id": TENANT, "session_id": session_id, "name": name, "format": "csv"} | values | fields
    )


def table(session_id: str, name: str = "sales", **fields: Any) -> Table:
    values = {"size_bytes": 3, "sha256": "0" * 64, "blob_key": f"{TENANT}/{session_id}/{new_id()}"}
    ids = {"tenant_id": TENANT, "session_id": session_id, "name": name, "file_id": "f", "position": 0}
    return Table(**ids | values | {"profile": {"rows": 1}} | fields)


def artifact(task_id: str, **fields: Any) -> Artifact:
    values = {"size_bytes": 3, "sha256": "0" * 64, "blob_key": f"{TENANT}/{task_id}/{new_id()}"}
    ids = {
        "tenant_id": TENANT,
        "task_id": task_id,
        "name": "figure.png",
        "role": "figure",
        "mime": "image/png",
    }
    return Artifact(**ids | values | fields)


def upload(**fields: Any) -> UploadGrant:
    values = {"name": "a.csv", "size_bytes": 3, "blob_key": f"{TENANT}/uploads/{new_id()}"}
    return UploadGrant(
        **{"tenant_id": TENANT, "put_until": soon(), "expires_at": soon(3600)} | values | fields
    )


def key(name: str = "laptop", **fields: Any) -> ApiKey:
    return ApiKey(**{"tenant_id": TENANT, "name": name, "sha256": new_id() * 2} | fields)
