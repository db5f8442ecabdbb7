"""Batches: several questions at once, each a job of its own."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.responses import Response

from gateway import examples
from gateway.auth import REQUIRE_KEY, CallerDep
from gateway.errors import responses
from gateway.idempotency import KeyDep, digest
from gateway.job_bodies import BatchAccepted, BatchBody, BatchTask
from gateway.jobs import require_session, submit_all
from gateway.json_body import json_body, json_request
from gateway.json_reply import JSONReply
from gateway.services import ServicesDep
from gateway.views import status_url
from store.records import Job, utc_now
from store.records import Request as JobRequest

router = APIRouter(tags=["questions"], dependencies=REQUIRE_KEY)
_ACCEPTED: dict[int | str, dict[str, Any]] = examples.shown(202, "The jobs were made.", examples.BATCHED)


@router.post(
    "/sessions/{session_id}/batch",
    operation_id="batchSession",
    status_code=202,
    response_model=BatchAccepted,
    responses=_ACCEPTED | responses(400, 401, 404, 409, 413, 415, 422, 429, 503),
    openapi_extra=json_request(BatchBody, examples.BATCH),
)
async def batch_session(
    session_id: str,
    services: ServicesDep,
    caller: CallerDep,
    key: KeyDep,
    body: Annotated[BatchBody, Depends(json_body(BatchBody))],
) -> Response:
    """Ask several questions at once: all of them are taken, or none. None is a follow-up of another."""
    await require_session(services.store, caller, session_id)
    options = body.model_dump(exclude={"questions"})
    request_digest = digest(f"batch {session_id}", body.model_dump())
    at = utc_now()  # the same for all: a question's history is what was asked before it
    jobs = [
        Job(
            tenant_id=caller.tenant_id,
            session_id=session_id,
            kind="analyze",
            request=JobRequest(question=question, **options),
            created_at=at,
        )
        for question in body.questions
    ]
    jobs[-1].idempotency_key, jobs[-1].request_digest = key, request_digest
    jobs[-1].request.batch = [job.task_id for job in jobs]
    tasks = [
        BatchTask(
            task_id=job.task_id, status_url=status_url(job.task_id), question=job.request.question or ""
        )
        for job in await submit_all(services, jobs)
    ]
    reply = BatchAccepted(session_id=session_id, tasks=tasks)
    return JSONReply(reply.model_dump(mode="json"), status_code=202)
