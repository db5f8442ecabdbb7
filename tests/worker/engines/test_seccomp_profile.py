"""Our seccomp profile on every real engine: every process carries it, and no sandbox runs without it."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from policies.model import load_policy
from policies.seccomp import MARK, MARK_CALL, profile
from policies.spec import container_body, profile_by_path
from worker.engines.base import Engine, EngineRefusedError
from worker.engines.connect import connect
from worker.engines.podman import PodmanEngine
from worker.sandbox import standby
from worker.sandbox.standby import Maker

pytestmark = pytest.mark.engine
POLICY = load_policy("default")
INSIDE = """
import ctypes, json, os, pathlib
libc = ctypes.CDLL(None, use_errno=True)
number = {"x86_64": 212, "aarch64": 18}[os.uname().machine]
mark = ctypes.get_errno() if libc.syscall(ctypes.c_long(number), 0, 0, 0) == -1 else 0
filters = {}
for status in pathlib.Path("/proc").glob("[0-9]*/status"):
    fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
    filters[status.parent.name] = int(fields["Seccomp_filters"])
result = json.dumps([mark, filters, str(os.getpid())])
"""


async def test_every_process_carries_it(engine: Engine, maker: Maker) -> None:
    sandbox = await maker.make(POLICY, "test")
    ran = await sandbox.run(INSIDE, "python", 1)
    await sandbox.destroy()
    assert sandbox.facts["seccomp_mark"] == MARK
    assert ran.result is not None, ran.traceback
    mark, filters, own = json.loads(ran.result["value"])
    assert mark == MARK, "the code's process"
    assert filters.pop(own) == 2, "the code's process has the second filter besides"
    assert len(filters) >= 3, "init, runner, zygote"
    assert set(filters.values()) == {1}


async def test_a_sandbox_without_it_is_refused(
    engine: Engine, maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without(*arguments: Any) -> dict[str, Any]:
        body = container_body(*arguments)
        return {**body, "HostConfig": {**body["HostConfig"], "SecurityOpt": ["no-new-privileges"]}}

    monkeypatch.setattr(standby, "container_body", without)
    with pytest.raises(EngineRefusedError, match="does not carry our seccomp profile"):
        await asyncio.wait_for(maker.make(POLICY, "test"), 120)


async def test_podman_reads_it_where_the_setting_says_and_docker_is_given_it(
    engine_urls: dict[str, str], maker: Maker, engine: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "profile.json"
    other = await connect(engine_urls[engine.name], path)
    own = Maker(other, maker.image, maker.stack, maker.owner, maker.spool, maker.job_seconds)
    if engine.name == "docker":
        sandbox = await own.make(POLICY, "test")
        await sandbox.destroy()
        await other.close()
        return
    with pytest.raises(EngineRefusedError, match=r"profile\.json.*SANDGLASS_SECCOMP_PATH"):
        await own.make(POLICY, "test")
    stale = profile()
    (rule,) = [rule for rule in stale["syscalls"] if rule["names"] == [MARK_CALL]]
    rule["errnoRet"] = MARK - 1
    path.write_text(json.dumps(stale))
    with pytest.raises(EngineRefusedError, match=f"its mark is {MARK - 1}, not {MARK}"):
        await asyncio.wait_for(own.make(POLICY, "test"), 120)
    await other.close()


def test_the_path_replaces_the_text_and_nothing_else() -> None:
    body = {"Image": "i", "HostConfig": {"SecurityOpt": ["no-new-privileges", "seccomp={}"], "Memory": 1}}
    assert profile_by_path(body, Path("/p.json")) == {
        "Image": "i",
        "HostConfig": {"SecurityOpt": ["no-new-privileges", "seccomp=/p.json"], "Memory": 1},
    }


def test_the_setting_reaches_the_engine() -> None:
    engine = PodmanEngine("unix:///nowhere.sock", Path("/p.json"))
    assert engine._seccomp_path == Path("/p.json")
