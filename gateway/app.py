"""What is the gateway: the routes, put together with the store, the blobs, the queue and the events."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from importlib.metadata import version
from typing import TextIO, cast

import structlog
from fastapi import FastAPI
from structlog.tracebacks import ExceptionDictTransformer

from gateway.backlog import BacklogView
from gateway.blob_probe import BlobProbe
from gateway.errors import install_handlers
from gateway.events import JobEvents
from gateway.metrics import GatewayMetrics
from gateway.middleware import RequestContext
from gateway.openapi import describe_errors
from gateway.queue import JobQueue
from gateway.routes import (
    analyze,
    artifacts,
    batches,
    compute,
    decisions,
    execute,
    exports,
    health,
    metrics,
    replays,
    sessions,
    status,
    tables,
    uploads,
)
from gateway.services import Services
from gateway.settings import Settings, StartRefusedError, load_settings
from store.base import Blobs, DuplicateError, Store, StoreUnavailableError
from store.keys import hash_key
from store.log_stream import LogStream
from store.mark import store_mark
from store.open import open_store
from store.records import ApiKey

_FIRST_TENANT = "local"
_DESCRIPTION = (
    "Questions about tables, answered by code that runs in a throwaway container. Every call but the health "
    "calls needs `Authorization: Bearer KEY`. Calls that make a job answer at once with a `task_id`; "
    "ask `/status/{task_id}?wait=30` for what came of it."
)


def create_app(settings: Settings) -> FastAPI:
    """The gateway; store, blobs and Redis are opened when the server starts it."""
    app = FastAPI(
        title="Sandglass",
        version=version("sandglass"),
        description=_DESCRIPTION,
        lifespan=_lifespan,
        docs_url="/docs" if settings.docs else None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.settings = settings
    app.state.metrics = GatewayMetrics()
    install_handlers(app)
    for routes in (
        sessions,
        uploads,
        tables,
        exports,
        analyze,
        batches,
        compute,
        execute,
        status,
        decisions,
        replays,
        artifacts,
        health,
        metrics,
    ):
        app.include_router(routes.router)
    app.add_middleware(RequestContext, metrics=app.state.metrics)
    describe_errors(app)
    return app


def app_from_env() -> FastAPI:
    """For `uvicorn gateway.app:app_from_env --factory`: settings from `SANDGLASS_*`, logs as JSON lines.

    Raises:
        StartRefusedError: A setting is not what it must be.
    """
    log_as_json()
    return create_app(load_settings())


def log_as_json(*, cache: bool = True) -> None:
    """One JSON object a line on stdout, with the request's id; `cache` binds loggers at their first use."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            # Never the frames' locals: among them are keys.
            structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, LogStream(sys.stdout))),
        cache_logger_on_first_use=cache,
    )


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    async with AsyncExitStack() as stack:
        try:
            store, blobs = open_store(settings.store), settings.open_blobs(settings.store)
        except ValueError as error:
            raise StartRefusedError(f"the gateway does not start: {error}") from None
        await _open(store)
        stack.push_async_callback(store.close)
        if settings.first_key is not None:
            await _keep_first_key(store, settings.first_key.get_secret_value())
        await _require_keys(store)
        await _open(blobs)
        stack.push_async_callback(blobs.close)
        queue = JobQueue(settings.redis_url)
        stack.push_async_callback(queue.close)
        events = JobEvents(settings.redis_url, settings.event_poll_seconds)
        await events.open()
        stack.push_async_callback(events.close)
        backlog, mark = BacklogView(store, queue, events), await store_mark(store)
        probe = BlobProbe(blobs)
        stack.push_async_callback(probe.close)
        services = Services(settings, store, blobs, queue, events, backlog, probe, app.state.metrics, mark)
        app.state.services = services
        yield


async def _open(store: Store | Blobs) -> None:
    try:
        await store.open()
    except StoreUnavailableError as error:
        raise StartRefusedError(f"the gateway does not start: the store does not answer: {error}") from None


async def _keep_first_key(store: Store, key: str) -> None:
    record = ApiKey(tenant_id=_FIRST_TENANT, name="first key", sha256=hash_key(key))
    # Refused when it is there, revoked too, or when another gateway that starts was quicker.
    with suppress(DuplicateError):
        await store.insert_key(record)


async def _require_keys(store: Store) -> None:
    if not any(key.revoked_at is None for key in await store.list_keys()):
        raise StartRefusedError(
            "the gateway does not start: the store has no API key, so nobody could be told from anybody; "
            "make one with: sandglass keys create, or give one as SANDGLASS_FIRST_KEY"
        )
