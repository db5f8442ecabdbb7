"""What do web requests cost over the pipe? `python -m bench.egress`: the same code inside and outside."""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.command import Findings, Say, measure_rounds_or_exit
from bench.egress_server import HOST, Served, served
from bench.errors import BenchError
from bench.fresh import connect
from bench.machine import describe
from bench.sandboxes import connected, discard, engine_url, hardened_body, image_name, make
from bench.table import align
from policies.model import Egress, Policy
from worker.sandbox.dial import Network
from worker.sandbox.run import ContainerSandbox

_TIMED = """
import requests, time
started = time.perf_counter()
{work}
result = {count} / (time.perf_counter() - started)
"""
_MIB = 64
_DOWNLOAD = (
    f"with requests.get(URL + '/{_MIB << 20}', stream=True) as answer:\n"
    "    for piece in answer.iter_content(1 << 18): pass"
)
_UPLOAD = f"requests.post(URL + '/', data=bytes({_MIB << 20}))"
_KEPT = "with requests.Session() as session:\n    for _ in range(200): session.get(URL + '/100')"
_EACH = "for _ in range(100): requests.get(URL + '/100')"
_CROWD = (
    "from concurrent.futures import ThreadPoolExecutor\n"
    "get = lambda _: requests.get(URL + '/100').status_code\n"
    "with ThreadPoolExecutor(16) as pool: list(pool.map(get, range(200)))"
)
WORK = {
    "download, MB/s": (_DOWNLOAD, (_MIB << 20) / 1e6),
    "upload, MB/s": (_UPLOAD, (_MIB << 20) / 1e6),
    "requests/s, one kept connection": (_KEPT, 200),
    "requests/s, a connection each": (_EACH, 100),
    "requests/s, a connection each, 16 at once": (_CROWD, 200),
}
_DIRECT_SECONDS = 120
_ADDRESS = "93.184.215.14"
"""What the name resolves to here; nothing is sent there, for dialling it ends on loopback."""
Rates = Mapping[tuple[str, str], Mapping[str, Sequence[float]]]
"""By scheme and work: the rates through the `tunnel`, and `direct`."""


def main() -> None:
    """Measure, print, end."""
    measure_rounds_or_exit("egress", __doc__, 5, "how often each is done", measure)


def measure(rounds: int, say: Say) -> Findings:
    """So many rounds of all work, through the tunnel and direct in turns. Raises: BenchError."""
    with engine_url() as url, tempfile.TemporaryDirectory(prefix="sandglass-bench-") as folder:
        with connect(url) as client:
            facts = describe(client)
        with served(Path(folder)) as server:
            rates = asyncio.run(_rounds(url, server, rounds, say))
    return Findings(facts, table_of(rates), [])


def code_of(work: str, url: str) -> str:
    """What is run, with its rate as `result`."""
    text, count = WORK[work]
    return f"URL = {url!r}\n" + _TIMED.format(work=text, count=count)


def direct(work: str, scheme: str, server: Served) -> float:
    """The rate of the same code as a process of this machine, over loopback. Raises: BenchError."""
    environ = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    environ["REQUESTS_CA_BUNDLE"] = str(server.certificate)
    code = code_of(work, server.url(scheme)) + "\nprint(result)"
    try:
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=environ,
            capture_output=True,
            text=True,
            timeout=_DIRECT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise BenchError(f"{work}, direct: not done within {_DIRECT_SECONDS} s") from None
    if done.returncode:
        raise BenchError(f"{work}, direct: {done.stderr[-500:]}")
    return float(done.stdout)


def table_of(rates: Rates) -> list[str]:
    """The medians side by side."""
    rows = [("what", "n", "tunnel p50", "direct p50", "share")]
    for (scheme, work), found in rates.items():
        tunnel, loopback = statistics.median(found["tunnel"]), statistics.median(found["direct"])
        share = f"{tunnel / loopback:.0%}"
        rows.append(
            (f"{scheme} {work}", str(len(found["tunnel"])), f"{tunnel:.0f}", f"{loopback:.0f}", share)
        )
    return align(rows)


async def _rounds(url: str, server: Served, rounds: int, say: Say) -> Rates:
    rates: dict[tuple[str, str], dict[str, list[float]]] = {
        (scheme, work): {"tunnel": [], "direct": []} for scheme in ("http", "https") for work in WORK
    }
    policy = _policy(server)
    async with connected(url) as engine:
        body = hardened_body(policy, await engine.image_digest(image_name()))
        sandbox = await make(engine, policy, body, _network(server))
        try:
            for number in range(rounds):
                for at, ((scheme, work), found) in enumerate(rates.items()):
                    attempt = number * len(rates) + at + 1
                    found["tunnel"].append(await _through(sandbox, work, scheme, attempt))
                    found["direct"].append(await asyncio.to_thread(direct, work, scheme, server))
                say(f"round {number + 1} of {rounds}")
        finally:
            await discard(sandbox)
    return rates


async def _through(sandbox: ContainerSandbox, work: str, scheme: str, attempt: int) -> float:
    run = await sandbox.run(code_of(work, f"{scheme}://{HOST}"), "python", attempt)
    if run.outcome != "ok" or run.result is None:
        raise BenchError(f"{work} by {scheme} came to {run.outcome}: {run.message or run.traceback[-500:]}")
    return float(run.result["value"])


def _policy(server: Served) -> Policy:
    egress = Egress(
        hosts=(HOST,),
        upload_bytes=1 << 40,
        download_bytes=1 << 40,
        requests=1_000_000,
        ca_file=str(server.certificate),
    )
    return Policy(name="bench", network="allow-list", egress=egress)


def _network(server: Served) -> Network:
    ports = {80: server.http_port, 443: server.https_port}

    async def resolve(_host: str, _port: int) -> list[str]:
        return [_ADDRESS]

    async def dial(_address: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", ports[port])

    return Network(resolve, dial)


if __name__ == "__main__":
    main()
