"""How is a table that is too big for a sandbox read, kept and loaded: as a stream, in parts, by columns?"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from store.base import BlobMissingError
from store.records import Language, StoredFile, Table, TablePart
from worker.analysis.columns_named import columns_named
from worker.analysis.contract import Produced, RunResult
from worker.artifacts import read_chunks
from worker.context import JobContext
from worker.ending import JobFailedError
from worker.sandbox.feeder import Progress
from worker.sandbox.run import ContainerSandbox, FileToLoad, Loaded

FED_BYTES = 32 << 20
"""A text file of this size is sent while it is read, and its table kept by columns."""
_FED_PACKED_BYTES = 4 << 20
_FED_FORMATS = frozenset({"csv", "tsv", "txt"})
_MIB = 1 << 20
_PROGRESS_SECONDS = 1.0
_COLUMNS_SHOWN = 12
_PANDAS_NEEDS = (
    " The columns that the code names are {size} MiB as Parquet, of {rows:,} rows; as a pandas table they "
    "need many times that. Ask in mode `sql`, which reads them bit by bit, or use a policy with more memory."
)


def is_fed(file: StoredFile) -> bool:
    """Whether the file is sent while it is read, rather than put into the sandbox whole."""
    if file.format == "gz":
        inner = PurePosixPath(file.name[:-3]).suffix.lower().removeprefix(".")
        return inner in _FED_FORMATS and file.size_bytes > _FED_PACKED_BYTES
    return file.format in _FED_FORMATS and file.size_bytes > FED_BYTES


async def load_fed(
    context: JobContext, file: StoredFile, taken: list[str], asked: dict[str, Any] | None = None
) -> Loaded:
    """Read the file as a stream; the job's record tells meanwhile how far that is. Raises: EngineError."""
    sandbox = await context.take_sandbox()
    blobs, progress = context.runtime.blobs, Progress()
    to_load = FileToLoad(
        file.file_id,
        file.name,
        file.format,
        f"upload-{file.file_id}",
        **({"asked": asked} if asked is not None else {}),
        fed=lambda: blobs.get(file.blob_key),
        size_bytes=file.size_bytes,
    )
    telling = asyncio.create_task(_tell(context, file, progress))
    try:
        return await sandbox.load([to_load], taken, progress)
    finally:
        telling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await telling


async def _tell(context: JobContext, file: StoredFile, progress: Progress) -> None:
    """Write how much of the file was read, while that changes."""
    said: tuple[int, int] | None = None
    while True:
        await asyncio.sleep(_PROGRESS_SECONDS)
        now = (progress.round, progress.sent_bytes)
        if now != said and progress.round:
            said = now
            reading = {
                "file": file.name,
                "pass": progress.round,
                "read_bytes": min(progress.sent_bytes, file.size_bytes),
                "of_bytes": file.size_bytes,
            }
            await context.stage("profiling", {"timings": {**context.timings(), "reading": reading}})


def part_records(file: StoredFile, profile: dict[str, Any], came: Sequence[Produced]) -> list[TablePart]:
    """The parts of a table that came in parts, in order; the key of each names its content."""
    by_name = {one.name: one for one in came}
    parts = []
    for part in profile.get("parts", []):
        one, stem = by_name[part["name"]], part["name"].removesuffix(".parquet")
        key = f"{file.tenant_id}/{file.session_id}/tables/{stem}-{one.sha256[:16]}.parquet"
        parts.append(
            TablePart(columns=part["columns"], blob_key=key, sha256=one.sha256, size_bytes=one.size_bytes)
        )
    return parts


def digest_of(parts: Sequence[TablePart]) -> str:
    """What stands for the content of all parts."""
    return hashlib.sha256("".join(part.sha256 for part in parts).encode()).hexdigest()


async def put_parts(context: JobContext, parts: Sequence[TablePart], came: Sequence[Produced]) -> None:
    """Keep the bytes of each part."""
    for part, one in zip(parts, came, strict=True):
        await context.runtime.blobs.put(part.blob_key, read_chunks(Path(one.path)), one.size_bytes)
        await asyncio.to_thread(Path(one.path).unlink, missing_ok=True)  # it is kept twice no longer


