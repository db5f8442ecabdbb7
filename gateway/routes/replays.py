"""Replays: the same code on the same data once more, held against what came of it the first time."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from gateway import examples
from gateway.auth import REQUIRE_KEY, CallerDep
from gateway.errors import ConflictError, responses
from gateway.idempotency import KeyDep, digest
from gateway.jobs import require_task, submit
from gateway.json_reply import JSONReply
from gateway.schemas import Accepted
from gateway.services import ServicesDep
from gateway.views import accepted
from store.records import TERMINAL, Job
from store.records import Request as JobRequest

router = APIRouter(tags=["jobs"], dependencies=REQUIRE_KEY)


@router.post(
    "/status/{task_id}/replay",
    operation_id="replayTask",
    status_code=202,
    response_model=Accepted,
    responses=examples.shown(202, "A job was made.", examples.ACCEPTED)
    | responses(401, 404, 409, 422, 429, 503),
)
async def replay_task(
    task_id: str,
    services: ServicesDep,
    caller: CallerDep,
    key: KeyDep,
) -> Response:
    """Run a task's code again on the same data in a fresh sandbox, and say whether the result is the same."""
    source = await require_task(services.store, caller, task_id)
    if reason := why_not(source):
        raise ConflictError(f"this task cannot be replayed: {reason}", code="not_replayable")
    job = Job(
        tenant_id=caller.tenant_id,
        session_id=source.session_id,
        kind="replay",
        request=JobRequest(
            replay_of=source.request.replay_of or task_id,
            policy=source.request.policy,
            language=source.language or "python",
        ),
        idempotency_key=key,
        request_digest=digest(f"replay {task_id}", {}),
    )
    return JSONReply(accepted(await submit(services, job)).model_dump(mode="json"), status_code=202)


def why_not(job: Job) -> str:
    """Why there is nothing to replay; empty: there is."""
    if job.state not in TERMINAL:
        return f"it has not ended, it is {job.state}"
    if job.code is None and not job.parts:
        return "no code was written for it"
    if not job.receipt.get("code_sha256"):
        return "its code was never run"
    return ""
