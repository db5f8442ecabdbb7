"""Each abuse has its outcome and its words, and the next attempt in the same sandbox works.

One sandbox takes them all, one after the other: that none spoils it for the next is what is tested. Named by
the cases of ABUSE.md where there is one.
"""

import asyncio
import io
import os
import time
import zipfile
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from policies.model import load_policy
from tests.engine_services import IMAGE
from worker.analysis.contract import RunResult
from worker.engines.connect import connect
from worker.runtime import owner_mark
from worker.sandbox.outcome import Verdict
from worker.sandbox.run import ContainerSandbox, FileToLoad
from worker.sandbox.standby import Maker

pytestmark = pytest.mark.engine
MIB = 1 << 20
_DEFAULT = load_policy("default")
POLICY = _DEFAULT.model_copy(
    update={
        "limits": _DEFAULT.limits.model_copy(
            update={
                "code_wall_seconds": 3.0,
                "load_wall_seconds": 10.0,
                "memory_bytes": 384 * MIB,
                "tmpfs_bytes": 64 * MIB,
                "pids": 64,
                "nofile": 256,
            }
        ),
        "output": _DEFAULT.output.model_copy(
            update={"flood_bytes": 4 * MIB, "stdout_bytes": 4096, "stderr_bytes": 2048, "artifact_count": 5}
        ),
    }
)
PRELUDE = "import os, sys, time, signal, errno, socket\n"
CHANNEL = (
    "import gc\n"
    "from sandbox_image.child import Child\n"
    "mine = next(one for one in gc.get_objects() if type(one) is Child)\n"
    "channel, writer = mine._channel.fileno(), mine._writer\n"
    "def say(header, blob=b''): os.write(channel, writer.encode(header, blob))\n"
)


class Box:
    """A sandbox that is replaced only when it is lost."""

    def __init__(self, url: str, spool: Any) -> None:
        self._runner = asyncio.Runner()
        self.engine = self._runner.run(connect(url))
        self._maker = Maker(self.engine, IMAGE, f"limits-{os.getpid()}", owner_mark("limits", 1), spool, 120)
        self.sandbox: ContainerSandbox = self._runner.run(self._maker.make(POLICY, "limits"))
        self._number = 0
        self.lost = False

    def run(self, code: str) -> RunResult:
        self._number += 1
        ran: RunResult = self._runner.run(self.sandbox.run(PRELUDE + code, "python", self._number))
        self.lost = self.lost or ran.outcome == "runner_lost"
        return ran

    def load(self, format_: str, content: bytes) -> tuple[Verdict, Any]:
        """The verdict on reading a file, and what its profile says of it if that is an error."""

        async def once() -> AsyncIterator[bytes]:
            yield content

        name = f"upload-{len(content)}"
        self._runner.run(self.sandbox.put(name, once()))
        loaded = self._runner.run(self.sandbox.load([FileToLoad("f", f"f.{format_}", format_, name)], []))
        return loaded.verdict, [profile["error"] for profile in loaded.profiles if profile["error"]]

    def works(self) -> bool:
        ran = self.run("result = 6 * 7")
        assert ran.outcome == "ok", f"{ran.outcome}: {ran.message}"
        return ran.result == {"type": "scalar", "value": 42}

    def renew(self) -> None:
        self._runner.run(self.sandbox.destroy())
        self.sandbox = self._runner.run(self._maker.make(POLICY, "limits"))
        self.lost = False

    def close(self) -> None:
        self._runner.run(self.sandbox.destroy())
        self._runner.run(self.engine.close())
        self._runner.close()


@pytest.fixture
def box(shared: Box) -> Box:
    """The sandbox that all share; a test that lost it fails alone."""
    if shared.lost:
        shared.renew()
    return shared


