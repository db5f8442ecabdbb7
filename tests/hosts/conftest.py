"""Two hosts with an engine each, joined by one Redis behind TLS and one MongoDB; two gateways before them."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest

from client.api import Sandglass
from client.stack.engine import podman_environ
from policies.spec import LABEL_STACK
from store.keys import make_key
from tests.certificates import Authority
from tests.conftest import free_port
from tests.engine_services import IMAGE, ROOT, STATE, answers, missing, running, wait_for
from tests.ferretdb import server as ferretdb

STACK = f"hosts-{os.getpid()}"
PASSWORD = "p@ss:w/rd"
LEASE_SECONDS = 9
AHEAD_SECONDS = 3
"""Of the clock of host b: within what a lease bears, and more than goes unsaid."""
_UP_SECONDS = 90


@dataclass
class Host:
    """A worker in pid and host name of its own, as on a machine of its own, and its engine."""

    name: str
    engine_url: str
    worker: "subprocess.Popen[bytes]"
    log: Path
    engine: "subprocess.Popen[bytes] | None" = None
    """The process that the test may kill."""

    def die(self) -> None:
        """As when the power goes: no process of it sees its end coming."""
        for process in filter(None, (self.worker, self.engine)):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(20)


@dataclass
class Hosts:
    """All that is up, with a client of each gateway."""

    store_url: str
    redis_url: str
    a: Host
    b: Host
    gateways: list[Sandglass] = field(default_factory=list)


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory, engine_urls: dict[str, str]) -> Iterator[Hosts]:
    """Host a with Podman, host b with Docker and a clock that is ahead."""
    if os.geteuid() != 0 or not all(map(shutil.which, ("redis-server", "podman", "unshare"))):
        missing("two hosts need root, redis-server, podman and unshare")
    folder = tmp_path_factory.mktemp("hosts")
    ferretdb.build()
    docker_url = engine_urls["docker"]
    with ExitStack() as stack:
        redis_url = stack.enter_context(_redis_with_tls(folder))
        (folder / "db").mkdir()
        mongo_url, _ = stack.enter_context(ferretdb.running(folder / "db"))
        environ = _environ(redis_url, f"{mongo_url}sandglass?retryWrites=true&appName=hosts", make_key())
        ports = [free_port(), free_port()]
        for port in ports:
            given = {**environ, "SANDGLASS_PORT": str(port)}
            stack.enter_context(
                running([sys.executable, "-m", "gateway"], folder / f"gateway-{port}.log", given)
            )
        podman_url, engine = stack.enter_context(_podman())
        a = stack.enter_context(_worker("host-a", podman_url, folder, environ, 0))
        b = stack.enter_context(_worker("host-b", docker_url, folder, environ, AHEAD_SECONDS))
        up = Hosts(
            environ["SANDGLASS_STORE"],
            redis_url,
            Host("host-a", podman_url, a, folder / "host-a" / "worker.log", engine),
            Host("host-b", docker_url, b, folder / "host-b" / "worker.log"),
        )
        for port in ports:
            client = Sandglass(f"http://127.0.0.1:{port}", environ["SANDGLASS_FIRST_KEY"])
            stack.callback(client.close)
            up.gateways.append(client)
        wait_for(lambda: all(map(_sees_both, up.gateways)), _UP_SECONDS, f"both workers are up; see {folder}")
        yield up


def _sees_both(client: Sandglass) -> bool:
    try:
        workers = client.readiness()["workers"]
    except Exception:
        return False
    return len([worker for worker in workers if worker.get("image")]) == 2


def _environ(redis_url: str, store_url: str, key: str) -> dict[str, str]:
    return {
        "SANDGLASS_STORE": store_url,
        "SANDGLASS_REDIS_URL": redis_url,
        "SANDGLASS_FIRST_KEY": key,
        "SANDGLASS_START_SECONDS": "60",
        "SANDGLASS_STACK": STACK,
        "SANDGLASS_IMAGE": IMAGE,
        "SANDGLASS_CONCURRENCY": "2",
        "SANDGLASS_LEASE_SECONDS": str(LEASE_SECONDS),
        "SANDGLASS_SWEEP_SECONDS": "1",
        "PYTHONPATH": str(ROOT),
    }


@contextmanager
def _worker(
    name: str, engine_url: str, folder: Path, environ: dict[str, str], ahead_seconds: float
) -> Iterator["subprocess.Popen[bytes]"]:
    home = folder / name
    home.mkdir()
    given = {**environ, "SANDGLASS_ENGINE_URL": engine_url, "SANDGLASS_SPOOL": str(home / "spool")}
    # With a name of its own by its host's, and processes that end all at once: as a host does.
    begin = f'hostname {name}; exec "$@"'
    command = ["unshare", "--uts", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c", begin, "sh"]
    late = ROOT / "tests/hosts/late_worker.py"
    command += [sys.executable, str(late), str(ahead_seconds)]
    with running(command, home / "worker.log", given) as process:
        try:
            yield process
        finally:
            # `unshare` hands no signal on: its child is told, and takes its sandboxes with it.
            if process.poll() is None:
                (child,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
                os.kill(int(child), signal.SIGTERM)
                with suppress(subprocess.TimeoutExpired):
                    process.wait(60)


@contextmanager
def _podman() -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """A service of this host alone, and its process, so that it can die with the host."""
    path = STATE / f"hosts-{os.getpid()}.sock"
    url = f"unix://{path}"
    command = ["podman", "--runtime", "runc", "system", "service", "--time=0", url]
    try:
        with running(command, STATE / "hosts-podman.log", podman_environ(STATE)) as process:
            wait_for(lambda: answers(url), 60, "podman answers")
            yield url, process
    finally:
        path.unlink(missing_ok=True)
        # Of a host that died, as its own engine would clean up when it is started again.
        ours = ["--filter", f"label={LABEL_STACK}={STACK}"]
        left = subprocess.run(["podman", "ps", "-aq", *ours], capture_output=True, text=True, timeout=60)
        subprocess.run(["podman", "rm", "-f", *left.stdout.split()], capture_output=True, timeout=60)


@contextmanager
def _redis_with_tls(folder: Path) -> Iterator[str]:
    authority = Authority()
    (folder / "ca.pem").write_bytes(authority.certificate)
    authority.server_context(folder, "localhost")
    chain, port = folder / "localhost.pem", free_port()
    command = ["redis-server", "--port", "0", "--tls-port", str(port), "--bind", "127.0.0.1"]
    command += ["--tls-cert-file", str(chain), "--tls-key-file", str(chain), "--tls-auth-clients", "no"]
    command += ["--tls-ca-cert-file", str(folder / "ca.pem"), "--requirepass", PASSWORD]
    command += ["--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"]
    with running(command, folder / "redis.log"):
        wait_for(lambda: _listens(port), 20, f"redis-server listens; see {folder}/redis.log")
        yield f"rediss://:{quote(PASSWORD, safe='')}@localhost:{port}/0?ssl_ca_certs={folder}/ca.pem"


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
