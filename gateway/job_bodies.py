"""What do clients send and get for jobs beyond one question: several, computed ones, approvals."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, StrictBool

from gateway.limits import MAX_BATCH
from gateway.schemas import Body, Code, ModelSpec, PolicyName, Question, no_nul, not_blank
from store.operations import OPERATIONS, operation_named
from store.records import Mode

_NAME_CHARACTERS = 1000
_REASON_CHARACTERS = 1000


def _operation(name: str) -> str:
    found = operation_named(name)
    if found is None:
        raise ValueError(f"unknown operation; there are: {', '.join(OPERATIONS)} (mean is average)")
    return found


Name = Annotated[str, Field(max_length=_NAME_CHARACTERS), AfterValidator(not_blank), AfterValidator(no_nul)]
Operation = Annotated[str, Field(max_length=100), AfterValidator(_operation)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class BatchBody(Body):
    """Several questions about a session's tables; each becomes a job of its own."""

    questions: Annotated[list[Question], Field(min_length=1, max_length=MAX_BATCH)]
    mode: Mode = "auto"
    policy: PolicyName = "default"
    model: ModelSpec | None = None
    cache: StrictBool = True
    approve: StrictBool = False


class ComputeBody(Body):
    """A named operation over a column, for each value of another one if that is given."""

    column: Name
    operation: Operation
    by: Name | None = None
    table: Name | None = None
    policy: PolicyName = "default"
    model: ModelSpec | None = None
    cache: StrictBool = True
    approve: StrictBool = False


class ApproveBody(Body):
    """Let the code run as it was shown, or other code in its place."""

    code: Code | None = None
    seen: Sha256 | None = None
    """SHA-256 of the code that was seen: if another one waits by now, nothing is approved."""


class RejectBody(Body):
    """Do not let the code run."""

    reason: Annotated[str, Field(max_length=_REASON_CHARACTERS), AfterValidator(no_nul)] = ""


class BatchTask(BaseModel):
    """One job of a batch."""

    task_id: str
    status_url: str
    question: str


class BatchAccepted(BaseModel):
    """The jobs of a batch, in the order of their questions."""

    session_id: str
    tasks: list[BatchTask]
