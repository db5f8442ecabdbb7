"""A file that is fed: read in a real sandbox, kept by columns, and asked about, with nothing else loaded."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from policies.model import load_policy
from policies.spec import LABEL_OWNER, LABEL_STACK
from store.base import BlobMissingError
from store.records import Job, Request, Session, StoredFile
from tests.engine_services import ENGINES, IMAGE
from worker import big_tables
from worker.jobs import run_job
from worker.reaper import Exited, sweep_containers
from worker.runtime import Runtime, owner_lives
from worker.settings import Settings

TENANT = "t"
ROWS = 20_000


@pytest.fixture
async def runtime(
    settings: Settings, engine_urls: dict[str, str], monkeypatch: Any
) -> AsyncIterator[Runtime]:
    """Over a real engine, where every text file is a big one."""
    monkeypatch.setattr(big_tables, "FED_BYTES", 1)
    monkeypatch.setattr(big_tables, "_PROGRESS_SECONDS", 0.0)
    url = engine_urls[sorted(ENGINES)[-1]]
    stack = f"test-{uuid4().hex[:8]}"
    given = {"engine_url": url, "image": IMAGE, "stack": stack, "lease_seconds": 30}
    opened = Runtime(settings.model_copy(update=given))
    await opened.open()
    yield opened
    await opened.close()


def csv() -> bytes:
    lines = [f"{i},{'AB'[i % 2]},{i / 2},n{i % 900}" for i in range(ROWS)]
    return ("id,kind,amount,note\n" + "\n".join(lines) + "\n").encode()


async def uploaded(runtime: Runtime, data: bytes) -> StoredFile:
    session = Session(tenant_id=TENANT)
    key = f"{TENANT}/{session.session_id}/files/f"
    await runtime.store.insert_session(session)

    async def chunks() -> AsyncIterator[bytes]:
        for at in range(0, len(data), 100_000):
            yield data[at : at + 100_000]

    size, digest = await runtime.blobs.put(key, chunks(), len(data))
    file = StoredFile(
        tenant_id=TENANT,
        session_id=session.session_id,
        name="big.csv",
        format="csv",
        size_bytes=size,
        sha256=digest,
        blob_key=key,
    )
    await runtime.store.insert_file(file)
    return file


async def ended(runtime: Runtime, file: StoredFile, kind: str, **request: Any) -> Job:
    job = Job(tenant_id=TENANT, session_id=file.session_id, kind=kind, request=Request(**request))
    await runtime.store.insert_job(job)
    await asyncio.wait_for(run_job(runtime, TENANT, job.task_id), 120)
    found = await runtime.store.get_job(TENANT, job.task_id)
    assert found is not None
    return found


async def value_of(runtime: Runtime, file: StoredFile, code: str, language: str = "python") -> Any:
    job = await ended(runtime, file, "execute", code=code, language=language)
    assert job.outcome == "ok", job.error
    assert job.result is not None
    return job.result


async def test_a_big_table_from_upload_to_answers(runtime: Runtime, monkeypatch: Any) -> None:
    put: list[str] = []
    get = type(runtime.blobs).get

    def watched(self: Any, key: str) -> AsyncIterator[bytes]:
        put.append(Path(key).name.split(".p")[1].split("-")[0] if ".p" in Path(key).name else "file")
        return get(self, key)

    monkeypatch.setattr(type(runtime.blobs), "get", watched)
    file = await uploaded(runtime, csv())
    read = await ended(runtime, file, "profile", file_ids=[file.file_id])
    assert read.outcome == "ok", read.error
    (table,) = await runtime.store.list_tables(TENANT, file.session_id)
    assert [part.columns for part in table.parts] == [["id"], ["kind"], ["amount"], ["note"]]
    assert (table.profile["rows"], put) == (ROWS, ["file"])

    put.clear()
    code = 'result = df.groupby("kind")["amount"].sum().tolist()'
    assert (await value_of(runtime, file, code))["value"] == [49_995_000.0, 50_000_000.0]
    assert put == ["1", "2"]

    put.clear()
    result = await value_of(
        runtime, file, "select count(*) as n, sum(amount) as s from big where kind = 'A'", "sql"
    )
    assert result["value"]["rows"] == [[ROWS // 2, 49995000.0]]
    assert sorted(put) == ["1", "2"]

    put.clear()
    assert (await value_of(runtime, file, "len(df)"))["value"] == ROWS
    assert put == ["0"]
    assert (await value_of(runtime, file, "df.shape"))["value"] == [ROWS, 4]

    # A column that no look at the code can find is loaded once the code has missed it.
    put.clear()
    hard = 'name = "amount"\nresult = float(df[name].sum())'
    monkeypatch.setattr(big_tables, "columns_named", lambda *_: {"big": {"id"}})
    assert (await value_of(runtime, file, hard))["value"] == sum(i / 2 for i in range(ROWS))
    assert sorted(put) == ["0", "1", "2", "3"]

    keys = await runtime.store.delete_session(TENANT, file.session_id)
    assert {part.blob_key for part in table.parts} <= set(keys or ())


async def test_what_does_not_fit_says_how_much_and_what_to_do(runtime: Runtime, monkeypatch: Any) -> None:
    file = await uploaded(runtime, csv())
    await ended(runtime, file, "profile", file_ids=[file.file_id])
    monkeypatch.setattr("worker.tables._SHARE_OF_TMPFS", 0.00001)
    job = await ended(runtime, file, "execute", code='result = df[["amount", "note"]].describe()')
    assert job.outcome == "disk_limit"
    assert job.error is not None
    assert "amount, note" in job.error.message
    assert "sql" in job.error.message


async def test_a_store_that_fails_amid_a_feed_ends_the_job_clearly(
    runtime: Runtime, monkeypatch: Any
) -> None:
    file = await uploaded(runtime, csv())

    async def broken(self: Any, key: str) -> AsyncIterator[bytes]:
        yield b"id,kind\n1,A\n"
        raise BlobMissingError(key)

    monkeypatch.setattr(type(runtime.blobs), "get", broken)
    job = await ended(runtime, file, "profile", file_ids=[file.file_id])
    assert job.state == "failed"
    assert job.error is not None


async def test_a_sandbox_that_is_killed_amid_a_feed_ends_the_job_clearly(
    runtime: Runtime, monkeypatch: Any
) -> None:
    file = await uploaded(runtime, csv())

    async def slow(self: Any, key: str) -> AsyncIterator[bytes]:
        yield b"id,kind\n1,A\n"
        await (await runtime.engine()).remove(taken_ids[0])
        await asyncio.sleep(30)
        yield b"never"

    taken_ids: list[str] = []
    take = Runtime.take_sandbox

    async def noted(self: Runtime, *args: Any) -> Any:
        taken = await take(self, *args)
        taken_ids.append(taken.sandbox.container_id)
        return taken

    monkeypatch.setattr(Runtime, "take_sandbox", noted)
    monkeypatch.setattr(type(runtime.blobs), "get", slow)
    job = await ended(runtime, file, "profile", file_ids=[file.file_id])
    assert job.state == "failed"
    assert job.outcome in ("bad_file", "runner_lost")


async def reading(runtime: Runtime, file: StoredFile) -> Job:
    request = Request(file_ids=[file.file_id])
    job = Job(tenant_id=TENANT, session_id=file.session_id, kind="profile", request=request)
    await runtime.store.insert_job(job)
    return job


class Stage:
    """Feeds that stop in the middle, and the sandboxes of the jobs that wait for the rest."""

    def __init__(self, runtime: Runtime, monkeypatch: Any) -> None:
        self.begun = asyncio.Event()
        self.runtime = runtime
        self.containers: list[str] = []
        take = Runtime.take_sandbox

        async def noted(runtime: Runtime, *args: Any) -> Any:
            taken = await take(runtime, *args)
            self.containers.append(taken.sandbox.container_id)
            return taken

        async def held(blobs: Any, key: str) -> AsyncIterator[bytes]:
            yield csv()[:100_000]
            self.begun.set()
            await asyncio.Event().wait()

        monkeypatch.setattr(Runtime, "take_sandbox", noted)
        monkeypatch.setattr(type(runtime.blobs), "get", held)

    async def all_gone(self) -> bool:
        """Whether none of the sandboxes is there any more, some seconds later at most."""
        engine = await self.runtime.engine()
        for _ in range(100):
            there = await engine.find({LABEL_STACK: self.runtime.settings.stack})
            if not {one.container_id for one in there} & set(self.containers):
                return bool(self.containers)
            await asyncio.sleep(0.1)
        return False


async def test_a_cancel_amid_a_feed_ends_the_job_and_its_sandbox(runtime: Runtime, monkeypatch: Any) -> None:
    file = await uploaded(runtime, csv())
    stage = Stage(runtime, monkeypatch)
    job = await reading(runtime, file)
    running = asyncio.create_task(run_job(runtime, TENANT, job.task_id))
    await asyncio.wait_for(stage.begun.wait(), 60)
    await runtime.store.request_cancel(TENANT, job.task_id)
    await asyncio.wait_for(running, 10)
    found = await runtime.store.get_job(TENANT, job.task_id)
    assert found is not None
    assert (found.state, found.outcome) == ("cancelled", "cancelled")
    assert await stage.all_gone()
    assert await runtime.store.list_tables(TENANT, file.session_id) == []


async def test_the_clock_of_a_load_that_ends_amid_a_feed_ends_the_job_and_its_sandbox(
    runtime: Runtime, monkeypatch: Any
) -> None:
    policy = load_policy("default")
    limits = policy.limits.model_copy(update={"load_wall_seconds": 1.5, "grace_seconds": 1})
    monkeypatch.setattr("worker.context.load_policy", lambda _: policy.model_copy(update={"limits": limits}))
    file = await uploaded(runtime, csv())
    stage = Stage(runtime, monkeypatch)
    job = await ended(runtime, file, "profile", file_ids=[file.file_id])
    assert stage.begun.is_set()
    assert (job.state, job.outcome) == ("failed", "bad_file")
    assert job.error is not None
    assert "big.csv: Reading the file took longer than 1.5 s" in job.error.message
    assert await stage.all_gone()


DYING = """
import asyncio, os, signal, sys
from worker import big_tables
from worker.jobs import run_job
from worker.runtime import Runtime
from worker.settings import Settings

