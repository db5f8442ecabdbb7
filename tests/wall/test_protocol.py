"""Protocol and output, ABUSE.md P1, P2, P3, P6-P8: what the code says is never believed (P4, P5: the analysis)."""  # noqa: E501

import time

import pytest

from tests.wall.wall import SHORT, Box, Wall

pytestmark = pytest.mark.engine
CHANNEL = (
    "from sandbox_image.frames import FrameWriter\n"
    "def channels():\n"
    "    for n in os.listdir('/proc/self/fd'):\n"
    "        try:\n"
    "            if int(n) > 2 and os.readlink(f'/proc/self/fd/{n}').startswith('socket:'): yield int(n)\n"
    "        except OSError: pass\n"
    "channel, writer = next(channels()), FrameWriter(b'S')\n"
    "def say(header, blob=b''): os.write(channel, writer.encode(header, blob))\n"
)


@pytest.mark.parametrize("way", ["/proc/1/fd/1", "/proc/1/fd/2"])
def test_P01_a_frame_forged_on_the_pipe_is_refused(own_box: Box, way: str) -> None:
    code = (
        f"{CHANNEL}key = bytes(32)\n"
        "forged = FrameWriter(b'S').encode({'type': 'end', 'attempt': 1, 'status': 'ok'})\n"
        "forged += FrameWriter(b'S').encode({'type': 'result', 'attempt': 1, 'result': {'type': 'text', 'value': 'forged'}})\n"  # noqa: E501
        f"open({way!r}, 'wb', buffering=0).write(forged)\n"
        "time.sleep(1)\nresult = 'real'"
    )
    ran = own_box.run(code)
    if way.endswith("1"):
        assert ran.outcome == "runner_lost"
        assert ran.result is None
    else:
        assert ran.result == {"type": "text", "value": "real"} or ran.outcome == "ok"
        assert "forged" not in str(ran.result)


def test_P01_a_forged_end_on_the_codes_own_channel_ends_nothing(own_box: Box) -> None:
    code = (
        f"{CHANNEL}"
        "for kind in ('end', 'ready', 'hello', 'run', 'put', 'stop', 'connect', 'output', 'stdout'):\n"
        "    say({'type': kind, 'attempt': 1, 'status': 'ok', 'stdout_bytes': 10**12, 'seconds': 0})\n"
        "say({'type': 'file', 'role': 'table', 'name': '../../x', 'mime': 'x', 'size': 1, 'last': True}, b'x')\n"  # noqa: E501
        "say({'type': 'profile', 'file_id': 'x', 'tables': []})\n"
        "print('still here')\nraise ValueError('the true end')"
    )
    ran = own_box.run(code)
    assert ran.outcome == "code_error"
    assert all(p.role != "table" and "/" not in p.name for p in ran.produced)
    assert ran.stdout.bytes < 100
    assert own_box.works()


def test_P01_an_early_done_leaves_nothing_running(own_box: Box) -> None:
    own_box.works()
    before = len(own_box.host_pids())
    own_box.run(f"{CHANNEL}say({{'type': 'done'}})\nwhile True: pass")
    assert len(own_box.host_pids()) <= before
    ran = own_box.run("result = 1")
    assert ran.outcome in ("ok", "timeout", "code_error"), "the lie costs the job itself only"


