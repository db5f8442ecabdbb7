"""How does a job end? The fields of its last write, for each way that it can go."""

from __future__ import annotations

from typing import Any

from store.records import JobError, Outcome, State

_STATES: dict[str, State] = {"ok": "succeeded", "cancelled": "cancelled"}


class JobFailedError(Exception):
    """The job cannot go on; `outcome` and the message are what the client sees."""

    def __init__(self, outcome: Outcome, message: str, code: str | None = None) -> None:
        """`code` is the error's code where it says more than the outcome."""
        super().__init__(message)
        self.outcome = outcome
        self.message = message
        self.code = code or outcome


def ending(
    outcome: Outcome, message: str = "", *, error_code: str | None = None, **fields: Any
) -> dict[str, Any]:
    """The changes of `finish_job` for `outcome`; `fields` go in as they are."""
    changes: dict[str, Any] = {"state": _STATES.get(outcome, "failed"), "stage": "done", "outcome": outcome}
    if outcome != "ok":
        changes["error"] = JobError(code=error_code or outcome, message=message or outcome.replace("_", " "))
    return {**changes, **fields}
