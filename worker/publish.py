"""How does a job get into the queue again?"""

from __future__ import annotations

import asyncio
from functools import lru_cache

import structlog
from celery import Celery
from kombu.exceptions import OperationalError

log = structlog.get_logger()
QUEUE = "sandglass"
TASK = "sandglass.run_job"


async def publish(redis_url: str, tenant_id: str, task_id: str) -> bool:
    """Hand a task id to the broker; False: it does not answer."""
    try:
        await asyncio.to_thread(_send, redis_url, tenant_id, task_id)
    except (OperationalError, OSError) as error:
        log.error("not published", task_id=task_id, error=str(error))
        return False
    return True


def _send(redis_url: str, tenant_id: str, task_id: str) -> None:
    _publisher(redis_url).send_task(
        TASK, args=[tenant_id, task_id], task_id=task_id, queue=QUEUE, retry=False
    )


@lru_cache(maxsize=1)
def _publisher(redis_url: str) -> Celery:
    publisher = Celery("sandglass-reaper", broker=redis_url, set_as_current=False)
    publisher.conf.update(
        task_serializer="json",
        task_ignore_result=True,
        broker_transport_options={"socket_timeout": 3, "socket_connect_timeout": 2},
    )
    return publisher
