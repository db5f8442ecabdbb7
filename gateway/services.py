"""What does the gateway work with: its settings, the store, the blobs, the queue and the events."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Annotated
from weakref import WeakValueDictionary

from fastapi import Depends, Request

from gateway.backlog import BacklogView
from gateway.blob_probe import BlobProbe
from gateway.events import JobEvents
from gateway.metrics import GatewayMetrics
from gateway.queue import JobQueue
from gateway.settings import Settings
from store.base import Blobs, Store


@dataclass
class Services:
    """Opened at start, closed at the end, shared by all requests."""

    settings: Settings
    store: Store
    blobs: Blobs
    queue: JobQueue
    events: JobEvents
    backlog: BacklogView
    blob_probe: BlobProbe
    metrics: GatewayMetrics
    store_mark: str | None = None
    """Which store it is, as workers say it in their heartbeats."""
    _admission: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    def admission(self, tenant_id: str) -> asyncio.Lock:
        """Held from the count of a tenant's jobs to the insert: many at once must not pass the limit."""
        return self._admission.setdefault(tenant_id, asyncio.Lock())


def services(request: Request) -> Services:
    """The services of the app that serves `request`."""
    found = request.app.state.services
    assert isinstance(found, Services)  # noqa: S101 - set by the app's own lifespan
    return found


ServicesDep = Annotated[Services, Depends(services)]
