"""Are the tables of a job's session there, and how do they get into its sandbox?"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

from store.records import TERMINAL, Job, StoredFile, Table, utc_now
from worker.analysis.contract import Produced
from worker.artifacts import read_chunks
from worker.context import JobContext
from worker.ending import JobFailedError
from worker.harmless import harmless_words
from worker.sandbox.run import FileToLoad, Loaded

_MIB = 1 << 20
_POLL_SECONDS = 0.15
_DOUBTFUL = "formulas without a stored value"
"""A coercion of the sandbox's loaders that makes sums too small."""
_SHARE_OF_TMPFS = 0.6
"""Of `/work` that uploads or tables may take; the rest is for what is made of them."""


async def session_tables(context: JobContext) -> list[Table]:
    """The session's tables, once none of its files is being read any more.

    Raises:
        JobFailedError: The session is gone, or its files are still being read when the clock ends.
    """
    job = context.job
    if job.session_id is None:
        return []
    store = context.runtime.store
    if await store.get_session(job.tenant_id, job.session_id) is None:
        raise JobFailedError("not_answerable", "The session was deleted.", code="session_deleted")
    await _wait_for_profiles(context, job.session_id)
    return await store.list_tables(job.tenant_id, job.session_id)


async def _wait_for_profiles(context: JobContext, session_id: str) -> None:
    started = time.monotonic()
    while await _is_being_read(context, session_id):
        if time.monotonic() - started > context.policy.limits.load_wall_seconds:
            raise JobFailedError(
                "timeout", "The session's files are still being read. Ask again when that is done."
            )
        await asyncio.sleep(_POLL_SECONDS)
    context.mark("tables_wait_seconds", time.monotonic() - started)


async def _is_being_read(context: JobContext, session_id: str) -> bool:
    jobs = await context.runtime.store.list_jobs(context.job.tenant_id, session_id)
    return any(_reads_files(job) and job.task_id != context.job.task_id for job in jobs)


def _reads_files(job: Job) -> bool:
    return job.kind == "profile" and job.state not in TERMINAL


async def put_tables(context: JobContext, tables: list[Table]) -> None:
    """Stream the tables' Parquet into the sandbox; the first one becomes `df`.

    Raises:
        JobFailedError: Together they are more than the policy's `/work` holds.
    """
    sandbox = await context.take_sandbox()
    total = sum(table.size_bytes for table in tables)
    limit = _room_bytes(context)
    if total > limit:
        raise JobFailedError(
            "disk_limit",
            f"The tables of this session are {total // _MIB} MiB as Parquet; policy {context.policy.name!r} "
            f"takes {limit // _MIB} MiB. Ask about fewer tables, or use a policy that allows more.",
        )
    started = time.monotonic()
    for table in tables:
        put_name = f"{table.name}.parquet"
        await sandbox.put(put_name, context.runtime.blobs.get(table.blob_key))
        sandbox.add_table(table.name, put_name)
    context.mark("put_seconds", time.monotonic() - started)


def _room_bytes(context: JobContext) -> int:
    return int(context.policy.limits.tmpfs_bytes * _SHARE_OF_TMPFS)


async def read_files(context: JobContext, session_id: str, file_ids: list[str]) -> list[Table]:
    """Read uploaded files in the sandbox: each table in them is kept, each error is written to its file.

    The tables stay in the sandbox, ready for code. Those read are returned, in order.

    Raises:
        JobFailedError: None of the files could be read; the message names each with its reason.
    """
    job = context.job
    files = [
        file
        for file in await context.runtime.store.list_files(job.tenant_id, session_id)
        if file.file_id in set(file_ids)
    ]
    existing = await context.runtime.store.list_tables(job.tenant_id, session_id)
    sandbox = await context.take_sandbox()
    tables: list[Table] = []
    errors: list[str] = []
    for file in files:
        taken = [table.name for table in existing if table.file_id != file.file_id] + [t.name for t in tables]
        outcome = await _read_file(context, file, taken)
        if isinstance(outcome, str):
            errors.append(outcome)
            await context.runtime.store.write_file_error(job.tenant_id, file.file_id, harmless_words(outcome))
            continue
        for profile, produced in outcome:
            table = await _keep_table(context, file, profile, produced, len(existing) + len(tables))
            sandbox.add_table(table.name, f"{table.name}.parquet")
            tables.append(table)
    if errors and not tables:
        raise JobFailedError("bad_file", " ".join(errors))
    context.notes += [f"not read: {error}" for error in errors]
    context.notes += doubts(tables)
    return tables


def doubts(tables: list[Table]) -> list[str]:
    """What a person must know before any number of these tables is believed."""
    return [
        f"table {table.name}: {coercion['cells']} {coercion['what']}; "
        "open the workbook in a spreadsheet, save it, and upload it again"
        for table in tables
        for coercion in table.profile.get("coercions", [])
        if str(coercion.get("what", "")).startswith(_DOUBTFUL)
    ]


async def _read_file(
    context: JobContext, file: StoredFile, taken: list[str]
) -> list[tuple[dict[str, Any], Produced]] | str:
    """The profiles and Parquet files of one upload, or why there are none."""
    limit = _room_bytes(context)
    if file.size_bytes > limit:
        return (
            f"{file.name}: {file.size_bytes // _MIB} MiB is more than policy {context.policy.name!r} reads "
            f"({limit // _MIB} MiB). Split the file, or use a policy that allows more."
        )
    sandbox = await context.take_sandbox()
    started = time.monotonic()
    put_name = f"upload-{file.file_id}"
    await sandbox.put(put_name, context.runtime.blobs.get(file.blob_key))
    loaded = await sandbox.load([FileToLoad(file.file_id, file.name, file.format, put_name)], taken)
    context.mark("load_seconds", time.monotonic() - started)
    return _judge_loaded(file, loaded)


def _judge_loaded(file: StoredFile, loaded: Loaded) -> list[tuple[dict[str, Any], Produced]] | str:
    if loaded.verdict.outcome != "ok":
        return f"{file.name}: {loaded.verdict.message}"
    parquet = {one.name: one for one in loaded.tables}
    found: list[tuple[dict[str, Any], Produced]] = []
    for frame in loaded.profiles:
        if frame["error"]:
            said = str(frame["error"].get("message", "it could not be read"))
            return said if file.name in said else f"{file.name}: {said}"
        for profile in frame["tables"] or []:
            produced = parquet.get(f"{profile.get('name')}.parquet")
            if produced is None:
                return f"{file.name}: the sandbox gave a profile without its table"
            found.append((profile, produced))
    return found or f"{file.name}: there is no table in it."


async def _keep_table(
    context: JobContext, file: StoredFile, profile: dict[str, Any], produced: Produced, position: int
) -> Table:
    runtime, tenant_id = context.runtime, file.tenant_id
    key = f"{tenant_id}/{file.session_id}/tables/{profile['name']}.parquet"
    await runtime.blobs.put(key, read_chunks(Path(produced.path)), produced.size_bytes)
    table = Table(
        tenant_id=tenant_id,
        session_id=file.session_id,
        name=profile["name"],
        file_id=file.file_id,
        position=position,
        profile={**profile, "sha256": produced.sha256, "bytes": produced.size_bytes},
        blob_key=key,
        sha256=produced.sha256,
        size_bytes=produced.size_bytes,
        created_at=utc_now(),
    )
    await runtime.store.upsert_table(table)
    return table
