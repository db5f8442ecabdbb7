"""Connections of the code's, carried by the real runner: every byte, both windows, hostile code, and the end of it all."""  # noqa: E501

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import Any

import pytest

from tests.sandbox_image.relay import CHUNK, WINDOW, Relay
from tests.sandbox_image.sandbox_process import SandboxProcess

pytestmark = pytest.mark.engine
PROXY = (
    "import socket, time\nproxy = ('127.0.0.1', 3128)\nconnect = lambda: socket.create_connection(proxy, 5)\n"
)
RUNNER = (
    "import os\n"
    "def runner():\n"
    "    for pid in filter(str.isdigit, os.listdir('/proc')):\n"
    "        try: words = open(f'/proc/{pid}/cmdline', 'rb').read().split(b'\\0')\n"
    "        except OSError: continue\n"
    "        status = dict(l.split(':\\t', 1) for l in open(f'/proc/{pid}/status') if ':\\t' in l)\n"
    "        if b'sandbox_image.runner' in words and status['PPid'].strip() in ('0', '1'): return pid\n"
)


def echo(relay: Relay, conn: int, kind: str, data: bytes) -> None:
    if kind == "data":
        relay.give(conn, data)
    elif kind == "end":
        relay.end(conn)


def greet(relay: Relay, conn: int, kind: str, data: bytes) -> None:
    if kind == "open":
        relay.give(conn, b"!")


def silent(relay: Relay, conn: int, kind: str, data: bytes) -> None:
    """A host that never answers."""


def value(relay: Relay, code: str, **options):
    ran = relay.run(PROXY + code, **options)
    assert ran.status == "ok", (ran.end, ran.error, ran.stderr)
    return ran.result["value"]


def test_bytes_go_there_and_come_back(shared_sandbox):
    code = "s = connect(); s.sendall(b'there'); s.shutdown(1)\nresult = s.makefile('rb').read().decode()"
    assert value(Relay(shared_sandbox, echo), code) == "there"


def test_nothing_listens_without_an_allow_list(shared_sandbox):
    code = (
        PROXY
        + "import os\nresult = [socket.socket().connect_ex(proxy), *[n for n in os.environ if 'PROXY' in n.upper()]]"  # noqa: E501
    )
    assert shared_sandbox.run(code).result["value"] == [111]
    value(Relay(shared_sandbox, echo), "result = connect().close()")
    assert shared_sandbox.run(code).result["value"] == [111]


def test_each_attempt_has_fresh_connections_and_new_numbers(shared_sandbox):
    relay = Relay(shared_sandbox, greet)
    value(relay, "kept = [connect() for _ in range(3)]\nresult = [s.recv(1) for s in kept] and 1")
    code = "kept[0].settimeout(5)\ntry: result = kept[0].recv(1).decode()\nexcept OSError as e: result = type(e).__name__"  # noqa: E501
    assert value(relay, code) == "ConnectionResetError"
    value(relay, "result = len(connect().recv(1))")
    assert relay.opened == list(range(relay.opened[0], relay.opened[0] + 4))


def test_late_frames_of_an_attempt_that_is_over_are_dropped(shared_sandbox):
    relay = Relay(shared_sandbox, greet)
    value(relay, "s = connect()\nresult = len(s.recv(1))")
    for frame in ({"type": "net_credit", "bytes": 1 << 40}, {"type": "net_end"}, {"type": "net_data"}):
        shared_sandbox.send(
            frame | {"conn": relay.opened[-1]}, b"late" if frame["type"] == "net_data" else b""
        )
    assert shared_sandbox.run("6 * 7").result["value"] == 42


def test_a_late_frame_reaches_no_later_connection(own_sandbox):
    relay = Relay(own_sandbox, greet)
    value(relay, "s = connect()\nresult = len(s.recv(1))")
    first = relay.opened[-1]

    def answer(relay: Relay, conn: int, kind: str, data: bytes) -> None:
        if kind == "open":
            relay.send({"type": "net_data", "conn": first}, b"wrong")
            relay.give(conn, b"right")

    later = Relay(own_sandbox, answer)
    later.opened.append(first)
    assert value(later, "result = connect().recv(5).decode()") == "right"


