"""What the gateway counts, who may read it, and what never stands in it."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest
import redis.asyncio
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families

from gateway.routes.metrics import router
from gateway.settings import Settings
from store.base import StoreUnavailableError
from store.lookups import LOOKUPS
from store.records import Backlog, Job, Request
from tests.conftest import RedisServer
from tests.gateway.conftest import CSV, Gateway, make_store, serve


async def numbers(gateway: Gateway) -> dict[str, float]:
    """Every sample, by its name and labels as they are written."""
    gateway.services.backlog._seen = None
    reply = await gateway.anonymous.get("/metrics")
    assert reply.status_code == 200, reply.text
    return {
        sample.name + "".join(f"[{value}]" for value in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(reply.text)
        for sample in family.samples
    }


@pytest.fixture
async def lone(tmp_path: Path, own_redis: RedisServer) -> AsyncIterator[tuple[Gateway, RedisServer]]:
    """A gateway with a Redis that the test may stop."""
    url, keys = await make_store(tmp_path)
    async for running in serve(Settings(store=url, redis_url=own_redis.url), keys):
        yield running, own_redis


async def test_it_is_text_for_anyone_and_openmetrics_if_asked_for(gateway: Gateway) -> None:
    plain = await gateway.anonymous.get("/metrics")
    assert plain.headers["content-type"].startswith("text/plain; version=")
    asked = await gateway.anonymous.get("/metrics", headers={"Accept": "application/openmetrics-text"})
    assert asked.headers["content-type"].startswith("application/openmetrics-text")
    assert asked.text.endswith("# EOF\n")
    assert {family.name for family in read_openmetrics(asked.text)} >= {"sandglass_queue_depth"}


async def test_the_queue_is_what_the_store_says(gateway: Gateway) -> None:
    before = await numbers(gateway)
    assert (before["sandglass_queue_depth"], before["sandglass_queue_oldest_seconds"]) == (0, 0)
    tasks = [await gateway.task() for _ in range(3)]
    await gateway.services.store.claim_job("alpha", tasks[0], "w", (await gateway.job(tasks[0])).created_at)
    seen = await numbers(gateway)
    assert seen["sandglass_queue_depth"] == seen["sandglass_jobs[queued]"] == 2
    assert seen["sandglass_jobs[running]"] == 1
    assert seen["sandglass_queue_messages"] == 3
    assert 0 < seen["sandglass_queue_oldest_seconds"] < 60
    assert seen["sandglass_jobs_published_total[execute][ok]"] == 3
    assert (seen["sandglass_store_up"], seen["sandglass_redis_up"], seen["sandglass_workers"]) == (1, 1, 0)


async def test_what_waits_to_be_looked_up_is_counted_with_the_messages(gateway: Gateway) -> None:
    async with redis.asyncio.from_url(gateway.settings.redis_url) as client:
        await client.rpush(LOOKUPS, "a", "b")
        assert (await numbers(gateway))["sandglass_queue_messages"] == 2
        await client.delete(LOOKUPS)


async def test_what_nobody_can_say_is_left_out(
    lone: tuple[Gateway, RedisServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway, own_redis = lone

    async def hangs() -> Backlog:
        await asyncio.sleep(60)
        return Backlog()

    async def fails() -> Backlog:
        raise StoreUnavailableError

    monkeypatch.setattr("gateway.backlog._PATIENCE_SECONDS", 0.2)
    own_redis.stop()
    for broken in (hangs, fails):
        monkeypatch.setattr(gateway.services.store, "backlog", broken)
        seen = await numbers(gateway)
        assert (seen["sandglass_store_up"], seen["sandglass_redis_up"]) == (0, 0)
        absent = {"sandglass_queue_depth", "sandglass_queue_messages", "sandglass_workers"}
        assert not absent & set(seen)


async def test_many_scrapes_are_one_question_to_the_store(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    look = gateway.services.store.backlog

    async def counted() -> Backlog:
        asked.append(1)
        return await look()

    monkeypatch.setattr(gateway.services.store, "backlog", counted)
    await asyncio.gather(*(gateway.anonymous.get("/metrics") for _ in range(20)))
    assert len(asked) == 1


async def test_requests_are_counted_by_the_template_of_their_route(gateway: Gateway) -> None:
    made = await gateway.session()
    await gateway.client.get(f"/sessions/{made['session_id']}")
    await gateway.client.get("/sessions/no-such-session")
    await gateway.anonymous.get("/nowhere/at-all")
    await gateway.client.request("BREW", "/sessions")
    seen = await numbers(gateway)
    assert seen["sandglass_http_requests_total[GET][/sessions/{session_id}][200]"] == 1
    assert seen["sandglass_http_requests_total[GET][/sessions/{session_id}][404]"] == 1
    assert seen["sandglass_http_requests_total[GET][other][404]"] == 1
    assert seen["sandglass_http_requests_total[POST][/sessions][201]"] == 1
    assert seen["sandglass_http_requests_total[other][/sessions][405]"] == 1
    assert seen["sandglass_http_request_seconds_count[GET][/sessions/{session_id}]"] == 2
    assert seen["sandglass_http_requests_in_flight"] == 1, "the scrape itself"
    assert (seen["sandglass_upload_files_total[csv]"], seen["sandglass_upload_bytes_total"]) == (1, len(CSV))


async def test_a_refused_upload_counts_no_bytes(gateway: Gateway) -> None:
    assert (await gateway.client.post("/sessions", files={"files": ("a.exe", b"MZ")})).status_code == 415
    assert (await numbers(gateway))["sandglass_upload_bytes_total"] == 0


async def test_who_waits_is_counted(gateway: Gateway) -> None:
    task = await gateway.task()
    waiting = asyncio.create_task(gateway.client.get(f"/status/{task}?wait=30"))
    async with asyncio.timeout(10):
        while (await numbers(gateway))["sandglass_http_waiters"] != 1:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    await gateway.client.post(f"/status/{task}/cancel")
    await waiting
    assert (await numbers(gateway))["sandglass_http_waiters"] == 0


async def test_nothing_that_a_client_writes_becomes_a_label(gateway: Gateway) -> None:
    canary = "canary-77aa"
    made = await gateway.session(f"{canary}.csv")
    task = Job(tenant_id="alpha", kind="execute", request=Request(code=canary, policy=canary, model=canary))
    await gateway.services.store.insert_job(task)
    for path in (f"/{canary}", f"/sessions/{canary}", f"/status/{canary}", f"/artifacts/{canary}?x={canary}"):
        await gateway.client.get(path, headers={"Authorization": f"Bearer {canary}", "X-Request-ID": canary})
    await gateway.client.request(canary.upper(), f"/sessions/{made['session_id']}")
    await gateway.client.post("/execute", json={"code": "1", "policy": canary})
    before = len(await numbers(gateway))
    for number in range(50):
        await gateway.client.request(f"M{number}", f"/{number}/{canary}")
        await gateway.anonymous.get(f"/sessions/{number}")
    text = (await gateway.anonymous.get("/metrics")).text.lower()
    assert canary not in text
    assert not re.search(r"alpha|beta|[0-9a-f]{32}", text)
    assert gateway.key not in text
    histogram = 15 + 1  # a new route of a method, with its buckets, and one more status
    assert len(await numbers(gateway)) <= before + 4 * histogram


async def test_switched_off_it_is_not_there(tmp_path: Path, redis_url: str) -> None:
    url, keys = await make_store(tmp_path)
    async with aclosing(serve(Settings(store=url, redis_url=redis_url, metrics="off"), keys)) as served:
        reply = await (await anext(served)).anonymous.get("/metrics")
        assert (reply.status_code, reply.json()["error"]["code"]) == (404, "not_found")


def test_the_route_asks_for_no_key() -> None:
    assert router.dependencies == []
