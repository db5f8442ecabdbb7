"""What is left over is swept: containers by label, jobs by lease and by age."""

import json
import os
import threading
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import redis

from policies.model import load_policy
from policies.spec import LABEL_STACK, Marks, container_body
from store.base import Store
from store.blobs import DiskBlobs
from store.open import open_store
from store.records import Job, Request, UploadGrant, utc_now
from tests.engine_services import IMAGE
from worker.engines.base import ContainerEntry, Engine, EngineRefusedError
from worker.engines.choose import Engines
from worker.reaper import Exited, Reaper, is_stray, sweep_containers, sweep_engines, sweep_jobs, sweep_uploads
from worker.runtime import owner_mark
from worker.sandbox.standby import Maker
from worker.settings import Settings

TENANT = "t"
FUTURE, PAST = 4_000_000_000, 1
DEAD = f"here:1:999999999:{owner_mark('here', 1).rpartition(':')[2]}"
"""The mark of a process that is no more, of this worker in this container."""


@pytest.fixture
def settings(tmp_path: Path, redis_url: str) -> Settings:
    return Settings(
        store=f"sqlite://{tmp_path}/s.db",
        redis_url=redis_url,
        worker_name="here",
        stack="mine",
        queued_seconds=60,
    )


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[Store]:
    opened = open_store(settings.store)
    await opened.open()
    yield opened
    await opened.close()


def published(settings: Settings) -> list[str]:
    """The task ids in the queue, which is emptied."""
    client = redis.Redis.from_url(settings.redis_url)
    messages = client.lrange("sandglass", 0, -1)
    client.delete("sandglass")
    client.close()
    return [json.loads(message)["headers"]["id"] for message in messages]


def entry(owner: str, deadline: int | str) -> ContainerEntry:
    return ContainerEntry("c", True, {"sandglass.owner": owner, "sandglass.deadline": str(deadline)})


@pytest.mark.parametrize(
    ("owner", "deadline", "stray"),
    [
        (owner_mark("here", os.getpid()), FUTURE, False),
        (owner_mark("here", os.getpid()), PAST, True),
        (DEAD, FUTURE, True),
        (DEAD.replace("here", "there"), FUTURE, False),
        (DEAD.replace("here", "there"), PAST, True),
        (DEAD.replace("here", "there"), "never", True),
        ("here:1:999999999:in-another-container", FUTURE, False),
        ("here:1:999999999:in-another-container", PAST, True),
    ],
    ids=lambda value: "" if isinstance(value, str) and value.startswith("here:") else None,
)
def test_a_stray_is_what_nobody_will_remove(
    settings: Settings, owner: str, deadline: int | str, stray: bool
) -> None:
    assert is_stray(entry(owner, deadline), settings) is stray


@pytest.mark.engine
async def test_strays_of_this_stack_only_are_removed(
    engine: Engine, maker: Maker, settings: Settings
) -> None:
    mine = settings.model_copy(update={"stack": maker.stack})
    dead = Marks(maker.stack, DEAD, FUTURE)
    alive = Marks(maker.stack, owner_mark("here", os.getpid()), FUTURE)
    others = Marks(f"{maker.stack}-other", DEAD, FUTURE)
    made = [
        await engine.create(container_body(load_policy("default"), IMAGE, marks))
        for marks in (dead, alive, others)
    ]
    pipe = await engine.start(made[0])
    assert await sweep_containers(engine, mine, Exited()) == 1
    assert [found.container_id for found in await engine.find({LABEL_STACK: maker.stack})] == [made[1]]
    assert await engine.state(made[2]) is not None
    await pipe.close()
    for container_id in made:
        await engine.remove(container_id)


async def test_a_job_that_was_never_published_is(store: Store, settings: Settings) -> None:
    old, new = utc_now() - timedelta(seconds=30), utc_now()
    lost = Job(tenant_id=TENANT, kind="execute", request=Request(code="1"), created_at=old)
    fresh = Job(tenant_id=TENANT, kind="execute", request=Request(code="1"), created_at=new)
    for job in (lost, fresh):
        await store.insert_job(job)
    await sweep_jobs(store, settings)
    assert published(settings) == [lost.task_id]
    await sweep_jobs(store, settings)
    assert published(settings) == []


