"""Each abuse has its outcome and its words, and the next attempt in the same sandbox works.

Named by the cases of ABUSE.md where there is one.
"""

import time

import pytest

from tests.worker.sandbox.limited_box import CHANNEL, CODE_SECONDS, MIB, POLICY, Box, check

pytestmark = pytest.mark.engine


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
        limit = f"The code ran longer than {CODE_SECONDS:g} s, the limit of policy 'default'"
        assert ran.message == f"{limit}, and was ended."
    else:
        assert "exit status 0" in ran.message  # the daemon's parent ended its own process
    assert time.monotonic() - started < CODE_SECONDS + 9
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
    assert ran.result == {"type": "scalar", "value": "done"}


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
    assert box.run("kept.clear()").outcome == "ok"


def test_R17_zombies_are_no_process_of_the_next_attempt(box: Box) -> None:
    code = "for _ in range(40):\n    if os.fork() == 0: os._exit(0)\nresult = 'left'"
    check(box, code, "ok")


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
