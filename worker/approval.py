"""May this code run, or does a person have to see it first?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from store.records import Approval, Job, Language, utc_now
from worker.analysis.contract import RunResult, Sandbox


class ApprovalNeededError(Exception):
    """The job must wait: nobody has approved this code yet."""

    def __init__(self, code: str, language: Language) -> None:
        super().__init__("the code waits for an approval")
        self.code = code
        self.language = language


@dataclass(frozen=True)
class GatedSandbox:
    """Lets pass what was approved, byte for byte, and nothing else. Meets `Sandbox`."""

    sandbox: Sandbox
    approval: Approval | None

    async def run(self, code: str, language: Language, number: int) -> RunResult:
        """Run approved code. Raises: ApprovalNeededError, and as `Sandbox.run`."""
        approved = approval_given(self.approval)
        if approved is None or (approved.code, approved.language) != (code, language):
            raise ApprovalNeededError(code, language)
        return await self.sandbox.run(code, language, number)


def gated(job: Job, sandbox: Sandbox) -> Sandbox:
    """`sandbox` as it is, or behind the gate if the request says so."""
    return GatedSandbox(sandbox, job.approval) if job.request.approve else sandbox


def approval_given(approval: Approval | None) -> Approval | None:
    """The approval, if it is one."""
    return approval if approval is not None and approval.state == "approved" else None


def waiting(error: ApprovalNeededError) -> dict[str, Any]:
    """The fields of a job that begins to wait."""
    approval = Approval(state="awaiting", code=error.code, language=error.language, asked_at=utc_now())
    return {"approval": approval, "code": error.code, "language": error.language}


def planner_of(job: Job, planner: str, code: str | None) -> str:
    """Who wrote the code that counts: `user` where a person wrote it in place of the planner's."""
    given = approval_given(job.approval)
    return "user" if given is not None and given.edited and given.code == code else planner
