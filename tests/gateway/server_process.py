"""The gateway as a real server process, for tests that need one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.conftest import free_port

ROOT = Path(__file__).parents[2]


@dataclass
class Server:
    """A running `python -m gateway`."""

    process: subprocess.Popen[bytes]
    url: str
    key: str

    def memory_bytes(self, field: str) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text("ascii")
        found = re.search(rf"^{field}:\s+(\d+) kB$", status, re.MULTILINE)
        assert found
        return int(found.group(1)) * 1024

    def client(self) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.key}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60, trust_env=False)


def variables_of(store_url: str, redis_url: str, **more: str) -> dict[str, str]:
    """The environment of a gateway on a port that is free."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("SANDGLASS_")}
    variables |= {"SANDGLASS_STORE": store_url, "SANDGLASS_REDIS_URL": redis_url}
    return variables | {"SANDGLASS_PORT": str(free_port())} | more


@contextmanager
def serving(variables: dict[str, str], key: str) -> Iterator[Server]:
    """A gateway that answers; one that does not end when it is told to is killed, and a failure."""
    command = [sys.executable, "-m", "gateway"]
    process = subprocess.Popen(command, cwd=ROOT, env=variables, stdout=subprocess.DEVNULL)
    running = Server(process, f"http://127.0.0.1:{variables['SANDGLASS_PORT']}", key)
    try:
        _until_it_answers(running)
        yield running
    finally:
        process.terminate()
        try:
            process.wait(15)
        finally:
            process.kill()


def _until_it_answers(server: Server) -> None:
    deadline = time.monotonic() + 20
    with server.client() as client:
        while time.monotonic() < deadline:
            assert server.process.poll() is None, "the gateway ended at its start"
            try:
                client.get("/healthz").raise_for_status()
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return
    raise AssertionError("the gateway did not answer within 20 s")
