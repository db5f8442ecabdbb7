"""Jobs go to all hosts, a host that dies takes none with it, and hosts that differ are told of."""

import asyncio
import io
import itertools
import time
from collections import Counter
from typing import Any

import docker
import pytest
import redis

from policies.model import load_policy
from policies.spec import LABEL_STACK, Marks, container_body
from store.base import Store
from store.open import open_store
from store.records import Job
from tests.engine_services import IMAGE, wait_for
from tests.hosts.conftest import STACK, Hosts

pytestmark = [pytest.mark.stack, pytest.mark.mongo, pytest.mark.redis, pytest.mark.slow]
TENANT = "local"
WRITING = "import time; time.sleep({}); open('/work/out/one.txt', 'w').write('1'); {}"


def stored(hosts: Hosts, tasks: list[str]) -> list[Job]:
    """The records of the jobs, read past the gateways."""

    async def read(store: Store) -> list[Job]:
        await store.open()
        try:
            found = [await store.get_job(TENANT, task) for task in tasks]
        finally:
            await store.close()
        return [job for job in found if job is not None]

    return asyncio.run(read(open_store(hosts.store_url)))


def submitted(hosts: Hosts, codes: list[str]) -> list[str]:
    clients = itertools.cycle(hosts.gateways)
    return [str(next(clients).execute(code)["task_id"]) for code in codes]


def ended(hosts: Hosts, tasks: list[str]) -> list[dict[str, Any]]:
    """Their records once all have ended, each read by the gateway that did not take the job."""
    clients = itertools.cycle(reversed(hosts.gateways))
    return [next(clients).wait_for(task, limit_seconds=120) for task in tasks]


def test_jobs_go_to_both_hosts_and_either_gateway_tells_of_their_ends(hosts: Hosts) -> None:
    codes = [f"import time; time.sleep(0.3); {n} * 7" for n in range(8)]
    records = ended(hosts, submitted(hosts, codes))
    assert [record["result"]["value"] for record in records] == [n * 7 for n in range(8)]
    assert set(Counter(record["receipt"]["engine"] for record in records)) == {"podman", "docker"}
    # Told by Redis' events, not found by looking: that is done every ten seconds.
    task = submitted(hosts, ["import time; time.sleep(1); 5"])
    started = time.monotonic()
    assert hosts.gateways[1].wait_for(task[0], limit_seconds=30)["result"]["value"] == 5
    assert time.monotonic() - started < 8


def test_a_file_of_one_host_is_there_for_the_other_and_from_both_gateways(hosts: Hosts) -> None:
    records = ended(hosts, submitted(hosts, [WRITING.format(0.5, n) for n in range(6)]))
    assert {record["receipt"]["engine"] for record in records} == {"podman", "docker"}
    for record, client in itertools.product(records, hosts.gateways):
        (artifact,) = record["artifacts"]
        kept = io.BytesIO()
        client.download(artifact["artifact_id"], kept)
        assert kept.getvalue() == b"1"


def test_what_differs_between_the_hosts_is_told(hosts: Hosts) -> None:
    said = [client.readiness() for client in hosts.gateways]
    images = {worker["engine"]["name"]: worker["image"] for worker in said[0]["workers"]}
    clocks = {worker["engine"]["name"]: worker["clock_seconds"] for worker in said[0]["workers"]}
    for answer in said:
        told = " ".join(answer["weaknesses"])
        assert ("different sandbox images" in told) is (images["podman"] != images["docker"])
        assert "set the clocks by NTP" in told
        assert "another store" not in told
        assert "different versions" not in told
    assert abs(clocks["podman"]) < 1 < 2.5 < clocks["docker"] < 3.5
    record = ended(hosts, submitted(hosts, ["1"]))[0]
    assert record["receipt"]["image"] == images[record["receipt"]["engine"]]


