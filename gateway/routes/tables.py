"""Change how tables are read: hidden columns of a session, another reading of one table."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.responses import Response

from gateway import examples
from gateway.auth import REQUIRE_KEY, CallerDep
from gateway.errors import InvalidRequestError, NotFoundError, printable, responses
from gateway.idempotency import KeyDep, digest, earlier
from gateway.jobs import require_room, require_session, submit
from gateway.json_body import json_body, json_request
from gateway.json_reply import JSONReply
from gateway.schemas import Accepted
from gateway.services import Services, ServicesDep
from gateway.table_bodies import SessionPatch, TablePatch
from gateway.views import accepted
from store.hidden import column_names, unknown_names
from store.records import TERMINAL, Job, Session, Table, utc_now
from store.records import Request as JobRequest

router = APIRouter(tags=["sessions"], dependencies=REQUIRE_KEY)
_ERRORS = (400, 401, 404, 409, 413, 415, 422, 429, 503)
_ACCEPTED: dict[int | str, dict[str, Any]] = examples.shown(
    202, "A job reads again what is touched.", examples.ACCEPTED
)


@router.patch(
    "/sessions/{session_id}",
    operation_id="changeSession",
    status_code=202,
    response_model=Accepted,
    responses=_ACCEPTED | responses(*_ERRORS),
    openapi_extra=json_request(SessionPatch, examples.HIDE),
)
async def change_session(
    session_id: str,
    services: ServicesDep,
    caller: CallerDep,
    key: KeyDep,
    body: Annotated[SessionPatch, Depends(json_body(SessionPatch))],
) -> Response:
    """Say which columns are hidden, in place of what was said before; tables are read again without."""
    session = await require_session(services.store, caller, session_id)
    job = Job(
        tenant_id=caller.tenant_id,
        session_id=session_id,
        kind="profile",
        request=JobRequest(),
        idempotency_key=key,
        request_digest=digest(f"hide {session_id}", body.model_dump()),
    )
    repeated = await earlier(services.store, job.tenant_id, key, job.request_digest or "")
    if repeated is None:
        await _check_known(services, session, body.hidden)
        await require_room(services, caller)
        # First the mark, then the job: from here on no table is used that has such a column.
        changes = {"hidden": body.hidden, "hidden_at": utc_now(), "joins": [], "suggestions": []}
        await services.store.update_session(caller.tenant_id, session_id, changes)
    kept = repeated or await submit(services, job)
    return JSONReply(accepted(kept).model_dump(mode="json"), status_code=202)


@router.patch(
    "/sessions/{session_id}/tables/{name}",
    operation_id="changeTable",
    status_code=202,
    response_model=Accepted,
    responses=_ACCEPTED | responses(*_ERRORS),
    openapi_extra=json_request(TablePatch, examples.READ_AS),
)
async def change_table(
    session_id: str,
    name: str,
    services: ServicesDep,
    caller: CallerDep,
    key: KeyDep,
    body: Annotated[TablePatch, Depends(json_body(TablePatch))],
) -> Response:
    """Read a table again from its original, as you say; `{}` is as the loaders decide."""
    await require_session(services.store, caller, session_id)
    tables = await services.store.list_tables(caller.tenant_id, session_id)
    names = [table.name for table in tables]
    if name not in names:
        raise NotFoundError(f"this session has no such table{_near(name, names)}", code="table_not_found")
    read_as = body.read_as.model_dump(exclude_none=True)
    job = Job(
        tenant_id=caller.tenant_id,
        session_id=session_id,
        kind="profile",
        request=JobRequest(table=name, read_as=read_as),
        idempotency_key=key,
        request_digest=digest(f"read {session_id} {name}", read_as),
    )
    return JSONReply(accepted(await submit(services, job)).model_dump(mode="json"), status_code=202)


async def _check_known(services: Services, session: Session, hidden: dict[str, list[str]]) -> None:
    """Refuse a name that no table has: a misspelt column would stay visible.

    Raises:
        InvalidRequestError: It is named, with the one that may be meant.
    """
    jobs = await services.store.list_jobs(session.tenant_id, session.session_id)
    if any(job.state not in TERMINAL and (job.kind == "profile" or job.request.file_ids) for job in jobs):
        return  # what the tables have is not known before they are read
    tables = await services.store.list_tables(session.tenant_id, session.session_id)
    if not tables:
        return
    for table, column in unknown_names(hidden, tables, session.hidden):
        shown = printable(table[:100])
        if column is None:
            near = _near(table, [one.name for one in tables])
            raise InvalidRequestError(f"hidden: there is no table {shown}{near}")
        near = _near(column, _columns_of(table, tables))
        raise InvalidRequestError(f"hidden: {shown}: there is no column {printable(column[:100])}{near}")


def _columns_of(name: str, tables: list[Table]) -> list[str]:
    named = [table for table in tables if table.name == name] or tables
    return [column for table in named for column in column_names(table)]


def _near(name: str, names: list[str]) -> str:
    near = get_close_matches(name.casefold(), [one.casefold() for one in names], 1)
    meant = next((one for one in names if near and one.casefold() == near[0]), None)
    if meant is not None:
        return f"; did you mean {printable(meant[:100])}?"
    listed = ", ".join(printable(one[:40]) for one in names[:20])
    return f"; there are: {listed}" if listed else ""
