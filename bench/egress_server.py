"""What answers the web requests that are measured: `/bytes/N` and uploads, by HTTP and HTTPS, in a process of its own."""  # noqa: E501

from __future__ import annotations

import asyncio
import re
import select
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.errors import BenchError

HOST = "bench.example.org"
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_BLOCK = bytes(1 << 16)
_SECONDS = 20


@dataclass(frozen=True)
class Served:
    """Where it listens on loopback, and the certificate that it shows."""

    http_port: int
    https_port: int
    certificate: Path

    def url(self, scheme: str) -> str:
        """Its address for a client on this machine, without the tunnel."""
        return f"{scheme}://localhost:{self.https_port if scheme == 'https' else self.http_port}"


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    """A server that is ended with the block; its certificate lies in `folder`. Raises: BenchError."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subject = ["-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST},DNS:localhost"]
    kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    command = ["openssl", "req", *kind, *subject, "-keyout", str(key), "-out", str(certificate)]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=_SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        raise BenchError(f"openssl made no certificate: {error}") from error
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.egress_server", str(certificate), str(key)], stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None  # noqa: S101 - for the type checker
        ready, _, _ = select.select([process.stdout], [], [], _SECONDS)
        ports = process.stdout.readline().split() if ready else []
        if len(ports) != 2:
            raise BenchError("the server that is to be asked did not start")
        yield Served(int(ports[0]), int(ports[1]), certificate)
    finally:
        process.kill()
        process.communicate()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            if length := _LENGTH.search(head):
                await reader.readexactly(int(length[1]))
            path = head.split(b" ", 2)[1]
            left = int(path.rpartition(b"/")[2] or 0)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % left)
            while left:
                writer.write(_BLOCK[:left])
                left -= min(left, len(_BLOCK))
                await writer.drain()
    except (asyncio.IncompleteReadError, OSError):
        pass
    finally:
        writer.close()


async def _serve(certificate: str, key: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    plain = await asyncio.start_server(_answer, "127.0.0.1", 0, limit=1 << 20, backlog=512)
    secure = await asyncio.start_server(_answer, "127.0.0.1", 0, limit=1 << 20, backlog=512, ssl=context)
    print(*(server.sockets[0].getsockname()[1] for server in (plain, secure)), flush=True)
    await asyncio.gather(plain.serve_forever(), secure.serve_forever())


if __name__ == "__main__":
    asyncio.run(_serve(*sys.argv[1:]))