@pytest.fixture(scope="module")
def shared(engine_urls: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    one = Box(engine_urls["podman"], tmp_path_factory.mktemp("spool"))
    yield one
    one.close()


def check(box: Box, code: str, outcome: str, *words: str) -> RunResult:
    """Run it; hold its outcome and its words; then the same sandbox must work."""
    ran = box.run(code)
    assert ran.outcome == outcome, f"{ran.outcome}: {ran.message}\n{ran.traceback[-500:]}"
    assert [word for word in words if word not in ran.message] == [], ran.message
    assert box.works()
    return ran


@pytest.mark.parametrize(
    "code",
    [
        "while True: pass",
        "time.sleep(60)",
        "for n in range(1, 64):\n    if n not in (9, 17, 19, 32, 33): signal.signal(n, signal.SIG_IGN)\n"
        "while True: time.sleep(1)",
        "if os.fork():\n    os._exit(0)\nos.setsid()\nif os.fork():\n    os._exit(0)\n"
        "while True: os.write(1, b'.'); time.sleep(0.01)",
    ],
    ids=["R1 busy", "R13 silent", "R2 signals ignored", "R2 daemon"],
)
def test_what_does_not_end_is_ended(box: Box, code: str) -> None:
    started = time.monotonic()
    ran = box.run(code)
    assert ran.outcome in ("timeout", "code_error"), ran.message
    if ran.outcome == "timeout":
        assert ran.message == "The code ran longer than 3 s, the limit of policy 'default', and was ended."
    else:
        assert "exit status 0" in ran.message  # the daemon's parent ended its own process
    assert time.monotonic() - started < 6
    assert box.works()


def test_R3_a_fork_bomb_is_told_the_policys_number(box: Box) -> None:
    words = ("64 processes and threads", "'default'", "more were refused")
    check(box, "while True:\n    if os.fork() == 0: time.sleep(60)", "code_error", "BlockingIOError", *words)
    threads = "import threading\nwhile True: threading.Thread(target=time.sleep, args=(60,)).start()"
    check(box, threads, "code_error", "RuntimeError", *words)


@pytest.mark.parametrize(
    "code",
    [
        "a = []\nwhile True: a.append(b'x' * (5 << 20))",
        "import numpy as np\na = np.ones(1 << 28)",
        "pid = os.fork()\nif pid == 0:\n    a = []\n    while True: a.append(b'x' * (5 << 20))\n"
        "if os.waitpid(pid, 0)[1]: raise KeyError('my child died')",
    ],
    ids=["bit by bit", "at once", "only a child"],
)
def test_R4_the_kernels_kill_is_oom(box: Box, code: str) -> None:
    check(box, code, "oom", "384 MiB", "'default'")


def test_R4_an_error_that_only_says_so_is_not(box: Box) -> None:
    check(box, "raise MemoryError('pretended')", "code_error", "MemoryError: pretended", "384 MiB")
    check(box, "class MemoryError(Exception): pass\nraise MemoryError()", "code_error")
    check(box, "print('Killed', 'oom', file=sys.stderr)\nos._exit(137)", "code_error", "exit status 137")
    check(box, "os.kill(os.getpid(), 9)", "code_error", "signal 9")


@pytest.mark.parametrize(
    ("place", "words"),
    [("/work/out", "64 MiB"), ("/tmp", "/tmp of the sandbox"), ("/dev/shm", "/dev/shm of the sandbox")],
)
def test_R6_a_full_place_is_disk_limit(box: Box, place: str, words: str) -> None:
    code = f"with open('{place}/big', 'wb', 0) as file:\n    while True: file.write(bytes(1 << 16))"
    ran = box.run(code)
    assert ran.outcome == "disk_limit", ran.message
    assert words in ran.message
    assert "'default'" in ran.message
    ran = box.run("raise KeyError('x')")
    assert ran.outcome == "code_error", "what an earlier attempt filled explains nothing"
    assert box.run(f"os.unlink('{place}/big')\nresult = 1").outcome == "ok"


@pytest.mark.parametrize(
    "code",
    [
        "import numpy as np, pandas as pd\n"
        "pd.DataFrame({'a': np.random.default_rng(1).random(9_000_000)}).to_parquet('big.parquet')",
        "import duckdb\nquery = 'select random() a, random() b from range(3000000)'\n"
        "duckdb.sql(f\"copy ({query}) to 'big.csv'\")",
    ],
    ids=["parquet", "duckdb"],
)
def test_R6_a_full_place_is_seen_though_the_library_cleans_up(box: Box, code: str) -> None:
    check(box, code, "disk_limit", "64 MiB", "'default'")
    assert box.run("result = os.listdir('/work/out')").outcome == "ok"


def test_R6_a_nearly_full_place_explains_no_other_error(box: Box) -> None:
    code = (
        "free = os.statvfs('/work').f_bavail\n"
        "with open('most', 'wb') as file: file.write(bytes(4096 * (free - 20)))\n"
        "time.sleep(0.1)\nraise KeyError('Revenue')"
    )
    ran = box.run(code)
    assert (ran.outcome, ran.message) == ("code_error", "KeyError: 'Revenue'")
    assert box.run("os.unlink('/work/out/most')").outcome == "ok"


def test_R6_an_error_that_only_says_so_is_not(box: Box) -> None:
    check(box, "raise OSError(28, 'No space left on device')", "code_error", "[Errno 28]", "64 MiB")
    check(box, "open('f', 'wb').truncate(1 << 40)", "code_error", "[Errno 27]", "64 MiB")


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_R7_each_stream_has_its_own_budget(box: Box, stream: str) -> None:
    code = f"while True: print('x' * 10_000, file=sys.{stream})"
    ran = check(box, code, "output_limit", stream, "4 MiB", "'default'")
    loud, quiet = (ran.stdout, ran.stderr) if stream == "stdout" else (ran.stderr, ran.stdout)
    assert loud.truncated
    assert loud.bytes > 4 * MIB
    assert (quiet.bytes, quiet.truncated) == (0, False)


def test_R7_two_loud_streams_below_their_budgets_are_both_kept(box: Box) -> None:
    code = (
        "for at in range(3 << 10): print('o' * 1023)\n"
        "for at in range(3 << 10): print('e' * 1023, file=sys.stderr)\nresult = 'done'"
    )
    ran = check(box, code, "ok")
    assert (ran.stdout.bytes, ran.stderr.bytes) == (3 * MIB, 3 * MIB)
    assert ran.stdout.truncated
    assert ran.stdout.text.startswith("ooo")
    assert ran.stdout.text.endswith("ooo\n")
    assert ran.result == {"type": "text", "value": "done"} or ran.result == {
        "type": "scalar",
        "value": "done",
    }


def test_R8_a_line_of_a_gigabyte_is_cut(box: Box) -> None:
    code = "block = b'L' * (1 << 20)\nfor _ in range(1024): os.write(1, block)"
    ran = check(box, code, "output_limit", "stdout")
    assert ran.stdout.bytes < 16 * MIB
    assert len(ran.stdout.text) < 4096 + 100


@pytest.mark.parametrize(
    "send",
    [
        "say({'type': 'dropped', 'name': 'a', 'reason': 'b'})",
        "say({'type': 'file', 'role': 'figure', 'name': f'figure-{i}.png', 'size': 1, 'last': True}, b'x')",
        "say({'type': 'file', 'role': 'result', 'name': 'result.csv', 'size': 9, 'last': False}, b'')",
        "say({'type': 'result', 'result': {'type': 'text', 'value': 'x'}})",
    ],
    ids=["dropped", "files", "chunks of nothing", "results"],
)
def test_R8_a_million_frames_are_refused(box: Box, send: str) -> None:
    ran = box.run(f"{CHANNEL}for i in range(1_000_000): {send}")
    assert ran.outcome in ("output_limit", "code_error")
    assert "messages" in ran.message or "connection" in ran.message
    assert len(ran.produced) <= POLICY.output.artifact_count
    assert box.works()


def test_R9_descriptors_have_the_policys_number(box: Box) -> None:
    code = "kept = []\nwhile True: kept.append(open('/dev/null'))"
    check(box, code, "code_error", "[Errno 24]", "256 open files", "'default'")


def test_R17_zombies_are_no_process_of_the_next_attempt(box: Box) -> None:
    code = "for _ in range(40):\n    if os.fork() == 0: os._exit(0)\nresult = 'left'"
    check(box, code, "ok")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("os._exit(0)", "exit status 0"),
        ("os.closerange(0, 256)\ntime.sleep(60)", "cut its process off"),
        ("os.execv('/bin/sh', ['sh', '-c', 'sleep 60'])", "another program"),
        ("os.execv(sys.executable, ['python', '-c', 'import time; time.sleep(60)'])", "another program"),
        ("if os.fork(): os._exit(7)\ntime.sleep(60)", "exit status 7"),
        (f"{CHANNEL}os.write(channel, b'\\xff' * 100)\ntime.sleep(60)", "cut its process off"),
        (f"{CHANNEL}say({{'type': 'end', 'status': 'ok'}})\ntime.sleep(60)", "cut its process off"),
        ("import ctypes\nctypes.string_at(0)", "signal 11"),
    ],
    ids=["exit 0", "all closed", "sh", "python", "exit behind a child", "noise", "forged end", "segfault"],
)
def test_a_process_that_is_lost_is_told_how(box: Box, code: str, words: str) -> None:
    started = time.monotonic()
    ran = check(box, code, "code_error", words)
    assert ran.result is None
    assert time.monotonic() - started < 3, "it is noticed before the clock runs out"


