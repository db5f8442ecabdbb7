"""Code that ends, breaks or poisons its own process, or a file that does, harms its own attempt only."""

import io
import time
import zipfile

import pytest

from tests.worker.sandbox.limited_box import CHANNEL, Box, check

pytestmark = pytest.mark.engine


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
    ran = check(box, code, "code_error", words)  # not `timeout`: it is noticed before the clock runs out
    assert ran.result is None


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
