"""What does a profile job do? It reads uploaded files in a sandbox and keeps their tables."""

from __future__ import annotations

from typing import Any

from store.hidden import EVERYWHERE, hidden_columns, unknown_names
from store.records import Job, Table
from worker.context import JobContext
from worker.ending import JobFailedError, ending
from worker.readings import reads_first, wait_for_readers
from worker.reread import read_table_as, read_without_hidden
from worker.session_facts import write_facts
from worker.tables import read_files, session_of

_COLUMNS_NAMED = 12


async def profile(context: JobContext) -> dict[str, Any]:
    """Read the job's files, its one table, or what is hidden by now. Raises: JobFailedError, EngineError."""
    if context.job.session_id is None:
        raise JobFailedError("bad_file", "A profile job belongs to a session.")
    await context.stage("profiling")
    await wait_for_readers(context, lambda other: _reads_before(other, context.job))
    try:
        tables = await _read(context, context.job.session_id)
    except JobFailedError:
        # What is hidden now must not stay in a suggestion.
        await write_facts(context)
        raise
    words = await write_facts(context)
    context.notes += await not_hidden(context)
    return ending(
        "ok",
        answer=" ".join([*(_sentence(table) for table in tables), words]).strip(),
        result={"type": "json", "value": [_row(table) for table in tables]},
        receipt=await context.receipt({table.name: table.sha256 for table in tables}, None),
    )


async def _read(context: JobContext, session_id: str) -> list[Table]:
    request = context.job.request
    if request.table is not None:
        return [await read_table_as(context, request.table, request.read_as or {})]
    tables = await read_files(context, session_id, request.file_ids) if request.file_ids else []
    return tables + await read_without_hidden(context)


def _reads_before(other: Job, job: Job) -> bool:
    """Whether another job that is at work now may still write tables of an earlier state of the session."""
    reads = other.kind == "profile" or reads_first(other)
    earlier = (other.created_at, other.task_id) < (job.created_at, job.task_id)
    return reads and earlier and other.state == "running"


async def not_hidden(context: JobContext) -> list[str]:
    """What of the hidden names means nothing: a misspelt column is not hidden. Raises: JobFailedError."""
    session, job = await session_of(context), context.job
    tables = await context.runtime.store.list_tables(job.tenant_id, session.session_id)
    notes = [
        f'hidden: there is no table "{table}": nothing is hidden by that name'
        for table, column in unknown_names(session.hidden, tables, session.hidden)
        if column is None
    ]
    for table in tables:
        named = hidden_columns(
            {said: names for said, names in session.hidden.items() if said != EVERYWHERE},
            table.name,
            str(table.profile.get("file", "")),
        )
        found = table.profile.get("read_as", {}).get("hidden", 0)
        if isinstance(found, int) and found < len(named):
            notes.append(
                f"hidden: table {table.name} has only {found} of the {len(named)} columns that are named: "
                f"{', '.join(named)}; is one misspelt?"
            )
    return notes


def _row(table: Table) -> dict[str, Any]:
    columns = [{"name": column["name"], "dtype": column["dtype"]} for column in table.profile["columns"]]
    return {"table": table.name, "rows": table.profile["rows"], "columns": columns}


def _sentence(table: Table) -> str:
    names = [column["name"] for column in table.profile["columns"]]
    more = f" and {len(names) - _COLUMNS_NAMED} more" if len(names) > _COLUMNS_NAMED else ""
    listed = ", ".join(names[:_COLUMNS_NAMED]) + more
    return f"Table {table.name}: {table.profile['rows']:,} rows, {len(names)} columns ({listed})."
