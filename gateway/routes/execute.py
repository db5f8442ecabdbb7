"""Code of the client's own: run in the sandbox as it is, without a model."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from gateway import examples
from gateway.auth import REQUIRE_KEY, CallerDep
from gateway.errors import responses
from gateway.idempotency import KeyDep, digest
from gateway.jobs import require_session, submit
from gateway.json_body import json_body, json_request
from gateway.json_reply import JSONReply
from gateway.schemas import Accepted, ExecuteBody
from gateway.services import ServicesDep
from gateway.views import accepted
from store.records import Job
from store.records import Request as JobRequest

router = APIRouter(tags=["code"], dependencies=REQUIRE_KEY)


@router.post(
    "/execute",
    operation_id="execute",
    status_code=202,
    response_model=Accepted,
    responses=examples.shown(202, "A job was made.", examples.ACCEPTED)
    | responses(400, 401, 404, 409, 413, 415, 422, 429, 503),
    openapi_extra=json_request(ExecuteBody, examples.EXECUTE),
)
async def execute(
    services: ServicesDep,
    caller: CallerDep,
    key: KeyDep,
    body: Annotated[ExecuteBody, Depends(json_body(ExecuteBody))],
) -> Response:
    """Run Python or SQL in a throwaway container, over the tables of a session if one is named."""
    if body.session_id is not None:
        await require_session(services.store, caller, body.session_id)
    job = Job(
        tenant_id=caller.tenant_id,
        session_id=body.session_id,
        kind="execute",
        request=JobRequest(code=body.code, language=body.language, policy=body.policy),
        idempotency_key=key,
        request_digest=digest("execute", body.model_dump()),
    )
    return JSONReply(accepted(await submit(services, job)).model_dump(mode="json"), status_code=202)
