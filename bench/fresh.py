"""How long does a fresh container take: to its result, to its exit, to its removal?"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import Any

import docker
import requests
from docker.errors import APIError, DockerException, NotFound

from bench.errors import BenchError
from policies.model import load_policy
from policies.seccomp import PROFILE_PATH
from policies.spec import LABEL_STACK, Marks, container_body, profile_by_path

STACK = f"sandglass-bench-{os.getpid()}"
"""Labels this process's containers, so that it removes its own and no other's."""
_LIMIT_SECONDS = 120
# Explicit: an engine whose root lacks CAP_SYS_RESOURCE cannot set its own defaults.
ULIMITS = [{"Name": "nofile", "Soft": 1024, "Hard": 1024}, {"Name": "nproc", "Soft": 1024, "Hard": 1024}]


@dataclass(frozen=True)
class FreshRun:
    """One container's times, in seconds from the call that creates it."""

    result_seconds: float
    exit_seconds: float
    removed_seconds: float


def connect(url: str) -> docker.APIClient:
    """The engine. Raises: BenchError."""
    try:
        client = docker.APIClient(base_url=url, version="1.40", timeout=_LIMIT_SECONDS)
        client.version()
    except (DockerException, requests.exceptions.RequestException, OSError) as error:
        raise BenchError(f"no container engine answers at {url}: {error}") from error
    return client


def sandbox_body(image: str) -> dict[str, Any]:
    """A sandbox's create body under the default policy, but with plain Python in it."""
    marks = Marks(STACK, "bench", int(time.time()) + _LIMIT_SECONDS, "bench")
    return {
        **container_body(load_policy("default"), image, marks),
        **_ATTACH,
        "Entrypoint": ["/usr/bin/python3"],
        "Cmd": ["-c", "print(1)"],
    }


def plain_body(image: str) -> dict[str, Any]:
    """A container as the engine makes it by default, without a network; no limit slows it down."""
    return {
        **_ATTACH,
        "Image": image,
        "Labels": {LABEL_STACK: STACK},
        "NetworkDisabled": True,
        "HostConfig": {"NetworkMode": "none", "Ulimits": ULIMITS},
    }


_ATTACH = {
    "AttachStdin": False,
    "AttachStdout": True,
    "AttachStderr": True,
    "OpenStdin": False,
    "StdinOnce": False,
}


def run_fresh(client: docker.APIClient, body: dict[str, Any], result: bytes) -> FreshRun:
    """Create, start, wait for the result and the exit, remove.

    Args:
        client: The engine.
        body: What to create.
        result: What stdout must contain; its time is when it is there.

    Raises:
        BenchError: The engine refused, the exit code is not 0, or the result never came.
    """
    body = _as_taken(client, body)
    started = time.perf_counter()
    try:
        made = client.create_container_from_config(body)  # type: ignore[no-untyped-call]
        container_id = str(made["Id"])
        try:
            result_at, output = _watch(client, container_id, result)
            exit_at = time.perf_counter()
            code = int(client.wait(container_id)["StatusCode"])
        finally:
            removing = time.perf_counter()
            _remove(client, container_id)
            removal = time.perf_counter() - removing
    except (DockerException, requests.exceptions.RequestException, OSError) as error:
        raise BenchError(f"a container of {body['Image']} could not be run: {error}") from error
    if code != 0 or result_at is None:
        said = output[-600:].decode("utf-8", "replace")
        raise BenchError(f"a container of {body['Image']} ended with {code}, not with {result!r}: {said}")
    return FreshRun(result_at - started, exit_at - started, exit_at - started + removal)


def remove_left_over(client: docker.APIClient) -> int:
    """Remove what carries this process's label still; how many there were. Raises: BenchError."""
    try:
        rows = client.containers(all=True, filters={"label": [f"{LABEL_STACK}={STACK}"]})
        for row in rows:
            _remove(client, row["Id"])
    except (DockerException, requests.exceptions.RequestException, OSError) as error:
        raise BenchError(f"containers labelled {LABEL_STACK}={STACK} may be left: {error}") from error
    return len(rows)


def _as_taken(client: docker.APIClient, body: dict[str, Any]) -> dict[str, Any]:
    # Podman takes our seccomp profile by its path.
    try:
        parts = client.version().get("Components") or []
    except (DockerException, requests.exceptions.RequestException, OSError) as error:
        raise BenchError(f"the engine does not say what it is: {error}") from error
    podman = any("podman" in str(part.get("Name", "")).lower() for part in parts)
    return profile_by_path(body, PROFILE_PATH) if podman else body


def _watch(client: docker.APIClient, container_id: str, result: bytes) -> tuple[float | None, bytes]:
    # The end of the attached streams is the exit: Podman's own wait polls, and would add to what it measures.
    output, result_at = b"", None
    chunks = client.attach(container_id, stdout=True, stderr=True, stream=True, logs=False)
    client.start(container_id)
    for chunk in chunks:
        output += chunk
        if result_at is None and result in output:
            result_at = time.perf_counter()
    return result_at, output


def _remove(client: docker.APIClient, container_id: str) -> None:
    try:
        client.remove_container(container_id, force=True, v=True)
    except NotFound:
        return
    except APIError as error:
        if "already in progress" not in str(error):
            raise