def test_a_reset_of_the_host_is_no_end(shared_sandbox):
    def cut(relay: Relay, conn: int, kind: str, data: bytes) -> None:
        if kind == "data":
            relay.give(conn, b"half")
            relay.end(conn, reset=True)

    code = "s = connect(); s.sendall(b'x')\ntry:\n    while s.recv(9): pass\n    result = 'end'\nexcept ConnectionResetError: result = 'reset'"  # noqa: E501
    assert value(Relay(shared_sandbox, cut), code) == "reset"


def test_what_was_said_before_the_end_is_read_though_the_connection_is_over(shared_sandbox):
    size = 8 << 20
    given = 0

    def end_early(relay: Relay, conn: int, kind: str, data: bytes) -> None:
        nonlocal given
        if kind == "open":
            relay.give(conn, b"p" * size)
        if kind == "data":
            given = size - relay.take_back(conn)
            relay.end(conn)
            relay.end(conn, reset=True)

    code = "s = connect(); time.sleep(0.5); s.sendall(b'x'); time.sleep(0.3)\nresult = len(s.makefile('b').read())"  # noqa: E501
    read = value(Relay(shared_sandbox, end_early), code)
    assert read == given
    assert WINDOW < given < size


def test_a_reset_of_the_code_is_told(shared_sandbox):
    seen = []

    def hear(relay: Relay, conn: int, kind: str, data: bytes) -> None:
        seen.append(kind)
        if kind == "open":
            relay.give(conn, b"x" * CHUNK)

    code = "s = connect(); s.recv(1)\ns.setsockopt(1, 13, bytes([1, *[0] * 7])); s.close(); time.sleep(0.3)"
    Relay(shared_sandbox, hear).run(PROXY + code)
    assert seen == ["open", "reset"]


def test_half_open_both_ways(shared_sandbox):
    def answer_at_end(relay: Relay, conn: int, kind: str, data: bytes) -> None:
        if kind == "open":
            relay.end(conn)
        if kind == "data":
            relay.credit(conn, 1)

    code = "s = connect()\nassert s.recv(1) == b''\nfor _ in range(20): s.sendall(b'y')\ns.shutdown(1)\ntime.sleep(0.1)\nresult = 1"  # noqa: E501
    assert value(Relay(shared_sandbox, answer_at_end, crediting=False), code) == 1


def test_no_more_at_once_than_allowed(shared_sandbox):
    relay = Relay(shared_sandbox, echo)
    code = (
        "import threading\ndone = []\n"
        "def go():\n"
        "    with connect() as s:\n"
        "        s.sendall(b'hello'); time.sleep(0.02); s.shutdown(1); done.append(s.makefile('rb').read())\n"
        "many = [threading.Thread(target=go) for _ in range(40)]\n"
        "for t in many: t.start()\nfor t in many: t.join()\nresult = done.count(b'hello')"
    )
    assert value(relay, code, at_once=3) == 40
    assert relay.most_open == 3


def test_answered_connections_that_are_kept_make_room_for_others(shared_sandbox):
    def answer(relay: Relay, conn: int, kind: str, data: bytes) -> None:
        if kind == "data":
            relay.give(conn, b"answer")

    code = (
        "kept = []\n"
        "for _ in range(20):\n"
        "    s = connect(); s.settimeout(10); s.sendall(b'ask'); kept.append(s); assert s.recv(6)\n"
        "result = len(kept)"
    )
    relay = Relay(shared_sandbox, answer)
    assert value(relay, code, at_once=4) == 20
    assert relay.most_open == 4


def test_a_connection_that_waits_for_its_answer_is_left_alone(shared_sandbox):
    asked: list[int] = []

    def answer_late(relay: Relay, conn: int, kind: str, data: bytes) -> None:
        if data == b"last":
            relay.give(asked[0], b"late")
        elif kind == "data":
            asked.append(conn)

    code = (
        "first = connect(); first.sendall(b'ask'); time.sleep(0.1)\n"
        "idle = connect(); time.sleep(1.2)\n"
        "last = connect(); last.sendall(b'last'); first.settimeout(5)\nresult = first.recv(4).decode()"
    )
    assert value(Relay(shared_sandbox, answer_late), code, at_once=2) == "late"


def test_a_connection_whose_answer_is_not_read_yet_is_left_alone(shared_sandbox):
    def answer(relay: Relay, conn: int, kind: str, data: bytes) -> None:
        if kind == "data":
            relay.give(conn, b"answer")

    code = (
        "slow = connect(); slow.sendall(b'ask'); time.sleep(0.1)\n"
        "done = connect(); done.sendall(b'ask'); done.recv(6); time.sleep(1.2)\n"
        "more = connect(); more.sendall(b'ask'); more.recv(6)\n"
        "slow.recv(6); slow.sendall(b'ask'); result = slow.recv(6).decode()"
    )
    assert value(Relay(shared_sandbox, answer), code, at_once=2) == "answer"


