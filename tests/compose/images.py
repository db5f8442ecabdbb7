"""Where do the images of the stack under test come from? All are made here; Docker is given Podman's."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import docker
from docker.errors import ImageNotFound

from client.stack.engine import podman_environ
from tests.engine_services import APP_IMAGE, STATE, missing
from tests.ferretdb import server as ferretdb

SERVICES_IMAGE = f"sandglass-test-services:{os.getpid()}"
_OFFLINE_BASE = "localhost/sandglass-base:bookworm"
_PUBLIC_BASE = "docker.io/library/debian:bookworm-slim"
_BUILD_SECONDS = 200


@contextmanager
def made(folder: Path) -> Iterator[str]:
    """Redis and FerretDB in one image of Podman's, for as long as the block lasts; its name."""
    ferretdb.build()
    shutil.copy(ferretdb.BINARY, folder / "ferretdb")
    shutil.copy(Path(__file__).parent / "Containerfile", folder)
    offline = _podman("image", "inspect", _OFFLINE_BASE, check=False).returncode == 0
    base = f"BASE={_OFFLINE_BASE if offline else _PUBLIC_BASE}"
    _podman("build", "-q", "--network", "host", "--build-arg", base, "-t", SERVICES_IMAGE, str(folder))
    try:
        yield SERVICES_IMAGE
    finally:
        _podman("rmi", SERVICES_IMAGE, check=False)


@contextmanager
def given_to_docker(url: str) -> Iterator[None]:
    """Docker has the images, too; that of the services for as long as the block lasts."""
    with docker.APIClient(base_url=url, version="1.40", timeout=300) as client:
        if _inputs_in_docker(client) != _inputs_in_podman():
            _copy(client, APP_IMAGE)
        _copy(client, SERVICES_IMAGE)
        try:
            yield
        finally:
            for name in (SERVICES_IMAGE, f"localhost/{SERVICES_IMAGE}"):
                client.remove_image(name)


def _inputs_in_podman() -> str:
    label = '{{index .Config.Labels "sandglass.inputs"}}'
    found = _podman("image", "inspect", "--format", label, APP_IMAGE, check=False)
    if found.returncode:
        missing(f"podman has no image {APP_IMAGE} (make image)")
    return found.stdout.strip()


def _inputs_in_docker(client: docker.APIClient) -> str | None:
    try:
        return str(client.inspect_image(APP_IMAGE)["Config"]["Labels"]["sandglass.inputs"])
    except ImageNotFound:
        return None


def _copy(client: docker.APIClient, image: str) -> None:
    command = ["podman", "save", "--format", "docker-archive", image]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=_environ()) as saved:
        assert saved.stdout is not None
        list(client.load_image(iter(lambda: saved.stdout.read(1 << 20), b"")))
    assert saved.returncode == 0
    client.tag(f"localhost/{image}", *image.split(":"), force=True)


def _podman(*words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        ["podman", *words],
        env=_environ(),
        cwd=STATE,
        capture_output=True,
        text=True,
        timeout=_BUILD_SECONDS,
        check=False,
    )
    assert not check or done.returncode == 0, f"podman {words}: {done.stderr}"
    return done


def _environ() -> dict[str, str]:
    return {**os.environ, **podman_environ(STATE)}
