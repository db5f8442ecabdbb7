"""Are the tables of a job's session there, and how do they get into its sandbox?"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from store.base import BlobMissingError
from store.hidden import Hidden, hidden_columns, hidden_of_file, still_visible
from store.records import Session, StoredFile, Table, utc_now
from worker.analysis.contract import Produced
from worker.artifacts import read_chunks
from worker.big_tables import Shelf, digest_of, is_fed, load_fed, part_records, put_parts, replaced
from worker.context import JobContext
from worker.ending import JobFailedError
from worker.harmless import harmless_words
from worker.readings import reads_files, wait_for_readers
from worker.sandbox.run import ContainerSandbox, FileToLoad, Loaded

_MIB = 1 << 20
_DOUBTFUL = "formulas without a stored value"
"""A coercion of the sandbox's loaders that makes sums too small."""
_SHARE_OF_TMPFS = 0.6
"""Of `/work` that uploads or tables may take; the rest is for what is made of them."""
NOT_READ = "not read: "


async def session_tables(context: JobContext) -> list[Table]:
    """The session's tables, once none of its files is being read any more.

    Raises:
        JobFailedError: The session is gone, or its files are still being read when the clock ends.
    """
    job = context.job
    if job.session_id is None:
        return []
    store = context.runtime.store
    await session_of(context)
    await wait_for_readers(context, reads_files)
    tables = await store.list_tables(job.tenant_id, job.session_id)
    session = await session_of(context)
    for table in tables:
        if names := still_visible(session.hidden, table):
            raise JobFailedError(
                "bad_file",
                f"Table {table.name} still has {', '.join(names)}, which is hidden in this session: reading "
                "it again without it failed or is still to be done. Hide it again (PATCH /sessions/ID).",
                code="hidden_not_removed",
            )
    return tables


async def session_of(context: JobContext) -> Session:
    """The job's session. Raises: JobFailedError."""
    job = context.job
    session = await context.runtime.store.get_session(job.tenant_id, job.session_id or "")
    if session is None:
        raise JobFailedError("not_answerable", "The session was deleted.", code="session_deleted")
    return session


async def put_tables(context: JobContext, tables: list[Table]) -> None:
    """Stream the tables' Parquet into the sandbox; the first one becomes `df`.

    Raises:
        JobFailedError: Together they are more than the policy's `/work` holds.
    """
    sandbox = await context.take_sandbox()
    total = sum(table.size_bytes for table in tables if not table.parts)
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
        if not table.parts:
            try:
                await sandbox.put(put_name, context.runtime.blobs.get(table.blob_key))
            except BlobMissingError:
                raise replaced(table) from None
        _add_table(sandbox, table)
    context.mark("put_seconds", time.monotonic() - started)
    _prepare_parts(context, sandbox, tables)


def _add_table(sandbox: ContainerSandbox, table: Table) -> None:
    if table.parts:
        sandbox.add_table_in_parts(table.name, [column["name"] for column in table.profile["columns"]])
    else:
        sandbox.add_table(table.name, f"{table.name}.parquet")


def _prepare_parts(context: JobContext, sandbox: ContainerSandbox, tables: list[Table]) -> None:
    """Have the columns of big tables put when code names them."""
    whole = sum(table.size_bytes for table in tables if not table.parts)
    if any(table.parts for table in tables):
        sandbox.preparer = Shelf(context, sandbox, tables, _room_bytes(context) - whole)


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
    hidden = (await session_of(context)).hidden
    sandbox = await context.take_sandbox()
    tables: list[Table] = []
    errors: list[str] = []
    for file in files:
        taken = [table.name for table in existing if table.file_id != file.file_id] + [t.name for t in tables]
        outcome = await read_file(context, file, taken, hidden_of_file(hidden, file.name))
        if isinstance(outcome, str):
            errors.append(outcome)
            await context.runtime.store.write_file_error(job.tenant_id, file.file_id, harmless_words(outcome))
            continue
        for profile, produced in outcome:
            table = await keep_table(context, file, profile, produced, len(existing) + len(tables), hidden)
            _add_table(sandbox, table)
            tables.append(table)
    _prepare_parts(context, sandbox, tables)
    if errors and not tables:
        raise JobFailedError("bad_file", " ".join(errors))
    context.notes += [f"{NOT_READ}{error}" for error in errors]
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


