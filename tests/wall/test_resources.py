"""Resources, ABUSE.md R1-R17: what one job may use, and that the one beside it does not feel it."""

import resource
import shutil
import time
from pathlib import Path

import pytest

from tests.wall.wall import DEFAULT, SHORT, Box, Wall, status_of

pytestmark = pytest.mark.engine
MIB = 1 << 20
BOMB = "while True:\n    try: os.fork()\n    except OSError: pass\n"


def test_R01_an_endless_loop_is_ended_by_the_clock(own_box: Box) -> None:
    started = time.monotonic()
    assert own_box.run("while True: pass").outcome == "timeout"
    limits = SHORT.limits
    assert time.monotonic() - started < limits.code_wall_seconds + limits.grace_seconds
    assert own_box.works()


def test_R02_daemons_that_ignore_signals_end_with_the_run(wall: Wall, own_box: Box) -> None:
    own_box.works()
    before = len(own_box.host_pids())
    code = (
        "for n in range(1, 64):\n"
        "    if n not in (9, 17, 19, 32, 33): signal.signal(n, signal.SIG_IGN)\n"
        "for _ in range(5):\n"
        "    if os.fork() == 0:\n"
        "        os.setsid()\n"
        "        if os.fork() == 0:\n"
        "            while True: time.sleep(0.1)\n"
        "        os._exit(0)\n"
        "    os.wait()\n"
        "result = 'left'"
    )
    assert own_box.value(code) == "left"
    assert len(own_box.host_pids()) == before
    first = own_box.host_pids()[0]
    wall.destroy(own_box)
    assert wall.gone(own_box)
    assert status_of(first) == {}


def test_R03_a_fork_bomb_stops_at_its_limit_and_the_job_beside_it_finishes(wall: Wall) -> None:
    expected = sum(x % 7 for x in range(2_000_000))
    work = "import pandas as pd\nresult = int(pd.Series(range(2_000_000)).map(lambda x: x % 7).sum())"
    with wall.fresh() as bomber, wall.fresh(DEFAULT) as beside:
        counted = (
            "made = 0\n"
            "while True:\n"
            "    try: pid = os.fork()\n"
            "    except OSError as error: name = errno.errorcode[error.errno]; break\n"
            "    if pid == 0: time.sleep(60)\n"
            "    made += 1\n"
            "result = [made, name]"
        )
        made, name = bomber.value(counted)
        assert name == "EAGAIN"
        assert 0 < made < SHORT.limits.pids
        assert beside.value(work) == expected
        bombed, worked = wall.together(bomber.attempt(BOMB), beside.attempt(work))
        assert bombed.outcome in ("timeout", "code_error")
        assert worked.outcome == "ok"
        assert worked.result["value"] == expected
        assert bomber.works()
        assert len(bomber.host_pids()) <= SHORT.limits.pids


@pytest.mark.parametrize(
    "code",
    [
        "a = bytearray(10 << 30)\nresult = len(a)",
        "a = []\nwhile True: a.append(b'x' * (10 << 20))",
        "pid = os.fork()\nif pid == 0:\n    a = []\n    while True: a.append(b'x' * (10 << 20))\n"
        "if os.waitpid(pid, 0)[1]: raise RuntimeError('my child died')",
    ],
    ids=["at once", "bit by bit", "only a child"],
)
def test_R04_too_much_memory_is_told_as_such(own_box: Box, code: str) -> None:
    ran = own_box.run(code)
    assert ran.outcome == "oom", ran.message
    assert own_box.works()


def test_R05_there_is_no_swap_beyond_the_memory(own_box: Box) -> None:
    host = own_box.record()["HostConfig"]
    assert host["Memory"] == host["MemorySwap"] == SHORT.limits.memory_bytes
    # Version 1 without swap accounting has no such file; then the host has no swap either, or R5 is not held.
    limit = own_box.cgroup("memory", "memory.swap.max", "memory.memsw.limit_in_bytes")
    swap = next(
        line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("SwapTotal")
    )
    assert limit in ("0", str(SHORT.limits.memory_bytes)) or swap.split()[1] == "0"