def replaced(table: Table) -> JobFailedError:
    """What a job ends with whose table is not there any more."""
    return JobFailedError(
        "not_answerable",
        f"Table {table.name} was read anew while this was on its way. Ask again.",
        code="table_replaced",
    )


@dataclass
class Shelf:
    """The big tables of a job: what the next code needs of them is put into its sandbox.

    It is the sandbox's `Preparer`: every run asks it first, whoever wrote the code.
    """

    context: JobContext
    sandbox: ContainerSandbox
    tables: list[Table]
    room_bytes: int
    """For parts, beside the tables that are there whole."""
    _put: set[str] = field(default_factory=set)
    _put_bytes: int = 0
    _codes: list[str] = field(default_factory=list)

    @property
    def _big(self) -> list[Table]:
        return [table for table in self.tables if table.parts]

    async def prepare(self, code: str, language: Language) -> None:
        """Put what `code` needs. Raises: JobFailedError: that is more than the policy takes."""
        if language == "python":
            self._codes.append(code)
        columns = {table.name: [c["name"] for c in table.profile["columns"]] for table in self.tables}
        codes = self._codes if language == "python" else [code]
        named = columns_named(codes, language, columns)
        await self._put_parts([part for table in self._big for part in _parts_with(table, named[table.name])])

    async def amend(self, run: RunResult) -> bool:
        """After a run: whether it failed for want of what was not loaded, and that is there now."""
        if run.outcome != "code_error":
            return False
        left = [part for table in self._big for part in table.parts if part.blob_key not in self._put]
        said = f"{run.message}\n{run.traceback}"
        tables = {table.name for table in self._big if any(part in left for part in table.parts)}
        if not any(column in said for part in left for column in part.columns) and not any(
            name in said for name in tables
        ):
            return False
        if not left or self._put_bytes + sum(part.size_bytes for part in left) > self.room_bytes:
            return False
        await self._put_parts(left)
        return True

    def explain(self, run: RunResult) -> str:
        """What to do about a run that had too little memory; empty if it is not for the big tables."""
        if run.outcome != "oom" or not self._put:
            return ""
        rows = max(int(table.profile["rows"]) for table in self._big)
        return _PANDAS_NEEDS.format(size=self._put_bytes // _MIB, rows=rows)

    async def _put_parts(self, parts: list[TablePart]) -> None:
        due = [part for part in parts if part.blob_key not in self._put]
        total = self._put_bytes + sum(part.size_bytes for part in due)
        if total > self.room_bytes:
            raise JobFailedError("disk_limit", self._too_much(parts, total))
        started = time.monotonic()
        for part in due:
            table = next(table for table in self._big if part in table.parts)
            name = f"{table.name}.p{table.parts.index(part)}.parquet"
            try:
                await self.sandbox.put(name, self.context.runtime.blobs.get(part.blob_key))
            except BlobMissingError:
                raise replaced(table) from None
            self.sandbox.add_part(table.name, name, part.columns)
            self._put.add(part.blob_key)
        self._put_bytes = total
        self.context.mark("put_seconds", time.monotonic() - started)

    def _too_much(self, parts: list[TablePart], total: int) -> str:
        names = [column for part in parts for column in part.columns]
        more = f" and {len(names) - _COLUMNS_SHOWN} more" if len(names) > _COLUMNS_SHOWN else ""
        return (
            f"The code needs {len(names)} columns of big tables ({', '.join(names[:_COLUMNS_SHOWN])}{more}), "
            f"{-(-total // _MIB)} MiB as Parquet; policy {self.context.policy.name!r} takes "
            f"{self.room_bytes // _MIB} MiB. Ask about fewer columns, by name; ask in mode `sql`, which "
            "names them; or use a policy with a larger tmpfs_bytes and memory_bytes."
        )


def _parts_with(table: Table, columns: set[str]) -> list[TablePart]:
    return [part for part in table.parts if columns & set(part.columns)]
