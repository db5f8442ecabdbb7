"""The test's own web servers, inside the network namespace: what they log is the judge of what left a sandbox."""  # noqa: E501

from __future__ import annotations

import gzip
import hashlib
import json
import socket
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

CSV = b"city,temp\nOslo,3\nRome,18\nLima,21\n"
PAGE = b"<html><body><h1>Prices</h1><table><tr><td>tea</td><td>4</td></tr></table></body></html>"
_BLOCK = bytes(range(256)) * 256


class Log:
    """What came to any server, in order."""

    def __init__(self) -> None:
        self._entries: list[dict[str, Any]] = []
        self._lock = threading.Lock()

    def add(self, **entry: Any) -> None:
        with self._lock:
            self._entries.append(entry)

    def take(self) -> list[dict[str, Any]]:
        """All since the last call."""
        with self._lock:
            taken, self._entries = self._entries, []
        return taken


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no error here."""


class _DualStack(_Server):
    address_family = socket.AF_INET6

    def server_bind(self) -> None:
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


def serve(log: Log, context: ssl.SSLContext) -> None:
    """HTTP on 80, HTTPS on 443, listeners that only log on 22 and 8080; on all addresses of the namespace."""
    for port, scheme in ((80, "http"), (443, "https")):
        server = _DualStack(("::", port), _handler(log, scheme))
        if scheme == "https":
            server.socket = context.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        threading.Thread(target=server.serve_forever, daemon=True).start()
    for port in (22, 8080):
        listener = socket.create_server(("0.0.0.0", port))  # noqa: S104
        threading.Thread(target=_only_log, args=(listener, log, port), daemon=True).start()


def _only_log(listener: socket.socket, log: Log, port: int) -> None:
    while True:
        connection, _ = listener.accept()
        log.add(scheme="tcp", port=port)
        connection.close()


def _handler(log: Log, scheme: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def do_GET(self) -> None:
            self._note()
            parts = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            action = getattr(self, "_" + parts.path.strip("/"), None)
            self._reply(b"?", status=404) if action is None else action(query)

        do_HEAD = do_GET  # noqa: N815

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            self._note(body_bytes=len(body))
            self._reply(json.dumps({"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}).encode())

        def log_message(self, *_: Any) -> None:
            """Not to stderr."""

        def _note(self, **more: Any) -> None:
            address = self.connection.getsockname()[0].removeprefix("::ffff:")
            host = self.headers.get("host")
            names = {key.lower() for key in self.headers}
            log.add(scheme=scheme, address=address, host=host, method=self.command, path=self.path, **more)
            log.add(scheme="headers", names=sorted(names)) if "proxy-connection" in names else None

        def _reply(self, body: bytes, status: int = 200, **headers: str) -> None:
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def _json(self, _query: dict[str, str]) -> None:
            self._reply(b'{"answer": 42}', content_type="application/json")

        def _csv(self, _query: dict[str, str]) -> None:
            self._reply(CSV, content_type="text/csv")

        def _page(self, _query: dict[str, str]) -> None:
            self._reply(PAGE, content_type="text/html")

        def _gzip(self, _query: dict[str, str]) -> None:
            self._reply(gzip.compress(CSV), content_encoding="gzip", content_type="text/csv")

        def _chunked(self, _query: dict[str, str]) -> None:
            self.send_response(200)
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            for line in CSV.splitlines(keepends=True):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
            self.wfile.write(b"0\r\n\r\n")

        def _big(self, query: dict[str, str]) -> None:
            left = int(query["bytes"])
            self.send_response(200)
            self.send_header("content-length", str(left))
            self.end_headers()
            while left:
                piece = _BLOCK[: min(left, len(_BLOCK))]
                self.wfile.write(piece)
                left -= len(piece)

        def _redirect(self, query: dict[str, str]) -> None:
            self._reply(b"", status=302, location=query["to"])

        def _silent(self, _query: dict[str, str]) -> None:
            time.sleep(20)

        def _drip(self, query: dict[str, str]) -> None:
            self.send_response(200)
            self.send_header("content-length", "1000")
            self.end_headers()
            for _ in range(1000):
                self.wfile.write(b".")
                self.wfile.flush()
                time.sleep(float(query["pause"]))

        def _half(self, _query: dict[str, str]) -> None:
            self.send_response(200)
            self.send_header("content-length", "1000")
            self.end_headers()
            self.wfile.write(b"x" * 500)
            self.close_connection = True

    return Handler
