"""The whole life of a sandbox on gVisor, under the strict policy: its limits are held inside, by name.

One sandbox takes all the abuse: each case must leave it fit for the next one.
"""

import asyncio
import dataclasses
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from policies.model import Policy, load_policy
from policies.spec import LABEL_STACK
from tests.engine_services import IMAGE
from worker.analysis.contract import RunResult
from worker.engines.base import Engine, EngineFacts, EngineUnfitError
from worker.engines.choose import Engines
from worker.engines.connect import connect
from worker.runtime import owner_mark
from worker.sandbox.run import ContainerSandbox, FileToLoad
from worker.sandbox.standby import Maker

pytestmark = pytest.mark.engine
_STRICT = load_policy("strict")
STRICT = _STRICT.model_copy(
    update={"limits": _STRICT.limits.model_copy(update={"code_wall_seconds": 6.0, "cpus": 1.0})}
)
"""As strict, with clocks that a test can wait for."""


class Box:
    """One sandbox on gVisor, used from code that is not asynchronous."""

    def __init__(self, runner: asyncio.Runner, sandbox: ContainerSandbox) -> None:
        self.do = runner.run
        self.sandbox = sandbox
        self._number = 0

    def run(self, code: str) -> RunResult:
        self._number += 1
        return self.do(self.sandbox.run(code, "python", self._number))

    def value(self, code: str) -> Any:
        ran = self.run(code)
        assert ran.outcome == "ok", f"{ran.outcome}: {ran.message}\n{ran.traceback}"
        assert ran.result is not None
        return ran.result["value"]