async def read_file(
    context: JobContext, file: StoredFile, taken: list[str], asked: dict[str, Any]
) -> list[tuple[dict[str, Any], list[Produced]]] | str:
    """The profiles and Parquet files of one upload, or why there are none."""
    if is_fed(file):
        started = time.monotonic()
        loaded = await load_fed(context, file, taken, asked)
        context.mark("load_seconds", time.monotonic() - started)
        return _judge_loaded(file, loaded)
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
    loaded = await sandbox.load([FileToLoad(file.file_id, file.name, file.format, put_name, asked)], taken)
    context.mark("load_seconds", time.monotonic() - started)
    return _judge_loaded(file, loaded)


def _judge_loaded(file: StoredFile, loaded: Loaded) -> list[tuple[dict[str, Any], list[Produced]]] | str:
    if loaded.verdict.outcome != "ok":
        return f"{file.name}: {loaded.verdict.message}"
    parquet = {one.name: one for one in loaded.tables}
    found: list[tuple[dict[str, Any], list[Produced]]] = []
    for frame in loaded.profiles:
        if frame["error"]:
            said = str(frame["error"].get("message", "it could not be read"))
            return said if file.name in said else f"{file.name}: {said}"
        for profile in frame["tables"] or []:
            names = [part["name"] for part in profile.get("parts", [])] or [f"{profile['name']}.parquet"]
            produced = [parquet[name] for name in names if name in parquet]
            if len(produced) < len(names):
                return f"{file.name}: the sandbox gave a profile without its table"
            found.append((profile, produced))
    return found or f"{file.name}: there is no table in it."


async def keep_table(
    context: JobContext,
    file: StoredFile,
    profile: dict[str, Any],
    came: list[Produced],
    position: int,
    hidden: Hidden,
    replaces: Table | None = None,
) -> Table:
    """Keep a table that was read; the bytes of the one that it `replaces` go.

    Raises:
        JobFailedError: It has a column that is hidden: nothing was kept.
    """
    runtime, tenant_id = context.runtime, file.tenant_id
    # Named by its content: who reads the table before is given neither half of this one nor another one.
    parts = part_records(file, profile, came)
    digest = digest_of(parts) if parts else came[0].sha256
    key = f"{tenant_id}/{file.session_id}/tables/{profile['name']}-{digest[:16]}.parquet"
    key = parts[0].blob_key if parts else key
    size_bytes = sum(one.size_bytes for one in came)
    said = {name: value for name, value in profile.items() if name != "parts"}
    table = Table(
        tenant_id=tenant_id,
        session_id=file.session_id,
        name=profile["name"],
        file_id=file.file_id,
        position=position,
        profile={**said, "file": file.name, "sha256": digest, "bytes": size_bytes},
        blob_key=key,
        sha256=digest,
        size_bytes=size_bytes,
        parts=parts,
        hidden=list(hidden_columns(hidden, profile["name"], file.name)),
        created_at=utc_now(),
    )
    if names := still_visible(hidden, table):
        raise JobFailedError(
            "bad_file", f"{file.name}: {', '.join(names)} is hidden and was read all the same."
        )
    if parts:
        await put_parts(context, parts, came)
    else:
        await runtime.blobs.put(key, read_chunks(Path(came[0].path)), size_bytes)
    await runtime.store.upsert_table(table)
    if replaces is not None:
        kept = {key, *(part.blob_key for part in parts)}
        for old in {replaces.blob_key, *(part.blob_key for part in replaces.parts)} - kept:
            await runtime.blobs.delete(old)
    return table
