"""Where do a job's figures and files go? From the spool into the blob store, each with a record."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

from store.records import Artifact
from worker.analysis.contract import Produced
from worker.context import JobContext
from worker.sandbox.collect import DISK_FULL, disk_is_full

_CHUNK_BYTES = 1 << 20


async def keep_artifacts(context: JobContext, produced: Iterable[Produced]) -> list[dict[str, Any]]:
    """Keep all that the disk holds; the rows that the job's record shows.

    Blob keys are `tenant/session/task/n-name`. What finds no room is told in the job's notes: the answer is
    worth more than a file of it.
    """
    rows: list[dict[str, Any]] = []
    taken: set[str] = set()
    for one in produced:
        if one.role == "table":
            continue
        name = free_name(one.name, taken)
        try:
            rows.append(await _keep(context, one, name, len(rows)))
        except OSError as error:
            if not disk_is_full(error):
                raise
            context.notes.append(f"left out: {name} ({DISK_FULL})")
    return rows


async def _keep(context: JobContext, one: Produced, name: str, position: int) -> dict[str, Any]:
    job = context.job
    key = f"{job.tenant_id}/{job.session_id or 'no-session'}/{job.task_id}/{position}-{_key_part(name)}"
    await context.runtime.blobs.put(key, read_chunks(Path(one.path)), one.size_bytes)
    artifact = Artifact(
        tenant_id=job.tenant_id,
        task_id=job.task_id,
        name=name,
        role=one.role,
        mime=one.mime,
        size_bytes=one.size_bytes,
        sha256=one.sha256,
        blob_key=key,
    )
    await context.runtime.store.insert_artifact(artifact)
    return artifact.model_dump(include={"artifact_id", "name", "role", "mime", "size_bytes"})


def with_chart(result: dict[str, Any] | None, artifacts: list[dict[str, Any]]) -> dict[str, Any] | None:
    """`result` with a chart's figure named by its artifact id instead of its file name."""
    if result is None or result["type"] != "chart":
        return result
    by_name = {row["name"]: row["artifact_id"] for row in artifacts}
    return {"type": "chart", "artifact_id": by_name.get(result["name"]), "value": result["name"]}


def free_name(name: str, taken: set[str]) -> str:
    """`name`, or `name_2` and so on before the ending when it is taken; the choice is added to `taken`."""
    path, number, free = Path(name), 2, name
    while free in taken:
        free = f"{path.stem}_{number}{path.suffix}"
        number += 1
    taken.add(free)
    return free


def _key_part(name: str) -> str:
    # A blob store takes less in a key than a file may be called; the record has the whole name.
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)


async def read_chunks(path: Path) -> AsyncIterator[bytes]:
    """A file's bytes, 1 MiB at a time, read off the loop."""
    with path.open("rb") as stream:
        while chunk := await asyncio.to_thread(stream.read, _CHUNK_BYTES):
            yield chunk
