"""Where do sandboxes of the strict policy run: which engine here has gVisor, and how is one started?"""

from __future__ import annotations

import http.client
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from client.errors import StackError
from client.stack.config import StackConfig, read_remembered
from client.stack.engine import FoundEngine, get_json, own_url, ping, start_service
from client.stack.process import Daemon

NAMED = "SANDGLASS_GVISOR_ENGINE_URL"
NOT_INSTALLED = (
    "policy strict: refused, for gVisor is not installed; to have it: apt-get install {packages}, "
    "then: sandglass up"
)
_INFO_SECONDS = 20.0
_FIRST_SYSTRAP = 20230701
"""Date of the gVisor from which its own choice of platform is the right one; before it, kvm or ptrace."""


@dataclass(frozen=True)
class Gvisor:
    """The engine for gVisor, as far as there is one."""

    words: str
    """One line for `sandglass up`."""
    engine: FoundEngine
    """The second engine, else the usual one."""
    url: str = ""
    """Of the second engine; empty: there is none, or none is needed."""
    own_storage: bool = False
    """It has images of its own, so that the sandbox image must be made there too."""


def ensure_gvisor(
    engine: FoundEngine,
    config: StackConfig,
    say: Callable[[str], None],
    environ: Mapping[str, str] = os.environ,
) -> Gvisor:
    """The engine for gVisor: the operator's own, else the usual one if it has gVisor, else one of ours.

    A service that cannot be started is said, and is no error: only policies that want gVisor need it.
    """
    if url := environ.get(NAMED):
        return Gvisor(_words_on(url), engine, url)
    if has_gvisor(engine):
        return Gvisor(f"policy strict: gVisor, by {engine.kind}", engine)
    lacking = [name for name in ("podman", "runsc") if shutil.which(name, path=environ.get("PATH")) is None]
    if lacking:
        return Gvisor(NOT_INSTALLED.format(packages=" ".join(lacking)), engine)
    try:
        second = _running(config.home) or _start(config, say, environ)
    except StackError as error:
        say(f"warning: {error}")
        return Gvisor(f"policy strict: refused, for {gvisor_daemon(config.home).log_path} says why", engine)
    words = f"policy strict: gVisor, by podman {second.version} at {second.url}, started by this stack"
    return Gvisor(words, second, second.url, own_storage=engine.kind != "podman")


def _words_on(url: str) -> str:
    found = ping(url)
    if found is None:
        return f"policy strict: refused, for no engine answers at {url} ({NAMED})"
    if not has_gvisor(found):
        return f"policy strict: refused, for the engine at {url} ({NAMED}) does not run gVisor"
    return f"policy strict: gVisor, by the engine at {url} ({NAMED})"


def has_gvisor(engine: FoundEngine) -> bool:
    """Whether containers can be had on gVisor there; Podman lists runtimes that it may not even have."""
    try:
        info = get_json(engine.url, "/v1.40/info", _INFO_SECONDS)
    except (OSError, http.client.HTTPException, ValueError):
        return False
    return judge_info(engine.kind, info)


def judge_info(kind: str, info: Any) -> bool:
    """Whether an engine that says this of itself has gVisor."""
    if not isinstance(info, dict):
        return False
    listed = info.get("Runtimes") if kind == "docker" else None
    return info.get("DefaultRuntime") == "runsc" or (isinstance(listed, dict) and "runsc" in listed)


def gvisor_url(config: StackConfig, environ: Mapping[str, str] = os.environ) -> str:
    """Where a second engine for gVisor is said to be: the operator's, else the stack's; else empty.

    Also one of the stack's that has died: whoever asks it says that it does not answer, and how it is mended.
    """
    kept = read_remembered(config.home)
    return environ.get(NAMED) or (kept.gvisor_url if kept else "")


def gvisor_daemon(home: Path) -> Daemon:
    """The second Podman service as a process of this stack."""
    return Daemon("gvisor", home)


def runtime_flags(version: str) -> list[str]:
    """What gVisor of this version must be told; its own network stack is never wanted."""
    flags = ["network=none", "cpu-num-from-quota"]
    found = re.search(r"20\d{6}", version)
    if found is None or int(found[0]) < _FIRST_SYSTRAP:
        # Its kvm platform, where it finds one, hangs on many machines.
        flags.append("platform=ptrace")
    return flags


def _running(home: Path) -> FoundEngine | None:
    return ping(own_url(home, "gvisor"), ours=True) if gvisor_daemon(home).alive() else None


def _start(config: StackConfig, say: Callable[[str], None], environ: Mapping[str, str]) -> FoundEngine:
    say("starting podman's API service for gVisor")
    daemon, url = gvisor_daemon(config.home), own_url(config.home, "gvisor")
    daemon.end(mark=config.mark)
    flags = [word for flag in runtime_flags(runtime_version(environ)) for word in ("--runtime-flag", flag)]
    command = ["podman", "--runtime", "runsc", *flags, "system", "service", "--time=0", url]
    return start_service(daemon, command, url, {**environ, "SANDGLASS_STACK": config.stack_id})


def runtime_version(environ: Mapping[str, str] = os.environ) -> str:
    """What `runsc` says of itself; empty: nothing."""
    program = shutil.which("runsc", path=environ.get("PATH")) or "runsc"
    try:
        ran = subprocess.run(  # noqa: S603 - no shell
            [program, "--version"], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return ran.stdout
