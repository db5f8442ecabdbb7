"""On which machine was this measured, and with which engine?"""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path

import docker

from bench.errors import BenchError
from client.settings import home_of
from client.stack.config import DEFAULT_IMAGE, read_remembered
from client.stack.engine import named_url, ping

_CPU_MODEL = "model name"
_GIB = 1 << 30


@dataclass(frozen=True)
class EngineUnderTest:
    """The engine that the running stack uses."""

    url: str
    image: str


def find_engine() -> EngineUnderTest:
    """The running stack's own engine: what it remembers, else what the environment names.

    Raises:
        BenchError: Neither says where it is, they disagree, or nothing answers there.
    """
    kept, named = read_remembered(home_of()), named_url()
    remembered = kept.engine_url if kept else ""
    if remembered and named and remembered != named:
        raise BenchError(
            f"the stack runs on {remembered}, but SANDGLASS_ENGINE_URL or DOCKER_HOST says {named}; "
            "all must be measured on one engine: unset the variable"
        )
    url = remembered or named
    if not url:
        raise BenchError("which engine the stack uses is not known; run: sandglass up")
    if ping(url) is None:
        raise BenchError(f"no container engine answers at {url}; run: sandglass up")
    return EngineUnderTest(url, os.environ.get("SANDGLASS_IMAGE") or DEFAULT_IMAGE)


def describe(client: docker.APIClient) -> list[str]:
    """The machine and the engine, a line each."""
    version = client.version()
    parts = [f"{part.get('Name')} {part.get('Version')}" for part in version.get("Components") or []]
    engine = "; ".join(" ".join(part.split("\n")[0].split()) for part in parts)
    return [
        f"machine: {os.cpu_count()} cores, {_cpu_model()}, {memory_bytes() / _GIB:.0f} GiB",
        f"kernel:  {platform.system()} {platform.release()} {platform.machine()}",
        f"engine:  {engine or version.get('Version')}",
        f"load:    {os.getloadavg()[0]:.2f} (1 minute, before the first run)",
    ]


def memory_bytes() -> int:
    """All of the machine's memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == _CPU_MODEL:
            return value.strip()
    return platform.machine()