def test_code_that_is_never_credited_sends_one_window(shared_sandbox):
    relay = Relay(shared_sandbox, silent, crediting=False)
    code = "s = connect(); s.settimeout(0.5); s.sendall(b'odd'); time.sleep(0.1)\ntry:\n    while True: s.sendall(b'z' * 65536)\nexcept TimeoutError: result = 1"  # noqa: E501
    assert value(relay, code) == 1
    assert relay.received[relay.opened[-1]] == WINDOW


def test_code_that_never_reads_is_given_one_window(shared_sandbox):
    def pour(relay: Relay, conn: int, kind: str, data: bytes) -> None:
        if kind == "open":
            relay.give(conn, b"p" * (8 << 20))

    relay = Relay(shared_sandbox, pour)
    value(relay, "s = connect(); time.sleep(1)\nresult = 1")
    taken = (8 << 20) - relay.take_back(relay.opened[-1])
    assert WINDOW <= taken < 3 << 20  # the window, and what the kernel keeps of both sockets


@pytest.mark.parametrize(
    "frame",
    [
        ({"type": "net_data", "conn": 1}, CHUNK + 1),
        ({"type": "net_data", "conn": 99}, 1),
        ({"type": "net_credit", "conn": 1, "bytes": WINDOW + 1}, 0),
        ({"type": "net_credit", "conn": 1, "bytes": True}, 0),
        ({"type": "net_end", "conn": "1"}, 0),
        ({"type": "put", "name": "x", "last": True}, 0),
    ],
    ids=lambda frame: str(frame[0]),
)
def test_a_frame_that_may_not_come_ends_the_sandbox(own_sandbox, frame):
    def break_it(relay: Relay, conn: int, kind: str, data: bytes) -> None:
        if kind == "open":
            relay.send(frame[0], b"x" * frame[1])

    with pytest.raises(EOFError, match="FrameError"):
        Relay(own_sandbox, break_it).run(PROXY + "s = connect(); time.sleep(10)")


def test_more_than_the_window_ends_the_sandbox(own_sandbox):
    def flood(relay: Relay, conn: int, kind: str, data: bytes) -> None:
        if kind == "open":
            for _ in range(200):
                relay.overrun(conn, b"f" * CHUNK)

    with pytest.raises(EOFError, match="more data of connection 1"):
        Relay(own_sandbox, flood).run(PROXY + "s = connect(); time.sleep(10)")


def test_both_directions_full_at_once(shared_sandbox):
    """100 MB each way at the same time, on 16 connections: nothing waits for ever, no byte is lost."""
    data = bytes(range(256)) * (25 << 10)
    came: dict[int, Any] = defaultdict(hashlib.sha256)

    def pour_and_hear(relay: Relay, conn: int, kind: str, piece: bytes) -> None:
        if kind == "open":
            relay.give(conn, data)
        came[conn].update(piece)
        if kind == "end":
            relay.end(conn)

    code = (
        "import hashlib, threading\ndata = bytes(range(256)) * (25 << 10)\nseen = []\n"
        "def go():\n"
        "    s = connect(); s.settimeout(60)\n"
        "    t = threading.Thread(target=lambda: (s.sendall(data), s.shutdown(1))); t.start()\n"
        "    h = hashlib.sha256()\n"
        "    while piece := s.recv(1 << 18): h.update(piece)\n"
        "    t.join(); seen.append(h.hexdigest())\n"
        "many = [threading.Thread(target=go) for _ in range(16)]\n"
        "for t in many: t.start()\nfor t in many: t.join()\n"
        "result = seen"
    )
    got = value(Relay(shared_sandbox, pour_and_hear), code, wall_seconds=60)
    wanted = [hashlib.sha256(data).hexdigest()] * 16
    assert (got, [each.hexdigest() for each in came.values()]) == (wanted, wanted)


