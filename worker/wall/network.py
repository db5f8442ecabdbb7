"""Network, N1, N2, N6, N7, N12, N13, N15: there is none. The worker's decisions: `egress.py`.

What is tried aims at listeners of this process and at TEST-NET addresses, from inside only.
"""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

from worker.wall import host
from worker.wall.case import case, expect, expect_only
from worker.wall.known import PODMAN_HOSTS, Known
from worker.wall.wall import Wall

_NO_WAY = {"ENETUNREACH", "EHOSTUNREACH", "EADDRNOTAVAIL"}


@case("N1", "There is only lo: no address is reached, a listener of the host receives nothing")
async def only_lo(wall: Wall) -> None:
    """N1."""
    box = await wall.shared()
    code = "result = [l.split(':')[0].strip() for l in open('/proc/net/dev').read().splitlines()[2:]]"
    expect_only([*await box.value(code), "lo"], {"lo"}, "interfaces inside")
    if not wall.gvisor:
        lines = Path(f"/proc/{await box.host_pid()}/net/dev").read_text().splitlines()[2:]
        expect_only([line.split(":")[0].strip() for line in lines], {"lo"}, "interfaces")
        routes = Path(f"/proc/{await box.host_pid()}/net/route").read_text().splitlines()[1:]
        expect(routes == [], f"routes: {routes}")
    await _nothing_reached(wall)


async def _nothing_reached(wall: Wall) -> None:
    with host.listening(socket.SOCK_STREAM) as tcp, host.listening(socket.SOCK_DGRAM) as udp:
        code = (
            f"tcp, udp = {tcp.getsockname()[1]}, {udp.getsockname()[1]}\n"
            "T, U = socket.SOCK_STREAM, socket.SOCK_DGRAM\n"
            "ports = (53, 80, 443, 853)\n"
            "away = [reached(socket.AF_INET, k, ('192.0.2.1', p)) for k in (T, U) for p in ports]\n"
            "away += [reached(socket.AF_INET6, k, ('2001:db8::1', 443)) for k in (T, U)]\n"
            "near = [reached(socket.AF_INET, T, (a, tcp)) for a in ('127.0.0.1', '127.8.8.8', '0.0.0.0')]\n"
            "for a in ('127.0.0.1', '127.8.8.8'):\n"
            "    tried(socket.socket(socket.AF_INET, U).sendto, b'x', (a, udp))\n"
            "result = [away, near]"
        )
        away, near = await (await wall.shared()).value(code)
        expect(host.nothing_came(tcp) and host.nothing_came(udp), "a listener of the host was reached")
    expect_only(away, _NO_WAY, "addresses of TEST-NET")
    expect_only(near, {"ECONNREFUSED"} | _NO_WAY, "the host's loopback")


@case("N2", "No name is resolved, a resolver of the host is asked nothing")
async def no_names(wall: Wall) -> None:
    """N2."""
    with host.listening(socket.SOCK_DGRAM) as resolver:
        code = (
            f"port = {resolver.getsockname()[1]}\n"
            "def resolved(name):\n"
            "    try: socket.getaddrinfo(name, 80)\n"
            "    except socket.gaierror: return 'no'\n"
            "    return 'yes'\n"
            "query = bytes.fromhex('123401000001000000000000') + b'\\x06secret\\x08attacker'\n"
            "query += b'\\x00\\x00\\x10\\x00\\x01'\n"
            "tried(socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto, query, ('127.0.0.1', port))\n"
            "result = [[resolved(n) for n in ('secret.attacker.invalid', 'example.com')],\n"
            "          open('/etc/resolv.conf').read()]"
        )
        resolved, conf = await (await wall.shared()).value(code)
        expect(host.nothing_came(resolver), "a resolver of the host was asked")
    expect_only(resolved, {"no"}, "names resolved")
    expect("nameserver" not in conf, f"resolv.conf names one: {conf[:100]!r}")


_SERVICES = (
    "redis",
    "mongo",
    "mongodb",
    "gateway",
    "worker",
    "host.docker.internal",
    "gateway.docker.internal",
)
_PODMANS = ("host.containers.internal",)


