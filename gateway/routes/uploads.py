"""Upload grants: a client puts the bytes of a file by itself, and names it in a later request."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from gateway import examples
from gateway.auth import REQUIRE_KEY, CallerDep
from gateway.errors import responses
from gateway.grants import grant, receive_put
from gateway.json_body import json_body, json_request
from gateway.json_reply import JSONReply
from gateway.schemas import UploadBody, UploadGranted
from gateway.services import ServicesDep

router = APIRouter(tags=["uploads"], dependencies=REQUIRE_KEY)


@router.post(
    "/uploads",
    operation_id="grantUpload",
    status_code=201,
    response_model=UploadGranted,
    responses=examples.shown(201, "Granted; PUT the bytes to `url`.", examples.GRANTED)
    | responses(400, 401, 408, 413, 415, 422, 429, 503),
    openapi_extra=json_request(UploadBody, examples.GRANT),
)
async def grant_upload(
    services: ServicesDep,
    caller: CallerDep,
    body: Annotated[UploadBody, Depends(json_body(UploadBody))],
) -> Response:
    """Ask where to put a file: at the blob service itself where it takes bytes of clients, else here."""
    return JSONReply((await grant(services, caller, body)).model_dump(mode="json"), status_code=201)


@router.put(
    "/uploads/{upload_id}",
    operation_id="putUpload",
    status_code=204,
    responses=responses(401, 404, 408, 409, 415, 422, 503),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def put_upload(upload_id: str, request: Request, services: ServicesDep, caller: CallerDep) -> Response:
    """Put the bytes of a granted file, as many as were said, where the grant's `url` leads here."""
    await receive_put(request, services, caller, upload_id)
    return Response(status_code=204)