@pytest.fixture(scope="module")
def box(engine_urls: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """The sandbox that the cases share; whatever is left of its stack afterwards is a failure."""
    with asyncio.Runner() as runner:
        engine = runner.run(connect(engine_urls["runsc"]))
        maker = maker_on(engine, tmp_path_factory.mktemp("spool"))
        one = Box(runner, runner.run(maker.make(STRICT, "test")))
        yield one
        runner.run(one.sandbox.destroy())
        assert runner.run(engine.find({LABEL_STACK: maker.stack})) == []
        runner.run(engine.close())


def maker_on(engine: Engine, spool: Path) -> Maker:
    return Maker(engine, IMAGE, f"test-{uuid4().hex[:8]}", owner_mark("test", os.getpid()), spool, 60)


def test_it_says_that_it_is_gvisor_and_what_it_may_use(box: Box) -> None:
    facts = box.sandbox.facts
    assert facts["gvisor"] is True
    assert facts["memory_max"] == STRICT.limits.memory_bytes
    assert facts["pids_max"] == STRICT.limits.pids
    assert (facts["uid"], int(facts["cap_eff"], 16), facts["interfaces"]) == (65532, 0, ["lo"])
    assert facts["rootfs_writable"] is False


def test_a_table_is_read_and_computed_with(box: Box) -> None:
    lines = "\n".join(f"{place},{number}" for number in range(500) for place in ("Oslo", "Bergen"))

    async def content() -> AsyncIterator[bytes]:
        yield f"place,amount\n{lines}\n".encode()

    box.do(box.sandbox.put("raw", content()))
    loaded = box.do(box.sandbox.load([FileToLoad("f", "sales.csv", "csv", "raw")], []))
    assert loaded.verdict.outcome == "ok", loaded.verdict.message
    assert loaded.profiles[0]["tables"][0]["rows"] == 1000
    (table,) = loaded.tables

    read = Path(table.path).read_bytes()

    async def parquet() -> AsyncIterator[bytes]:
        yield read

    box.do(box.sandbox.put("sales.parquet", parquet()))
    box.sandbox.add_table("sales", "sales.parquet")
    assert box.value("df.groupby('place').amount.sum().to_dict()") == {"Oslo": 124750, "Bergen": 124750}
    assert box.value("int(sql('SELECT max(amount) FROM sales').iloc[0, 0])") == 499


def test_figures_and_files_come_out(box: Box) -> None:
    ran = box.run("plt.plot([1, 2, 3]); open('/work/out/note.txt', 'w').write('hello')")
    assert ran.outcome == "ok", ran.message
    assert sorted(produced.role for produced in ran.produced) == ["figure", "file"]


@pytest.mark.parametrize(
    ("code", "outcome", "words"),
    [
        ("while True: pass", "timeout", "6 s"),
        ("1 / 0", "code_error", "ZeroDivisionError"),
        ("x = bytearray(b'x') * (3 << 30)", "oom", "512 MiB"),
        ("x = np.ones(700 << 20, 'u1')", "oom", "512 MiB"),
        (
            "import os\nkept = []\nfor _ in range(6):\n    if os.fork() == 0:\n"
            "        while True: kept.append(bytearray(1 << 20))\nos.wait()",
            "oom",
            "512 MiB",
        ),
        ("big = open('/work/big', 'wb')\nwhile True: big.write(bytes(1 << 20))", "disk_limit", "128 MiB"),
        ("print('x' * (1 << 20) * 20)", "output_limit", "16 MiB"),
        ("import os; os._exit(3)", "code_error", "exit status 3"),
    ],
    ids=["timeout", "error", "one-allocation", "numpy", "many-children", "disk", "flood", "exit"],
)
def test_each_abuse_has_its_outcome_and_leaves_the_sandbox_fit(
    box: Box, code: str, outcome: str, words: str
) -> None:
    ran = box.run(code)
    assert (ran.outcome, words in ran.message) == (outcome, True), ran.message
    box.run("import pathlib; pathlib.Path('/work/big').unlink(missing_ok=True)")
    assert box.value("6 * 7") == 42


def test_threads_meet_the_limit_of_processes(box: Box) -> None:
    code = (
        "import threading, time\nmade = 0\ntry:\n    while made < 500:\n"
        "        threading.Thread(target=time.sleep, args=(60,), daemon=True).start(); made += 1\n"
        "except RuntimeError as error:\n    result = [made, str(error)]"
    )
    made, error = box.value(code)
    assert 32 < made < STRICT.limits.pids
    assert "can't start new thread" in error
    box.run("import os; os._exit(0)")  # its threads with it


def test_a_fork_bomb_is_ended(box: Box) -> None:
    ran = box.run("import os\nwhile True:\n    try: os.fork()\n    except OSError: pass")
    # In gVisor each fork costs some MiB of its own: memory may run out before processes do.
    assert ran.outcome in ("oom", "timeout"), ran.message
    assert box.value("import os; len([name for name in os.listdir('/proc') if name.isdigit()])") < 8


def test_a_daemon_does_not_outlive_its_run(box: Box) -> None:
    box.run("import os, time\nif os.fork() == 0:\n    os.setsid()\n    while True: time.sleep(1)")
    assert box.value("import os; len([name for name in os.listdir('/proc') if name.isdigit()])") < 8


def test_the_filter_of_the_code_is_on_there_too(box: Box) -> None:
    code = (
        "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "status = open('/proc/self/status').read().split('Seccomp:')[1].split()[0]\n"
        "result = [status, libc.unshare(0x10000000), ctypes.get_errno(), libc.klogctl(3, None, 0)]"
    )
    assert box.value(code) == ["2", -1, 1, -1]


async def test_strict_goes_to_the_second_engine_and_default_stays(
    engine_urls: dict[str, str], tmp_path: Path
) -> None:
    engines = Engines(engine_urls["podman"], engine_urls["runsc"])
    maker = dataclasses.replace(maker_on(await engines.usual(), tmp_path), gvisor=engines.second)
    made = [await maker.make(policy, "test") for policy in (load_policy("default"), _STRICT)]
    for sandbox in made:
        await sandbox.destroy()
    assert [sandbox.facts["gvisor"] for sandbox in made] == [False, True]
    assert [await engine.find({LABEL_STACK: maker.stack}) for engine in await engines.all()] == [[], []]
    await engines.close()


async def test_without_a_second_engine_strict_is_refused(engine_urls: dict[str, str], tmp_path: Path) -> None:
    engine = await connect(engine_urls["podman"])
    with pytest.raises(EngineUnfitError, match="apt-get install runsc"):
        await maker_on(engine, tmp_path).make(_STRICT, "test")
    await engine.close()


async def test_an_engine_that_says_another_runtime_than_it_has_is_found_out(
    engine_urls: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = await connect(engine_urls["runsc"])
    true = await engine.facts()

    async def lie() -> EngineFacts:
        return dataclasses.replace(true, runtime="runc")

    monkeypatch.setattr(engine, "facts", lie)
    maker = maker_on(engine, tmp_path)
    with pytest.raises(EngineUnfitError, match="came up on gVisor"):
        await maker.make(_with_pids(load_policy("default"), 256), "test")
    assert await engine.find({LABEL_STACK: maker.stack}) == []
    await engine.close()


def _with_pids(policy: Policy, pids: int) -> Policy:
    return policy.model_copy(update={"limits": policy.limits.model_copy(update={"pids": pids})})