@case("N6", "No service of the stack and no name of the host is reached")
async def no_services(wall: Wall) -> Known | None:
    """N6."""
    code = (
        "def way(name):\n"
        "    try: address = socket.getaddrinfo(name, 80)[0][4][0]\n"
        "    except socket.gaierror: return 'unknown'\n"
        "    return reached(socket.AF_INET, socket.SOCK_STREAM, (address, 80))\n"
        f"result = [[way(n) for n in {_SERVICES!r}], [way(n) for n in {_PODMANS!r}]]"
    )
    services, podmans = await (await wall.shared()).value(code)
    away = _NO_WAY | {"unknown", "ECONNREFUSED"}
    expect_only(services, away, "services by name")
    expect_only(podmans, away, "the host by name")
    return PODMAN_HOSTS if wall.engine.name == "podman" and set(podmans) != {"unknown"} else None


@case("N7", "Another sandbox is not reached")
async def no_neighbour(wall: Wall) -> None:
    """N7."""
    listen = (
        "with socket.socket() as s:\n"
        "    s.bind(('0.0.0.0', 5555)); s.listen(); s.settimeout(2)\n"
        "    try: s.accept(); result = 'reached'\n"
        "    except TimeoutError: result = 'nobody'\n"
    )
    knock = (
        "seen, until = set(), time.monotonic() + 1.7\n"
        "while time.monotonic() < until:\n"
        "    seen.add(reached(socket.AF_INET, socket.SOCK_STREAM, ('127.0.0.1', 5555))); time.sleep(0.05)\n"
        "result = sorted(seen)"
    )
    server, client = await wall.rough(), await wall.shared()
    listened, knocked = await asyncio.gather(server.value(listen), client.value(knock))
    expect(listened == "nobody", f"its listener was {listened}")
    expect_only(knocked, {"ECONNREFUSED"}, "the other sandbox's port")


@case("N12", "No ping, no QUIC, no DNS over HTTPS")
async def no_ping(wall: Wall) -> None:
    """N12."""
    code = (
        "def ping():\n"
        "    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP) as s:\n"
        "        s.sendto(bytes([8, 0, 0, 0, 0, 1, 0, 1]), ('192.0.2.1', 0))\n"
        "result = [tried(ping), reached(socket.AF_INET, socket.SOCK_DGRAM, ('192.0.2.1', 443)),"
        " reached(socket.AF_INET, socket.SOCK_STREAM, ('192.0.2.1', 443))]"
    )
    seen = await (await wall.shared()).value(code)
    expect_only(seen, _NO_WAY | {"EACCES", "EPERM", "EPROTONOSUPPORT"}, "ICMP, UDP 443, TCP 443")


@case("N13", "Without the proxy there is no way either")
async def no_way_round(wall: Wall) -> None:
    """N13."""
    code = (
        "import requests\n"
        "for name in list(os.environ):\n"
        "    if 'proxy' in name.lower(): del os.environ[name]\n"
        "try: requests.get('http://192.0.2.1/', timeout=3); result = 'reached'\n"
        "except requests.exceptions.ConnectionError: result = 'no way'"
    )
    seen = await (await wall.rough()).value(code)
    expect(seen == "no way", f"a request without a proxy: {seen}")


@case("N15", "Nothing can be installed, and there is nothing to install it with")
async def nothing_installed(wall: Wall) -> None:
    """N15."""
    code = (
        "import importlib.util, shutil, subprocess\n"
        "done = subprocess.run([sys.executable, '-m', 'pip', 'install', 'six'], capture_output=True)\n"
        "names = ('pip', 'apt', 'apt-get', 'dpkg', 'gcc', 'cc', 'curl', 'wget')\n"
        "found = [n for n in names if shutil.which(n)]\n"
        "result = [importlib.util.find_spec('pip') is None, found, done.returncode]"
    )
    no_pip, found, status = await (await wall.shared()).value(code)
    expect(no_pip and status != 0, f"pip can be run (exit status {status})")
    expect(not set(found) - {"dpkg"}, f"programs: {found}")
