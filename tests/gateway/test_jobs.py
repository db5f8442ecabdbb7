"""Jobs: written before they are published, made once for one key, admitted up to a limit, stopped."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import redis.asyncio

from gateway.limits import refusal
from gateway.settings import Settings
from store.base import StoreUnavailableError
from store.lookups import LOOKUPS, hint_name
from store.records import Attempt, Job, utc_now
from tests.conftest import RedisServer
from tests.gateway.conftest import CSV, Gateway, make_store, serve


@pytest.fixture
async def alone(tmp_path: Path, own_redis: RedisServer) -> AsyncIterator[tuple[Gateway, RedisServer]]:
    """A gateway whose Redis the test may stop, and where one tenant may have three jobs."""
    url, keys = await make_store(tmp_path)
    settings = Settings(store=url, redis_url=own_redis.url, max_queued_per_tenant=3, event_poll_seconds=0.1)
    async for running in serve(settings, keys):
        yield running, own_redis


async def test_a_question_is_kept_as_asked_and_published(gateway: Gateway) -> None:
    made = await gateway.session()
    body = {"question": "Total revenue?", "mode": "sql", "policy": "strict", "model": "ollama:llama3.1"}
    reply = await gateway.client.post(f"/sessions/{made['session_id']}/analyze", json=body)
    assert reply.status_code == 202
    accepted = reply.json()
    assert accepted["session_id"] == made["session_id"]
    assert accepted["status_url"] == f"/status/{accepted['task_id']}"
    job = await gateway.job(accepted["task_id"])
    assert job.request.model_dump(include=set(body)) == body
    assert set(await gateway.queued_ids()) == {made["task_id"], job.task_id}


async def test_only_what_was_answered_before_goes_to_the_look_up(gateway: Gateway) -> None:
    made = await gateway.session()
    url = f"/sessions/{made['session_id']}/analyze"

    async def submitted(**body: object) -> Job:
        reply = await gateway.client.post(url, json={"question": "Total revenue?", **body})
        return await gateway.job(reply.json()["task_id"])

    fresh = await submitted()
    async with redis.asyncio.from_url(gateway.settings.redis_url) as client:
        await client.set(hint_name(fresh), 1)
        again = await submitted()
        past = [await submitted(cache=False), await submitted(approve=True), await submitted(mode="sql")]
        waiting = [json.loads(one) for one in await client.lrange(LOOKUPS, 0, -1)]
    assert waiting == [[again.tenant_id, again.task_id]]
    assert again.published_at is not None, "who takes it too late finds it published again by the reaper"
    others = {made["task_id"], fresh.task_id, *(job.task_id for job in past)}
    assert set(await gateway.queued_ids()) == others


async def test_code_needs_no_session(gateway: Gateway) -> None:
    task_id = await gateway.task()
    job = await gateway.job(task_id)
    assert (job.kind, job.request.code, job.session_id) == ("execute", "print(1)", None)


async def test_the_same_key_and_body_is_one_job(gateway: Gateway) -> None:
    headers = {"Idempotency-Key": "k1"}
    calls = [gateway.client.post("/execute", json={"code": "print(1)"}, headers=headers) for _ in range(8)]
    replies = await asyncio.gather(*calls)
    assert {reply.status_code for reply in replies} == {202}
    assert len({reply.text for reply in replies}) == 1
    assert len(await gateway.queued_ids()) == 1


async def test_the_same_key_with_another_body_is_a_conflict(gateway: Gateway) -> None:
    headers = {"Idempotency-Key": "k1"}
    await gateway.client.post("/execute", json={"code": "print(1)"}, headers=headers)
    reply = await gateway.client.post("/execute", json={"code": "print(2)"}, headers=headers)
    assert (reply.status_code, reply.json()["error"]["code"]) == (409, "idempotency_conflict")
    files = {"files": ("a.csv", CSV)}
    assert (await gateway.client.post("/sessions", files=files, headers=headers)).status_code == 409
    assert gateway.blobs() == []
    assert await gateway.services.store.list_sessions("alpha") == []


async def test_another_tenant_may_use_the_same_key(gateway: Gateway) -> None:
    headers = {"Idempotency-Key": "k1"}
    mine = await gateway.client.post("/execute", json={"code": "1"}, headers=headers)
    theirs = await gateway.other.post("/execute", json={"code": "2"}, headers=headers)
    assert theirs.status_code == 202
    assert mine.json()["task_id"] != theirs.json()["task_id"]


@pytest.mark.parametrize("path", ["/sessions", "/analyze", "/sessions/{}/files"])
async def test_an_upload_repeated_at_once_is_kept_once(gateway: Gateway, path: str) -> None:
    path = path.format((await gateway.session("first.csv"))["session_id"])
    before = len(gateway.blobs())
    data = {"question": "How many?"} if path == "/analyze" else {}

    async def upload() -> tuple[int, str]:
        files = {"files": ("a.csv", CSV)}
        reply = await gateway.client.post(path, files=files, data=data, headers={"Idempotency-Key": "u"})
        return reply.status_code, reply.json()["task_id"]

    answers = set(await asyncio.gather(*(upload() for _ in range(4))))
    answers.add(await upload())
    assert len(answers) == 1
    assert len(gateway.blobs()) == before + 1
    assert len(await gateway.queued_ids()) == 2


@pytest.mark.parametrize("key", ["", "a b", "k" * 256, "k\xe9"])
async def test_a_key_that_is_none_is_refused(gateway: Gateway, key: str) -> None:
    headers = {"Idempotency-Key": key.encode("latin-1")}
    reply = await gateway.client.post("/execute", json={"code": "1"}, headers=headers)
    assert reply.status_code == 422
    assert "Idempotency-Key" in reply.json()["error"]["message"]


def test_the_limit_is_a_number_of_unfinished_jobs() -> None:
    assert refusal(99, 100) is None
    error = refusal(100, 100)
    assert error is not None
    assert error.headers == {"Retry-After": "5"}


async def test_many_at_once_do_not_pass_the_limit(alone: tuple[Gateway, RedisServer]) -> None:
    gateway, _ = alone
    calls = (gateway.client.post("/execute", json={"code": "1"}) for _ in range(20))
    replies = await asyncio.gather(*calls)
    assert sorted(reply.status_code for reply in replies) == [202] * 3 + [429] * 17
    refused = next(reply for reply in replies if reply.status_code == 429)
    assert refused.json()["error"]["code"] == "too_many_jobs"
    assert int(refused.headers["retry-after"]) > 0
    upload = await gateway.client.post("/sessions", files={"files": ("a.csv", CSV)})
    assert upload.status_code == 429
    assert gateway.blobs() == []
    assert (await gateway.other.post("/execute", json={"code": "1"})).status_code == 202


async def test_a_repeat_is_answered_even_at_the_limit(alone: tuple[Gateway, RedisServer]) -> None:
    gateway, _ = alone
    headers = {"Idempotency-Key": "first"}
    first = await gateway.client.post("/execute", json={"code": "1"}, headers=headers)
    for _ in range(2):
        await gateway.task()
    again = await gateway.client.post("/execute", json={"code": "1"}, headers=headers)
    assert (again.status_code, again.text) == (202, first.text)


async def test_an_operators_policy_may_be_named_and_only_while_it_can_be_read(
    gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDGLASS_POLICY_DIR", str(tmp_path))
    body = {"code": "1", "policy": "lab"}
    refused = await gateway.client.post("/execute", json=body)
    assert (refused.status_code, "default, live-data, strict" in refused.text) == (422, True)
    (tmp_path / "lab.toml").write_text('name = "lab"\n')
    assert (await gateway.client.post("/execute", json=body)).status_code == 202
    monkeypatch.setenv("SANDGLASS_POLICY_DIR", "/nowhere/secret")
    gone = await gateway.client.post("/execute", json=body)
    assert (gone.status_code, "/nowhere" in gone.text) == (422, False)


async def test_without_redis_nothing_is_kept(alone: tuple[Gateway, RedisServer]) -> None:
    gateway, server = alone
    server.stop()
    files = {"files": ("a.csv", CSV)}
    replies = [
        await gateway.client.post("/execute", json={"code": "1"}),
        await gateway.client.post("/sessions", files=files),
        await gateway.client.post("/analyze", files=files, data={"question": "x"}),
    ]
    for reply in replies:
        assert (reply.status_code, reply.json()["error"]["code"]) == (503, "queue_unavailable")
        assert "Redis" in reply.json()["error"]["message"]
        assert int(reply.headers["retry-after"]) > 0
    assert gateway.blobs() == []
    assert await gateway.services.store.count_jobs("alpha") == 0
    assert (await gateway.client.get("/sessions")).status_code == 200


async def test_redis_lost_between_check_and_publish_leaves_the_job_queued(
    alone: tuple[Gateway, RedisServer],
) -> None:
    gateway, server = alone
    assert await gateway.services.queue.answers()
    server.stop()
    task_id = await gateway.task()
    job = await gateway.job(task_id)
    assert (job.state, job.published_at) == ("queued", None)
    soon = utc_now() + timedelta(seconds=1)
    assert await gateway.services.store.sweep_unpublished(soon) == [("alpha", task_id)]
    assert (await gateway.client.post("/execute", json={"code": "1"})).status_code == 503


async def test_after_redis_comes_back_jobs_go_out_again(alone: tuple[Gateway, RedisServer]) -> None:
    gateway, server = alone
    await gateway.task()
    server.stop()
    server.start()
    task_id = await gateway.task()
    assert (await gateway.job(task_id)).published_at is not None
    assert task_id in await gateway.queued_ids()


async def test_a_store_that_is_down_is_a_503(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    async def down(*_: object) -> None:
        raise StoreUnavailableError("/secret/path is gone")

    monkeypatch.setattr(gateway.services.store, "insert_job", down)
    reply = await gateway.client.post("/sessions", files={"files": ("a.csv", CSV)})
    assert (reply.status_code, reply.json()["error"]["code"]) == (503, "store_unavailable")
    assert "secret" not in reply.text
    assert int(reply.headers["retry-after"]) > 0
    assert gateway.blobs() == []
    assert await gateway.services.store.list_sessions("alpha") == []
    monkeypatch.setattr(gateway.services.store, "find_key", down)
    assert (await gateway.client.get("/sessions")).status_code == 503


async def test_an_unexpected_error_tells_nothing_but_its_request_id(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError("/secret/path")

    monkeypatch.setattr(gateway.services.store, "get_job", broken)
    reply = await gateway.client.get("/status/x", headers={"X-Request-ID": "mine-1"})
    assert reply.status_code == 500
    assert reply.json()["error"]["code"] == "internal"
    assert reply.json()["error"]["request_id"] == reply.headers["x-request-id"] == "mine-1"
    assert "secret" not in reply.text
    assert "Traceback" not in reply.text


async def test_a_queued_job_is_cancelled_at_once_and_again_without_harm(gateway: Gateway) -> None:
    task_id = await gateway.task()
    first = await gateway.client.post(f"/status/{task_id}/cancel")
    again = await gateway.client.post(f"/status/{task_id}/cancel")
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json()["state"] == "cancelled"
    assert first.json() == again.json()


async def test_a_running_job_is_asked_to_stop(gateway: Gateway) -> None:
    task_id = await gateway.task()
    await gateway.services.store.claim_job("alpha", task_id, "worker-1", utc_now())
    reply = await gateway.client.post(f"/status/{task_id}/cancel")
    assert reply.status_code == 202
    assert (reply.json()["state"], reply.json()["cancel_requested"]) == ("running", True)


async def test_the_status_has_every_field_of_the_interface_and_no_internal_one(gateway: Gateway) -> None:
    task_id = await gateway.task()
    store = gateway.services.store
    await store.claim_job("alpha", task_id, "worker-1", utc_now())
    artifact = {"artifact_id": "a1", "name": "p.png", "role": "figure", "mime": "image/png", "size_bytes": 4}
    changes = {
        "state": "succeeded",
        "stage": "done",
        "outcome": "ok",
        "code": "print(1)",
        "language": "python",
        "result": {"type": "scalar", "value": 1.5},
        "attempts": [Attempt(number=1, outcome="ok").model_dump()],
        "artifacts": [artifact],
        "notes": ["left out: big.bin (too large)"],
    }
    assert await store.finish_job("alpha", task_id, "worker-1", changes)
    status = (await gateway.client.get(f"/status/{task_id}")).json()
    interface = "task_id state stage outcome answer result code language stdout stderr attempts artifacts"
    interface += " timings usage receipt error session_id kind question planner understood created_at"
    assert set(interface.split()) <= set(status)
    internal = {"tenant_id", "lease_owner", "lease_until", "request_digest", "idempotency_key", "deliveries"}
    assert not internal & set(status)
    assert status["artifacts"] == [artifact | {"url": "/artifacts/a1"}]
    assert status["result"] == {"type": "scalar", "value": 1.5}
    assert status["notes"] == ["left out: big.bin (too large)"]
    assert status["stdout"] == {"text": "", "bytes": 0, "truncated": False}
