"""What of a session goes into its export: tables, questions, code, results, figures, within bounds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from store.base import BlobMissingError, Blobs, Store
from store.hidden import still_visible
from store.records import TERMINAL, Job, Session, Table

MAX_TURNS = 200
MAX_FIGURE_BYTES = 32 << 20
"""Of all figures together."""
MAX_TABLE_BYTES = 4 << 20
"""Of one table that is carried inside a program; a larger one is fetched by it."""
MAX_TABLES_BYTES = 16 << 20
_ASKED = ("analyze", "execute", "compute")
PNG = "image/png"
PLOTLY = "application/vnd.plotly.v1+json"


@dataclass(frozen=True)
class Figure:
    """A drawn figure."""

    name: str
    mime: str
    content: bytes


@dataclass(frozen=True)
class Step:
    """One piece of code with what it gave; most turns have one."""

    question: str
    answer: str
    code: str
    language: str
    result: dict[str, Any] | None
    ok: bool


@dataclass(frozen=True)
class Turn:
    """One question, or one piece of code of the client's own."""

    number: int
    task_id: str
    title: str
    asked_at: datetime
    planner: str
    answer: str
    trouble: str
    """Why there is no answer; else empty."""
    steps: tuple[Step, ...]
    figures: tuple[Figure, ...]
    files: tuple[str, ...]
    """Names of artifacts that are not carried along."""
    notes: tuple[str, ...]
    receipt: dict[str, Any]


@dataclass(frozen=True)
class TableData:
    """A table as Parquet: its bytes where they are carried, else how large it is."""

    name: str
    file: str
    rows: int
    sha256: tuple[str, ...]
    """Of each part, in order; most tables have one."""
    size_bytes: int
    content: tuple[bytes, ...] | None


@dataclass
class Conversation:
    """All that an export is made from."""

    session_id: str
    created_at: datetime
    tables: list[TableData] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    """What did not fit, in words."""


async def gather(store: Store, blobs: Blobs, session: Session, *, with_tables: bool) -> Conversation:
    """Read the session's finished questions, the oldest first, with their figures.

    Args:
        store: Of the records.
        blobs: Of figures and tables.
        session: Whose.
        with_tables: Whether small tables come along as bytes.
    """
    found = Conversation(session.session_id, session.created_at)
    tenant_id = session.tenant_id
    jobs = await store.list_jobs(tenant_id, session.session_id, limit=1000)
    asked = [job for job in jobs if job.kind in _ASKED and job.state in TERMINAL]
    if len(asked) > MAX_TURNS:
        found.left_out.append(f"only the latest {MAX_TURNS} of {len(asked)} questions are here")
    room = MAX_FIGURE_BYTES
    for number, job in enumerate(reversed(asked[:MAX_TURNS]), 1):
        figures, files, room = await _figures(store, blobs, job, room)
        found.turns.append(_turn(job, number, figures, files))
    for table in await store.list_tables(tenant_id, session.session_id):
        if still_visible(session.hidden, table):
            found.left_out.append(f"table {table.name} is still to be read without its hidden columns")
            continue
        found.tables.append(await _table(blobs, table, found, with_tables=with_tables))
    return found


async def _figures(
    store: Store, blobs: Blobs, job: Job, room: int
) -> tuple[tuple[Figure, ...], tuple[str, ...], int]:
    figures, files = [], []
    for row in job.artifacts:
        artifact = await store.get_artifact(job.tenant_id, str(row.get("artifact_id", "")))
        name = str(row.get("name", ""))
        drawn = artifact is not None and artifact.mime in (PNG, PLOTLY)
        if artifact is None or not drawn or artifact.size_bytes > room:
            files.append(name)
            continue
        content = await _bytes(blobs, artifact.blob_key)
        if content is None:
            files.append(name)
            continue
        room -= len(content)
        figures.append(Figure(name, artifact.mime, content))
    return tuple(figures), tuple(files), room


def _turn(job: Job, number: int, figures: tuple[Figure, ...], files: tuple[str, ...]) -> Turn:
    trouble = ""
    if job.outcome != "ok":
        said = job.error.message if job.error else (job.answer or "")
        trouble = f"{job.outcome or job.state}: {said}".rstrip(": ")
    return Turn(
        number=number,
        task_id=job.task_id,
        title=_title(job),
        asked_at=job.created_at,
        planner=job.planner or "",
        answer="" if trouble else job.answer or "",
        trouble=trouble,
        steps=_steps(job),
        figures=figures,
        files=files,
        notes=tuple(job.notes),
        receipt=job.receipt,
    )


def _title(job: Job) -> str:
    request = job.request
    if request.question:
        return request.question
    if job.kind == "compute":
        by = f" by {request.by}" if request.by else ""
        return f"{request.operation} of {request.column}{by}"
    return "SQL of your own" if request.language == "sql" else "Code of your own"


def _steps(job: Job) -> tuple[Step, ...]:
    if job.parts:
        return tuple(
            Step(
                part.question,
                part.answer or part.error or "",
                part.code or "",
                part.language or "python",
                part.result,
                part.outcome == "ok",
            )
            for part in job.parts
        )
    code = job.code or job.request.code or ""
    language = job.language or job.request.language
    return (Step("", job.answer or "", code, language, job.result, job.outcome == "ok"),) if code else ()


async def _table(blobs: Blobs, table: Table, found: Conversation, *, with_tables: bool) -> TableData:
    parts = [(part.blob_key, part.sha256, part.size_bytes) for part in table.parts]
    parts = parts or [(table.blob_key, table.sha256, table.size_bytes)]
    size = sum(part[2] for part in parts)
    carried = sum(len(b"".join(one.content)) for one in found.tables if one.content)
    content: list[bytes] | None = None
    if with_tables and size <= MAX_TABLE_BYTES and carried + size <= MAX_TABLES_BYTES:
        read = [await _bytes(blobs, key) for key, _, _ in parts]
        content = [one for one in read if one is not None]
        if len(content) < len(parts):
            content = None
    if with_tables and content is None:
        found.left_out.append(f"table {table.name} ({size:,} bytes) is not in here; the code fetches it")
    profile = table.profile
    return TableData(
        name=table.name,
        file=str(profile.get("file", "")),
        rows=int(profile.get("rows", 0)),
        sha256=tuple(part[1] for part in parts),
        size_bytes=size,
        content=None if content is None else tuple(content),
    )


async def _bytes(blobs: Blobs, key: str) -> bytes | None:
    try:
        return b"".join([chunk async for chunk in blobs.get(key)])
    except BlobMissingError:
        return None