async def test_a_sweep_looks_on_both_engines(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    async def note(engine: Engine, *_: object) -> int:
        looked.append(engine.name)
        if len(looked) == 1:
            raise EngineRefusedError("busy")
        return 0

    monkeypatch.setattr("worker.reaper.sweep_containers", note)
    await sweep_engines(Engines("dummy:", "dummy:"), settings, Exited())
    assert looked == ["dummy", "dummy"]


async def test_a_job_whose_worker_died_is_published_again(store: Store, settings: Settings) -> None:
    job = Job(tenant_id=TENANT, kind="execute", request=Request(code="1"))
    await store.insert_job(job)
    assert await store.claim_job(TENANT, job.task_id, "dead", utc_now() - timedelta(seconds=1))
    await sweep_jobs(store, settings)
    assert published(settings) == [job.task_id]


async def test_a_job_that_is_too_old_has_expired(store: Store, settings: Settings) -> None:
    old = utc_now() - timedelta(seconds=90)
    job = Job(tenant_id=TENANT, kind="execute", request=Request(code="1"), created_at=old)
    await store.insert_job(job)
    await sweep_jobs(store, settings)
    found = await store.get_job(TENANT, job.task_id)
    assert found is not None
    assert (found.state, found.outcome) == ("failed", "expired")
    assert published(settings) == []


async def test_without_redis_a_job_stays_unpublished(store: Store, settings: Settings) -> None:
    old = utc_now() - timedelta(seconds=30)
    job = Job(tenant_id=TENANT, kind="execute", request=Request(code="1"), created_at=old)
    await store.insert_job(job)
    await sweep_jobs(store, settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"}))
    found = await store.get_job(TENANT, job.task_id)
    assert found is not None
    assert (found.state, found.published_at) == ("queued", None)


def test_what_has_ended_lingers_only_if_it_is_seen_ended_for_long() -> None:
    exited = Exited()
    runs, ended = ContainerEntry("r", True, {}), ContainerEntry("e", False, {})
    assert exited.linger("0", [runs, ended], now=0) == set()
    assert exited.linger("1", [ContainerEntry("other", False, {})], now=200) == set()
    assert exited.linger("0", [runs, ended], now=299) == set()
    assert exited.linger("0", [runs, ended], now=301) == {"e"}
    assert exited.linger("0", [runs], now=302) == set()
    assert exited.linger("0", [runs, ended], now=400) == set()
    assert exited.linger("1", [ContainerEntry("other", False, {})], now=501) == {"other"}


async def test_a_job_that_waits_is_published_ever_less_often(store: Store, settings: Settings) -> None:
    """All workers are busy for a minute and each sweeps every second: once at 15, 30 and 60 seconds or so."""
    job = Job(tenant_id=TENANT, kind="execute", request=Request(code="1"))
    await store.insert_job(job)
    await store.mark_published(TENANT, job.task_id, utc_now())
    said, start = [], utc_now()
    with pytest.MonkeyPatch.context() as patch:
        for second in range(59):
            patch.setattr("worker.reaper.utc_now", lambda at=second: start + timedelta(seconds=at))
            await sweep_jobs(store, settings)
            said += [second] * len(published(settings))
    assert len(said) == 2
    assert said[0] in (15, 16)
    assert said[1] in (30, 31, 32, 33)


async def test_a_job_of_a_dead_worker_is_not_published_at_every_sweep(
    store: Store, settings: Settings
) -> None:
    job = Job(tenant_id=TENANT, kind="execute", request=Request(code="1"))
    await store.insert_job(job)
    assert await store.claim_job(TENANT, job.task_id, "dead", utc_now() - timedelta(seconds=1))
    for _ in range(5):
        await sweep_jobs(store, settings)
    assert published(settings) == [job.task_id]


async def test_granted_uploads_that_have_ended_go_with_their_bytes(tmp_path: Path) -> None:
    store, blobs = open_store(f"sqlite://{tmp_path}/s.db"), DiskBlobs(tmp_path / "blobs")
    await store.open()
    await blobs.open()
    now = utc_now()
    grants = [
        UploadGrant(
            tenant_id="t",
            name="a.csv",
            size_bytes=1,
            blob_key=f"t/uploads/{number}",
            put_until=now,
            expires_at=now + timedelta(seconds=seconds),
        )
        for number, seconds in enumerate((-10, -5, 60))
    ]

    async def one() -> AsyncIterator[bytes]:
        yield b"x"

    for grant in grants:
        await store.insert_upload(grant)
    for number in (0, 2):  # the bytes of the second never came
        await blobs.put(f"t/uploads/{number}", one(), 1)
    await sweep_uploads(store, blobs)
    assert [bool(await store.get_upload("t", grant.upload_id)) for grant in grants] == [False, False, True]
    assert [path.name for path in (tmp_path / "blobs/t/uploads").iterdir()] == ["2"]
    await store.close()


def test_a_sweep_that_breaks_off_begins_anew(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    swept, again = 0, threading.Event()

    async def sweep(*_: object) -> None:
        nonlocal swept
        swept += 1
        if swept == 1:
            raise ValueError("what nobody thought of")
        again.set()

    monkeypatch.setattr("worker.reaper.sweep_jobs", sweep)
    reaper = Reaper(settings.model_copy(update={"engine_url": "dummy:", "sweep_seconds": 0.05}))
    reaper.start()
    assert again.wait(20), "the thread is dead, and nobody says so"
    reaper.stop()