def test_R06_every_place_is_full_at_its_limit(wall: Wall, own_box: Box) -> None:
    code = (
        "def fill(top):\n"
        "    written = 0\n"
        "    try:\n"
        "        with open(top + '/big', 'wb', 0) as file:\n"
        "            while True: written += file.write(bytes(1 << 16))\n"
        "    except OSError as error: name = errno.errorcode[error.errno]\n"
        "    os.unlink(top + '/big')\n"
        "    return [written, name]\n"
        "result = [fill(top) for top in ('/work/out', '/tmp', '/dev/shm')]"
    )
    seen = own_box.value(code)
    for (written, name), limit in zip(seen, (SHORT.limits.tmpfs_bytes, 16 * MIB, MIB), strict=True):
        assert name in ("ENOSPC", "EFBIG")
        assert written <= limit
    upper = own_box.record()["GraphDriver"]["Data"]["UpperDir"]
    on_disk = sum(f.lstat().st_size for f in Path(upper).rglob("*"))
    assert on_disk < 64 << 10, "nothing of it is on the host's disk"


def test_R07_a_flood_of_print_is_cut(own_box: Box) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ran = own_box.run("while True: print('x' * 100_000)")
    assert ran.outcome == "output_limit"
    assert len(ran.stdout.text) < SHORT.output.stdout_bytes + 200
    assert ran.stdout.truncated
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10, "KiB"
    assert own_box.record()["LogPath"] == "", "the engine keeps no log"


CHANNEL = (
    "channels = [int(n) for n in os.listdir('/proc/self/fd') if int(n) > 2 and os.path.exists(f'/proc/self/fd/{n}')"  # noqa: E501
    " and os.readlink(f'/proc/self/fd/{n}').startswith('socket:')]\n"
)


