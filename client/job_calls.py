"""Which calls are there beyond one question: batches, computed values, approvals, replays?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Status = dict[str, Any]


class JobCalls:
    """The part of the client that makes and decides on jobs; `Sandglass` sends what it asks for."""

    def _json(self, method: str, path: str, **request: Any) -> Any:
        raise NotImplementedError

    def batch(self, session_id: str, questions: Sequence[str], **options: Any) -> dict[str, Any]:
        """Ask up to 50 questions at once: `{session_id, tasks: [{task_id, ...}]}`. Options as `analyze`."""
        body = {"questions": list(questions), **given(options)}
        return dict(self._json("POST", f"/sessions/{session_id}/batch", json=body))

    def compute(self, session_id: str, column: str, operation: str, **options: Any) -> dict[str, Any]:
        """Compute an operation over a column: `{task_id, ...}`.

        Args:
            session_id: Of which tables.
            column: Of which column.
            operation: As `average`, `std`, `count_distinct`.
            **options: `by`, `table`, `policy`, `model`, `cache`, `approve`.
        """
        body = {"column": column, "operation": operation, **given(options)}
        return dict(self._json("POST", f"/sessions/{session_id}/compute", json=body))

    def replay(self, task_id: str) -> dict[str, Any]:
        """Run a task's code again on the same data: `{task_id, ...}` of the replay."""
        return dict(self._json("POST", f"/status/{task_id}/replay"))

    def approve(self, task_id: str, code: str | None = None, seen: str | None = None) -> Status:
        """Let code that waits run, or `code` in its place.

        Args:
            task_id: Which task.
            code: What is to run instead.
            seen: SHA-256 of the code that you saw: if another waits by now, nothing is approved.
        """
        body = given({"code": code, "seen": seen})
        return dict(self._json("POST", f"/status/{task_id}/approve", json=body))

    def reject(self, task_id: str, reason: str = "") -> Status:
        """Do not let code that waits run: the task ends."""
        return dict(self._json("POST", f"/status/{task_id}/reject", json={"reason": reason}))


def given(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that were given: those that are None are the server's own."""
    return {name: value for name, value in options.items() if value is not None}
