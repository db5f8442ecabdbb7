"""Computed values: a named operation over a column, by SQL that is shown."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from gateway import examples
from gateway.auth import REQUIRE_KEY, CallerDep
from gateway.errors import InvalidRequestError, responses
from gateway.idempotency import KeyDep, digest
from gateway.job_bodies import ComputeBody
from gateway.jobs import require_session, submit
from gateway.json_body import json_body, json_request
from gateway.json_reply import JSONReply
from gateway.schemas import Accepted
from gateway.services import Services, ServicesDep
from gateway.views import accepted
from store.operations import ColumnError, table_with
from store.records import Job, Session
from store.records import Request as JobRequest

router = APIRouter(tags=["questions"], dependencies=REQUIRE_KEY)


@router.post(
    "/sessions/{session_id}/compute",
    operation_id="computeSession",
    status_code=202,
    response_model=Accepted,
    responses=examples.shown(202, "A job was made.", examples.ACCEPTED)
    | responses(400, 401, 404, 409, 413, 415, 422, 429, 503),
    openapi_extra=json_request(ComputeBody, examples.COMPUTE),
)
async def compute_session(
    session_id: str,
    services: ServicesDep,
    caller: CallerDep,
    key: KeyDep,
    body: Annotated[ComputeBody, Depends(json_body(ComputeBody))],
) -> Response:
    """Compute an operation over a column. The result is kept with the session, with the SQL that gave it."""
    session = await require_session(services.store, caller, session_id)
    await _require_columns(services, session, body)
    job = Job(
        tenant_id=caller.tenant_id,
        session_id=session_id,
        kind="compute",
        request=JobRequest(**body.model_dump(), mode="sql", language="sql"),
        idempotency_key=key,
        request_digest=digest(f"compute {session_id}", body.model_dump()),
    )
    return JSONReply(accepted(await submit(services, job)).model_dump(mode="json"), status_code=202)


async def _require_columns(services: Services, session: Session, body: ComputeBody) -> None:
    """While files are still being read, what they hold is not known here: the job then says it."""
    store, tenant_id = services.store, session.tenant_id
    unfinished = await store.list_unfinished(tenant_id, session.session_id)
    if any(job.request.file_ids or job.kind == "profile" for job in unfinished):
        return
    tables = await store.list_tables(tenant_id, session.session_id)
    try:
        table_with(tables, session.hidden, body.table, body.column, body.by)
    except ColumnError as error:
        raise InvalidRequestError(str(error), code="unknown_column") from None
