"""Does the stack, brought up by one command on each engine, answer, hold its bounds and outlive faults?"""

from __future__ import annotations

import csv
import os
import signal
from collections import defaultdict
from statistics import fmean

import pytest

from tests.compose.running import SERVICES, Stack, dumped
from tests.engine_services import ROOT, wait_for

pytestmark = [pytest.mark.engine, pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(240)]
TABLE = ROOT / "client/examples/seattle-weather.csv"
QUESTION = "What is the average temp_max by weather?"
STATUS = "grep -E '^(Cap(Eff|Bnd|Prm)|NoNewPrivs|Seccomp):' /proc/1/status"
CAPABILITIES_NONE = "0000000000000000"


def _averages() -> dict[str, float]:
    values = defaultdict(list)
    with TABLE.open() as file:
        for row in csv.DictReader(file):
            values[row["weather"]].append(float(row["temp_max"]))
    return {name: fmean(numbers) for name, numbers in values.items()}


def test_a_question_is_answered_through_the_published_port(stack: Stack) -> None:
    with stack.client() as client:
        task = client.one_shot([TABLE], QUESTION)
        record = client.wait_for(task["task_id"], limit_seconds=120)
    assert record["outcome"] == "ok", f"{record}\n{stack.logs()}"
    found = dict(zip(record["result"]["value"]["index"], record["result"]["value"]["values"], strict=True))
    assert found == pytest.approx(_averages())


def test_it_says_what_it_did_and_where_the_key_is(stack: Stack) -> None:
    said = stack.said
    assert f"Sandglass is up: {stack.address}" in said
    assert f"key:      {stack.folder}/secrets/sandglass_first_key" in said
    assert "secrets: made in" in said
    assert stack.engine in said
    assert stack.secret("sandglass_first_key") not in said


def test_each_part_has_a_read_only_root_and_no_capability(stack: Stack) -> None:
    for name in SERVICES:
        facts = dict(line.split(":\t") for line in stack.inside(name, "sh", "-c", STATUS).splitlines())
        assert facts["CapEff"] == facts["CapPrm"] == facts["CapBnd"] == CAPABILITIES_NONE, name
        assert facts["NoNewPrivs"] == "1", name
        assert facts["Seccomp"] == "2", name
        assert stack.inside(name, "sh", "-c", "touch /x /usr/x /etc/x 2>/dev/null || echo no") == "no\n", name


def test_each_part_has_the_limits_of_the_requirements(stack: Stack) -> None:
    wanted = {"gateway": 1 << 30, "worker": 4 << 30, "redis": 512 << 20}
    for name, inspected in stack.inspected().items():
        limits = inspected["HostConfig"]
        assert limits["PidsLimit"] > 0, name
        assert limits["NanoCpus"] > 0, name
        assert limits["Memory"] == wanted.get(name, limits["Memory"]) > 0, name
        assert limits["MemoryReservation"] > 0, name
        assert limits["RestartPolicy"]["Name"] == "unless-stopped", name


def test_parts_are_not_root_but_for_the_one_that_opens_the_engines_socket(stack: Stack) -> None:
    users = {name: stack.inside(name, "id", "-u").strip() for name in SERVICES}
    assert users == {
        "gateway": "10001",
        "worker": "10001",
        "engine-proxy": "0",
        "redis": "999",
        "mongo": "999",
    }


def test_only_the_gateway_is_published_and_on_loopback(stack: Stack) -> None:
    for name, inspected in stack.inspected().items():
        ports = inspected["HostConfig"]["PortBindings"] or {}
        hosts = [binding["HostIp"] for bindings in ports.values() for binding in bindings or []]
        assert hosts == (["127.0.0.1"] if name == "gateway" else []), name


def test_the_gateway_has_no_engine_and_no_model_key(stack: Stack) -> None:
    assert stack.inside("gateway", "sh", "-c", "find / -xdev -type s 2>/dev/null; true") == ""
    assert "openai_api_key" not in stack.inside("gateway", "ls", "/run/secrets")
    assert "ENGINE" not in stack.inside("gateway", "env")


def test_only_the_proxy_has_the_engines_socket(stack: Stack) -> None:
    socket = os.path.realpath(stack.url.removeprefix("unix://"))
    with_it = [
        name
        for name, inspected in stack.inspected().items()
        if socket in [os.path.realpath(mount["Source"]) for mount in inspected["Mounts"]]
    ]
    assert with_it == ["engine-proxy"]


def test_a_worker_cannot_put_a_socket_in_the_place_of_the_proxys(stack: Stack) -> None:
    attempt = "rm -f /run/sandglass-engine/engine.sock 2>/dev/null && echo gone || echo held"
    assert stack.inside("worker", "sh", "-c", attempt) == "held\n"


