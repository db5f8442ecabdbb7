"""The keeper, over the dummy engine: faults here cannot be brought about in a real one."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from policies.model import load_policy
from worker.engines.base import EngineError, EngineRefusedError, PipeClosedError
from worker.engines.dummy import DummyEngine, DummyPipe, echo
from worker.sandbox.frames import Frame
from worker.sandbox.standby import Maker, Standby

DEFAULT = load_policy("default")
STRICT = load_policy("strict").model_copy(update={"runtime": "", "fixed_versions": False})


def maker_of(engine: DummyEngine, tmp_path: Path) -> Maker:
    return Maker(engine, "image", "stack", "owner", tmp_path, 60)


async def until(condition: Any, seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.01)


async def test_a_warm_one_is_handed_out_once_destroyed_and_replaced(tmp_path: Path) -> None:
    engine = DummyEngine()
    standby = Standby(maker_of(engine, tmp_path), DEFAULT, 1)
    standby.refill()
    await until(lambda: standby.ready == 1)
    first = await standby.take(DEFAULT, "t")
    assert first.warm
    assert (await first.sandbox.run("1 + 1", "python", 1)).result == {"type": "text", "value": "1 + 1"}
    standby.retire(first.sandbox)
    await until(lambda: standby.ready == 1)
    assert first.sandbox.container_id not in engine.containers
    second = await standby.take(DEFAULT, "t")
    assert second.sandbox.container_id != first.sandbox.container_id
    await second.sandbox.destroy()
    await standby.close()
    assert engine.containers == {}


async def test_one_can_wait_until_what_was_used_is_replaced(tmp_path: Path) -> None:
    engine = DummyEngine()
    standby = Standby(maker_of(engine, tmp_path), DEFAULT, 2)
    standby.refill()
    await standby.wait_warm(5)
    assert standby.ready == 2
    standby.retire((await standby.take(DEFAULT, "t")).sandbox)
    assert standby.ready == 1
    await standby.wait_warm(5)
    assert standby.ready == 2
    await standby.close()


async def test_waiting_ends_at_once_when_the_engine_refuses(tmp_path: Path) -> None:
    standby = Standby(maker_of(_BrokenEngine(), tmp_path), DEFAULT, 1)
    standby.refill()
    async with asyncio.timeout(5):
        await standby.wait_warm(60)
    await standby.close()


async def test_another_policy_gets_its_own_and_says_cold(tmp_path: Path) -> None:
    engine = DummyEngine()
    standby = Standby(maker_of(engine, tmp_path), DEFAULT, 1)
    taken = await standby.take(STRICT, "t", "2")
    assert not taken.warm
    assert engine.containers[taken.sandbox.container_id].labels["sandglass.attempt"] == "2"
    assert engine.containers[taken.sandbox.container_id].labels["sandglass.policy"] == "strict"
    await taken.sandbox.destroy()
    await standby.close()


async def test_one_that_died_while_waiting_is_not_handed_out(tmp_path: Path) -> None:
    engine = DummyEngine()
    standby = Standby(maker_of(engine, tmp_path), DEFAULT, 1)
    standby.refill()
    await until(lambda: standby.ready == 1)
    (dead,) = engine.containers
    await engine.remove(dead)
    await asyncio.sleep(0.05)
    taken = await standby.take(DEFAULT, "t")
    assert taken.sandbox.container_id != dead
    assert taken.sandbox.alive
    await taken.sandbox.destroy()
    await standby.close()


async def test_what_has_died_or_grown_old_is_replaced_while_nobody_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.sandbox.standby.TEND_SECONDS", 0.05)
    engine = DummyEngine()
    standby = Standby(maker_of(engine, tmp_path), DEFAULT, 1)
    standby.refill()
    await standby.wait_warm(5)
    (dead,) = engine.containers
    await engine.remove(dead)
    await until(lambda: dead not in engine.containers and len(engine.containers) == 1)
    (old,) = engine.containers
    monkeypatch.setattr("worker.sandbox.standby.MAX_AGE_SECONDS", 0.0)
    await until(lambda: old not in engine.containers and len(engine.containers) == 1)
    await standby.close()
    assert engine.containers == {}


class _BrokenEngine(DummyEngine):
    async def create(self, body: dict[str, Any]) -> str:
        raise EngineRefusedError("no space left on device")


async def test_an_engine_that_refuses_is_said_not_waited_on(tmp_path: Path) -> None:
    standby = Standby(maker_of(_BrokenEngine(), tmp_path), DEFAULT, 1)
    with pytest.raises(EngineError, match="no space left"):
        async with asyncio.timeout(5):
            await standby.take(DEFAULT, "t")
    await standby.close()


class _SilentEngine(DummyEngine):
    """Comes up, then ends without a word."""

    async def start(self, container_id: str) -> Any:
        pipe = await super().start(container_id)
        await pipe.close()
        return pipe


async def test_a_sandbox_that_never_gets_ready_is_removed(tmp_path: Path) -> None:
    engine = _SilentEngine()
    with pytest.raises(EngineError, match="did not come up"):
        await maker_of(engine, tmp_path).make(DEFAULT, "t")
    assert engine.containers == {}


class _MutePipe(DummyPipe):
    def _welcome(self, key: bytes) -> None:
        """Never ready."""


class _MuteEngine(DummyEngine):
    """As with a real engine, removing a container leaves the worker's end of its pipe open."""

    async def start(self, container_id: str) -> DummyPipe:
        self.pipe = _MutePipe(echo)
        return self.pipe

    async def remove(self, container_id: str) -> None:
        del self.containers[container_id]


