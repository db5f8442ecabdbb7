"""Exports: a session's questions and answers as one file, and its tables as Parquet."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from gateway import examples
from gateway.auth import REQUIRE_KEY, CallerDep
from gateway.downloads import ANY_BYTES, attachment, content_disposition
from gateway.errors import ConflictError, NotFoundError, responses
from gateway.exports import FORMS
from gateway.exports.conversation import gather
from gateway.jobs import require_session
from gateway.services import ServicesDep
from store.hidden import still_visible

router = APIRouter(tags=["sessions"], dependencies=REQUIRE_KEY)


@router.get(
    "/sessions/{session_id}/export",
    operation_id="exportSession",
    response_class=Response,
    responses=examples.bytes_shown("The file.") | responses(401, 404, 422, 503),
)
async def export_session(
    session_id: str,
    services: ServicesDep,
    caller: CallerDep,
    format: Annotated[
        Literal["ipynb", "py", "xlsx", "html"],
        Query(description="A notebook or a script that runs, a workbook, or a page to read."),
    ],
) -> Response:
    """The conversation as a file: each question with its answer, code, result and figures."""
    session = await require_session(services.store, caller, session_id)
    form = FORMS[format]
    conversation = await gather(services.store, services.blobs, session, with_tables=form.runs)
    # Made in a thread: a large workbook takes a while, and other requests do not wait for it.
    content = await asyncio.to_thread(form.write, conversation)
    name = f"sandglass-{session_id[:8]}.{format}"
    # As plain bytes: a browser saves a page or a notebook of ours, it does not open it here.
    headers = {"Content-Disposition": content_disposition(name), "Cache-Control": "private, no-store"}
    return Response(content, media_type=ANY_BYTES, headers=headers)


@router.get(
    "/sessions/{session_id}/tables/{name}",
    operation_id="getTable",
    response_class=Response,
    responses=examples.bytes_shown("The Parquet file.") | responses(401, 404, 409, 422, 503),
)
async def get_table(
    session_id: str,
    name: str,
    services: ServicesDep,
    caller: CallerDep,
    part: Annotated[
        int, Query(ge=0, le=20_000, description="Of a big table, which keeps its columns apart.")
    ] = 0,
) -> Response:
    """A table as it was read, as Parquet: what the code's `tables[name]` holds."""
    session = await require_session(services.store, caller, session_id)
    tables = await services.store.list_tables(caller.tenant_id, session_id)
    table = next((table for table in tables if table.name == name), None)
    if table is None:
        raise NotFoundError("this session has no table of this name", code="table_not_found")
    if still_visible(session.hidden, table):
        raise ConflictError(
            "this table is still to be read without its hidden columns; ask again when that task has ended",
            code="hidden_not_removed",
        )
    blobs = [(one.blob_key, one.size_bytes) for one in table.parts] or [(table.blob_key, table.size_bytes)]
    if part >= len(blobs):
        raise NotFoundError(f"this table has {len(blobs)} part(s), from 0", code="part_not_found")
    key, size_bytes = blobs[part]
    file = f"{name}.parquet" if len(blobs) == 1 else f"{name}-{part}.parquet"
    mime = "application/vnd.apache.parquet"
    return await attachment(services.blobs, key, name=file, mime=mime, size_bytes=size_bytes)
