"""Parts that die while a job is under way: every job ends, once, and nothing is left behind."""

import os
import signal
import time
from pathlib import Path

import pytest

from client.errors import ApiError
from tests.engine_services import wait_for
from tests.stack.conftest import Stack, containers

pytestmark = [pytest.mark.stack, pytest.mark.slow]


def at_stage(stack: Stack, task_id: str, stage: str) -> None:
    wait_for(lambda: stack.client.status(task_id)["stage"] == stage, 30, f"{task_id} at stage {stage}")


def runs(pid: int) -> bool:
    """Whether a process is there, and more than a row that its parent has not read yet."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def test_a_cancel_ends_the_code_and_its_container(own_stack: Stack) -> None:
    task = own_stack.client.execute("import time; time.sleep(25)")["task_id"]
    at_stage(own_stack, task, "running")
    started = time.monotonic()
    own_stack.client.cancel(task)
    record = own_stack.client.wait_for(task, limit_seconds=20)
    assert record["state"] == "cancelled"
    assert time.monotonic() - started < 10
    used = own_stack.run("1 + 1")
    assert used["outcome"] == "ok"


def test_a_killed_worker_process_loses_no_job_and_leaves_no_container(own_stack: Stack) -> None:
    code = "import time; time.sleep(3); 'done'"
    tasks = [own_stack.client.execute(code)["task_id"] for _ in range(4)]
    at_stage(own_stack, tasks[0], "running")
    for pid in own_stack.worker_children():
        os.kill(pid, signal.SIGKILL)
    records = [own_stack.client.wait_for(task, limit_seconds=90) for task in tasks]
    assert [record["outcome"] for record in records] == ["ok"] * 4
    # Two processes with one standby sandbox each; whatever the dead ones had is swept.
    wait_for(lambda: len(containers(own_stack)) <= 2, 60, "the dead processes' sandboxes are removed")


def test_a_killed_worker_is_replaced_by_up_and_its_job_is_taken_up(own_stack: Stack) -> None:
    task = own_stack.client.execute("import time; time.sleep(3); 'done'")["task_id"]
    at_stage(own_stack, task, "running")
    children = own_stack.worker_children()
    own_stack.kill("worker")
    for pid in children:
        os.kill(pid, signal.SIGKILL)
    own_stack.command("up", timeout=200)
    assert own_stack.client.wait_for(task, limit_seconds=90)["outcome"] == "ok"


def test_without_redis_a_submit_is_refused_and_afterwards_works(own_stack: Stack) -> None:
    own_stack.kill("redis")
    time.sleep(1.5)  # the gateway believes an answer of Redis for a second
    client = own_stack.client
    with pytest.raises(ApiError) as caught:
        client._json("POST", "/execute", json={"code": "1", "language": "python"})
    assert caught.value.status == 503
    assert caught.value.code == "queue_unavailable"
    own_stack.command("up", timeout=200)
    assert own_stack.run("1 + 1")["outcome"] == "ok"


def test_without_an_engine_jobs_say_so_and_afterwards_work(own_stack: Stack) -> None:
    # The standby sandboxes are made ahead: they are used up first.
    pid = own_stack.pid("podman")
    os.kill(pid, signal.SIGKILL)
    outcomes = [own_stack.run("1 + 1")["outcome"] for _ in range(5)]
    assert "engine_error" in outcomes
    own_stack.command("up", timeout=200)
    wait_for(lambda: own_stack.run("1 + 1")["outcome"] == "ok", 90, "a job works again")


def test_down_leaves_no_process_and_no_container(own_stack: Stack) -> None:
    pids = [own_stack.pid(name) for name in ("redis", "worker", "gateway")]
    own_stack.run("1 + 1")
    own_stack.command("down")
    assert containers(own_stack) == []
    assert [pid for pid in pids if runs(pid)] == []
    own_stack.command("up", timeout=200)
    assert own_stack.run("2 + 2")["result"]["value"] == 4