async def test_a_sandbox_whose_maker_is_cancelled_leaves_neither_a_container_nor_a_pipe(
    tmp_path: Path,
) -> None:
    engine = _MuteEngine()
    making = asyncio.create_task(maker_of(engine, tmp_path).make(DEFAULT, "t"))
    await until(lambda: hasattr(engine, "pipe"))
    making.cancel()
    await asyncio.wait([making], timeout=5)
    assert making.cancelled()
    assert engine.containers == {}
    with pytest.raises(PipeClosedError):
        await engine.pipe.send(b"")


def _answers(*replies: dict[str, Any], blob: bytes = b"") -> Any:
    def answer(frame: Frame) -> Iterable[Frame]:
        if frame.type == "run":
            for reply in replies:
                yield Frame({"attempt": 1, **reply}, blob if reply["type"] in ("stdout", "file") else b"")

    return answer


END = {"type": "end", "status": "ok", "stdout_bytes": 0, "stderr_bytes": 0}
A_FILE = {"type": "file", "role": "file", "name": "a", "mime": "text/plain", "index": 0}


@pytest.mark.parametrize(
    ("replies", "blob", "outcome"),
    [
        ([END], b"", "ok"),
        ([{**END, "attempt": 2}], b"", "runner_lost"),
        ([{"type": "execute_on_host"}], b"", "runner_lost"),
        ([{"type": "ready"}], b"", "runner_lost"),
        ([{**A_FILE, "role": "table/../x"}], b"x", "runner_lost"),
        ([{**A_FILE, "last": False}, END], b"x", "runner_lost"),
        ([{**A_FILE, "last": True}] * 40, b"x", "output_limit"),
        ([{**A_FILE, "last": False}] * 25, bytes(1 << 20), "output_limit"),
        ([{"type": "stdout", "tail": False}] * 2, bytes(40_000), "output_limit"),
        ([{"type": "result", "result": {"type": "evil"}}, END], b"", "ok"),
    ],
)
async def test_a_sandbox_may_send_only_what_the_contract_lets_it(
    tmp_path: Path, replies: list[dict[str, Any]], blob: bytes, outcome: str
) -> None:
    sandbox = await maker_of(DummyEngine(_answers(*replies, blob=blob)), tmp_path).make(DEFAULT, "t")
    run = await sandbox.run("code", "python", 1)
    assert run.outcome == outcome
    assert run.result is None
    await sandbox.destroy()


async def test_forged_bytes_end_the_sandbox_and_give_no_result(tmp_path: Path) -> None:
    engine = DummyEngine(_answers())
    sandbox = await maker_of(engine, tmp_path).make(DEFAULT, "t")
    pipe = engine.containers[sandbox.container_id].pipe
    assert pipe is not None
    run = asyncio.create_task(sandbox.run("code", "python", 1))
    await asyncio.sleep(0.01)
    pipe.inject(b"\0\0\0\x0e\0\0\0\0" + b'{"type":"end"}' + bytes(16))
    verdict = await asyncio.wait_for(run, 5)
    assert verdict.outcome == "runner_lost"
    assert "mac" in verdict.message
    await sandbox.destroy()


async def test_a_sandbox_that_says_nothing_is_ended_by_the_workers_clock(tmp_path: Path) -> None:
    limits = DEFAULT.limits.model_copy(update={"code_wall_seconds": 0.2, "grace_seconds": 0.2})
    policy = DEFAULT.model_copy(update={"limits": limits})
    sandbox = await maker_of(DummyEngine(_answers()), tmp_path).make(policy, "t")
    run = await asyncio.wait_for(sandbox.run("code", "python", 1), 5)
    assert run.outcome == "timeout"
    await sandbox.destroy()


def test_the_dummy_says_that_it_runs_nothing() -> None:
    (result, end) = echo(Frame({"type": "run", "attempt": 1, "code": "x"}))
    assert result.header["result"]["value"] == "x"
    assert end.header["status"] == "ok"