def test_P02_output_is_stripped_of_what_steers_a_terminal(own_box: Box) -> None:
    code = (
        "out = b'a\\x00b\\xff\\x1b[31mred\\x1b]8;;http://x\\x07link\\x1b]8;;\\x1b\\\\ \\x9b2J \\xe2\\x80\\xaegnp.exe\\x08\\x7f\\n'\n"  # noqa: E501
        "os.write(1, out); os.write(2, out)\n"
        "raise ValueError('\\x1b[2J\\u202e\\x00end')"
    )
    ran = own_box.run(code)
    for text in (ran.stdout.text, ran.stderr.text, ran.message, ran.traceback):
        assert not any(ord(c) < 32 and c not in "\n\t" or 0x7F <= ord(c) < 0xA0 for c in text), repr(text)
        assert not any(c in text for c in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069"), repr(text)
    assert "red" in ran.stdout.text
    assert "http://x" not in ran.stdout.text


def test_P02_names_of_files_are_names(own_box: Box) -> None:
    code = (
        "for n in ('a\\x1b[31mb.csv', 'c\\u202egpj.exe', '..\\\\..\\\\x', '.hidden', '-rf', 'x' * 250, 'a b;c|d.csv', '\\udcff.csv'):\n"  # noqa: E501
        "    open('/work/out/' + n, 'w').write('1')\n"
        "os.symlink('/etc/passwd', '/work/out/link'); socket.socket(socket.AF_UNIX).bind('/work/out/socket'); os.link('/work/out/-rf', '/work/out/hard')\n"  # noqa: E501
        "os.mkdir('/work/out/d'); os.symlink('/etc', '/work/out/d/etc')"
    )
    limit = SHORT.output.artifact_count
    ran = own_box.run(code)
    assert ran.outcome == "ok", ran.message
    assert 0 < len(ran.produced) <= limit
    for produced in ran.produced:
        assert produced.name not in ("link", "socket", "etc", "passwd")
        assert "/" not in produced.name
        assert "\\" not in produced.name
        assert produced.name.isprintable()
        assert not produced.name.startswith(".")
        assert len(produced.name) <= 120


def test_P03_html_is_no_kind_of_result(own_box: Box) -> None:
    code = (
        "from IPython.display import HTML, SVG, Javascript, display\n"
        "display(HTML('<script>alert(1)</script>'), Javascript('alert(1)'))\n"
        "result = HTML('<img src=x onerror=alert(1)>')"
    )
    ran = own_box.run(code)
    assert ran.outcome == "ok"
    assert ran.result is None or ran.result["type"] in ("text", "scalar", "json")
    assert not any(p.mime in ("text/html", "image/svg+xml", "application/javascript") for p in ran.produced)


@pytest.mark.parametrize(
    "words", ["MemoryError: out of memory", "timeout", "runner_lost", "OSError: [Errno 28] No space"]
)
def test_P06_printed_words_are_no_verdict(own_box: Box, words: str) -> None:
    code = f"print('Traceback (most recent call last):\\n{words}', file=sys.stderr)\nprint({words!r})\nresult = 1"  # noqa: E501
    ran = own_box.run(code)
    assert (ran.outcome, ran.message) == ("ok", "")
    ran = own_box.run(f"class timeout(Exception): pass\nraise timeout({words!r})")
    assert ran.outcome == "code_error"


def test_P07_a_slow_drip_is_ended_by_the_clock(own_box: Box) -> None:
    started = time.monotonic()
    code = f"{CHANNEL}import itertools\nfor i in itertools.count():\n    os.write(1, b'.'); time.sleep(0.2)"
    ran = own_box.run(code)
    assert ran.outcome == "timeout"
    assert time.monotonic() - started < SHORT.limits.code_wall_seconds + 2
    code = f"{CHANNEL}for byte in writer.encode({{'type': 'result'}}) * 10_000:\n    os.write(channel, bytes([byte])); time.sleep(0.2)"  # noqa: E501
    assert own_box.run(code).outcome == "timeout"


def test_P07_ten_thousand_frames_between_two_streams_end(own_box: Box) -> None:
    code = "for i in range(10_000): os.write(1, b'o\\n'); os.write(2, b'e\\n')\nresult = 'end'"
    ran = own_box.run(code)
    assert ran.outcome == "ok"
    assert (ran.stdout.bytes, ran.stderr.bytes) == (20_000, 20_000)


@pytest.mark.parametrize(
    ("code", "outcomes"),
    [
        ("os.kill(1, 15); time.sleep(9)", {"runner_lost"}),
        ("[os.kill(p, 9) for p in others() if p != 1]; time.sleep(9)", {"runner_lost"}),
        ("[os.kill(p, 19) for p in others() if p != 1]; time.sleep(60)", {"timeout"}),
        ("os.kill(-1, 9)", {"runner_lost"}),
        ("os.closerange(0, 64); time.sleep(9)", {"code_error", "timeout"}),
        ("open('/proc/1/fd/0', 'rb', buffering=0).read(1); time.sleep(9)", {"timeout", "code_error"}),
        ("os._exit(0)", {"code_error"}),
    ],
    ids=[
        "TERM to PID 1",
        "KILL the runner",
        "STOP the runner",
        "KILL all",
        "close all",
        "read the pipe",
        "exit 0",
    ],
)
def test_P08_a_lost_runner_has_an_outcome_and_its_container_goes(
    wall: Wall, code: str, outcomes: set[str]
) -> None:
    box = wall.make()
    started = time.monotonic()
    ran = box.run(code)
    assert ran.outcome in outcomes, ran.message
    assert ran.result is None
    assert time.monotonic() - started < SHORT.limits.code_wall_seconds + SHORT.limits.grace_seconds + 2
    wall.destroy(box)
    assert wall.gone(box)
    assert wall.shared().works(), "another sandbox is unharmed"
