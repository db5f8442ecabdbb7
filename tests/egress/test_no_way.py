"""Past the proxy there is no way out, with an allow-list as without; ABUSE.md N2, N12, N13."""

from __future__ import annotations

import pytest

from tests.egress.names import ONE
from tests.egress.world import World

pytestmark = pytest.mark.engine
NONE = {"name": "closed", "network": "none", "limits": {"code_wall_seconds": 20}}
REACH = """
import errno, os, socket
def reach(kind, address, family=socket.AF_INET, protocol=0):
    try:
        with socket.socket(family, kind, protocol) as s:
            s.settimeout(2)
            s.connect(address)
            s.send(bytes([8, 0, 0, 0, 0, 1, 0, 1]))
        return 'reached'
    except OSError as error: return errno.errorcode.get(error.errno, str(error))
"""
NO_WAY = {"ENETUNREACH", "EHOSTUNREACH", "EADDRNOTAVAIL", "EACCES", "EPERM"}


def test_N12_N13_the_proxy_ignored_there_is_no_route(world: World) -> None:
    ran = world.run(
        REACH + f"one = '{ONE}'\n"
        "result = [reach(socket.SOCK_STREAM, (one, p)) for p in (22, 53, 80, 443, 8080)]\n"
        "result += [reach(socket.SOCK_DGRAM, (one, p)) for p in (53, 443)]\n"
        "result += [reach(socket.SOCK_DGRAM, (one, 0), protocol=socket.IPPROTO_ICMP)]\n"
        "result += [reach(socket.SOCK_STREAM, ('2606:4700:77::1', 443), socket.AF_INET6)]"
    )
    assert set(ran.value) <= NO_WAY
    assert (ran.log, ran.requests) == ([], [])


def test_N13_without_the_variables_nothing_is_reached(world: World) -> None:
    ran = world.run(
        "import requests\ns = requests.Session(); s.trust_env = False\n"
        "def said(url):\n"
        "    try: return s.get(url, timeout=3).status_code\n"
        "    except requests.exceptions.ConnectionError as e: return 'no way'\n"
        f"result = [said('http://{ONE}/json'), said('http://data.example.org/json')]"
    )
    assert ran.value == ["no way", "no way"]
    assert (ran.log, ran.requests) == ([], [])


def test_N02_no_name_is_resolved_inside(world: World) -> None:
    code = (
        "import socket\ndef known(name):\n"
        "    try: return socket.getaddrinfo(name, 80)[0][4][0]\n"
        "    except socket.gaierror: return None\n"
        "result = [known(n) for n in ('data.example.org', 'host.docker.internal', 'host.containers.internal', 'localhost')]"  # noqa: E501
    )
    *others, local = world.value(code)
    assert others == [None, None, None]
    # Docker puts an empty hosts file over the image's where the network is disabled.
    assert local in (("127.0.0.1", "::1") if world.engine == "podman" else (None,))


def test_without_an_allow_list_nothing_listens(world: World) -> None:
    ran = world.run(
        REACH + "result = [reach(socket.SOCK_STREAM, ('127.0.0.1', 3128)),"
        " [n for n in os.environ if 'proxy' in n.lower()]]",
        "closed",
        NONE,
    )
    assert ran.value == ["ECONNREFUSED", []]
    assert ran.requests == []


def test_between_attempts_nothing_listens(world: World) -> None:
    """A thread of an earlier attempt that goes on asking is refused by the kernel."""
    world.value(
        "import socket, threading, time\nseen = []\n"
        "def go():\n"
        "    for _ in range(40):\n"
        "        with socket.socket() as s: seen.append(s.connect_ex(('127.0.0.1', 3128)))\n"
        "        time.sleep(0.02)\n"
        "t = threading.Thread(target=go); t.start(); time.sleep(0.1)\nresult = 1"
    )
    world.value("6 * 7", "other-box", NONE)
    seen = world.value("t.join(); result = sorted(set(seen))")
    assert 0 in seen
    assert set(seen) <= {0, 111}
