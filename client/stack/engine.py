"""Which container engine is on this machine, and how is one started where none answers?

Standard library only: `bootstrap.sh` asks it before there is a virtual environment.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import shutil
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from client.errors import StackError
from client.stack.process import Daemon, wait_until

PING_SECONDS = 5.0
_START_SECONDS = 20.0
_SOCKET_PATH_BYTES = 100
CONTAINERS_CONF = """\
# Written by `sandglass up` for the Podman service that it starts; see docs/decisions/0001-local-engine.md.
[containers]
# Else containers are told the host names, an address and the proxy of this machine.
no_hosts = true
base_hosts_file = "none"
host_containers_internal_ip = "none"
http_proxy = false

[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "none"
"""


@dataclass(frozen=True)
class FoundEngine:
    """An engine that answered."""

    url: str
    kind: Literal["docker", "podman"]
    version: str
    ours: bool = False
    """Started by `sandglass up`, so ended by `sandglass down`."""
    proxied: bool = False
    """Reached through the engine proxy, which builds no images."""


def named_url(environ: Mapping[str, str] = os.environ) -> str | None:
    """The address the operator chose: `SANDGLASS_ENGINE_URL`, else `DOCKER_HOST`."""
    return environ.get("SANDGLASS_ENGINE_URL") or environ.get("DOCKER_HOST") or None


def candidate_urls(environ: Mapping[str, str] = os.environ) -> list[str]:
    """Where an engine may listen, the likeliest first."""
    urls = ["unix:///var/run/docker.sock", "unix:///run/podman/podman.sock"]
    runtime_dir = environ.get("XDG_RUNTIME_DIR")
    if runtime_dir:
        urls += [f"unix://{runtime_dir}/podman/podman.sock", f"unix://{runtime_dir}/docker.sock"]
    return urls


def ping(url: str, ours: bool = False, timeout_seconds: float = PING_SECONDS) -> FoundEngine | None:
    """What answers `/version` at `url`; None: nothing that is a container engine."""
    try:
        answer = get_json(url, "/v1.40/version", timeout_seconds)
    except (OSError, http.client.HTTPException, ValueError):
        return None
    return judge_version(url, answer, ours)


def judge_version(url: str, answer: Any, ours: bool = False) -> FoundEngine | None:
    """Which engine speaks so; None: none that we know."""
    from worker.engines.proxied import PROXY_COMPONENT  # what is missing is named by client/ alone

    if not isinstance(answer, dict) or "ApiVersion" not in answer:
        return None
    parts = answer.get("Components") or []
    names = " ".join(str(part.get("Name", "")) for part in parts if isinstance(part, dict)).lower()
    kind: Literal["docker", "podman"] = "podman" if "podman" in names else "docker"
    version, proxied = str(answer.get("Version", "unknown")), PROXY_COMPONENT.lower() in names
    return FoundEngine(url=url, kind=kind, version=version, ours=ours, proxied=proxied)


def find_engine(home: Path, environ: Mapping[str, str] = os.environ) -> FoundEngine | None:
    """The engine to use; None: none answers. Our own Podman service comes last.

    Raises:
        StackError: The operator named an address, and nothing answers there: no other one is taken silently.
    """
    if url := named_url(environ):
        found = ping(url)
        if found is None:
            raise StackError(
                f"no container engine answers at {url} (SANDGLASS_ENGINE_URL or DOCKER_HOST); "
                "start it, or unset the variable to have one found"
            )
        return found
    own = own_url(home)
    for url in [*candidate_urls(environ), own]:
        if found := ping(url, ours=url == own):
            return found
    return None


def start_podman(home: Path, environ: Mapping[str, str] = os.environ) -> FoundEngine:
    """Start Podman's API service in the background, with runc.

    Raises:
        StackError: No `podman`, or it does not come up.
    """
    podman = shutil.which("podman", path=environ.get("PATH"))
    if podman is None:
        raise StackError(
            "no container engine answers and podman is not installed; run: make setup "
            "(or start Docker, or set DOCKER_HOST)"
        )
    url = own_url(home)
    return start_service(podman_daemon(home), [podman, "system", "service", "--time=0", url], url, environ)


def start_service(
    daemon: Daemon, command: Sequence[str], url: str, environ: Mapping[str, str]
) -> FoundEngine:
    """Start a Podman service as `daemon`, and wait until it answers at `url`.

    Raises:
        StackError: It does not come up; the end of its log is in the message.
    """
    daemon.start(command, {**environ, **podman_environ(daemon.home)}, directory=daemon.home)
    wait_until(lambda: ping(url, timeout_seconds=1) is not None or daemon.alive() is None, _START_SECONDS)
    found = ping(url, ours=True)
    if found is None:
        tail = daemon.log_tail()
        daemon.end()
        raise StackError(f"podman's API service did not start; the end of {daemon.log_path}:\n{tail}")
    return found


def podman_daemon(home: Path) -> Daemon:
    """The Podman service as a process of this stack."""
    return Daemon("podman", home)


def podman_environ(home: Path) -> dict[str, str]:
    """What podman commands for our service need set: runc, no systemd. Not over an operator's own file."""
    if "CONTAINERS_CONF" in os.environ:
        return {}
    path = home / "containers.conf"
    path.write_text(CONTAINERS_CONF, "utf-8")
    return {"CONTAINERS_CONF": str(path)}


def own_url(home: Path, name: str = "podman") -> str:
    """Where a Podman service of this stack listens."""
    path = home / f"{name}.sock"
    if len(os.fsencode(path)) > _SOCKET_PATH_BYTES:
        # The kernel takes no longer paths for sockets; the digest keeps two stacks apart.
        path = Path(f"/run/user/{os.getuid()}" if os.getuid() else "/run")
        digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
        path = path / f"sandglass-{digest}{'' if name == 'podman' else '-' + name}.sock"
    return f"unix://{path}"


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout_seconds: float) -> None:
        super().__init__("localhost", timeout=timeout_seconds)
        self._path = path
        self._timeout_seconds = timeout_seconds

    def connect(self) -> None:
        """Connect to the socket file in place of a host."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self._timeout_seconds)
        self.sock.connect(self._path)


def get_json(url: str, path: str, timeout_seconds: float) -> Any:
    """What the engine at `url` answers at `path`; None: it answers with an error.

    Raises:
        OSError, HTTPException, ValueError: Nothing answers, or not in JSON.
        StackError: The address is of no known form.
    """
    parts = urlsplit(url)
    connection: http.client.HTTPConnection
    if parts.scheme == "unix":
        connection = _UnixConnection(parts.path, timeout_seconds)
    elif parts.scheme in {"tcp", "http"} and parts.hostname:
        connection = http.client.HTTPConnection(parts.hostname, parts.port or 2375, timeout=timeout_seconds)
    else:
        raise StackError(f"an engine's address is unix:///path or tcp://host:port, not {url!r}")
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read(1 << 20)
    finally:
        connection.close()
    return json.loads(body) if response.status == 200 else None
