"""Artifacts on their way to the blob store: a full disk costs a file, never the answer, nor another job."""

import errno
from collections.abc import AsyncIterator, Iterable
from functools import partial
from typing import Any

import pytest

from store.base import StoreFullError
from store.blobs import check_key
from store.records import Job, Request
from worker.artifacts import artifact_key, with_chart
from worker.engines.dummy import DummyEngine
from worker.jobs import KINDS, run_job
from worker.runtime import Runtime
from worker.sandbox.frames import Frame
from worker.settings import Settings


def answer(frame: Frame) -> Iterable[Frame]:
    """Two files and a result for each run."""
    if frame.type == "run":
        base = {"attempt": frame.header["attempt"]}
        for name in ("one.txt", "two.txt"):
            file = {"type": "file", "role": "file", "name": name, "mime": "text/plain", "last": True}
            yield Frame({**base, **file}, name.encode())
        yield Frame({**base, "type": "result", "result": {"type": "text", "value": "answer"}})
        yield Frame({**base, "type": "end", "status": "ok"})


@pytest.fixture
async def runtime(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Runtime]:
    monkeypatch.setattr("worker.engines.connect.DummyEngine", partial(DummyEngine, answer))
    opened = Runtime(settings)
    await opened.open()
    yield opened
    await opened.close()


async def ended(runtime: Runtime) -> Job:
    job = Job(tenant_id="t", kind="execute", request=Request(code="1"))
    await runtime.store.insert_job(job)
    await run_job(runtime, "t", job.task_id)
    found = await runtime.store.get_job("t", job.task_id)
    assert found is not None
    return found


async def test_both_are_kept(runtime: Runtime) -> None:
    job = await ended(runtime)
    assert [row["name"] for row in job.artifacts] == ["one.txt", "two.txt"]
    assert job.notes == []


async def test_keys_are_made_of_tenant_session_task_and_name(runtime: Runtime) -> None:
    job = await ended(runtime)
    ids = [row["artifact_id"] for row in job.artifacts]
    found = [await runtime.store.get_artifact("t", artifact_id) for artifact_id in ids]
    assert [one and one.blob_key for one in found] == [
        f"t/no-session/{job.task_id}/one.txt",
        f"t/no-session/{job.task_id}/two.txt",
    ]


def test_names_that_no_key_may_have_are_mapped_and_none_meets_another() -> None:
    names = ["a b.png", "a_b.png", "größe.csv", "gr__e.csv", ".hidden", "..", "销售", "市场"]
    names += ["x" * 250 + ".csv", "x" * 240 + "y" * 10 + ".csv", "A_b.png", "tables", "a_b_2.png"]
    job, taken = Job(tenant_id="t", session_id="s", kind="execute", request=Request(code="1")), set()
    keys = [artifact_key(job, name, taken) for name in names]
    assert len(set(keys)) == len(names)
    assert [check_key(key).rpartition("/")[0] for key in keys] == [f"t/s/{job.task_id}"] * len(names)
    assert keys[0].endswith("/a_b.png")
    assert keys[1].endswith("/a_b_2.png")


FULL = [
    OSError(errno.ENOSPC, "No space left on device", "/host/spool/x"),
    OSError(errno.EDQUOT, "Quota exceeded", "/host/spool/x"),
    StoreFullError("S3 bucket 'x': it is full"),
]


@pytest.mark.parametrize("full", FULL, ids=["disk", "quota", "blob store"])
async def test_a_full_blob_store_costs_the_file_only(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, full: Exception
) -> None:
    real = runtime.blobs.put

    async def put(key: str, chunks: Any, size_bytes: int) -> None:
        if key.endswith("one.txt"):
            raise full
        await real(key, chunks, size_bytes)

    with monkeypatch.context() as patch:
        patch.setattr(runtime.blobs, "put", put)
        job = await ended(runtime)
    assert (job.outcome, job.result) == ("ok", {"type": "text", "value": "answer"})
    assert [row["name"] for row in job.artifacts] == ["two.txt"]
    assert job.notes == ["left out: one.txt (the disk of this stack is full; have room made, run it again)"]
    assert len((await ended(runtime)).artifacts) == 2, "the next job is not harmed"


async def test_where_there_is_no_room_for_what_the_job_needs_it_says_so(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(context: Any) -> dict[str, Any]:
        raise StoreFullError("S3 bucket 'x': it is full")

    monkeypatch.setitem(KINDS, "execute", full)
    job = await ended(runtime)
    assert (job.outcome, job.error and job.error.code) == ("engine_error", "disk_full")


async def test_any_other_failure_of_the_blob_store_is_not_hidden(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def put(key: str, chunks: Any, size_bytes: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(runtime.blobs, "put", put)
    assert (await ended(runtime)).outcome == "runner_lost"


@pytest.mark.parametrize(
    ("name", "kept", "shown"),
    [
        ("figure-1.png", {"figure-1.png": "a"}, {"artifact_id": "a"}),
        (
            "figure-1.png",
            {"figure-1.png": "a", "figure-1.plotly.json": "b"},
            {"artifact_id": "a", "plotly": "b"},
        ),
        ("figure-1.plotly.json", {"figure-1.plotly.json": "b"}, {"artifact_id": "b", "plotly": "b"}),
        ("figure-1.png", {"figure-2.plotly.json": "b"}, {"artifact_id": None}),
    ],
    ids=["matplotlib", "plotly", "only for a browser", "left out"],
)
def test_a_chart_names_its_picture_and_its_plotly_json(name, kept, shown):
    rows = [{"name": one, "artifact_id": artifact} for one, artifact in kept.items()]
    assert with_chart({"type": "chart", "name": name}, rows) == {"type": "chart", "value": name} | shown
