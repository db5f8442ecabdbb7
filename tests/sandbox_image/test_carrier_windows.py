"""Connections of hostile code, or of a worker that breaks the rules: windows hold, nothing piles up."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import Any

import pytest

from tests.sandbox_image.relay import CHUNK, PROXY, WINDOW, Relay, value

pytestmark = pytest.mark.engine
RUNNER = (
    "import os\n"
    "def runner():\n"
    "    for pid in filter(str.isdigit, os.listdir('/proc')):\n"
    "        try: words = open(f'/proc/{pid}/cmdline', 'rb').read().split(b'\\0')\n"
    "        except OSError: continue\n"
    "        status = dict(l.split(':\\t', 1) for l in open(f'/proc/{pid}/status') if ':\\t' in l)\n"
    "        if b'sandbox_image.runner' in words and status['PPid'].strip() in ('0', '1'): return pid\n"
)


def silent(relay: Relay, conn: int, kind: str, data: bytes) -> None:
    """A host that never answers."""


def test_code_that_is_never_credited_sends_one_window(shared_sandbox):
    relay = Relay(shared_sandbox, silent, crediting=False)
    code = "s = connect(); s.settimeout(2); s.sendall(b'odd'); time.sleep(0.1)\ntry:\n    while True: s.sendall(b'z' * 65536)\nexcept TimeoutError: result = 1"  # noqa: E501
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
    code = (
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
