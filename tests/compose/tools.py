"""Which compose tools are here to try the stack with? Each is fetched where it is missing and may be."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.engine_services import ROOT, STATE, missing

HERE = Path(__file__).parent
_FETCH_SECONDS = 200


def docker_compose_1() -> list[str]:
    """Debian's docker-compose 1.29."""
    found = shutil.which("docker-compose")
    if found is None or " 1." not in _said([found, "version"]):
        missing("docker-compose 1.29 is not installed (apt-get install docker-compose, on Debian 12)")
    assert found is not None
    return [found]


def docker_compose_2() -> list[str]:
    """Docker's plugin: the machine's own, else Debian 13's, fetched and not installed."""
    if "v2." in _said(["docker", "compose", "version"]):
        return ["docker", "compose"]
    _fetch([HERE / "fetch_compose_v2.sh"], "Docker's compose plugin")
    return [str(STATE / "bin/docker-compose-v2")]


def podman_compose() -> list[str]:
    """The one that stack.sh takes where the machine has none that will do."""
    return [_fetch([ROOT / "compose/podman_compose.sh"], "podman-compose").strip()]


TOOLS: dict[str, Callable[[], list[str]]] = {
    "docker-compose-1": docker_compose_1,
    "docker-compose-2": docker_compose_2,
    "podman-compose": podman_compose,
}


def _said(command: list[str]) -> str:
    try:
        return subprocess.run(
            command, capture_output=True, text=True, timeout=30, check=False, env=_without_colors()
        ).stdout
    except OSError:
        return ""


def _fetch(command: list[str | Path], what: str) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=_FETCH_SECONDS, check=False, cwd=ROOT
    )
    if done.returncode:
        missing(f"{what} could not be fetched: {done.stderr.strip()[-300:]}")
    return done.stdout


def _without_colors() -> dict[str, str]:
    return {**os.environ, "NO_COLOR": "1"}
