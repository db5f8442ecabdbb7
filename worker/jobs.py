"""What happens to a job from its claim to its end, whatever kind it is?"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import structlog

from policies.model import PolicyError, UnknownPolicyError
from store.base import StoreFullError, StoreUnavailableError
from store.records import Job, new_id, utc_now
from worker.analyze import analyze
from worker.approval import ApprovalNeededError, waiting
from worker.compute import compute
from worker.context import JobContext
from worker.ending import JobFailedError, ending
from worker.engines.base import (
    EngineError,
    EngineUnavailableError,
    EngineUnfitError,
    ImageMissingError,
    PipeClosedError,
)
from worker.execute import execute
from worker.lease import CancelledByClientError, Lease, LeaseLostError
from worker.metrics.jobs import job_ended, job_parked, under_way, web_requests_made
from worker.metrics.record import say
from worker.models.choose import UnknownModelError
from worker.profile import profile
from worker.replay import replay
from worker.runtime import Runtime
from worker.sandbox.collect import disk_is_full

log = structlog.get_logger()
Kind = Callable[[JobContext], Awaitable[dict[str, Any]]]
KINDS: dict[str, Kind] = {
    "profile": profile,
    "analyze": analyze,
    "execute": execute,
    "compute": compute,
    "replay": replay,
}
_FINISH_TRIES = 6
_DISK_FULL = (
    "The disk of this stack is full, so what came out of the sandbox is lost. Have room made, run it again."
)

# Which file and what of it is for the log: it names folders of the host.
_SPOILT_POLICY = (
    "The policies of this stack cannot be read at the moment: whoever runs it finds the reason in the "
    "worker's log, or by `sandglass doctor`."
)


async def run_job(runtime: Runtime, tenant_id: str, task_id: str, kind: Kind | None = None) -> None:
    """Claim, work under the lease, finish once. A job that is somebody else's is left alone.

    Args:
        runtime: What the process shares.
        tenant_id: Whose job.
        task_id: Which job.
        kind: What is done; by default what the job's own kind says.
    """
    settings = runtime.settings
    owner = f"{runtime.owner}:{new_id()[:8]}"
    until = utc_now() + timedelta(seconds=settings.lease_seconds)
    job = await runtime.store.claim_job(tenant_id, task_id, owner, until)
    if job is None:
        if await runtime.store.get_job(tenant_id, task_id) is None:
            log.warning("this worker's store has no such job; is it the gateway's?", task_id=task_id)
        return
    structlog.contextvars.bind_contextvars(task_id=task_id)
    lease = Lease(runtime.store, job, owner, settings.lease_seconds)
    context = JobContext(runtime, job, lease, claimed_at=time.monotonic(), run_job=run_job)
    try:
        with under_way(job):
            changes = _stillborn(runtime, job) or await _work_under_lease(context, kind or KINDS[job.kind])
            await _finish(context, changes)
    except LeaseLostError as error:
        say("sandglass_leases_lost")
        log.warning("gave the job up", reason=str(error))
    finally:
        structlog.contextvars.clear_contextvars()


def _stillborn(runtime: Runtime, job: Job) -> dict[str, Any] | None:
    if job.deliveries > runtime.settings.max_deliveries:
        message = f"This job ended its worker {job.deliveries - 1} times and is not tried again."
        return ending("poison", message)
    age = utc_now() - (job.queued_at or job.created_at)
    if job.deliveries == 1 and age.total_seconds() > runtime.settings.queued_seconds:
        return ending(
            "expired", f"The job waited {age.total_seconds():.0f} s in the queue, longer than allowed."
        )
    return None


async def _work_under_lease(context: JobContext, kind: Kind) -> dict[str, Any]:
    watch = asyncio.create_task(context.lease.watch())
    work = asyncio.create_task(_work(context, kind))
    try:
        await asyncio.wait(
            {work, watch},
            timeout=context.runtime.settings.job_seconds,
            return_when=asyncio.FIRST_COMPLETED,
        )
        if work.done():
            return work.result()
        if watch.done():
            watch.result()
        seconds = context.runtime.settings.job_seconds
        return ending("timeout", f"The job took longer than {seconds:g} s, all steps together.")
    except CancelledByClientError:
        return ending("cancelled", "Cancelled on request.")
    finally:
        for task in (work, watch):
            task.cancel()
        await asyncio.gather(work, watch, return_exceptions=True)
        context.release()


async def _work(context: JobContext, kind: Kind) -> dict[str, Any]:
    try:
        return await kind(context)
    except ApprovalNeededError as error:
        return {"state": "awaiting_approval", **waiting(error)}
    except JobFailedError as error:
        return ending(error.outcome, error.message, error_code=error.code)
    except (UnknownPolicyError, UnknownModelError) as error:
        return ending("policy_denied", str(error))
    except PolicyError as error:
        log.error("policy", error=str(error))
        return ending("policy_denied", _SPOILT_POLICY)
    except PipeClosedError:  # an EngineError too, so it goes first
        return ending("runner_lost", "The sandbox ended while data went in. Run it again.")
    except EngineError as error:
        log.error("engine", error=str(error))
        return ending("engine_error", _engine_words(error))
    except StoreFullError as error:
        log.error("no room for blobs", error=str(error))
        return ending("engine_error", _DISK_FULL, error_code="disk_full")
    except (LeaseLostError, StoreUnavailableError):
        raise
    except Exception as error:
        log.exception("the worker failed")
        if isinstance(error, OSError) and disk_is_full(error):
            return ending("engine_error", _DISK_FULL, error_code="disk_full")
        return ending("runner_lost", "The worker failed inside. The task id finds the reason in its log.")


def _engine_words(error: EngineError) -> str:
    # The engine's own words name sockets and paths of the host: they are for the log.
    if isinstance(error, EngineUnfitError):
        return str(error)
    if isinstance(error, ImageMissingError):
        return "The sandbox image is not there: whoever runs this stack makes it with `make image`."
    if isinstance(error, EngineUnavailableError):
        return "The container engine does not answer: whoever runs this stack learns why: `sandglass doctor`."
    return "The container engine refused to run this job: `sandglass doctor` says more."


async def _finish(context: JobContext, changes: dict[str, Any]) -> None:
    changes.setdefault("timings", context.timings())
    changes.setdefault("notes", context.notes)
    changes.setdefault("egress", context.egress)
    for attempt in range(_FINISH_TRIES):
        try:
            finished = await _write_end(context, changes)
        except StoreUnavailableError as error:
            log.warning("the end is not written yet", error=str(error), attempt=attempt)
            await asyncio.sleep(min(2.0**attempt, context.runtime.settings.lease_seconds / 3))
            with contextlib.suppress(StoreUnavailableError):
                await context.lease.renew()
            continue
        if finished:
            stage = changes.get("stage", changes["state"])
            await context.runtime.announce(context.job.task_id, changes["state"], stage)
            _count(context, changes)
            if changes.get("answer_key"):
                await context.runtime.leave_hint(context.job)
        return
    log.error("the end could not be written; the job will be taken up again when its lease ends")


def _count(context: JobContext, changes: dict[str, Any]) -> None:
    context.stages.end()
    web_requests_made(context.job, context.egress)
    if changes["state"] == "awaiting_approval":
        job_parked(context.job)
    else:
        job_ended(context.job, changes)


async def _write_end(context: JobContext, changes: dict[str, Any]) -> bool:
    """Write the end, or that the job waits for an approval: unless it was cancelled meanwhile."""
    if changes["state"] != "awaiting_approval":
        return await context.lease.finish(**changes)
    if await context.lease.park(**{name: value for name, value in changes.items() if name != "state"}):
        return True
    job = await context.runtime.store.get_job(context.job.tenant_id, context.job.task_id)
    if job is None or not job.cancel_requested:
        return False
    cancelled = ending("cancelled", "Cancelled on request.")
    changes.update(cancelled)
    return await context.lease.finish(**cancelled)
