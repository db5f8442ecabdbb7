"""One suite for every real engine, reached directly and through the engine proxy."""

import asyncio
import os
import time
from collections.abc import AsyncIterator

import pytest

from policies.model import Policy, load_policy, policy_names
from policies.spec import LABEL_STACK, Marks, container_body
from tests.engine_services import ENGINES, IMAGE
from tests.worker.engine_proxy.running import proxied
from worker.engines.base import Engine, EngineRefusedError, EngineUnavailableError, ImageMissingError
from worker.engines.connect import connect
from worker.runtime import owner_mark
from worker.sandbox.standby import Maker

pytestmark = pytest.mark.engine
POLICY = load_policy("default")


@pytest.fixture(params=[f"{name}{how}" for name in sorted(ENGINES) for how in ("", " by proxy")])
async def engine(
    request: pytest.FixtureRequest, engine_urls: dict[str, str], stack: str
) -> AsyncIterator[Engine]:
    """Each real engine in turn, once directly and once through a proxy."""
    name, by_proxy, _ = request.param.partition(" by proxy")
    if not by_proxy:
        connected = await connect(engine_urls[name])
        yield connected
        await connected.close()
        return
    with proxied(engine_urls[name], stack, load=anywhere) as proxy:
        connected = await connect(proxy.url)
        yield connected
        await connected.close()


def anywhere(name: str) -> Policy:
    """The policy, on the engine's own runtime whatever its version."""
    return load_policy(name).model_copy(update={"runtime": "", "fixed_versions": False})


async def body_of(engine: Engine, policy: Policy, stack: str) -> dict[str, object]:
    marks = Marks(stack, owner_mark("test", os.getpid()), int(time.time()) + 900)
    return container_body(policy, await engine.image_digest(IMAGE), marks)


async def test_facts_name_versions(engine: Engine) -> None:
    facts = await engine.facts()
    assert facts.name in ("docker", "podman")
    assert facts.version[0].isdigit()
    assert "runc" in facts.runtime
    assert any(digit.isdigit() for digit in facts.runtime_version)
    assert facts.cgroup_version in ("1", "2")


async def test_an_image_has_a_digest_and_a_missing_one_is_named(engine: Engine) -> None:
    assert (await engine.image_digest(IMAGE)).startswith("sha256:")
    by_proxy = (await engine.facts()).proxied
    # The proxy knows of one image only, and says of no other whether it is there.
    with pytest.raises(EngineRefusedError if by_proxy else ImageMissingError, match="image"):
        await engine.image_digest("no-such-image:1")
    with pytest.raises(EngineRefusedError if by_proxy else ImageMissingError):
        await engine.create({"Image": "no-such-image:1"})


async def test_a_container_lives_and_is_gone(engine: Engine, maker: Maker) -> None:
    container = await engine.create(await body_of(engine, POLICY, maker.stack))
    state = await engine.state(container)
    assert state is not None
    assert not state.running
    pipe = await engine.start(container)
    started = await engine.state(container)
    assert started is not None
    assert started.running
    await engine.remove(container)
    await pipe.close()
    assert await engine.state(container) is None
    await engine.remove(container)


async def test_only_containers_with_all_labels_are_found(engine: Engine, maker: Maker) -> None:
    stack = maker.stack
    container = await engine.create(await body_of(engine, POLICY, stack))
    found = await engine.find({LABEL_STACK: stack})
    assert [entry.container_id for entry in found] == [container]
    assert found[0].labels["sandglass.policy"] == "default"
    assert await engine.find({LABEL_STACK: stack, "sandglass.policy": "other"}) == []
    await engine.remove(container)


async def test_closing_the_pipe_ends_the_container(engine: Engine, maker: Maker) -> None:
    sandbox = await maker.make(POLICY, "test")
    await sandbox.hang_up()
    for _ in range(200):
        state = await engine.state(sandbox.container_id)
        if state is not None and not state.running:
            break
        await asyncio.sleep(0.05)
    assert state is not None
    assert not state.running
    await sandbox.destroy()


@pytest.mark.parametrize("name", policy_names())
async def test_the_engine_keeps_to_the_spec(engine: Engine, maker: Maker, name: str) -> None:
    policy = anywhere(name)
    container = await engine.create(await body_of(engine, policy, maker.stack))
    record = await engine.inspect(container)
    await engine.remove(container)
    assert record is not None
    host, limits = record["HostConfig"], policy.limits
    assert host["Memory"] == host["MemorySwap"] == limits.memory_bytes
    assert host["PidsLimit"] == limits.pids
    assert host["ReadonlyRootfs"] is True
    assert host["Privileged"] is False
    assert host["NetworkMode"] == "none"
    assert host["Binds"] in (None, [])
    assert record["Mounts"] == [] or all(mount["Type"] == "tmpfs" for mount in record["Mounts"])
    assert record["Config"]["User"] == "65532:65532"


@pytest.mark.parametrize("name", policy_names())
async def test_the_limits_hold_inside(engine: Engine, maker: Maker, name: str) -> None:
    policy = anywhere(name)
    sandbox = await maker.make(policy, "test")
    await sandbox.destroy()
    facts = sandbox.facts
    assert facts["memory_max"] == policy.limits.memory_bytes
    assert facts["pids_max"] == policy.limits.pids
    assert facts["cpu_max"] == pytest.approx(policy.limits.cpus)
    assert facts["uid"] == 65532
    assert int(facts["seccomp"]) == 2
    assert int(facts["no_new_privs"]) == 1
    assert int(str(facts["cap_eff"]), 16) == 0
    assert facts["interfaces"] == ["lo"]
    assert facts["rootfs_writable"] is False


async def test_a_bad_spec_is_refused_with_the_engines_words(engine: Engine, maker: Maker) -> None:
    body = await body_of(engine, POLICY, maker.stack)
    body["HostConfig"] = {**body["HostConfig"], "Runtime": "no-such-runtime"}  # type: ignore[dict-item]
    with pytest.raises(EngineRefusedError, match="no-such-runtime|HostConfig.Runtime"):
        await create_and_start(engine, body)


async def create_and_start(engine: Engine, body: dict[str, object]) -> None:
    # Docker refuses it at create, Podman at start.
    container = await engine.create(body)
    try:
        await engine.start(container)
    finally:
        await engine.remove(container)


@pytest.mark.parametrize(
    "url", ["unix:///tmp/sandglass-nobody-listens-here.sock", "tcp://127.0.0.1:9", "nonsense", "ftp://x"]
)
async def test_where_nothing_answers_the_address_is_named(url: str) -> None:
    with pytest.raises(EngineUnavailableError) as caught:
        await connect(url)
    assert url in str(caught.value)
