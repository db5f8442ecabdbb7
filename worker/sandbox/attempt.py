"""What did one attempt come to, as far as all that was seen of it tells?"""

from __future__ import annotations

from typing import Any

from worker.analysis.contract import RunResult
from worker.sandbox.collect import Collected
from worker.sandbox.end_frame import End
from worker.sandbox.outcome import Signals, Verdict
from worker.sandbox.text import captured


def signals_of(seen: Collected, **flags: Any) -> Signals:
    """What the outcome is judged by: the sandbox's word, and `flags`, what the worker saw itself."""
    error = seen.error or {}
    return Signals(
        end=seen.end,
        error_name=error.get("name"),
        error_message=error.get("message", ""),
        **flags,
    )


def result_of(seen: Collected, verdict: Verdict, seconds: float) -> RunResult:
    """The run as it is kept."""
    end = seen.end or End(status="killed")
    true_bytes = {"stdout": end.stdout_bytes, "stderr": end.stderr_bytes}
    streams = {
        name: captured(bytes(seen.head[name]), bytes(seen.tail[name]), true_bytes[name])
        for name in ("stdout", "stderr")
    }
    facts = {
        "cpu_seconds": end.cpu_seconds,
        "dropped": [row.model_dump() for row in end.dropped] + seen.unkept,
        "dropped_count": end.dropped_count + len(seen.unkept),
    }
    message = verdict.message
    if verdict.outcome == "ok" and seen.result_refused:
        message = f"The result was left out: {seen.result_refused}."
    return RunResult(
        outcome=verdict.outcome,
        message=message,
        result=seen.result if verdict.outcome == "ok" else None,
        stdout=streams["stdout"],
        stderr=streams["stderr"],
        traceback=(seen.error or {}).get("traceback", ""),
        produced=tuple(seen.produced),
        seconds=round(seconds, 4),
        facts=facts,
    )
