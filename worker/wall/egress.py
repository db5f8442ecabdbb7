"""Network, N3-N5, N8-N11, N14: what the worker decides of web requests, before it dials anybody.

The worker's own tunnel is asked, as a sandbox asks it; names are resolved and addresses dialled by stubs.
"""

from __future__ import annotations

import asyncio
import ipaddress
from dataclasses import dataclass, field
from typing import Any

from policies.model import Egress, Policy
from worker.sandbox.dial import Network
from worker.sandbox.frames import Frame
from worker.sandbox.tunnel import Tunnel
from worker.wall.case import case, expect
from worker.wall.wall import Wall

_PUBLIC = "93.184.216.34"
_HOST = "data.example.org"
_ANSWER_SECONDS = 5.0
_PIECE = 32 << 10


@dataclass
class Outside:
    """What the worker believes to be the internet: one host, and whatever its name is said to lead to."""

    answers: list[list[str]]
    """Of the resolver, one after the other; the last one stays."""
    reply: bytes = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
    dialled: list[str] = field(default_factory=list)
    received: bytearray = field(default_factory=bytearray)
    servers: list[asyncio.Server] = field(default_factory=list)

    async def resolve(self, host: str, port: int) -> list[str]:
        """The next answer."""
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    async def dial(self, address: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to a server of ours, whatever the address."""
        self.dialled.append(f"{address}:{port}")
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.servers.append(server)
        return await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(_PIECE):
                self.received += data
                if b"\r\n\r\n" in self.received:
                    writer.write(self.reply)
                    await writer.drain()
        except OSError:
            return
        finally:
            writer.close()


async def ask(outside: Outside, *requests: bytes, **changes: Any) -> list[bytes]:
    """What the tunnel answers to each request, each on a connection of its own, in one attempt."""
    egress = Egress(hosts=(_HOST,), connect_seconds=2, idle_seconds=2).model_copy(update=changes)
    policy = Policy(name="wall", network="allow-list", egress=egress)
    heard: asyncio.Queue[tuple[dict[str, Any], bytes]] = asyncio.Queue()

    async def send(header: dict[str, Any], blob: bytes) -> None:
        await heard.put((header, blob))

    tunnel = Tunnel(policy, egress, send, Network(outside.resolve, outside.dial))
    tunnel.begin(1)
    try:
        return [await _ask_one(tunnel, heard, number, text) for number, text in enumerate(requests, 1)]
    finally:
        await tunnel.end()
        for server in outside.servers:
            server.close()


async def _ask_one(tunnel: Tunnel, heard: asyncio.Queue[Any], conn: int, request: bytes) -> bytes:
    tunnel.take(Frame({"type": "net_open", "conn": conn, "attempt": 1}))
    for at in range(0, len(request), _PIECE):
        tunnel.take(Frame({"type": "net_data", "conn": conn}, request[at : at + _PIECE]))
    answer = b""
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            while True:
                header, blob = await heard.get()
                if header["conn"] != conn:
                    continue  # the end of the one before
                answer += blob
                whole = answer.endswith(b"\r\n\r\nok") or b" 403 " in answer[:16]
                if header["type"] == "net_end" or whole:
                    break
    except TimeoutError:
        answer += b"(no end)"
    tunnel.take(Frame({"type": "net_end", "conn": conn, "reset": True}))
    return answer


def get(url: str) -> bytes:
    """A plain request to the proxy."""
    host = url.partition("//")[2].partition("/")[0]
    return f"GET {url} HTTP/1.1\r\nhost: {host}\r\n\r\n".encode()


def connect(authority: str) -> bytes:
    """A request for a tunnel."""
    return f"CONNECT {authority} HTTP/1.1\r\nhost: {authority}\r\n\r\n".encode()


async def refused(*requests: bytes, answers: list[list[str]] | None = None) -> None:
    """Every one of these is answered by a refusal, and nobody is dialled."""
    outside = Outside(answers or [[_PUBLIC]])
    for request in requests:
        (answer,) = await ask(outside, request)
        line = answer.partition(b"\r\n")[0]
        good = line.split(b" ")[1:2] in ([b"403"], [b"400"])
        expect(good, f"{request.splitlines()[0]!r} was answered with {line!r}")
    expect(not outside.dialled, f"dialled: {outside.dialled}")


async def never_dialled(*addresses: str) -> None:
    """Neither asked for as they are, nor as what an allowed name leads to, alone or among others."""
    written = [f"[{a}]" if ":" in a else a for a in addresses]
    await refused(
        *(get(f"http://{a}/latest/meta-data/") for a in written), *(connect(f"{a}:443") for a in written)
    )
    for address in addresses:
        await refused(get(f"http://{_HOST}/"), connect(f"{_HOST}:443"), answers=[[address]])
        await refused(get(f"http://{_HOST}/"), answers=[[_PUBLIC, address]])


@case("N3", "Metadata addresses of clouds are never dialled, by address or by name")
async def no_metadata(wall: Wall) -> None:
    """N3."""
    await never_dialled("169.254.169.254", "100.100.100.200", "100.96.0.96", "100.80.80.80", "168.63.129.16")
    names = ("metadata.google.internal", "metadata.tencentyun.com", "metadata", "instance-data")
    await refused(*(get(f"http://{name}/") for name in names), *(connect(f"{name}:443") for name in names))


@case("N4", "IPv6 addresses that are local, or hide an IPv4 address, are never dialled")
async def no_inner_ipv6(wall: Wall) -> None:
    """N4."""
    inner = ("::1", "::", "fe80::1", "fd00:ec2::254", "::ffff:169.254.169.254", "::ffff:a9fe:a9fe")
    await never_dialled(*inner, "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "::169.254.169.254", "ff02::1")


@case("N5", "The host, its gateway and the engine's API are never dialled")
async def no_host(wall: Wall) -> None:
    """N5."""
    inner = ("127.0.0.1", "0.0.0.0", "10.0.2.2", "172.17.0.1", "192.168.65.7", "192.168.65.254", "10.88.0.1")  # noqa: S104
    await never_dialled(*inner)
    names = ("localhost", "host.docker.internal", "host.containers.internal", "redis", "mongo", "gateway")
    await refused(*(get(f"http://{name}/") for name in names))
    await refused(connect("192.168.65.7:2375"), get("http://192.168.65.7:2375/version"))


@case("N8", "Hosts that are not listed are refused, however they are written")
async def not_listed(wall: Wall) -> None:
    """N8."""
    number = int(ipaddress.IPv4Address("127.0.0.1"))
    spelled = ("127.0.0.1", str(number), hex(number), "0177.0.0.1", "127.1", "0x7f.1", "[::1]", f"{_PUBLIC}")
    like = (
        "example.org",
        f"sub.{_HOST}",
        f"{_HOST}.",
        f"{_HOST}.attacker.org",
        "data.examp1e.org",
        "xn--dta-5cd.example.org",
    )
    odd = (
        f"user@{_HOST}",
        f"{_HOST}@127.0.0.1",
        f"{_HOST}%2eorg",
        f"{_HOST}\\@127.0.0.1",
        f"{_HOST}#@127.0.0.1",
    )
    hosts = (*spelled, *like, *odd)
    await refused(*(get(f"http://{host}/") for host in hosts), *(connect(f"{host}:443") for host in hosts))
    crlf = f"GET http://{_HOST}\r\n.attacker.org/ HTTP/1.1\r\nhost: {_HOST}\r\n\r\n".encode()
    await refused(crlf, f"GET / HTTP/1.1\r\nhost: {_HOST}\r\n\r\n".encode())
    # In capitals it is the same host; of a Host header that says another one, the target counts.
    outside = Outside([[_PUBLIC]])
    mismatch = f"GET http://{_HOST}/ HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".encode()
    answers = await ask(outside, get(f"http://{_HOST.upper()}/"), mismatch)
    sent = bytes(outside.received).lower()
    expect(b"127.0.0.1" not in sent, "a Host header of the code's own went out")
    fine = answers[0].startswith(b"HTTP/1.1 200") and set(outside.dialled) == {f"{_PUBLIC}:80"}
    expect(fine, f"the listed host: {answers[0][:60]!r}, dialled {outside.dialled}")


@case("N9", "A redirect of an allowed host to a private address is refused")
async def no_redirect(wall: Wall) -> None:
    """N9."""
    for target in (
        "http://10.0.0.1/",
        "http://127.0.0.1:6379/",
        "http://inner.example.org/",
        "http://[::1]/",
    ):
        reply = f"HTTP/1.1 302 Found\r\nlocation: {target}\r\ncontent-length: 2\r\n\r\nok".encode()
        outside = Outside([[_PUBLIC]], reply)
        first, second = await ask(outside, get(f"http://{_HOST}/"), get(target))
        expect(first.startswith(b"HTTP/1.1 302"), f"the allowed host: {first[:60]!r}")
        expect(second.startswith(b"HTTP/1.1 403"), f"redirected to {target}: {second[:60]!r}")
        expect(outside.dialled == [f"{_PUBLIC}:80"], f"dialled: {outside.dialled}")


@case("N10", "A name that leads to a public address first and to a private one then is refused")
async def no_rebinding(wall: Wall) -> None:
    """N10."""
    for inner in ("10.0.0.1", "127.0.0.1", "169.254.169.254", "::1"):
        outside = Outside([[_PUBLIC], [inner]])
        first, second = await ask(outside, get(f"http://{_HOST}/"), get(f"http://{_HOST}/"))
        expect(first.startswith(b"HTTP/1.1 200"), f"while its name is public: {first[:60]!r}")
        expect(second.startswith(b"HTTP/1.1 403"), f"when its name is {inner}: {second[:60]!r}")
        expect(outside.dialled == [f"{_PUBLIC}:80"], f"dialled: {outside.dialled}")


@case("N11", "Only ports 80 and 443 are reached")
async def no_other_port(wall: Wall) -> None:
    """N11."""
    ports = (22, 25, 53, 80, 2375, 6379, 8443, 27017, 0, 65536, 443443)
    await refused(*(connect(f"{_HOST}:{port}") for port in ports))
    await refused(*(get(f"http://{_HOST}:{port}/") for port in ports if port != 80))


@case("N14", "An upload over the cap is cut")
async def upload_cut(wall: Wall) -> None:
    """N14."""
    cap, size = 20_000, 200_000
    head = f"POST http://{_HOST}/ HTTP/1.1\r\nhost: {_HOST}\r\ncontent-length: {size}\r\n\r\n".encode()
    outside = Outside([[_PUBLIC]])
    await ask(outside, head + b"x" * size, upload_bytes=cap)
    expect(outside.dialled == [f"{_PUBLIC}:80"], f"the listed host was not dialled: {outside.dialled}")
    expect(len(outside.received) <= cap, f"{len(outside.received)} bytes went out; the policy allows {cap}")
