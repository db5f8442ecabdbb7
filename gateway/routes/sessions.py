"""Sessions: upload tables, see what was read from them, get the originals back, delete all of it."""

from __future__ import annotations

from typing import Annotated

import structlog
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from gateway import examples
from gateway.auth import REQUIRE_KEY, Caller, CallerDep
from gateway.downloads import attachment
from gateway.errors import NotFoundError, responses
from gateway.idempotency import KeyDep, digest
from gateway.jobs import require_room, require_session, submit_upload
from gateway.json_reply import JSONReply
from gateway.limits import MAX_LISTED
from gateway.schemas import SessionList, SessionSummary, SessionView, Uploaded
from gateway.services import Services, ServicesDep
from gateway.table_bodies import hidden_field
from gateway.uploads import Upload, UploadRules, receive
from gateway.views import accepted, file_view, joins_view, suggestions_view, table_view, task_summary
from store.base import StoreError
from store.records import Job, new_id
from store.records import Request as JobRequest

router = APIRouter(tags=["sessions"], dependencies=REQUIRE_KEY)
_log = structlog.get_logger("gateway")
_UPLOAD_ERRORS = (400, 401, 409, 413, 415, 422, 429, 503)


@router.post(
    "/sessions",
    operation_id="createSession",
    status_code=201,
    response_model=Uploaded,
    responses=examples.shown(201, "Kept; a job profiles the files.", examples.UPLOADED)
    | responses(*_UPLOAD_ERRORS),
    openapi_extra=examples.files_form({"hidden": examples.HIDDEN_FIELD}),
)
async def create_session(request: Request, services: ServicesDep, caller: CallerDep, key: KeyDep) -> Response:
    """Upload one or more tables (csv, tsv, txt, json, xlsx, xls; gz or zip of them) as a new session."""
    return await _take_files(request, services, caller, key, session_id=None)


@router.get(
    "/sessions", operation_id="listSessions", response_model=SessionList, responses=responses(401, 422, 503)
)
async def list_sessions(
    services: ServicesDep, caller: CallerDep, limit: Annotated[int, Query(ge=1, le=MAX_LISTED)] = 50
) -> Response:
    """Your sessions, the newest first."""
    sessions = []
    for session in await services.store.list_sessions(caller.tenant_id, limit):
        files = await services.store.list_files(caller.tenant_id, session.session_id)
        sessions.append(
            SessionSummary(
                session_id=session.session_id,
                created_at=session.created_at,
                files=[file_view(file) for file in files],
            )
        )
    return JSONReply(SessionList(sessions=sessions).model_dump(mode="json"))


@router.get(
    "/sessions/{session_id}",
    operation_id="getSession",
    response_model=SessionView,
    responses=responses(401, 404, 503),
)
async def get_session(session_id: str, services: ServicesDep, caller: CallerDep) -> Response:
    """A session: its files, its tables with their profiles, and its latest jobs."""
    session = await require_session(services.store, caller, session_id)
    tenant_id = caller.tenant_id
    jobs = await services.store.list_jobs(tenant_id, session_id)
    view = SessionView(
        session_id=session.session_id,
        created_at=session.created_at,
        files=[file_view(file) for file in await services.store.list_files(tenant_id, session_id)],
        tables=[table_view(table) for table in await services.store.list_tables(tenant_id, session_id)],
        tasks=[task_summary(job) for job in jobs],
        hidden=session.hidden,
        joins=joins_view(session),
        suggestions=suggestions_view(session, [job.request.question or "" for job in jobs]),
    )
    return JSONReply(view.model_dump(mode="json"))


@router.delete(
    "/sessions/{session_id}",
    operation_id="deleteSession",
    status_code=204,
    responses=responses(401, 404, 503),
)
async def delete_session(session_id: str, services: ServicesDep, caller: CallerDep) -> Response:
    """Delete a session with its files, tables, jobs and artifacts; a job that runs is stopped."""
    keys = await services.store.delete_session(caller.tenant_id, session_id)
    if keys is None:
        raise NotFoundError("there is no session with this id", code="session_not_found")
    for key in keys:
        try:
            await services.blobs.delete(key)
        except StoreError as error:
            _log.warning("blob_left", blob_key=key, error=type(error).__name__)
    return Response(status_code=204)


@router.post(
    "/sessions/{session_id}/files",
    operation_id="addFiles",
    status_code=201,
    response_model=Uploaded,
    responses=examples.shown(201, "Kept; a job profiles the files.", examples.UPLOADED)
    | responses(404, *_UPLOAD_ERRORS),
    openapi_extra=examples.files_form({"hidden": examples.HIDDEN_FIELD}),
)
async def add_files(
    session_id: str, request: Request, services: ServicesDep, caller: CallerDep, key: KeyDep
) -> Response:
    """Add tables to a session. A name that is there already is kept beside the earlier one."""
    await require_session(services.store, caller, session_id)
    return await _take_files(request, services, caller, key, session_id=session_id)


@router.get(
    "/sessions/{session_id}/files/{name:path}",
    operation_id="getFile",
    response_class=Response,
    responses=examples.bytes_shown("The original bytes.") | responses(401, 404, 503),
)
async def get_file(session_id: str, name: str, services: ServicesDep, caller: CallerDep) -> Response:
    """An original back, byte for byte: the latest of this name, or the one with this file id."""
    await require_session(services.store, caller, session_id)
    files = await services.store.list_files(caller.tenant_id, session_id)
    found = [file for file in files if name in (file.name, file.file_id)]
    if not found:
        raise NotFoundError("this session has no file of this name", code="file_not_found")
    file = found[-1]
    return await attachment(
        services.blobs,
        file.blob_key,
        name=file.name,
        mime="application/octet-stream",
        size_bytes=file.size_bytes,
    )


async def _take_files(
    request: Request, services: Services, caller: Caller, key: str | None, session_id: str | None
) -> Response:
    new = key is None or await services.store.get_job_by_key(caller.tenant_id, key) is None
    if new:
        await require_room(services, caller)
    upload = Upload(caller.tenant_id, session_id or new_id())
    settings = services.settings
    rules = UploadRules(settings.max_upload_bytes, settings.max_files, frozenset({"hidden"}), key, new)
    await receive(request, services, upload, rules)
    try:
        hidden = hidden_field(upload.fields.get("hidden"))
    except BaseException:
        await upload.discard(services)
        raise
    job = Job(
        tenant_id=caller.tenant_id,
        session_id=upload.session_id,
        kind="profile",
        request=JobRequest(file_ids=[file.file_id for file in upload.files]),
        idempotency_key=key,
        request_digest=digest(
            f"files {session_id}", upload.asked({"hidden": hidden} if hidden else {}), upload.sent
        ),
    )
    kept = await submit_upload(services, job, upload, new_session=session_id is None, hidden=hidden)
    return JSONReply(await _uploaded(services, kept), status_code=201)


async def _uploaded(services: Services, job: Job) -> dict[str, object]:
    """The answer, made from the store, so that a repeated request gets the same."""
    of_session = await services.store.list_files(job.tenant_id, job.session_id or "")
    mine = [file_view(file) for file in of_session if file.file_id in job.request.file_ids]
    view = Uploaded(
        **accepted(job).model_dump(), files=[file.model_copy(update={"error": None}) for file in mine]
    )
    return view.model_dump(mode="json")
