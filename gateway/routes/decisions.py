"""Jobs whose code waits for a person: let it run, run other code in its place, or end it."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from gateway import examples
from gateway.auth import REQUIRE_KEY, Caller, CallerDep
from gateway.code_check import require_code
from gateway.errors import ConflictError, responses
from gateway.job_bodies import ApproveBody, RejectBody
from gateway.jobs import hand_over, require_task
from gateway.json_body import json_body, json_request
from gateway.json_reply import JSONReply
from gateway.schemas import Status
from gateway.services import Services, ServicesDep
from gateway.views import status_of
from store.records import Approval, Job, JobError, utc_now
from store.text import clean_text, code_digest

router = APIRouter(tags=["jobs"], dependencies=REQUIRE_KEY)
_ERRORS = responses(400, 401, 404, 409, 413, 415, 422, 503)


@router.post(
    "/status/{task_id}/approve",
    operation_id="approveTask",
    response_model=Status,
    responses=examples.shown(200, "The code will be run.", examples.STATUS) | _ERRORS,
    openapi_extra=json_request(ApproveBody, examples.APPROVE),
)
async def approve_task(
    task_id: str,
    services: ServicesDep,
    caller: CallerDep,
    body: Annotated[ApproveBody, Depends(json_body(ApproveBody))],
) -> Response:
    """Let the code that a job waits with run: byte for byte as it was shown, or `code` in its place."""
    job, approval, since = await _waiting(services, caller, task_id)
    if body.seen is not None and body.seen != code_digest(approval.code):
        raise ConflictError(
            "another code waits by now; look at it before you approve it", code="code_changed"
        )
    code = approval.code if body.code is None else body.code
    if code != approval.code:
        await asyncio.to_thread(require_code, code, approval.language)
    decision = {"state": "approved", "code": code, "edited": code != approval.code, "decided_at": utc_now()}
    await services.queue.require()
    decided = await services.store.approve_job(
        job.tenant_id, task_id, since, approval.model_copy(update=decision)
    )
    if decided is None:
        raise _too_late()
    await hand_over(services, decided)
    await services.queue.announce(decided)
    return JSONReply(status_of(decided).model_dump(mode="json"))


@router.post(
    "/status/{task_id}/reject",
    operation_id="rejectTask",
    response_model=Status,
    responses=examples.shown(200, "The job has ended.", examples.STATUS) | _ERRORS,
    openapi_extra=json_request(RejectBody, examples.REJECT),
)
async def reject_task(
    task_id: str,
    services: ServicesDep,
    caller: CallerDep,
    body: Annotated[RejectBody, Depends(json_body(RejectBody))],
) -> Response:
    """End a job that waits with its code: nothing of it is run."""
    job, approval, since = await _waiting(services, caller, task_id)
    rejected = {"state": "rejected", "reason": clean_text(body.reason), "decided_at": utc_now()}
    changes = {
        "state": "cancelled",
        "stage": "done",
        "outcome": "cancelled",
        "approval": approval.model_copy(update=rejected),
        "error": JobError(code="rejected", message="The code was rejected; nothing of it ran."),
    }
    ended = await services.store.end_awaiting(job.tenant_id, task_id, since, changes)
    if ended is None:
        raise _too_late()
    await services.queue.announce(ended)
    return JSONReply(status_of(ended).model_dump(mode="json"))


async def _waiting(services: Services, caller: Caller, task_id: str) -> tuple[Job, Approval, datetime]:
    job = await require_task(services.store, caller, task_id)
    if job.state != "awaiting_approval" or job.approval is None or job.awaiting_since is None:
        raise ConflictError(
            f"this task does not wait for an approval: it is {job.state}", code="not_awaiting_approval"
        )
    return job, job.approval, job.awaiting_since


def _too_late() -> ConflictError:
    return ConflictError(
        "somebody else has decided on this task meanwhile; look at its status", code="not_awaiting_approval"
    )
