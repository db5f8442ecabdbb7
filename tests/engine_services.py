"""Real container engines for tests: found where they run, else started here and ended again."""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

import docker
import pytest

from client.stack.engine import podman_environ
from client.stack.gvisor import runtime_flags, runtime_version

ROOT = Path(__file__).parent.parent
STATE = ROOT / ".sandglass"
IMAGE = os.environ.get("SANDGLASS_IMAGE", "sandglass-sandbox:dev")
APP_IMAGE = os.environ.get("SANDGLASS_APP_IMAGE", "sandglass:dev")
START_SECONDS = 60
_STARTS = itertools.count()


def missing(reason: str) -> None:
    """Skip on a laptop, fail in CI."""
    if os.environ.get("CI"):
        pytest.fail(f"{reason}; in CI it must be there")
    pytest.skip(reason)


def wait_for(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait until `condition` holds; fails with `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.05)


def answers(url: str) -> bool:
    """Whether an engine answers at `url`."""
    try:
        # The SDK leaks its socket when a connect fails.
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(url.removeprefix("unix://"))
        with docker.APIClient(base_url=url, version="1.40", timeout=3) as client:
            client.version()
    except Exception:
        return False
    return True


def image_inputs(url: str) -> str | None:
    """The digest of what the sandbox image was made of, by its label; None: there is no such image."""
    with docker.APIClient(base_url=url, version="1.40", timeout=30) as client:
        try:
            return str(client.inspect_image(IMAGE)["Config"]["Labels"]["sandglass.inputs"])
        except docker.errors.ImageNotFound:
            return None


@contextmanager
def podman() -> Iterator[str]:
    """The URL of Podman's API: a service of our own over the machine's storage."""
    if shutil.which("podman") is None:
        missing("podman is not installed (apt-get install podman runc catatonit)")
    with _podman_service("runc") as url:
        yield url


@contextmanager
def gvisor() -> Iterator[str]:
    """The URL of a second Podman service, whose containers run on gVisor; same storage, same images."""
    if shutil.which("podman") is None or shutil.which("runsc") is None:
        missing("podman or gVisor is not installed (apt-get install podman runsc)")
    with _podman_service("runsc", runtime_flags(runtime_version())) as url:
        yield url


@contextmanager
def _podman_service(runtime: str, flags: Sequence[str] = ()) -> Iterator[str]:
    STATE.mkdir(exist_ok=True)
    # One for each start: Docker's image is copied from a second one, whose end must not end the first.
    path = STATE / f"test-{runtime}-{os.getpid()}-{next(_STARTS)}.sock"
    url = f"unix://{path}"
    given = [word for flag in flags for word in ("--runtime-flag", flag)]
    command = ["podman", "--runtime", runtime, *given, "system", "service", "--time=0", url]
    try:
        with running(command, STATE / f"test-{runtime}.log", podman_environ(STATE)):
            wait_for(lambda: answers(url), START_SECONDS, f"podman with {runtime} answers")
            if image_inputs(url) is None:
                missing(f"podman has no image {IMAGE} (make image)")
            yield url
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def docker_engine() -> Iterator[str]:
    """The URL of Docker: one that runs, else a daemon of our own whose data stay in `.sandglass/docker`."""
    found = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    with ExitStack() as stack:
        if not (answers(found) and "podman" not in _engine_name(found)):
            found = stack.enter_context(_own_dockerd())
        with podman() as source:
            wanted = image_inputs(source)
        if image_inputs(found) != wanted:
            _copy_image(found)
        yield found


@contextmanager
def _own_dockerd() -> Iterator[str]:
    if shutil.which("dockerd") is None or os.geteuid() != 0:
        missing("dockerd is not installed, or this is not root (apt-get install docker.io)")
    STATE.mkdir(exist_ok=True)
    path = STATE / f"test-docker-{os.getpid()}.sock"
    data_root, exec_root = STATE / "docker", Path(f"/run/sandglass-test-{os.getpid()}")
    command = ["dockerd", "--host", f"unix://{path}", "--data-root", str(data_root)]
    command += ["--exec-root", str(exec_root), "--bridge=none", "--iptables=false"]
    command += ["--ip6tables=false", "--pidfile", str(STATE / f"test-docker-{os.getpid()}.pid")]
    try:
        with running(command, STATE / "test-docker.log"):
            wait_for(lambda: answers(f"unix://{path}"), START_SECONDS, "dockerd answers")
            yield f"unix://{path}"
    finally:
        # It leaves what it mounted.
        for place in (exec_root / "netns" / "default", data_root):
            subprocess.run(["umount", place], check=False, capture_output=True, timeout=20)
        shutil.rmtree(exec_root, ignore_errors=True)


def _engine_name(url: str) -> str:
    with docker.APIClient(base_url=url, version="1.40", timeout=5) as client:
        parts = client.version().get("Components") or []
    return " ".join(part.get("Name", "") for part in parts).lower()


def _copy_image(url: str) -> None:
    saved = subprocess.Popen(["podman", "save", "--format", "docker-archive", IMAGE], stdout=subprocess.PIPE)
    with docker.APIClient(base_url=url, version="1.40", timeout=600) as client, saved:
        assert saved.stdout is not None
        list(client.load_image(_chunks(saved.stdout)))
        client.tag(f"localhost/{IMAGE}", *IMAGE.split(":"), force=True)
    assert saved.returncode == 0


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    while chunk := stream.read(1 << 20):
        yield chunk


@contextmanager
def running(
    command: list[str], log: Path, environ: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is ended with the block; its output goes to `log`, `environ` is added to our own."""
    with log.open("wb") as stream:
        # Not in the work tree: where memory runs out, conmon leaves a file `oom` in its working directory.
        process = subprocess.Popen(
            command,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=log.parent,
            env={**os.environ, **(environ or {})},
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


ENGINES = {"podman": podman, "docker": docker_engine}
"""Those that whole suites run on."""
SERVICES = {**ENGINES, "runsc": gvisor}
"""All that `engine_urls` can start."""
