"""Jobs as a worker leaves them, made through the store."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from store.records import Approval, Job, Kind, utc_now
from store.records import Request as JobRequest
from tests.gateway.conftest import Gateway

CODE = 'result = df["revenue"].sum()'


async def claimed(gateway: Gateway, kind: Kind = "analyze", **request: Any) -> Job:
    """A job of the tenant `alpha` that a worker holds."""
    job = Job(tenant_id="alpha", kind=kind, request=JobRequest(**{"question": "How much?", **request}))
    store, until = gateway.services.store, utc_now() + timedelta(seconds=60)
    await store.insert_job(job)
    held = await store.claim_job("alpha", job.task_id, "w", until)
    assert held is not None
    return held


async def waiting(gateway: Gateway, code: str = CODE, **fields: Any) -> Job:
    """A job that waits for an approval of `code`."""
    job = await claimed(gateway, approve=True)
    approval = Approval(**{"state": "awaiting", "code": code, "language": "python", **fields})
    store = gateway.services.store
    assert await store.park_job("alpha", job.task_id, "w", {"approval": approval, "code": code})
    return await gateway.job(job.task_id)


async def ended(gateway: Gateway, state: str = "succeeded", **changes: Any) -> Job:
    """A job that has ended."""
    job = await claimed(gateway)
    assert await gateway.services.store.finish_job("alpha", job.task_id, "w", {"state": state, **changes})
    return await gateway.job(job.task_id)
