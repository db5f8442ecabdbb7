"""How do the tables of a session belong together, and what can be asked of them?"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict

import structlog

from store.hidden import still_visible
from worker.analysis.contract import Join, TableView
from worker.analysis.joins import find_joins
from worker.analysis.suggestions import suggest
from worker.context import JobContext

log = structlog.get_logger()
_SHOWN = 5


async def write_facts(context: JobContext) -> str:
    """Find joins and suggestions anew, keep them with the session, and say them in words."""
    job, store = context.job, context.runtime.store
    session = await store.get_session(job.tenant_id, job.session_id or "")
    if session is None:
        return ""
    tables = await store.list_tables(job.tenant_id, session.session_id)
    views = [
        TableView(table.name, table.profile) for table in tables if not still_visible(session.hidden, table)
    ]
    jobs = await store.list_jobs(job.tenant_id, session.session_id)
    asked = [earlier.request.question for earlier in jobs if earlier.request.question]
    try:
        joins, suggestions = await asyncio.to_thread(_facts, views, asked)
    except Exception:  # of a hostile profile: the tables are read, and that is what was asked
        log.exception("no joins or suggestions could be found")
        joins, suggestions = (), ()
    await store.update_session(
        job.tenant_id,
        session.session_id,
        {"joins": [asdict(join) for join in joins], "suggestions": list(suggestions)},
    )
    return _words(joins, suggestions)


def _facts(views: Sequence[TableView], asked: Sequence[str]) -> tuple[tuple[Join, ...], tuple[str, ...]]:
    joins = find_joins(views)
    return joins, suggest(views, joins, asked)


def _words(joins: Sequence[Join], suggestions: Sequence[str]) -> str:
    said = [
        f"{join.left_table}.{join.left_column} belongs to {join.right_table}.{join.right_column}."
        for join in joins[:_SHOWN]
    ]
    if len(joins) > _SHOWN:
        said.append(f"{len(joins) - _SHOWN} more joins are with the session.")
    if suggestions:
        said.append("You could ask: " + " | ".join(suggestions[:_SHOWN]))
    return " ".join(said)
