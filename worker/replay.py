"""What does a replay job do? It runs a task's code again on the same data, and compares what comes of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from policies.spec import policy_digest
from store.base import BlobMissingError
from store.documents import dump_json
from store.records import Attempt, Job, Language, Outcome, Replay, Stream, Table
from worker.analysis.contract import Produced, RunResult
from worker.artifacts import free_name
from worker.compare import drawn, file_differences, result_differences, text_difference
from worker.context import JobContext
from worker.ending import JobFailedError, ending
from worker.execute import run_fields
from worker.harmless import harmless_changes
from worker.part_fields import files_of, joined, named
from worker.tables import put_tables, session_tables

_FIGURE_BYTES_MAX = 32 << 20


async def replay(context: JobContext) -> dict[str, Any]:
    """Replay the request's task. Raises: JobFailedError, EngineError."""
    job = context.job
    source = await context.runtime.store.get_job(job.tenant_id, job.request.replay_of or "")
    if source is None:
        raise JobFailedError("not_answerable", "The task to be replayed was deleted.", code="task_deleted")
    tables = await _same_tables(context, source)
    await put_tables(context, tables)
    codes = codes_of(source)
    await context.stage("running", {"code": source.code, "language": source.language})
    runs = [await _run(context, code, language, at) for at, (code, language) in enumerate(codes, 1)]
    last = runs[-1]
    produced, names = files_of(runs)
    compared = [
        replace(run, result=named(run.result, renamed)) for run, renamed in zip(runs, names, strict=True)
    ]
    changed, said = await _differences(context, source, compared, produced)
    said += _other_ground(context, source)
    record = Replay(of=source.task_id, same=not changed, differences=[*changed, *said])
    data = {table.name: table.sha256 for table in tables}
    return ending(
        "ok",
        planner=source.planner,
        code=source.code or codes[0][0],
        language=source.language or codes[0][1],
        answer=_words(record),
        replay=record,
        attempts=[_attempt(run, at, *codes[at - 1]) for at, run in enumerate(runs, 1)],
        **await run_fields(context, last),
        receipt=await context.receipt(data, source.code),
    )


def codes_of(source: Job) -> list[tuple[str, Language]]:
    """Each piece of code that the task's answer came of, in order: those of its parts, or its one."""
    parts = [(part.code, part.language or "python") for part in source.parts if part.code]
    if parts:
        return [(code, language) for code, language in parts if code is not None]
    return [(source.code or "", source.language or "python")]


async def _same_tables(context: JobContext, source: Job) -> list[Table]:
    """The tables that the code ran on. Raises: JobFailedError."""
    wanted: dict[str, str] = source.receipt.get("data", {})
    if not wanted:
        return []
    there = {table.name: table for table in await session_tables(context)}
    gone = [name for name in wanted if name not in there]
    other = [name for name in wanted if name in there and there[name].sha256 != wanted[name]]
    if gone or other:
        words = [f"{name} is gone" for name in gone] + [f"{name} holds other data" for name in other]
        raise JobFailedError(
            "not_answerable",
            f"The data is not what the code ran on: {', '.join(words)}. Ask the question again.",
            code="data_changed",
        )
    return [there[name] for name in wanted]


async def _run(context: JobContext, code: str, language: Language, number: int) -> RunResult:
    sandbox = await context.take_sandbox()
    run = await sandbox.run(code, language, number)
    context.mark("run_seconds", run.seconds)
    return run


async def _differences(
    context: JobContext, source: Job, runs: list[RunResult], produced: list[Produced]
) -> tuple[list[str], list[str]]:
    """What is not the same, and what is worth a word although it is."""
    changed: list[str] = []
    for name, outcome, result, run in _pairs(source, runs):
        if run.outcome != outcome:
            words = f"{name}it ended as {run.outcome} in place of {outcome}: {run.message}"
            changed.append(words.rstrip(": "))
        else:
            found = result_differences(_plain(result), _plain(_kept(run.result)))
            changed += [f"{name}{one}" for one in found]
    printed = joined([run.stdout for run in runs]) if source.parts else runs[-1].stdout
    changed += _print_differences(source.stdout, printed)
    before, after = await _digests(context, source), _digests_of(produced)
    marks = await _other_marks(context, source, produced, before, after)
    changed += file_differences(before, {**after, **{name: before[name] for name in marks}})
    said = [f"{name} differs in its metadata only, it looks the same" for name in marks]
    if source.stdout.truncated:
        said.append("of what was printed, only the beginning, the end and the length are known")
    return changed, said