def test_a_worker_whose_clock_is_ahead_by_a_third_of_the_lease_takes_no_job_from_another(
    hosts: Hosts,
) -> None:
    task = _on_host_a(hosts, "import time; time.sleep(8); 'kept'")
    (record,) = ended(hosts, [task])
    assert (record["result"]["value"], record["receipt"]["engine"]) == ("kept", "podman")
    assert stored(hosts, [task])[0].deliveries == 1
    # Were the lease not renewed, host b's sweep would have published it at six seconds.
    assert task not in hosts.b.log.read_text()


def _on_host_a(hosts: Hosts, code: str) -> str:
    """A job that runs there, while host b idles."""
    for _ in range(20):
        (task,) = submitted(hosts, [code])
        if _owner_of(hosts, task).startswith("host-a:"):
            return task
        hosts.gateways[0].cancel(task)
        hosts.gateways[0].wait_for(task, limit_seconds=60)
    pytest.fail("host a took none of 20 jobs")


def _owner_of(hosts: Hosts, task: str) -> str:
    wait_for(lambda: stored(hosts, [task])[0].state == "running", 60, "the job runs")
    return str(stored(hosts, [task])[0].lease_owner)


def test_the_sweep_leaves_sandboxes_of_other_hosts_until_their_deadline(hosts: Hosts) -> None:
    future, past = int(time.time()) + 3600, int(time.time()) - 3600
    # By name another host's, and one of our own name from another container: all on this engine.
    owners = [("host-c:1:1:there", future), ("host-b:1:1:there", future), ("host-c:1:1:there", past)]
    with docker.APIClient(base_url=hosts.b.engine_url, version="1.40") as engine:
        bodies = [container_body(load_policy("default"), IMAGE, Marks(STACK, *owner)) for owner in owners]
        made = [str(engine.create_container_from_config(body)["Id"]) for body in bodies]
        wait_for(lambda: made[2] not in of_stack(engine), 20, "the one past its deadline is removed")
        again = engine.create_container_from_config(bodies[2])["Id"]
        wait_for(lambda: again not in of_stack(engine), 20, "a later sweep removes another")
        assert {made[0], made[1]} <= of_stack(engine)
        for one in made[:2]:
            engine.remove_container(one)


def of_stack(engine: docker.APIClient) -> set[str]:
    label = {"label": [f"{LABEL_STACK}={STACK}"]}
    return {str(row["Id"]) for row in engine.containers(all=True, filters=label)}


def test_when_a_host_dies_amid_jobs_all_end_once(hosts: Hosts) -> None:
    """The last one: host a is gone then."""
    tasks = submitted(hosts, [WRITING.format(3, n) for n in range(8)])

    def on_a() -> list[str]:
        running = [job for job in stored(hosts, tasks) if job.state == "running"]
        return [
            job.task_id
            for job in running
            if str(job.lease_owner).startswith("host-a:") and job.stage == "running"
        ]

    wait_for(lambda: len(on_a()) > 0, 60, "a job runs on host a")
    interrupted = on_a()
    hosts.a.die()
    records = ended(hosts, tasks)
    assert [(record["state"], record["result"]["value"]) for record in records] == [
        ("succeeded", n) for n in range(8)
    ]
    assert [len(record["artifacts"]) for record in records] == [1] * 8
    redone = {job.task_id: job for job in stored(hosts, interrupted)}
    assert [redone[task].deliveries for task in interrupted] == [2] * len(interrupted)
    assert {str(job.receipt["engine"]) for job in redone.values() if job.receipt} == {"docker"}
    # What is left in the queue (an id is there twice after a sweep) is taken, and moves no job any more.
    with redis.Redis.from_url(hosts.redis_url) as client:
        wait_for(lambda: client.llen("sandglass") == 0, 20, "the queue is empty")
    before = [job.model_dump() for job in stored(hosts, tasks)]
    assert ended(hosts, submitted(hosts, ["'after'"]))[0]["result"]["value"] == "after"
    assert [job.model_dump() for job in stored(hosts, tasks)] == before
    wait_for(lambda: len(hosts.gateways[0].readiness()["workers"]) == 1, 20, "host a is missed")
    with docker.APIClient(base_url=hosts.b.engine_url, version="1.40") as engine:
        wait_for(lambda: len(of_stack(engine)) <= 2, 20, "only standby sandboxes are left")