@pytest.mark.parametrize(
    "code",
    [
        "import json\njson.dumps = json.loads = None",
        "import json\njson.loads = None",
        "import struct, socket, select\nstruct.pack = struct.unpack = None",
        "import builtins\nfor name in ('len', 'isinstance', 'Exception', 'open', 'getattr', 'dict'):\n"
        "    delattr(builtins, name)",
        "for name in list(sys.modules): sys.modules[name] = None",
        "import pandas\npandas.DataFrame = pandas.Series = pandas.read_parquet = None",
        "os.getpid = os.read = os.write = os._exit = None",
        "sys.settrace(lambda *a: os._exit(9)); sys.setprofile(lambda *a: os._exit(9))",
        "import threading\nthreading.settrace(lambda *a: os._exit(9))",
        "import atexit\natexit.register(lambda: [print('x') for _ in iter(int, 1)])",
        "signal.signal(signal.SIGALRM, lambda *a: os._exit(9)); signal.setitimer(signal.ITIMER_REAL, 0.2)",
        "from IPython import get_ipython\nfor event in ('pre_run_cell', 'post_run_cell', 'pre_execute'):\n"
        "    get_ipython().events.register(event, lambda *a: os._exit(9))",
        "from sandbox_image import results, child, kernel\nresults.to_typed = kernel.run = None\n"
        "child.Child._say = lambda *a: None",
        "from sandbox_image import child\nchild.Child._run = lambda *a: os._exit(9)",
        "import threading\ndef later():\n    time.sleep(0.3); os._exit(9)\n"
        "threading.Thread(target=later).start()",
        "sys.stdout.close(); sys.stderr = None; sys.stdin = None; sys.excepthook = None",
        "sys.setrecursionlimit(60)",
        "import gc\ngc.disable(); sys.meta_path.clear(); sys.path.clear(); sys.path_hooks.clear()",
    ],
)
def test_a_poisoned_process_harms_only_itself(box: Box, code: str) -> None:
    """The attempt may fail; at the latest the second one after it has a clean process."""
    ran = box.run(f"{code}\nresult = 'poisoned'")
    assert ran.outcome in ("ok", "code_error", "timeout"), ran.message
    first = box.run("result = 6 * 7")
    assert first.outcome in ("ok", "code_error"), first.message
    if first.outcome != "ok":
        assert box.works()


