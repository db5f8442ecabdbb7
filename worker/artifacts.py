"""Where do a job's figures and files go? From the spool into the blob store, each with a record."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from pathlib import Path
from typing import Any

from store.base import BlobMissingError, StoreFullError
from store.records import Artifact, Job, new_id, utc_now
from worker.analysis.contract import Produced
from worker.context import JobContext
from worker.sandbox.collect import DISK_FULL, disk_is_full

_CHUNK_BYTES = 1 << 20
_PLOTLY = ".plotly.json"
_KEY_CHARACTERS = 180
"""Of a name in a key: less than a blob store takes, so that there is room for a number."""


async def keep_artifacts(context: JobContext, produced: Iterable[Produced]) -> list[dict[str, Any]]:
    """Keep all that the disk holds; the rows that the job's record shows.

    Blob keys are `tenant/session/task/name`, the same however often the job runs. What finds no room is told
    in the job's notes: the answer is worth more than a file of it.
    """
    rows: list[dict[str, Any]] = []
    taken: set[str] = set()
    parts: set[str] = set()
    for one in produced:
        if one.role == "table":
            continue
        name = free_name(one.name, taken)
        try:
            rows.append(await _keep(context, one, name, artifact_key(context.job, name, parts)))
        except (OSError, StoreFullError) as error:
            if not isinstance(error, StoreFullError) and not disk_is_full(error):
                raise
            context.notes.append(f"left out: {name} ({DISK_FULL})")
    return rows


async def _keep(context: JobContext, one: Produced, name: str, key: str) -> dict[str, Any]:
    job = context.job
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


async def copy_artifacts(context: JobContext, source: Job) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """The rows of `source`'s artifacts for this job, and its ids by theirs.

    Those of the same session are the same ones; those of another are copied, as that session may be deleted.

    Raises:
        BlobMissingError: One of them has lost its bytes.
    """
    rows: list[dict[str, Any]] = []
    parts: set[str] = set()
    store = context.runtime.store
    for row in source.artifacts:
        found = await store.get_artifact(source.tenant_id, row["artifact_id"])
        if found is None:
            raise BlobMissingError(f"the artifact {row['artifact_id']} is gone")
        copied = found
        if source.session_id != context.job.session_id:
            copied = await _copy(context, found, artifact_key(context.job, found.name, parts))
        rows.append({**row, "artifact_id": copied.artifact_id})
    ids = [(old["artifact_id"], new["artifact_id"]) for old, new in zip(source.artifacts, rows, strict=True)]
    return rows, dict(ids)


async def _copy(context: JobContext, found: Artifact, key: str) -> Artifact:
    job, blobs = context.job, context.runtime.blobs
    await blobs.copy(found.blob_key, key)
    fields = {"artifact_id": new_id(), "task_id": job.task_id, "blob_key": key, "created_at": utc_now()}
    copied = found.model_copy(update=fields)
    await context.runtime.store.insert_artifact(copied)
    return copied


def renamed(value: Any, ids: Mapping[str, str]) -> Any:
    """`value` with each artifact id in it exchanged for its new one."""
    if isinstance(value, dict):
        return {name: renamed(part, ids) for name, part in value.items()}
    if isinstance(value, list):
        return [renamed(part, ids) for part in value]
    return ids.get(value, value) if isinstance(value, str) else value


def with_chart(result: dict[str, Any] | None, artifacts: list[dict[str, Any]]) -> dict[str, Any] | None:
    """`result` with a chart's figure named by its artifact id instead of its file name.

    A plotly figure is two artifacts, `figure-1.png` and `figure-1.plotly.json`: `plotly` is the id of the
    second, and `artifact_id` that of the first, or of the second where there is no picture.
    """
    if result is None or result["type"] != "chart":
        return result
    by_name = {row["name"]: row["artifact_id"] for row in artifacts}
    name = result["name"]
    plotly = by_name.get(name.removesuffix(".png").removesuffix(_PLOTLY) + _PLOTLY)
    known = {"type": "chart", "artifact_id": by_name.get(name) or plotly, "value": name}
    return known | ({"plotly": plotly} if plotly else {})


def free_name(name: str, taken: set[str]) -> str:
    """`name`, or `name_2` and so on before the ending when it is taken; the choice is added to `taken`."""
    path, number, free = Path(name), 2, name
    while free in taken:
        free = f"{path.stem}_{number}{path.suffix}"
        number += 1
    taken.add(free)
    return free


def artifact_key(job: Job, name: str, taken: set[str]) -> str:
    """Where the bytes of a job's artifact go; two names that come to the same key are numbered."""
    # A blob store takes less in a key than a file may be called; the record has the whole name.
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", name)
    plain = "_" + plain[1:] if plain.startswith(".") else plain
    if len(plain) > _KEY_CHARACTERS:
        plain = plain[: _KEY_CHARACTERS - 20] + plain[-20:]
    return f"{job.tenant_id}/{job.session_id or 'no-session'}/{job.task_id}/{free_name(plain, taken)}"


async def read_chunks(path: Path) -> AsyncIterator[bytes]:
    """A file's bytes, 1 MiB at a time, read off the loop."""
    with path.open("rb") as stream:
        while chunk := await asyncio.to_thread(stream.read, _CHUNK_BYTES):
            yield chunk
