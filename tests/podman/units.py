"""The units that Podman's generator makes of podman/systemd, as the commands that they run."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

from tests.engine_services import ROOT

FOLDER = ROOT / "podman/systemd"
SERVICES = ("gateway", "worker@", "engine-proxy", "redis", "mongo")
SECTIONS = ("Unit", "Service", "Install")
Unit = dict[str, list[str]]
"""`Section.Key` to each value that it is given."""


def generate(quadlet: Path, folder: Path, out: Path) -> subprocess.CompletedProcess[str]:
    """Run the generator as systemd does for a user."""
    environ = {**os.environ, "QUADLET_UNIT_DIRS": str(folder)}
    return subprocess.run(
        [quadlet, "-user", "-no-kmsg-log", out],
        env=environ,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def read_unit(path: Path) -> Unit:
    """Keys and values of one unit file."""
    found: Unit = {}
    section = ""
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and line[0] not in "#;":
            key, _, value = line.partition("=")
            found.setdefault(f"{section}.{key}", []).append(value)
    return found


def command_of(unit: Unit) -> list[str]:
    """The words of its `podman run`."""
    (line,) = unit["Service.ExecStart"]
    return shlex.split(line)


def given(words: list[str], option: str) -> list[str]:
    """Each value of an option, written `--option value` or `--option=value`."""
    after = [words[at + 1] for at, word in enumerate(words[:-1]) if word == option]
    return after + [word.split("=", 1)[1] for word in words if word.startswith(f"{option}=")]
