"""Health: does the process answer, and would a job be kept, queued and run."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from gateway.heartbeats import weaknesses
from gateway.json_reply import JSONReply
from gateway.schemas import Health, Readiness
from gateway.services import Services, ServicesDep
from store.base import Store, StoreError

router = APIRouter(tags=["health"])
_VERSION = version("sandglass")
_PUBLIC_FACTS = ("engine", "policies", "image", "version", "concurrency", "clock_seconds")
"""What of a worker's heartbeat anyone may see: no host names, paths or addresses."""


@router.get("/healthz", operation_id="health", response_model=Health)
async def healthz(services: ServicesDep) -> Response:
    """The process answers; with it, what is weaker than it should be, as far as workers say."""
    heartbeats = await _heartbeats(services)
    weak = weaknesses(heartbeats, _VERSION, services.store_mark)
    body = Health(status="ok", version=_VERSION, weaknesses=weak)
    return JSONReply(body.model_dump(mode="json"))


@router.get(
    "/readyz",
    operation_id="readiness",
    response_model=Readiness,
    responses={
        503: {"description": "Something that jobs need is missing; the body says what.", "model": Readiness}
    },
)
async def readyz(services: ServicesDep) -> Response:
    """Whether store, Redis, blobs and a worker are there, and what is weaker than it should be."""
    store = await _answers(services.store)
    redis = await services.queue.answers()
    heartbeats = await _heartbeats(services)
    blobs = await services.blob_probe.answers()
    ready = store and redis and blobs and bool(heartbeats)
    body = Readiness(
        ready=ready,
        version=_VERSION,
        store=store,
        redis=redis,
        blobs=blobs,
        worker=bool(heartbeats),
        workers=[{name: facts[name] for name in _PUBLIC_FACTS if name in facts} for facts in heartbeats],
        weaknesses=weaknesses(heartbeats, _VERSION, services.store_mark),
    )
    return JSONReply(body.model_dump(mode="json"), status_code=200 if ready else 503)


async def _heartbeats(services: Services) -> list[dict[str, Any]]:
    return await services.queue.workers() if await services.queue.answers() else []


async def _answers(store: Store) -> bool:
    try:
        await store.ping()
    except StoreError:
        return False
    return True
