"""Sandboxes for benchmarks without gateway and queue: an engine, hardened ones, and ones without the wall."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

from bench.errors import BenchError
from bench.fresh import STACK
from client.stack.config import DEFAULT_IMAGE
from client.stack.engine import named_url, ping, podman_environ
from policies.model import Policy
from policies.spec import LABEL_STACK, Marks, container_body
from worker.engines.base import Engine, EngineError
from worker.engines.connect import connect
from worker.sandbox.dial import INTERNET, Network
from worker.sandbox.link import Link, SandboxLostError
from worker.sandbox.run import ContainerSandbox, Made

_START_SECONDS = 30.0
_READY_SECONDS = 60.0
_LIFE_SECONDS = 900
_UNFILTERED = (
    "import sandbox_image.zygote as zygote; zygote.refuse_system_calls = lambda: None; "
    "from sandbox_image import runner; runner.main()"
)
"""The image's own program, without the filter that it puts on the code's processes."""


def image_name() -> str:
    """The sandbox image that is measured."""
    return os.environ.get("SANDGLASS_IMAGE") or DEFAULT_IMAGE


def pin(cores: Sequence[int]) -> None:
    """Keep this process, and all that it starts from now on, on these processors. Raises: BenchError."""
    there = os.sched_getaffinity(0)
    if not set(cores) <= there:
        raise BenchError(f"processors {list(cores)} are wanted, this process may use {sorted(there)}")
    os.sched_setaffinity(0, cores)


@contextmanager
def engine_url() -> Iterator[str]:
    """The engine that the environment names, else a Podman service of our own, ended at the end.

    Raises:
        BenchError: There is none, or it does not come up.
    """
    if url := named_url():
        if ping(url) is None:
            raise BenchError(f"no container engine answers at {url} (SANDGLASS_ENGINE_URL or DOCKER_HOST)")
        yield url
        return
    if shutil.which("podman") is None:
        raise BenchError("podman is not installed; install it (make setup), or set SANDGLASS_ENGINE_URL")
    with (
        tempfile.TemporaryDirectory(prefix="sandglass-bench-") as folder,
        podman_service(Path(folder)) as url,
    ):
        yield url


@contextmanager
def podman_service(folder: Path, runtime: str = "runc", flags: Sequence[str] = ()) -> Iterator[str]:
    """A Podman service of our own in `folder`, ended at the end. Raises: BenchError: It does not come up."""
    url = f"unix://{folder}/podman.sock"
    given = [word for flag in flags for word in ("--runtime-flag", flag)]
    command = ["podman", "--runtime", runtime, *given, "system", "service", "--time=0", url]
    environment = {**os.environ, **podman_environ(folder)}
    with (folder / "log").open("wb") as log:
        service = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + _START_SECONDS
        while ping(url, timeout_seconds=1) is None:
            if service.poll() is not None or time.monotonic() > deadline:
                said = (folder / "log").read_text("utf-8", "replace")[-1000:]
                raise BenchError(f"podman's API service did not come up: {said}")
            time.sleep(0.1)
        yield url
    finally:
        service.terminate()
        with suppress(subprocess.TimeoutExpired):
            service.wait(10)
        service.kill()
        service.wait(10)


@asynccontextmanager
async def connected(url: str, stack: str = STACK) -> AsyncIterator[Engine]:
    """The engine at `url`; what carries this stack's label at the end is removed. Raises: BenchError."""
    try:
        engine = await connect(url)
        try:
            yield engine
        finally:
            for entry in await engine.find({LABEL_STACK: stack}):
                await engine.remove(entry.container_id)
            await engine.close()
    except EngineError as error:
        raise BenchError(f"the engine at {url}: {error}") from error


def hardened_body(
    policy: Policy, image: str, cores: Sequence[int] = (), stack: str = STACK
) -> dict[str, Any]:
    """A sandbox's create body, kept on `cores` if any are named."""
    body = container_body(policy, image, Marks(stack, "bench", int(time.time()) + _LIFE_SECONDS, "bench"))
    if cores:
        body["HostConfig"]["CpusetCpus"] = ",".join(map(str, cores))
    return body


def open_body(policy: Policy, image: str) -> dict[str, Any]:
    """The same image and limits without the wall: neither filter, default capabilities, all writable."""
    body = hardened_body(policy, image)
    host = body["HostConfig"]
    host |= {"SecurityOpt": ["seccomp=unconfined"], "CapDrop": [], "ReadonlyRootfs": False}
    host["Tmpfs"] = {"/work": f"rw,exec,size={policy.limits.tmpfs_bytes},mode=1777"}
    return {**body, "Entrypoint": ["/usr/bin/python3", "-I", "-c", _UNFILTERED]}


async def make(
    engine: Engine, policy: Policy, body: dict[str, Any], network: Network = INTERNET
) -> ContainerSandbox:
    """Create, start and greet a sandbox of this body; whether it proves its profile is not asked.

    Raises:
        BenchError: It did not come up.
        EngineError: The engine refused.
    """
    container_id = await engine.create(body)
    try:
        link = Link(await engine.start(container_id))
        facts = await link.shake_hands(_READY_SECONDS)
    except SandboxLostError as error:
        await engine.remove(container_id)
        raise BenchError(
            f"a sandbox of {body['Image']} did not come up: {error}; build it: make image"
        ) from error
    spool = Path(tempfile.gettempdir()) / f"{STACK}-{container_id[:16]}"
    made = Made(container_id, str(body["Image"]), facts, spool)
    return ContainerSandbox(engine, link, policy, made, network)


async def discard(sandbox: ContainerSandbox) -> None:
    """Destroy it, and delete the files that came out of it."""
    await sandbox.destroy()
    shutil.rmtree(sandbox.spool, ignore_errors=True)


async def timed_run(sandbox: ContainerSandbox, code: str, number: int) -> float:
    """Seconds from sending `code` to its end. Raises: BenchError: It did not go well."""
    started = time.perf_counter()
    run = await sandbox.run(code, "python", number)
    seconds = time.perf_counter() - started
    if run.outcome != "ok":
        raise BenchError(f"the code came to {run.outcome}: {run.message or run.traceback[-500:]}")
    return seconds