def test_what_the_runner_needs_is_checked_before_the_next_attempt(box: Box) -> None:
    assert box.run("import json\njson.loads = None\nresult = 1").outcome == "ok"
    assert box.works(), "the poisoned process was replaced, not used"


def test_nothing_of_the_code_runs_between_attempts(box: Box) -> None:
    code = (
        "import threading\ncount = 0\n"
        "def busy():\n    global count\n    while True: count += 1; time.sleep(0.001)\n"
        "threading.Thread(target=busy, daemon=True).start()\nresult = count"
    )
    assert box.run(code).outcome == "ok"
    before = time.monotonic()
    time.sleep(1)
    ran = box.run("result = count")
    assert ran.result is not None
    assert ran.result["value"] < 1000 * (time.monotonic() - before) / 2, "it would have counted to 1,000"
    assert box.run("os._exit(0)").outcome == "code_error"


def test_artifacts_that_are_refused_are_counted(box: Box) -> None:
    box.run("[os.unlink(name) for name in os.listdir('.')]")
    code = (
        "for n in range(400): open(f'{n:03}', 'w').close()\n"
        "os.symlink('/etc/passwd', '+link'); socket.socket(socket.AF_UNIX).bind('+sock')\n"
        "os.link('000', '+hard')\n"
        "result = 'made'"
    )
    ran = check(box, code, "ok")
    assert len(ran.produced) == 5
    assert ran.facts["dropped_count"] == 403 - 5
    assert len(ran.facts["dropped"]) == 100
    said = {row["name"]: row["reason"] for row in ran.facts["dropped"]}
    assert (said["+link"], said["+sock"], said["+hard"]) == ("a link", "a socket", "a hard link")
    box.run("[os.unlink(name) for name in os.listdir('.')]")


