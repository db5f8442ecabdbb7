"""A gateway of its own, with nothing behind it but a store and a Redis: what do these shared parts carry?"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.errors import BenchError
from bench.memory import family, read_parents, resident_bytes
from bench.samples import Sample
from bench.scale_load import Shot, fire
from client.settings import PROJECT
from client.stack.config import free_port
from store.keys import make_key

FERRETDB = PROJECT / ".sandglass/bin/ferretdb"
_UP_SECONDS = 60.0
_MB = 1_000_000
_SUBMIT = Shot("POST", "/execute", 202, b'{"code": "print(1)", "language": "python"}')


@dataclass(frozen=True)
class GatewayRow:
    """What one pattern of requests came to."""

    store: str
    what: str
    clients: int
    sample: Sample


@dataclass(frozen=True)
class GatewayFound:
    """The rows of one store, and what the gateway held in memory after them."""

    rows: list[GatewayRow]
    resident_bytes: int


def measure_store(store: str, seconds: float, clients: tuple[int, ...]) -> GatewayFound:
    """Polls, submits and uploads through a gateway over `sqlite` or `ferretdb`. Raises: BenchError."""
    rows: list[GatewayRow] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sandglass-scale-")))
        redis_url = stack.enter_context(_redis(folder))
        store_url = f"sqlite://{folder}/s.db" if store == "sqlite" else stack.enter_context(_ferretdb(folder))
        key = make_key()
        url, pid = stack.enter_context(_gateway(folder, store_url, redis_url, key))
        headers = {"Authorization": f"Bearer {key}"}
        with httpx.Client(base_url=url, headers=headers, timeout=60, trust_env=False) as api:
            made = api.post("/execute", json={"code": "print(1)"}).json()["task_id"]
            api.post(f"/status/{made}/cancel").raise_for_status()
        for count in clients:
            poll = Shot("GET", f"/status/{made}", 200)
            rows.append(GatewayRow(store, "status", count, fire(url, key, poll, count, seconds)))
        for count in clients:
            rows.append(GatewayRow(store, "submit", count, fire(url, key, _SUBMIT, count, seconds)))
        rows.append(GatewayRow(store, "upload of 8 MB", 2, fire(url, key, _upload(), 2, seconds)))
        held = resident_bytes(family(pid, read_parents()))
    return GatewayFound(rows, held)


def redis_rates() -> dict[str, float]:
    """Commands a second of a Redis of its own, by name, as redis-benchmark says. Raises: BenchError."""
    program = shutil.which("redis-benchmark")
    if program is None:
        raise BenchError("redis-benchmark is not installed (apt-get install redis-tools)")
    with tempfile.TemporaryDirectory() as folder, _redis(Path(folder)) as url:
        port = url.rpartition(":")[2].partition("/")[0]
        command = [program, "-p", port, "-q", "-n", "50000", "-d", "700", "-t", "lpush,rpop,get"]
        said = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    return {name: float(rate) for name, rate in re.findall(r"(\w+): ([\d.]+) requests per second", said)}


def _upload() -> Shot:
    bound = "sandglass-scale"
    data = b"a,b\n" + b"12345,67890\n" * (8 * _MB // 12)
    head = f'--{bound}\r\nContent-Disposition: form-data; name="files"; filename="t.csv"\r\n\r\n'
    body = head.encode() + data + f"\r\n--{bound}--\r\n".encode()
    return Shot("POST", "/sessions", 201, body, f"multipart/form-data; boundary={bound}")


@contextmanager
def _redis(folder: Path) -> Iterator[str]:
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
    with _running([*command, "--save", "", "--appendonly", "yes"], folder, "redis", {}):
        yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def _ferretdb(folder: Path) -> Iterator[str]:
    if not FERRETDB.exists():
        raise BenchError("the FerretDB test server is not built; run: tests/ferretdb/build.sh")
    (folder / "db").mkdir()
    command = [str(FERRETDB), "--listen", "127.0.0.1:0", "--data", str(folder / "db")]
    with _running(command, folder, "ferretdb", {}):
        log = folder / "ferretdb.log"
        _wait(lambda: log.read_text().startswith("ready "), "FerretDB")
        yield f"{log.read_text().split()[1]}scale"


@contextmanager
def _gateway(folder: Path, store_url: str, redis_url: str, key: str) -> Iterator[tuple[str, int]]:
    port = free_port()
    given = {
        "SANDGLASS_STORE": store_url,
        "SANDGLASS_REDIS_URL": redis_url,
        "SANDGLASS_PORT": str(port),
        "SANDGLASS_FIRST_KEY": key,
        "SANDGLASS_START_SECONDS": "30",
        "SANDGLASS_MAX_QUEUED_PER_TENANT": "1000000",
    }
    url = f"http://127.0.0.1:{port}"
    with _running([sys.executable, "-m", "gateway"], folder, "gateway", given) as process:
        _wait(lambda: _answers(url), "the gateway")
        yield url, process.pid


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def _wait(ready: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _UP_SECONDS
    while not ready():
        if time.monotonic() > deadline:
            raise BenchError(f"{what} did not come up within {_UP_SECONDS:g} s")
        time.sleep(0.05)


@contextmanager
def _running(
    command: list[str], folder: Path, name: str, environ: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SANDGLASS_")}
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, env=kept | environ, cwd=PROJECT
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
