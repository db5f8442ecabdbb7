"""What does a profile job do? It reads uploaded files in a sandbox and keeps their tables."""

from __future__ import annotations

from typing import Any

from store.records import Table
from worker.context import JobContext
from worker.ending import JobFailedError, ending
from worker.tables import read_files

_COLUMNS_NAMED = 12


async def profile(context: JobContext) -> dict[str, Any]:
    """Read the job's files. Raises: JobFailedError, EngineError."""
    if context.job.session_id is None:
        raise JobFailedError("bad_file", "A profile job belongs to a session.")
    await context.stage("profiling")
    tables = await read_files(context, context.job.session_id, context.job.request.file_ids)
    return ending(
        "ok",
        answer=" ".join(_sentence(table) for table in tables),
        result={"type": "json", "value": [_row(table) for table in tables]},
        receipt=await context.receipt({table.name: table.sha256 for table in tables}, None),
    )


def _row(table: Table) -> dict[str, Any]:
    columns = [{"name": column["name"], "dtype": column["dtype"]} for column in table.profile["columns"]]
    return {"table": table.name, "rows": table.profile["rows"], "columns": columns}


def _sentence(table: Table) -> str:
    names = [column["name"] for column in table.profile["columns"]]
    more = f" and {len(names) - _COLUMNS_NAMED} more" if len(names) > _COLUMNS_NAMED else ""
    listed = ", ".join(names[:_COLUMNS_NAMED]) + more
    return f"Table {table.name}: {table.profile['rows']:,} rows, {len(names)} columns ({listed})."
