"""Artifacts: the figures, files and full results that jobs brought out."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from gateway import examples
from gateway.auth import REQUIRE_KEY, CallerDep
from gateway.downloads import attachment
from gateway.errors import NotFoundError, responses
from gateway.services import ServicesDep

router = APIRouter(tags=["jobs"], dependencies=REQUIRE_KEY)


@router.get(
    "/artifacts/{artifact_id}",
    operation_id="getArtifact",
    response_class=Response,
    responses=examples.bytes_shown("The bytes.") | responses(401, 404, 503),
)
async def get_artifact(artifact_id: str, services: ServicesDep, caller: CallerDep) -> Response:
    """The bytes of an artifact, as a download."""
    artifact = await services.store.get_artifact(caller.tenant_id, artifact_id)
    if artifact is None:
        raise NotFoundError("there is no artifact with this id", code="artifact_not_found")
    return await attachment(
        services.blobs,
        artifact.blob_key,
        name=artifact.name,
        mime=artifact.mime,
        size_bytes=artifact.size_bytes,
    )