def _print_differences(before: Stream, after: Stream) -> list[str]:
    found = text_difference("what was printed", before.text, _kept(after.text))
    if not found and before.bytes != after.bytes:
        return [f"what was printed is {after.bytes:,} bytes in place of {before.bytes:,}"]
    return found


def _pairs(source: Job, runs: list[RunResult]) -> list[tuple[str, Outcome, Any, RunResult]]:
    """What came of each piece of code the first time beside its new run; parts by their number."""
    if not source.parts:
        return [("", source.outcome or "ok", source.result, runs[-1])]
    numbered = [(number, part) for number, part in enumerate(source.parts, 1) if part.code]
    return [
        (f"part {number}: ", part.outcome, part.result, run)
        for (number, part), run in zip(numbered, runs, strict=True)
    ]


def _kept(value: Any) -> Any:
    """What a run gave, as a record would have it: harmless, and through JSON."""
    return json.loads(dump_json(harmless_changes({"value": value})["value"]))


def _plain(result: dict[str, Any] | None) -> dict[str, Any] | None:
    """A result as both sides have it: a chart by its file's name, one cell of SQL as one value."""
    if result is None:
        return None
    if result.get("type") == "chart":
        return {"type": "chart", "value": result.get("value") or result.get("name")}
    value = result.get("value")
    if result.get("type") == "table" and isinstance(value, dict):
        rows = value.get("rows") or []
        if len(rows) == 1 and len(rows[0]) == 1:
            return {"type": "scalar", "value": rows[0][0]}
    return result


async def _digests(context: JobContext, source: Job) -> dict[str, str]:
    found = {}
    for row in source.artifacts:
        artifact = await context.runtime.store.get_artifact(source.tenant_id, str(row["artifact_id"]))
        if artifact is not None:
            found[artifact.name] = artifact.sha256
    return found


def _digests_of(produced: list[Produced]) -> dict[str, str]:
    taken: set[str] = set()
    return {free_name(one.name, taken): one.sha256 for one in produced if one.role != "table"}


async def _other_marks(
    context: JobContext,
    source: Job,
    produced: list[Produced],
    before: dict[str, str],
    after: dict[str, str],
) -> list[str]:
    """Figures whose bytes differ and whose pixels do not."""
    names = []
    paths = {one.name: Path(one.path) for one in produced if one.size_bytes <= _FIGURE_BYTES_MAX}
    for row in source.artifacts:
        name = str(row["name"])
        differs = name in before and name in after and before[name] != after[name]
        if not differs or row.get("mime") != "image/png" or name not in paths:
            continue
        old = await _old_bytes(context, source, str(row["artifact_id"]))
        if old is not None and drawn(old) == drawn(paths[name].read_bytes()):
            names.append(name)
    return names


async def _old_bytes(context: JobContext, source: Job, artifact_id: str) -> bytes | None:
    artifact = await context.runtime.store.get_artifact(source.tenant_id, artifact_id)
    if artifact is None or artifact.size_bytes > _FIGURE_BYTES_MAX:
        return None
    try:
        return b"".join([chunk async for chunk in context.runtime.blobs.get(artifact.blob_key)])
    except BlobMissingError:
        return None


def _other_ground(context: JobContext, source: Job) -> list[str]:
    """What was not the same before the code began: the image, the policy."""
    said = []
    image = context.sandbox.image_digest if context.sandbox else None
    if source.receipt.get("image") not in (None, image):
        said.append("the sandbox image is another one by now")
    policy = source.receipt.get("policy") or {}
    if policy.get("sha256") not in (None, policy_digest(context.policy)):
        said.append(f"the policy {context.policy.name} says something else by now")
    return said


def _attempt(run: RunResult, number: int, code: str, language: Language) -> Attempt:
    return Attempt(
        number=number,
        code=code,
        language=language,
        outcome=run.outcome,
        error=run.message or None,
        seconds=run.seconds,
    )


def _words(record: Replay) -> str:
    told = f" Noted: {'; '.join(record.differences)}." if record.differences else ""
    if record.same:
        return f"The same result came out again.{told}"
    return f"Not the same: {'; '.join(record.differences)}."
