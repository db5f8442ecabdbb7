"""Connections of the code's, carried by the real runner: every byte, whose they are, and how they end."""

from __future__ import annotations

import pytest

from tests.sandbox_image.relay import CHUNK, PROXY, WINDOW, Relay, value
from tests.sandbox_image.sandbox_process import SandboxProcess

pytestmark = pytest.mark.engine


def echo(relay: Relay, conn: int, kind: str, data: bytes) -> None:
    if kind == "data":
        relay.give(conn, data)
    elif kind == "end":
        relay.end(conn)


def greet(relay: Relay, conn: int, kind: str, data: bytes) -> None:
    if kind == "open":
        relay.give(conn, b"!")


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

    code = (
        "s = connect(); time.sleep(1); s.sendall(b'x'); time.sleep(0.3)\nresult = len(s.makefile('b').read())"  # noqa: E501
    )
    read = value(Relay(shared_sandbox, end_early), code)
    assert read == given
    assert WINDOW < given < size


def test_a_reset_of_the_code_is_told(shared_sandbox):
    seen = []

    def hear(relay: Relay, conn: int, kind: str, data: bytes) -> None:
        seen.append((conn, kind))
        if kind == "open":
            relay.give(conn, b"x" * CHUNK)

    code = (
        "s = connect(); s.recv(1)\ns.setsockopt(1, 13, bytes([1, *[0] * 7])); s.close()\n"
        "connect().recv(1)"  # by then the runner has seen the reset
    )
    Relay(shared_sandbox, hear).run(PROXY + code)
    first = seen[0][0]
    assert [kind for conn, kind in seen if conn == first] == ["open", "reset"]


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


def answer_each(relay: Relay, conn: int, kind: str, data: bytes) -> None:
    if kind == "data":
        relay.give(conn, b"answer")


def test_answered_connections_that_are_kept_make_room_for_others(shared_sandbox):
    code = (
        "kept = []\n"
        "for _ in range(20):\n"
        "    s = connect(); s.settimeout(10); s.sendall(b'ask'); kept.append(s); assert s.recv(6)\n"
        "result = len(kept)"
    )
    relay = Relay(shared_sandbox, answer_each)
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
    code = (
        "slow = connect(); slow.sendall(b'ask'); time.sleep(0.1)\n"
        "done = connect(); done.sendall(b'ask'); done.recv(6); time.sleep(1.2)\n"
        "more = connect(); more.sendall(b'ask'); more.recv(6)\n"
        "slow.recv(6); slow.sendall(b'ask'); result = slow.recv(6).decode()"
    )
    assert value(Relay(shared_sandbox, answer_each), code, at_once=2) == "answer"


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


def test_authorities_that_cannot_be_written_are_an_error_with_words(own_sandbox):
    own_sandbox.put("ca.pem", b"-----BEGIN CERTIFICATE-----\nours\n")
    relay = Relay(own_sandbox, echo)
    own_sandbox.run("import os\nos.mkdir('/work/tmp/authorities.pem')")
    ran = relay.run("1", ca="ca.pem")
    assert (ran.status, ran.error["name"]) == ("error", "IsADirectoryError")


def test_public_authorities_are_there_and_load_fast(shared_sandbox):
    code = (
        "import ssl\nstarted = time.process_time()\ncontext = ssl.create_default_context()\n"
        "result = [len(context.get_ca_certs()), time.process_time() - started]"
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
