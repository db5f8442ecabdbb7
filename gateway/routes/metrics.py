"""Metrics: the numbers of this gateway and of the queue, for Prometheus."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from gateway.errors import NotFoundError, responses
from gateway.services import ServicesDep

router = APIRouter(tags=["health"])
_TEXT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Prometheus' text, or OpenMetrics if `Accept` asks for it.",
        "content": {"text/plain": {"schema": {"type": "string"}}},
    }
}


@router.get(
    "/metrics",
    operation_id="metrics",
    response_class=Response,
    responses=_TEXT | responses(404),
)
async def metrics(request: Request, services: ServicesDep) -> Response:
    """Numbers only: nothing of a tenant, no name of a file, no question. Off by `SANDGLASS_METRICS=off`."""
    if services.settings.metrics == "off":
        raise NotFoundError("metrics are switched off here (SANDGLASS_METRICS)")
    services.metrics.snapshot = await services.backlog.look()
    body, content_type = services.metrics.render(request.headers.get("accept", ""))
    return Response(body, headers={"Content-Type": content_type})
