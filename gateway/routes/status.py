"""Jobs: where one stands, waiting for its end, and stopping it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from gateway import examples
from gateway.auth import REQUIRE_KEY, CallerDep
from gateway.errors import responses
from gateway.events import SETTLED
from gateway.jobs import found_task
from gateway.json_reply import JSONReply
from gateway.limits import MAX_WAIT_SECONDS
from gateway.schemas import Status
from gateway.services import ServicesDep
from gateway.views import status_of
from store.records import TERMINAL, Job

router = APIRouter(tags=["jobs"], dependencies=REQUIRE_KEY)


@router.get(
    "/status/{task_id}",
    operation_id="getStatus",
    response_model=Status,
    responses=examples.shown(200, "The job as it is.", examples.STATUS) | responses(401, 404, 422, 503),
)
async def get_status(
    task_id: str,
    services: ServicesDep,
    caller: CallerDep,
    wait: Annotated[
        float,
        Query(ge=0, le=MAX_WAIT_SECONDS, allow_inf_nan=False, description="Seconds to wait for the end."),
    ] = 0,
    after_stage: Annotated[
        str | None, Query(max_length=64, description="With wait: answer also when the stage is not this one.")
    ] = None,
) -> Response:
    """The job. With `wait`, the answer comes when the job ends or waits for an approval, or as it is then."""

    async def read() -> Job | None:
        return await services.store.get_job(caller.tenant_id, task_id)

    job = await read()
    if job is not None and wait and job.state not in SETTLED:
        job = await services.events.wait(task_id, read, wait, after_stage)
    return JSONReply(status_of(found_task(job)).model_dump(mode="json"))


@router.post(
    "/status/{task_id}/cancel",
    operation_id="cancelTask",
    response_model=Status,
    responses=examples.shown(200, "The job has ended, now or before.", examples.STATUS)
    | examples.shown(202, "The job is running and will be stopped.", examples.STATUS)
    | responses(401, 404, 503),
)
async def cancel_task(task_id: str, services: ServicesDep, caller: CallerDep) -> Response:
    """Stop a job and kill its container. A job that has ended stays as it is."""
    job = found_task(await services.store.request_cancel(caller.tenant_id, task_id))
    ended = job.state in TERMINAL
    if ended:
        await services.queue.announce(job)
    return JSONReply(status_of(job).model_dump(mode="json"), status_code=200 if ended else 202)