@pytest.mark.parametrize(
    "send",
    [
        "os.write(n, b'\\xff' * 8); [os.write(n, bytes(1 << 20)) for _ in range(1024)]",
        "for _ in range(1_000_000): os.write(n, writer.encode({'type': 'display', 'x': 1}))",
        "for _ in range(1_000_000): os.write(n, writer.encode({'type': 'result', 'result': {'type': 'text', 'value': 'x'}}))",  # noqa: E501
        "for i in range(1_000_000): os.write(n, writer.encode({'type': 'file', 'role': 'figure', 'name': f'{i}.png',"  # noqa: E501
        " 'mime': 'image/png', 'size': 1, 'last': True}, b'x'))",
    ],
    ids=["1 GB", "a million of no type", "a million results", "a million files"],
)
def test_R08_a_flood_of_frames_is_refused(own_box: Box, send: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    code = f"{CHANNEL}from sandbox_image.frames import FrameWriter\nwriter = FrameWriter(b'S')\nn = channels[0]\n"  # noqa: E501
    ran = own_box.run(code + send)
    assert ran.outcome in ("code_error", "timeout", "output_limit")
    assert len(ran.produced) <= SHORT.output.artifact_count
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10, "KiB"
    assert own_box.works()


def test_R09_threads_and_descriptors_have_a_limit(own_box: Box) -> None:
    threads = (
        "import threading\n"
        "stop, made = threading.Event(), []\n"
        "try:\n"
        "    for _ in range(1000):\n"
        "        made.append(threading.Thread(target=stop.wait, daemon=True)); made[-1].start()\n"
        "except RuntimeError: pass\n"
        "stop.set()\n"
        "result = len(made)"
    )
    assert own_box.value(threads) <= SHORT.limits.pids
    files = "kept = []\ntry:\n    while True: kept.append(open('/dev/null'))\nexcept OSError as error: name = error.errno\n"  # noqa: E501
    files += "count = len(kept)\n[f.close() for f in kept]\nresult = [count, errno.errorcode[name]]"
    count, name = own_box.value(files)
    assert count < SHORT.limits.nofile
    assert name == "EMFILE"


def test_R10_a_hundred_thousand_files_cost_only_their_own_job(wall: Wall, own_box: Box) -> None:
    code = (
        "os.mkdir('/work/out/many')\n"
        "made, name = 0, 'ok'\n"
        "try:\n"
        "    for i in range(100_000): os.close(os.open(f'/work/out/many/{i}', os.O_CREAT)); made += 1\n"
        "except OSError as error: name = errno.errorcode[error.errno]\n"
        "result = [made, name]"
    )
    ran = own_box.run(code)
    assert ran.outcome in ("ok", "oom", "timeout")
    assert len(ran.produced) <= SHORT.output.artifact_count
    assert wall.shared().works()


def test_R11_a_file_of_a_terabyte_is_refused(own_box: Box) -> None:
    code = (
        "with open('/work/out/huge', 'wb') as file:\n"
        "    result = [tried(file.truncate, 1 << 40), tried(os.posix_fallocate, file.fileno(), 0, 1 << 40),\n"
        "              tried(os.pwrite, file.fileno(), b'x', 1 << 40)]\n"
    )
    assert set(own_box.value(code)) <= {"EFBIG", "ENOSPC"}


def test_R12_many_busy_processes_get_no_more_than_the_quota(own_box: Box) -> None:
    code = (
        "until = time.monotonic() + 3\nfor _ in range(7): os.fork()\nwhile time.monotonic() < until: pass\n"
    )
    own_box.works()
    names = ("cpuacct.usage", "cpu.stat")
    before, started = own_box.cgroup("cpuacct", *names), time.monotonic()
    own_box.run(code)
    seconds = time.monotonic() - started
    after = own_box.cgroup("cpuacct", *names)
    assert before is not None
    assert after is not None
    used = (_cpu_nanoseconds(after) - _cpu_nanoseconds(before)) / 1e9
    assert used <= SHORT.limits.cpus * seconds * 1.2 + 0.3


def _cpu_nanoseconds(text: str) -> int:
    return int(text) if text.isdigit() else int(text.split()[1]) * 1000


def test_R13_silence_is_waited_out_and_nothing_is_typed(wall: Wall) -> None:
    # Open Interpreter's own Jupyter language asks a model after 15 s of silence, and types its answer.
    policy = DEFAULT
    with wall.fresh(policy) as one:
        ran = one.run("time.sleep(16)\nresult = [sys.stdin.read(), 'slept']")
    assert ran.outcome == "ok"
    assert ran.result is not None
    assert ran.result["value"] == ["", "slept"]
    assert ran.stdout.text == ""


def test_R15_no_core_is_dumped(own_box: Box) -> None:
    ran = own_box.run("import resource\nos.abort()")
    assert ran.outcome == "code_error"
    assert "signal 6" in ran.message
    assert ran.produced == ()
    code = "import resource\nresult = [resource.getrlimit(resource.RLIMIT_CORE), os.listdir('/work/out'), os.listdir('/tmp')]"  # noqa: E501
    assert own_box.value(code) == [[0, 0], [], []]


@pytest.mark.parametrize(
    "code",
    [
        "import re\nre.match(r'(a+)+$', 'a' * 60 + 'b')",
        "import json\njson.loads('[' * 10_000_000)",
        "import pickle\npickle.loads(b'\\x80\\x04' + b'I1\\n' * 10 + b'.' )\nx = 'a'\nwhile True: x += x",
        "(10 ** 8) ** (10 ** 8)",
    ],
    ids=["regex", "json", "doubling", "power"],
)
def test_R16_a_bomb_ends_by_the_clock_or_the_memory(own_box: Box, code: str) -> None:
    assert own_box.run(code).outcome in ("timeout", "oom", "code_error")
    assert own_box.works()


def test_R17_zombies_are_reaped(own_box: Box) -> None:
    code = (
        "for _ in range(60):\n"
        "    pid = os.fork()\n"
        "    if pid == 0:\n"
        "        if os.fork() == 0: os._exit(0)\n"
        "        os._exit(0)\n"
        "    os.waitpid(pid, 0)\n"
        "result = 'done'"
    )
    assert own_box.value(code) == "done"
    deadline = time.monotonic() + 5
    while any(status_of(pid).get("State", "").startswith("Z") for pid in own_box.host_pids()):
        assert time.monotonic() < deadline, "zombies are left"
        time.sleep(0.05)


def test_R06_the_hosts_disk_is_not_what_fills(wall: Wall, own_box: Box) -> None:
    free = own_box.value(
        "import shutil\nresult = [shutil.disk_usage(p).total for p in ('/work', '/tmp', '/dev/shm')]"
    )
    assert free == [SHORT.limits.tmpfs_bytes, 16 * MIB, MIB]
    assert shutil.disk_usage("/").total not in free
