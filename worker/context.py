"""What does one job carry along: its record, its lease, its sandbox, its clocks."""

from __future__ import annotations

import shutil
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from policies.model import Policy, load_policy
from policies.spec import policy_digest
from store.records import Job, WebRequest
from store.text import code_digest
from worker.lease import Lease
from worker.metrics.jobs import StageClock
from worker.metrics.record import say
from worker.runtime import Runtime
from worker.sandbox.run import ContainerSandbox


@dataclass
class JobContext:
    """One job under way."""

    runtime: Runtime
    job: Job
    lease: Lease
    claimed_at: float
    """Monotonic seconds."""
    run_job: Callable[[Runtime, str, str], Awaitable[None]]
    """Sees another job to its end, as `worker.jobs.run_job`: one that this job would wait for in vain."""
    sandbox: ContainerSandbox | None = None
    notes: list[str] = field(default_factory=list)
    """For the record: what was left out although the job went on."""
    egress: list[WebRequest] = field(default_factory=list)
    """For the record, once the sandbox is released: the web requests of all attempts."""
    stages: StageClock = field(default_factory=StageClock)
    _marks: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Go on from what an approved job did before it waited."""
        if self.job.approval is not None:
            self.egress = list(self.job.egress)

    @cached_property
    def policy(self) -> Policy:
        """The policy that the request names. Raises: PolicyError."""
        return load_policy(self.job.request.policy)

    async def stage(self, stage: str, fields: dict[str, Any] | None = None) -> None:
        """Write a new stage with other fields, and tell waiters. Raises: LeaseLostError."""
        self.stages.enter(stage)
        await self.lease.write(stage=stage, **(fields or {}))
        await self.runtime.announce(self.job.task_id, "running", stage)

    async def take_sandbox(self) -> ContainerSandbox:
        """This job's sandbox, taken when first asked for. Raises: EngineError, PolicyError."""
        if self.sandbox is None:
            started = time.monotonic()
            attempt = str(self.job.deliveries)
            taken = await self.runtime.take_sandbox(self.policy, self.job.task_id, attempt)
            self.sandbox = taken.sandbox
            waited = time.monotonic() - started
            self.mark("sandbox_seconds", waited)
            self._marks["standby"] = "warm" if taken.warm else "cold"
            say("sandglass_sandbox_wait_seconds", waited)
            result = "hit" if taken.warm else "miss"
            say("sandglass_standby_takes", policy=self.policy.name, result=result)
        return self.sandbox

    def release(self) -> None:
        """Have the sandbox destroyed, and its spooled files with it."""
        if self.sandbox is not None:
            self.egress += self.sandbox.web_requests
            self.notes += self.sandbox.web_notes
            self.runtime.retire(self.sandbox)
            shutil.rmtree(self.sandbox.spool, ignore_errors=True)
            self.sandbox = None

    def mark(self, name: str, seconds: float) -> None:
        """Add to a clock of the record's `timings`."""
        self._marks[name] = round(self._marks.get(name, 0.0) + seconds, 4)

    def timings(self) -> dict[str, Any]:
        """All clocks so far, in seconds; `queued_seconds` from creation to claim."""
        started = self.job.started_at or self.job.created_at
        queued = (started - self.job.created_at).total_seconds()
        approval = self.job.approval
        waited = {}
        if approval is not None and approval.decided_at and approval.asked_at:
            waited["approval_seconds"] = (approval.decided_at - approval.asked_at).total_seconds()
        return {
            "queued_seconds": round(max(0.0, queued), 4),
            **waited,
            **self._marks,
            "job_seconds": round(time.monotonic() - self.claimed_at, 4),
        }

    async def receipt(self, data: dict[str, str], code: str | None) -> dict[str, Any]:
        """What makes the answer checkable: digests of data (by table), code, image and policy."""
        return {
            "data": data,
            "code_sha256": code_digest(code) if code else None,
            "image": self.sandbox.image_digest if self.sandbox else None,
            "policy": {"name": self.policy.name, "sha256": policy_digest(self.policy)},
            "engine": self.sandbox.engine_name if self.sandbox else (await self.runtime.engine()).name,
            "sandbox": self.sandbox.container_id[:12] if self.sandbox else None,
        }
