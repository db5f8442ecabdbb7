"""Which engine a policy gets, by engines that say what the row says."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from policies.model import Policy, load_policy
from worker.engines.base import Engine, EngineFacts, EngineUnavailableError, EngineUnfitError
from worker.engines.choose import Engines, Second, choose_engine
from worker.engines.dummy import DummyEngine

DEFAULT, STRICT = load_policy("default"), load_policy("strict")
GATED = DEFAULT.model_copy(update={"name": "gated", "fixed_versions": True})
GATED_RUNC = GATED.model_copy(update={"runtime": "runc"})
GOOD_RUNC = "runc version 1.3.3"


@dataclass
class Says(DummyEngine):
    """An engine that says of itself what a test gives it."""

    said: EngineFacts = field(default_factory=lambda: podman())

    async def facts(self) -> EngineFacts:
        return self.said


def podman(runtime: str = "runc", version: str = "1.1.5") -> EngineFacts:
    known = ("crun", "kata", "runc", "runsc")
    return EngineFacts("podman", "4.3.1", runtime, version, known, "1")


def docker(version: str, runtime: str = "runc", runc: str = GOOD_RUNC, *more: str) -> EngineFacts:
    return EngineFacts("docker", version, runtime, runc, (runtime, *more), "2")


def second(facts: EngineFacts) -> Second:
    async def connect() -> Engine:
        return Says(name="second", said=facts)

    return connect


async def silent() -> Engine:
    raise EngineUnavailableError("no container engine answers at unix:///root/secret.sock")


GVISOR = second(podman("runsc", "runsc version 0.0~20221219.0"))


@pytest.mark.parametrize(
    ("policy", "facts", "other", "name", "runtime"),
    [
        (DEFAULT, podman(), None, "dummy", "runc"),
        (DEFAULT, podman("crun", "1.8"), GVISOR, "dummy", "crun"),
        (DEFAULT, docker("20.10.24"), GVISOR, "dummy", "runc"),
        (STRICT, podman(), GVISOR, "second", "runsc"),
        (STRICT, podman("runsc", "unknown"), None, "dummy", "runsc"),
        (STRICT, docker("29.4.3", "runc", "1.1.5", "runsc"), GVISOR, "dummy", "runsc"),
        (STRICT, docker("20.10.24"), GVISOR, "second", "runsc"),
        (GATED, podman("runc", GOOD_RUNC), None, "dummy", "runc"),
        (GATED, docker("29.4.3", "runc", GOOD_RUNC), None, "dummy", "runc"),
        (GATED_RUNC, podman("runc", "runc version 1.4.0-rc.3"), None, "dummy", "runc"),
    ],
)
async def test_a_policy_gets_its_engine(
    policy: Policy, facts: EngineFacts, other: Second | None, name: str, runtime: str
) -> None:
    engine, chosen = await choose_engine(policy, Says(said=facts), other)
    assert (engine.name, chosen) == (name, runtime)


@pytest.mark.parametrize(
    ("policy", "facts", "other", "words"),
    [
        (STRICT, podman(), None, ["'strict'", "gVisor", "apt-get install runsc", "sandglass up"]),
        (STRICT, docker("29.4.3"), None, ["gVisor", "SANDGLASS_GVISOR_ENGINE_URL"]),
        (STRICT, podman(), silent, ["does not answer", "sandglass up"]),
        (STRICT, podman(), second(podman()), ["does not run gVisor", "SANDGLASS_GVISOR_ENGINE_URL"]),
        (STRICT, docker("29.4.2", "runc", GOOD_RUNC, "runsc"), None, ["29.4.2", "29.4.3"]),
        (STRICT, docker("unknown", "runsc", "unknown"), None, ["Docker", "29.4.3"]),
        (GATED, podman(), None, ["'gated'", "runc 1.1.5", "1.2.8"]),
        (GATED, podman("runc", "unknown"), None, ["cannot be told"]),
        (GATED, podman("crun", "1.20"), None, ["crun", "use runc or gVisor"]),
        (GATED, docker("29.4.3", "runc", "runc version 1.4.0-rc.2"), None, ["1.4.0-rc.2"]),
        (GATED_RUNC, podman("crun", "1.20"), None, ["cannot be told"]),
    ],
)
async def test_a_refusal_says_what_and_how_to_mend(
    policy: Policy, facts: EngineFacts, other: Second | None, words: list[str]
) -> None:
    with pytest.raises(EngineUnfitError) as caught:
        await choose_engine(policy, Says(said=facts), other)
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert "secret.sock" not in str(caught.value)


async def test_all_are_those_that_answer(tmp_path: Path) -> None:
    engines = Engines("dummy:", f"unix://{tmp_path}/nobody.sock")
    assert [engine.name for engine in await engines.all()] == ["dummy"]
    both = Engines("dummy:", "dummy:")
    assert len(await both.all()) == 2
    assert Engines("dummy:").second is None


async def test_an_engine_that_hangs_does_not_keep_from_the_other_one(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = asyncio.Event()

    async def connect(url: str, seccomp_path: Path) -> Engine:
        if url == "unix:///hangs.sock":
            asked.set()
            await asyncio.Event().wait()
        return DummyEngine()

    monkeypatch.setattr("worker.engines.choose.connect", connect)
    engines = Engines("dummy:", "unix:///hangs.sock")
    assert engines.second is not None
    hanging = asyncio.ensure_future(engines.second())
    await asyncio.wait_for(asked.wait(), 5)
    assert (await asyncio.wait_for(engines.usual(), 5)).name == "dummy"
    hanging.cancel()
    await asyncio.wait([hanging], timeout=5)
