"""Sandboxes that lie, drip, flood, hang or vanish, over a real socket: the job ends in time."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from policies.model import Policy, load_policy
from tests.fuzz import hostile_peers
from tests.fuzz.hostile_peers import Behaviour, Peer
from tests.fuzz.streams import World
from worker.analysis.contract import RunResult
from worker.engines.base import EngineUnavailableError, PipeClosedError
from worker.sandbox import standby
from worker.sandbox.run import ContainerSandbox
from worker.sandbox.standby import Maker

_LIMITS = load_policy("default").limits.model_copy(update={"code_wall_seconds": 0.3, "grace_seconds": 0.3})
POLICY = load_policy("default").model_copy(update={"limits": _LIMITS})
CLOCK_SECONDS = 0.6
SLACK_SECONDS = 3.0
"""Beyond the clock, for a machine that is busy."""


async def made(behaviour: Behaviour, spool: Path, policy: Policy = POLICY) -> ContainerSandbox:
    engine = hostile_peers.HostileEngine(behaviour)
    return await Maker(engine, "image", "stack", "owner", spool, 60).make(policy, "t")


async def ran(behaviour: Behaviour, spool: Path) -> RunResult:
    """One run in a sandbox of this behaviour; asserts that it ends by the clock and leaves no task."""
    sandbox = await made(behaviour, spool)
    started = time.monotonic()
    try:
        result = await sandbox.run("code", "python", 1)
    finally:
        await sandbox.destroy()
    assert time.monotonic() - started < CLOCK_SECONDS + SLACK_SECONDS
    await no_task_is_left()
    return result


async def no_task_is_left() -> None:
    for _ in range(10):  # what was cancelled needs a turn of the loop to end
        await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.parametrize(
    ("behaviour", "outcomes"),
    [
        (hostile_peers.never_answers, {"timeout"}),
        (hostile_peers.drips, {"timeout"}),
        (hostile_peers.floods_stderr, {"timeout"}),
        (hostile_peers.floods_tiny_attach_frames, {"timeout"}),
        (hostile_peers.closes_at_once, {"runner_lost"}),
        (hostile_peers.closes_in_the_middle_of_a_frame, {"runner_lost"}),
        (hostile_peers.floods_before_it_is_asked, {"runner_lost", "timeout"}),
        (hostile_peers.sends_noise, {"runner_lost"}),
        (hostile_peers.echoes, {"runner_lost"}),
        (hostile_peers.replays, {"runner_lost"}),
        (hostile_peers.promises_gigabytes, {"runner_lost"}),
        (hostile_peers.breaks_the_attach_stream, {"runner_lost"}),
        (hostile_peers.speaks_of_another_attempt, {"runner_lost"}),
        (hostile_peers.nests_deep, {"runner_lost"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_a_job_ends_by_the_clock_whatever_its_sandbox_does(
    tmp_path: Path, behaviour: Behaviour, outcomes: set[str]
) -> None:
    result = await ran(behaviour, tmp_path)
    assert result.outcome in outcomes
    assert result.result is None
    assert result.message


@pytest.mark.parametrize("seed", range(40))
async def test_a_hostile_stream_in_place_of_an_answer_ends_the_job(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - must come again
    stream = World(rng).stream()

    async def behave(peer: Peer) -> None:
        await peer.greet()
        await peer.hear()
        for chunk in stream.chunks:
            await peer.raw(chunk)
        peer.hang_up()

    result = await ran(behave, tmp_path)
    assert result.outcome == "runner_lost"


@pytest.mark.parametrize(
    "behaviour",
    [
        hostile_peers.hangs_up_unheard,
        hostile_peers.says_end_first,
        hostile_peers.greets_with_noise,
        hostile_peers.is_silent,
        hostile_peers.drips_its_greeting,
        hostile_peers.floods_stderr,
    ],
)
async def test_a_sandbox_that_never_greets_is_given_up_in_time(
    tmp_path: Path, behaviour: Behaviour, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standby, "READY_SECONDS", 0.4)
    if behaviour is hostile_peers.floods_stderr:
        monkeypatch.setattr(Peer, "greet", Peer.hear)
    started = time.monotonic()
    with pytest.raises(EngineUnavailableError, match="did not come up"):
        await made(behaviour, tmp_path)
    assert time.monotonic() - started < 0.4 + SLACK_SECONDS
    await no_task_is_left()


async def test_data_that_goes_to_a_sandbox_which_ends_is_said_to_be_lost(tmp_path: Path) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        while True:
            yield bytes(1 << 20)

    sandbox = await made(hostile_peers.closes_at_once, tmp_path)
    with pytest.raises(PipeClosedError):
        await asyncio.wait_for(sandbox.put("t.parquet", chunks()), 20)
    await sandbox.destroy()
    await no_task_is_left()


async def test_who_waits_for_a_frame_is_told_when_the_sandbox_is_given_up(tmp_path: Path) -> None:
    sandbox = await made(hostile_peers.never_answers, tmp_path, load_policy("default"))
    running = asyncio.create_task(sandbox.run("code", "python", 1))
    await asyncio.sleep(0.05)
    started = time.monotonic()
    await sandbox.destroy()
    assert (await running).outcome == "runner_lost"
    assert time.monotonic() - started < SLACK_SECONDS, "long before its clock runs out"
    await no_task_is_left()
