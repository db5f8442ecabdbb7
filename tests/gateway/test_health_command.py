"""`python -m gateway.health`: one line and an exit code, for health checks."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from gateway import health
from tests.conftest import free_port
from tests.gateway.server_process import ROOT


@contextmanager
def _answering(status: int, body: bytes) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.server.asked = self.path  # type: ignore[attr-defined]
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join(10)


def _run(port: int, *arguments: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "gateway.health", *arguments]
    variables = {**os.environ, "SANDGLASS_PORT": str(port), "SANDGLASS_HOST": "0.0.0.0"}  # noqa: S104
    done = subprocess.run(
        command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_it_says_ok_or_what_is_missing() -> None:
    with _answering(200, b"{}") as port:
        assert _run(port) == (0, "ok\n")
    body = b'{"store": true, "redis": false, "blobs": true, "worker": false}'
    with _answering(503, body) as port:
        assert _run(port, "ready") == (1, "unhealthy: /readyz says 503: no redis, no worker\n")
    with _answering(500, b"<html>") as port:
        assert _run(port) == (1, "unhealthy: /healthz says 500: <html>\n")


def test_nobody_there_is_not_healthy() -> None:
    port = free_port()
    code, said = _run(port)
    assert code == 1
    assert said.startswith(f"unhealthy: the gateway does not answer at port {port}: ")


def test_one_that_hangs_is_not_healthy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(health, "_SECONDS", 0.2)
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as silent:
        monkeypatch.setenv("SANDGLASS_PORT", str(silent.server_port))
        assert health.main([]) == 1
    assert "timed out" in capsys.readouterr().out


def test_it_imports_little() -> None:
    command = [sys.executable, "-c", "import sys, gateway.health, worker.health; print(*sys.modules)"]
    loaded = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=True).stdout
    assert not {"pydantic", "fastapi", "redis", "celery", "structlog", "asyncio"} & set(loaded.split())
