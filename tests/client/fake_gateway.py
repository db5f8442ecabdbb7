"""A gateway on the loopback interface that answers what a test tells it to."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sg_test-key"


@dataclass
class Reply:
    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Seen:
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


class FakeGateway:
    """Replies by `METHOD /path`; a list is used up one by one, its last reply stays."""

    def __init__(self) -> None:
        self.replies: dict[str, list[Reply]] = {}
        self.seen: list[Seen] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def on(self, route: str, *replies: Any) -> None:
        self.replies[route] = [reply if isinstance(reply, Reply) else Reply(reply) for reply in replies]

    def requests(self, route: str) -> list[Seen]:
        return [seen for seen in self.seen if f"{seen.method} {seen.path}" == route]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, seen: Seen) -> Reply:
        self.seen.append(seen)
        if seen.headers.get("authorization") != f"Bearer {KEY}":
            return error_reply(401, "unauthorized", "this key is not known")
        queue = self.replies.get(f"{seen.method} {seen.path}")
        if not queue:
            return error_reply(404, "not_found", "there is nothing here")
        return queue.pop(0) if len(queue) > 1 else queue[0]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do(self) -> None:
                path, _, query = self.path.partition("?")
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.headers.get("Transfer-Encoding") == "chunked":
                    body = _read_chunked(self.rfile)
                headers = {name.lower(): value for name, value in self.headers.items()}
                reply = gateway.answer(Seen(self.command, path, query, headers, body))
                data = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
                self.send_response(reply.status)
                for name, value in {**reply.headers, "Content-Length": str(len(data))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_DELETE = do

            def log_message(self, format: str, *args: Any) -> None:
                return

        return Handler


def _read_chunked(stream: Any) -> bytes:
    body = b""
    while size := int(stream.readline(), 16):
        body += stream.read(size)
        stream.readline()
    stream.readline()
    return body


def error_reply(status: int, code: str, message: str, **headers: str) -> Reply:
    body = {"error": {"code": code, "message": message, "request_id": "r-1"}}
    return Reply(body, status, {name.replace("_", "-"): value for name, value in headers.items()})


def record(**changes: Any) -> dict[str, Any]:
    """A status record as the gateway gives it, of a task that went well."""
    return {
        "task_id": "t1",
        "session_id": "s1",
        "state": "succeeded",
        "stage": "done",
        "outcome": "ok",
        "planner": "builtin",
        "understood": "mean of temp_max for each weather",
        "answer": "sun is the highest, 19.86.",
        "result": {
            "type": "series",
            "value": {"name": "temp_max", "index": ["sun", "rain"], "values": [19.86, 13.45]},
        },
        "code": "result = df.groupby('weather')['temp_max'].mean()",
        "language": "python",
        "stdout": {"text": "", "bytes": 0, "truncated": False},
        "stderr": {"text": "", "bytes": 0, "truncated": False},
        "attempts": [],
        "artifacts": [],
        "timings": {},
        "error": None,
        **changes,
    }