def test_the_proxy_has_no_network_and_the_worker_no_way_out(stack: Stack) -> None:
    assert stack.inside("engine-proxy", "sh", "-c", "ls /sys/class/net").split() == ["lo"]
    networks = stack.inspected()["worker"]["NetworkSettings"]["Networks"]
    assert list(networks) == [f"{stack.project}_back"]
    assert stack.docker.networks.get(f"{stack.project}_back").attrs["Internal"] is True


def test_no_secret_is_in_what_the_engine_tells_or_in_arguments(stack: Stack) -> None:
    told = dumped(stack.inspected())
    arguments = "".join(
        stack.inside(name, "sh", "-c", "cat /proc/[0-9]*/cmdline /proc/1/environ | tr '\\0' ' '")
        for name in SERVICES
    )
    for name in ("redis_password", "mongo_password", "mongo_root_password", "sandglass_first_key"):
        secret = stack.secret(name)
        assert secret not in told, name
        assert secret not in arguments, name


def test_redis_keeps_what_it_is_told_and_asks_for_a_password(stack: Stack) -> None:
    ask = 'export REDISCLI_AUTH="$(cat /run/secrets/redis_password)"; redis-cli {}'
    said = stack.inside("redis", "sh", "-c", ask.format("info")).split()
    assert {"aof_enabled:1", "maxmemory_policy:noeviction"} <= set(said)
    assert "appendfsync everysec" in stack.inside("redis", "cat", "/tmp/redis.conf")
    assert "NOPERM" in stack.inside("redis", "sh", "-c", ask.format("config get dir"))
    assert "NOAUTH" in stack.inside("redis", "redis-cli", "ping")


def test_three_workers_take_jobs(stack: Stack) -> None:
    stack.command("scale", "3")
    wait_for(lambda: stack.workers_ready() == 3, 60, f"three workers\n{stack.logs()}")
    with stack.client() as client:
        code = "import time; time.sleep(4); result = 1"
        tasks = [client.execute(code)["task_id"] for _ in range(3)]
        wait_for(lambda: len(stack.hosts_at_work()) == 3, 40, f"three at work\n{stack.logs()}")
        records = [client.wait_for(task, limit_seconds=90) for task in tasks]
    assert [record["outcome"] for record in records] == ["ok"] * 3


def test_a_killed_worker_loses_no_job_and_is_back(stack: Stack) -> None:
    with stack.client() as client:
        task = client.execute("import time; time.sleep(8); result = 6 * 7")["task_id"]
        hosts: list[str] = []

        def runs() -> bool:
            hosts[:] = stack.hosts_at_work()
            return len(hosts) == 1

        workers = stack.containers("worker")
        wait_for(runs, 40, f"the job runs\n{stack.logs()}")
        victim = next(container for container in workers if container.id.startswith(hosts[0]))
        os.kill(victim.attrs["State"]["Pid"], signal.SIGKILL)
        record = client.wait_for(task, limit_seconds=120)
    assert record["outcome"] == "ok", f"{record}\n{stack.logs()}"
    assert record["result"]["value"] == 42

    def is_back() -> bool:
        victim.reload()
        return victim.status == "running" and stack.workers_ready() == 3

    wait_for(is_back, 60, f"the worker is started again\n{stack.logs()}")


def test_a_part_that_is_ended_while_it_loads_ends(stack: Stack) -> None:
    proxy = stack.containers("engine-proxy")[0]
    proxy.stop(timeout=20)
    proxy.start()
    proxy.stop(timeout=20)
    proxy.reload()
    killed = 128 + signal.SIGKILL
    assert proxy.attrs["State"]["ExitCode"] != killed
    proxy.start()


def test_down_and_up_again_keeps_sessions_and_answers(stack: Stack) -> None:
    with stack.client() as client:
        done = client.wait_for(client.one_shot([TABLE], QUESTION)["task_id"], limit_seconds=120)
        sessions = client.sessions()
    assert "its data stay" in stack.command("down")
    assert not [name for name in stack.traces() if "worker" in name or "gateway" in name]
    # The other tool of the same engine takes over the same volumes.
    stack.tool = "docker-compose-1" if stack.engine == "docker" else stack.tool
    assert "3 worker(s)" in stack.command("up")
    with stack.client() as client:
        assert client.sessions() == sessions
        assert client.status(done["task_id"])["result"] == done["result"]
        again = client.wait_for(client.analyze(done["session_id"], QUESTION, cache=False)["task_id"])
    assert again["result"] == done["result"]


def test_nothing_is_left_behind(stack: Stack) -> None:
    said = stack.command("down", "--volumes")
    assert "losing for good" in said
    assert stack.traces() == []
    sandboxes = {"label": f"sandglass.stack={stack.project}"}
    assert stack.docker.containers.list(all=True, filters=sandboxes) == []
