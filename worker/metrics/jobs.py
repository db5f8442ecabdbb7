"""What does a job come to in numbers: its wait, its stages, its end?"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from store.records import Job, WebRequest, utc_now
from worker.metrics.bounds import planner_family
from worker.metrics.record import say

_LOOKED_UP = ("analyze", "compute")
"""Kinds of job whose answer may be stored."""
_running = 0


@contextmanager
def under_way(job: Job) -> Iterator[None]:
    """Count a job that was just claimed, until it is let go."""
    global _running
    say("sandglass_jobs_claimed", kind=job.kind)
    if job.deliveries == 1:
        say("sandglass_job_queue_seconds", _since_request(job))
    _running += 1
    say("sandglass_jobs_running", _running)
    try:
        yield
    finally:
        _running -= 1
        say("sandglass_jobs_running", _running)


class StageClock:
    """How long is a job in each of its stages?"""

    def __init__(self) -> None:
        self._stage = "preparing"
        self._since = time.monotonic()

    def enter(self, stage: str) -> None:
        """The job goes on to `stage`, or says it once more."""
        if stage != self._stage:
            self.end()
            self._stage = stage

    def end(self) -> None:
        """The stage is over."""
        now = time.monotonic()
        say("sandglass_job_stage_seconds", now - self._since, stage=self._stage)
        self._since = now


def job_parked(job: Job) -> None:
    """It waits for an approval now."""
    say("sandglass_jobs_parked", kind=job.kind)


def job_ended(job: Job, changes: Mapping[str, Any]) -> None:
    """Its end was written: `changes` are the fields of that write."""
    outcome, planner = str(changes.get("outcome")), planner_family(changes.get("planner"))
    say("sandglass_jobs_finished", kind=job.kind, outcome=outcome, planner=planner)
    say("sandglass_job_seconds", _since_request(job), kind=job.kind)
    cached = bool(changes.get("cached"))
    if job.kind in _LOOKED_UP:
        wanted = job.request.cache and not job.request.approve
        say("sandglass_answer_lookups", result="hit" if cached else "miss" if wanted else "skipped")
    if not cached:  # a stored answer carries the attempts of the job that ran
        attempts = changes.get("attempts", ())
        for attempt in attempts:
            say("sandglass_code_attempts", outcome=attempt.outcome)
        if len(attempts) > 1 and not changes.get("parts"):
            say("sandglass_code_repairs", len(attempts) - 1)


def web_requests_made(job: Job, requests: list[WebRequest]) -> None:
    """All that the job's code asked of the web; what was counted before its approval is not again."""
    for request in requests[len(job.egress) if job.approval is not None else 0 :]:
        verdict = "refused" if not request.allowed else "failed" if request.reason else "allowed"
        say("sandglass_egress_requests", verdict=verdict)
        say("sandglass_egress_bytes", request.sent_bytes, direction="sent")
        say("sandglass_egress_bytes", request.received_bytes, direction="received")


def _since_request(job: Job) -> float:
    return max(0.0, (utc_now() - (job.queued_at or job.created_at)).total_seconds())