async def die(blobs, key):
    yield b"id,kind,amount,note\\n" + b"1,A,1,n\\n" * 9999
    os.kill(os.getpid(), signal.SIGKILL)

async def main():
    big_tables.FED_BYTES = 1
    runtime = Runtime(Settings.model_validate_json(sys.argv[1]))
    await runtime.open()
    type(runtime.blobs).get = die
    await run_job(runtime, "t", sys.argv[2])

asyncio.run(main())
"""


async def test_a_worker_that_is_killed_amid_a_feed_leaves_the_job_to_the_next(runtime: Runtime) -> None:
    file = await uploaded(runtime, csv())
    job = await reading(runtime, file)
    settings = runtime.settings.model_copy(update={"lease_seconds": 3})
    given = [sys.executable, "-c", DYING, settings.model_dump_json(), job.task_id]
    died = await asyncio.to_thread(subprocess.run, given, timeout=60, check=False, capture_output=True)
    assert died.returncode == -signal.SIGKILL, died.stderr
    async with asyncio.timeout(60):
        while (found := await runtime.store.get_job(TENANT, job.task_id)) and found.state == "running":
            await run_job(runtime, TENANT, job.task_id)
            await asyncio.sleep(0.1)
    assert found is not None
    assert (found.outcome, found.deliveries) == ("ok", 2)
    (table,) = await runtime.store.list_tables(TENANT, file.session_id)
    assert table.profile["rows"] == ROWS
    engine = await runtime.engine()
    await sweep_containers(engine, runtime.settings, Exited())
    left = await engine.find({LABEL_STACK: runtime.settings.stack})
    assert all(owner_lives(one.labels[LABEL_OWNER], runtime.settings.worker_name) for one in left)