def test_P1_a_frame_forged_on_the_pipe_loses_its_own_sandbox_only(box: Box) -> None:
    code = f"{CHANNEL}open('/proc/1/fd/1', 'wb', buffering=0).write(writer.encode({{'type': 'end'}}))\ntime.sleep(9)"  # noqa: E501
    ran = box.run(code)
    assert ran.outcome == "runner_lost"
    assert "protocol" in ran.message
    box.renew()
    assert box.works()


def _zip_bomb() -> bytes:
    """A workbook whose one sheet would be 256 MB."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            for _ in range(256):
                sheet.write(bytes(1 << 20))
    return content.getvalue()


@pytest.mark.parametrize(
    ("format_", "content"),
    [
        ("json", b"[" * 3_000_000),
        ("json", b'{"a":' * 1_000_000 + b"1" + b"}" * 1_000_000),
        ("csv", b"\x00" * 2_000_000),
        ("csv", b"a," * 1_000_000 + b"\n" + b"1," * 1_000_000),
        ("csv", b'"' + b"x" * 40_000_000),
        ("parquet", b"PAR1" + b"\xff" * 1000 + b"\xff\xff\xff\x7fPAR1"),
        ("xlsx", None),
        ("xlsx", b"PK\x03\x04" + b"\xff" * 5000),
    ],
    ids=["deep list", "deep object", "nul", "wide", "one cell", "parquet", "zip bomb", "torn zip"],
)
def test_a_hostile_file_costs_its_own_load_only(box: Box, format_: str, content: bytes | None) -> None:
    verdict, error = box.load(format_, _zip_bomb() if content is None else content)
    assert verdict.outcome in ("ok", "oom", "timeout", "code_error", "disk_limit"), verdict.message
    assert error or verdict.message or verdict.outcome == "ok"
    assert box.works()
