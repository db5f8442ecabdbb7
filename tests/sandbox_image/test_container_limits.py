"""Hostile and unlucky code in a real sandbox: each is ended, named, and the next run works."""

from __future__ import annotations

import time

import pytest

from sandbox_image.frames import FrameError

pytestmark = pytest.mark.engine


def _next_run_works(sandbox):
    run = sandbox.run("2 + 2")
    assert (run.status, run.result) == ("ok", {"type": "scalar", "value": 4})


def _processes(sandbox):
    code = "import os\nsorted(int(p) for p in os.listdir('/proc') if p.isdigit())"
    return sandbox.run(code).result["value"]


@pytest.mark.parametrize(
    "code", ["while True: pass", "import time; time.sleep(60)", "print('seen'); (10**9) ** (10**9)"]
)
def test_the_clock_ends_a_run(own_sandbox, code):
    run = own_sandbox.run(code, wall_seconds=1)
    assert (run.status, run.end["signal"]) == ("timeout", 9)
    assert 1 <= run.seconds < 3
    assert run.stdout in (b"", b"seen\n")
    _next_run_works(own_sandbox)


@pytest.mark.parametrize(
    "code",
    [
        "a = bytearray(10 << 30)",
        "a = []\nwhile True: a.append(b'x' * (10 << 20))",
        "import numpy as np\na = np.ones(10 << 27)",
        "import os\nos.fork()\na = []\nwhile True: a.append(b'x' * (10 << 20))",
    ],
)
def test_too_much_memory_ends_the_code_and_not_the_runner(own_sandbox, code):
    run = own_sandbox.run(code)
    assert run.status == "oom"
    _next_run_works(own_sandbox)


@pytest.mark.parametrize(
    ("code", "exit_code", "signal"),
    [
        ("import os; os._exit(0)", 0, None),
        ("import os; os._exit(3)", 3, None),
        ("import os; os.kill(os.getpid(), 9)", None, 9),
        ("import ctypes; ctypes.string_at(0)", None, 11),
    ],
)
def test_a_process_that_dies_is_told_as_killed(own_sandbox, code, exit_code, signal):
    run = own_sandbox.run(code)
    assert (run.status, run.end["exit_code"], run.end["signal"]) == ("killed", exit_code, signal)
    assert run.result is None
    _next_run_works(own_sandbox)


@pytest.mark.parametrize(
    "code",
    [
        "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
        "import os, signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True:\n"
        "    try:\n        if os.fork() == 0: os.setsid()\n    except OSError: pass",
    ],
)
def test_a_fork_bomb_leaves_nothing(own_sandbox, code):
    before = len(_processes(own_sandbox))
    run = own_sandbox.run(code, wall_seconds=2)
    assert run.status in ("timeout", "killed")
    assert len(_processes(own_sandbox)) == before


def test_a_print_flood_is_ended(own_sandbox):
    run = own_sandbox.run("while True: print('x' * 10_000)")
    assert run.status == "output_limit"
    assert run.end["stdout_bytes"] > 8 << 20
    assert len(run.stdout) == 65_536
    _next_run_works(own_sandbox)


def test_a_daemon_is_killed_when_the_run_ends(own_sandbox):
    before = _processes(own_sandbox)
    code = (
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        while True: time.sleep(0.01)\n"
        "    os._exit(0)\n"
        "os.wait()\n"
        "'left'"
    )
    run = own_sandbox.run(code)
    assert (run.status, run.result["value"]) == ("ok", "left")
    assert _processes(own_sandbox) == before


def test_a_forked_copy_does_not_answer_twice(own_sandbox):
    run = own_sandbox.run("import os\npid = os.fork()\nif pid: os.waitpid(pid, 0)\n'once'")
    assert run.status == "ok"
    assert [header["type"] for header, _ in run.frames].count("result") == 1
    _next_run_works(own_sandbox)


def test_the_runner_hides_its_memory_and_descriptors(own_sandbox):
    code = (
        "import os\n"
        "seen = []\n"
        "for pid in os.listdir('/proc'):\n"
        "    if not pid.isdigit() or int(pid) in (1, os.getpid()): continue\n"
        "    for name in ('mem', 'fd/3', 'environ', 'maps'):\n"
        "        try: open(f'/proc/{pid}/{name}', 'rb').read(1); seen.append((pid, name))\n"
        "        except OSError: pass\n"
        "seen"
    )
    assert own_sandbox.run(code).result == {"type": "json", "value": []}


def test_a_forged_frame_fails_its_mac(own_sandbox):
    code = (
        "import sys\n"
        "from sandbox_image.frames import FrameWriter\n"
        "forged = FrameWriter(b'S').encode({'type': 'end', 'attempt': 1, 'status': 'ok'})\n"
        "open('/proc/1/fd/1', 'wb', buffering=0).write(forged)\n"
    )
    with pytest.raises(FrameError, match="mac"):
        own_sandbox.run(code)


def test_lies_on_the_code_s_own_channel_end_only_the_code(own_sandbox):
    code = (
        "import os\n"
        "for fd in range(3, 64):\n"
        "    try: os.write(fd, b'\\xff' * 100)\n"
        "    except OSError: pass\n"
    )
    run = own_sandbox.run(code)
    assert run.status == "killed"
    _next_run_works(own_sandbox)


def test_nothing_but_work_can_be_written(own_sandbox):
    code = (
        "import os\n"
        "found = []\n"
        "for top in ('/', '/tmp', '/var/tmp', '/run', '/dev', '/etc', '/usr', '/opt', '/home', '/root'):\n"
        "    try: open(os.path.join(top, 'x'), 'w'); found.append(top)\n"
        "    except OSError: pass\n"
        "found"
    )
    assert own_sandbox.run(code).result["value"] == []


def test_a_full_work_folder_is_an_error_and_not_the_end(own_sandbox):
    run = own_sandbox.run("f = open('big', 'wb')\nwhile True: f.write(bytes(1 << 20))")
    assert (run.status, run.error["name"]) == ("error", "OSError")
    _next_run_works(own_sandbox)


def test_a_table_that_does_not_fit_is_named(own_sandbox):
    for _ in range(300):
        own_sandbox.send({"type": "put", "name": "huge.parquet", "last": False}, bytes(1 << 20))
    run = own_sandbox.run("1", tables=[{"name": "huge", "path": "huge.parquet"}])
    assert run.status == "error"
    assert "does not fit" in run.error["message"]
    _next_run_works(own_sandbox)


def test_broken_builtins_break_only_the_attempt(own_sandbox):
    own_sandbox.run("import builtins, sys\nsys.stdout.close()\nsys.stdout = None")
    run = own_sandbox.run("print('again')")
    assert (run.status, run.stdout) == ("ok", b"again\n")


def test_stop_ends_the_container(own_sandbox):
    own_sandbox.send({"type": "stop"})
    deadline = time.monotonic() + 10
    while own_sandbox.process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert own_sandbox.process.poll() == 0
