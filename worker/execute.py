"""What does an execute job do? It runs a client's own code, with no model anywhere."""

from __future__ import annotations

from typing import Any

from store.records import Attempt
from worker.analysis.contract import RunResult
from worker.artifacts import keep_artifacts, with_chart
from worker.context import JobContext
from worker.ending import ending
from worker.left_out import left_out
from worker.tables import put_tables, session_tables


async def execute(context: JobContext) -> dict[str, Any]:
    """Run the request's code over its session's tables. Raises: JobFailedError, EngineError."""
    request = context.job.request
    code, language = request.code or "", request.language
    tables = await session_tables(context)
    await put_tables(context, tables)
    await context.stage("running")
    sandbox = await context.take_sandbox()
    run = await sandbox.run(code, language, 1)
    context.mark("run_seconds", run.seconds)
    attempt = Attempt(
        number=1,
        code=code,
        language=language,
        outcome=run.outcome,
        error=run.message or None,
        seconds=run.seconds,
    )
    return ending(
        run.outcome,
        run.message,
        planner="user",
        code=code,
        language=language,
        attempts=[attempt],
        **await run_fields(context, run),
        receipt=await context.receipt({table.name: table.sha256 for table in tables}, code),
    )


async def run_fields(context: JobContext, run: RunResult) -> dict[str, Any]:
    """The fields of a job's record that come straight from a run; keeps its artifacts."""
    artifacts = await keep_artifacts(context, run.produced)
    context.notes += left_out(run)
    return {
        "result": with_chart(run.result, artifacts),
        "stdout": run.stdout,
        "stderr": run.stderr,
        "artifacts": artifacts,
    }
