"""A session with a small table, and questions of it, over the dummy engine: its sandbox echoes the code."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from typing import Any

from store.records import Job, Request, Session, Table
from worker.engines.dummy import echo
from worker.jobs import run_job
from worker.runtime import Runtime
from worker.sandbox.frames import Frame

TENANT = "t"
QUESTION = "What is the total of revenue?"
PROFILE: dict[str, Any] = {
    "name": "sales",
    "file": "sales.csv",
    "rows": 3,
    "columns": [
        {
            "name": "revenue", "dtype": "int64", "kind": "number", "nulls": 0, "unique": 3,
            "min": 5, "max": 20, "mean": 11.6, "values": None, "top": [],
        },
        {
            "name": "category", "dtype": "object", "kind": "text", "nulls": 0, "unique": 2,
            "min": None, "max": None, "mean": None, "values": ["Food", "Toys"],
            "top": [["Toys", 2], ["Food", 1]],
        },
    ],
    "sample": [[10, "Toys"], [5, "Food"], [20, "Toys"]],
    "read_as": {"format": "csv", "encoding": "utf-8", "delimiter": ",", "header_row": 0},
    "coercions": [],
}  # fmt: skip


def failing_or_echo(frame: Frame) -> Iterable[Frame]:
    """Code with `fails` in it raises; all other code is its own result."""
    if frame.type != "run" or "fails" not in frame.header["code"]:
        yield from echo(frame)
        return
    attempt = frame.header["attempt"]
    error = {"name": "ValueError", "message": "it fails", "traceback": "ValueError: it fails"}
    yield Frame({"type": "error", "attempt": attempt, **error})
    yield Frame({"type": "end", "attempt": attempt, "status": "error", "stdout_bytes": 0, "stderr_bytes": 0})


async def one(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def with_session(runtime: Runtime, tenant: str = TENANT, data: bytes = b"PAR1", **table: Any) -> str:
    """A session of `tenant` with the table `sales`: its id."""
    session = Session(tenant_id=tenant)
    await runtime.store.insert_session(session)
    await with_table(runtime, session, data, **table)
    return session.session_id


async def with_table(runtime: Runtime, session: Session, data: bytes = b"PAR1", **fields: Any) -> None:
    """The table `sales`, or one with other fields, in `session`."""
    key = f"{session.tenant_id}/{session.session_id}/tables/{fields.get('name', 'sales')}"
    size, sha256 = await runtime.blobs.put(key, one(data), 1000)
    values = {"name": "sales", "file_id": "f", "position": 0, "profile": PROFILE, **fields}
    table = Table(
        tenant_id=session.tenant_id,
        session_id=session.session_id,
        blob_key=key,
        sha256=sha256,
        size_bytes=size,
        **values,
    )
    await runtime.store.upsert_table(table)


async def queued(runtime: Runtime, session_id: str | None, **request: Any) -> Job:
    """A question that waits for a worker; `kind` and `tenant_id` too may be given."""
    fields = {name: request.pop(name) for name in ("kind", "tenant_id") if name in request}
    asked = Request(**{"question": QUESTION, **request})
    job = Job(**{"tenant_id": TENANT, "kind": "analyze", "session_id": session_id, **fields}, request=asked)
    await runtime.store.insert_job(job)
    await asyncio.sleep(0.002)  # the store orders by milliseconds
    return job


async def found(runtime: Runtime, job: Job) -> Job:
    """The job as it is kept."""
    kept = await runtime.store.get_job(job.tenant_id, job.task_id)
    assert kept is not None
    return kept


async def worked(runtime: Runtime, job: Job) -> Job:
    """The job after a worker had it."""
    await asyncio.wait_for(run_job(runtime, job.tenant_id, job.task_id), 20)
    return await found(runtime, job)


async def asked(runtime: Runtime, session_id: str | None, **request: Any) -> Job:
    """A question, after a worker had it."""
    return await worked(runtime, await queued(runtime, session_id, **request))


def script(*lines: str) -> str:
    """A model that says this; allowed where `scripted:*` is."""
    return f"scripted:{json.dumps(list(lines))}"
