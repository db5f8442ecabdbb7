"""Questions: about a session's tables, or about files that come with the question."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from gateway import examples
from gateway.auth import REQUIRE_KEY, CallerDep
from gateway.errors import responses
from gateway.idempotency import KeyDep, digest
from gateway.jobs import require_room, require_session, submit, submit_upload
from gateway.json_body import json_body, json_request, validated
from gateway.json_reply import JSONReply
from gateway.schemas import Accepted, AnalyzeBody, OneShotFields
from gateway.services import ServicesDep
from gateway.table_bodies import hidden_field
from gateway.uploads import Upload, UploadRules, receive
from gateway.views import accepted
from store.records import Job, new_id
from store.records import Request as JobRequest

router = APIRouter(tags=["questions"], dependencies=REQUIRE_KEY)
_ACCEPTED: dict[int | str, dict[str, Any]] = examples.shown(202, "A job was made.", examples.ACCEPTED)
_FORM_FIELDS = {
    "question": {"type": "string", "maxLength": 4000},
    "mode": {"type": "string", "enum": ["auto", "pandas", "sql"], "default": "auto"},
    "policy": {"type": "string", "default": "default"},
    "model": {"type": "string"},
    "cache": {"type": "boolean", "default": True},
    "approve": {"type": "boolean", "default": False},
    "hidden": examples.HIDDEN_FIELD,
}


@router.post(
    "/sessions/{session_id}/analyze",
    operation_id="analyzeSession",
    status_code=202,
    response_model=Accepted,
    responses=_ACCEPTED | responses(400, 401, 404, 409, 413, 415, 422, 429, 503),
    openapi_extra=json_request(AnalyzeBody, examples.ANALYZE),
)
async def analyze_session(
    session_id: str,
    services: ServicesDep,
    caller: CallerDep,
    key: KeyDep,
    body: Annotated[AnalyzeBody, Depends(json_body(AnalyzeBody))],
) -> Response:
    """Ask a question about the tables of a session."""
    await require_session(services.store, caller, session_id)
    job = Job(
        tenant_id=caller.tenant_id,
        session_id=session_id,
        kind="analyze",
        request=JobRequest(**body.model_dump()),
        idempotency_key=key,
        request_digest=digest(f"analyze {session_id}", body.model_dump()),
    )
    return JSONReply(accepted(await submit(services, job)).model_dump(mode="json"), status_code=202)


@router.post(
    "/analyze",
    operation_id="analyzeFiles",
    status_code=202,
    response_model=Accepted,
    responses=_ACCEPTED | responses(400, 401, 409, 413, 415, 422, 429, 503),
    openapi_extra=examples.files_form(_FORM_FIELDS, required=["question"]),
)
async def analyze_files(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    key: KeyDep,
) -> Response:
    """Upload tables and ask a question about them, in one call."""
    new = key is None or await services.store.get_job_by_key(caller.tenant_id, key) is None
    if new:
        await require_room(services, caller)
    upload = Upload(caller.tenant_id, new_id())
    settings = services.settings
    rules = UploadRules(settings.max_upload_bytes, settings.max_files, frozenset(_FORM_FIELDS), key, new)
    await receive(request, services, upload, rules)
    try:
        hidden = hidden_field(upload.fields.pop("hidden", None))
        fields = validated(OneShotFields, upload.fields)
    except BaseException:
        await upload.discard(services)
        raise
    job = Job(
        tenant_id=caller.tenant_id,
        session_id=upload.session_id,
        kind="analyze",
        request=JobRequest(**fields.model_dump(), file_ids=[file.file_id for file in upload.files]),
        idempotency_key=key,
        request_digest=digest(
            "analyze files",
            upload.asked(fields.model_dump() | ({"hidden": hidden} if hidden else {})),
            upload.sent,
        ),
    )
    kept = await submit_upload(services, job, upload, new_session=True, hidden=hidden)
    return JSONReply(accepted(kept).model_dump(mode="json"), status_code=202)