def test_a_crowd_of_hostile_connections_costs_neither_memory_nor_time(own_sandbox):
    """Opened and left, half-open, never read, reset at once: the runner stays small, idle and at work."""

    def pour(relay: Relay, conn: int, kind: str, data: bytes) -> None:
        if kind == "open":
            relay.give(conn, b"p" * (1 << 20))

    code = RUNNER + (
        "pid = runner()\n"
        "def facts():\n"
        "    status = dict(l.split(':\\t', 1) for l in open(f'/proc/{pid}/status'))\n"
        "    times = open(f'/proc/{pid}/stat').read().rpartition(')')[2].split()\n"
        "    return int(status['VmRSS'].split()[0]) >> 10, (int(times[11]) + int(times[12])) / 100\n"
        "rss, _ = facts()\n"
        "kept = []\n"
        "for at in range(300):\n"
        "    s = socket.socket(); s.setblocking(False); s.connect_ex(proxy); kept.append(s)\n"
        "for s in kept[:64]:\n"
        "    try: s.send(b'z' * (1 << 22))\n"
        "    except OSError: pass\n"
        "time.sleep(1); full, before = facts(); time.sleep(2); _, after = facts()\n"
        "result = [full - rss, after - before]"
    )
    relay = Relay(own_sandbox, pour, crediting=False)
    grown_mib, busy_seconds = value(relay, code, at_once=64)
    assert grown_mib < 64  # 64 windows are 16 MiB, and as much may wait in the pipe
    assert busy_seconds < 0.2
    assert relay.most_open == 64
    assert own_sandbox.run("6 * 7").result["value"] == 42


def test_ten_thousand_connections_in_a_row(own_sandbox):
    relay = Relay(
        own_sandbox, lambda relay, conn, kind, data: relay.end(conn, reset=True) if kind == "open" else None
    )
    code = RUNNER + (
        "for _ in range(10_000):\n"
        "    s = socket.socket(); s.connect(proxy)\n"
        "    try: s.recv(1)\n"
        "    except ConnectionResetError: pass\n"
        "    s.close()\n"
        "inodes = [l.split()[9] for l in open('/proc/net/tcp').readlines()[1:] if l.split()[3] == '01']\n"
        "result = len(inodes)"
    )
    assert value(relay, code, wall_seconds=60) == 0
    assert len(relay.opened) == 10_000


def test_code_that_took_the_port_is_told(own_sandbox):
    own_sandbox.run(PROXY + "taken = socket.socket(); taken.bind(proxy); taken.listen()")
    ran = Relay(own_sandbox, echo).run("1")
    assert (ran.status, ran.error["name"]) == ("error", "OSError")
    assert "3128" in ran.error["message"]
    assert own_sandbox.run("taken.close()\n1").status == "ok"
    assert value(Relay(own_sandbox, echo), "result = connect().close() or 1") == 1


def test_the_variables_lead_to_the_carrier_in_this_attempt_only(shared_sandbox):
    shared_sandbox.put("ca.pem", b"-----BEGIN CERTIFICATE-----\nours\n")
    names = "[os.environ.get(n) for n in ('HTTP_PROXY', 'https_proxy', 'NO_PROXY', 'SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE')]"  # noqa: E501
    code = f"import os\nos.environ['NO_PROXY'] = '*'\nresult = {names}"
    relay = Relay(shared_sandbox, echo)
    proxy = "http://127.0.0.1:3128"
    public = "/usr/local/share/sandglass/authorities.pem"
    value(relay, code)
    assert value(relay, f"result = {names}") == [proxy, proxy, None, public, public]
    both = value(
        relay, f"result = {names} + [open(os.environ['SSL_CERT_FILE']).read().split('BEGIN ')]", ca="ca.pem"
    )
    assert both[3] == both[4] != public
    assert both[5][-1].endswith("ours\n")
    assert len(both[5]) > 100
    assert shared_sandbox.run(f"result = {names}").result["value"] == [None] * 5


def test_public_authorities_are_there_and_load_fast(shared_sandbox):
    code = (
        "import ssl\nstarted = time.perf_counter()\ncontext = ssl.create_default_context()\n"
        "result = [len(context.get_ca_certs()), time.perf_counter() - started]"
    )
    count, seconds = value(Relay(shared_sandbox, echo), code)
    assert count > 100
    assert seconds < 0.5


def test_localhost_is_a_name_and_no_other(shared_sandbox: SandboxProcess):
    code = (
        "import socket\nresult = [sorted({i[4][0] for i in socket.getaddrinfo('localhost', 80)}),"
        " open('/etc/hosts').read()]"
    )
    addresses, hosts = shared_sandbox.run(code).result["value"]
    assert "127.0.0.1" in addresses
    assert hosts == "127.0.0.1 localhost\n::1 localhost\n"
