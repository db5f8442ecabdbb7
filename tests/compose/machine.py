"""A machine that stack.sh is tried on: it has just the programs that a test gives it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.engine_services import ROOT

_SCRIPT = ROOT / "compose/stack.sh"
_TOOLS = (
    "bash",
    "sh",
    "sed",
    "grep",
    "sort",
    "head",
    "tail",
    "tr",
    "od",
    "cat",
    "mkdir",
    "chmod",
    "mv",
    "rm",
)
_TOOLS += ("dirname", "mktemp", "timeout", "sleep", "wc", "id", "env")
DOCKER = """#!/bin/sh
case "$*" in
  "--version") echo "Docker version 28.0.0" ;;
  *"{{.Server.Version}}"*) echo 28.0.0 ;;
  "context inspect"*) echo unix:///var/run/docker.sock ;;
  "compose version") echo "Docker Compose version v2.40.0" ;;
  "compose version --short") echo 2.40.0 ;;
  "image inspect"*) exit 0 ;;
  "ps"*) exit 0 ;;
esac
"""


class Machine:
    """A machine that has just the programs that it is given."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.state = folder / "state"
        self.environ = {
            "PATH": str(self.bin),
            "HOME": str(folder),
            "SANDGLASS_COMPOSE_STATE": str(self.state),
        }
        for name in _TOOLS:
            found = shutil.which(name)
            assert found, name
            (self.bin / name).symlink_to(found)

    def has(self, name: str, text: str) -> None:
        path = self.bin / name
        path.write_text(text)
        path.chmod(0o755)

    def run(self, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", str(_SCRIPT), *words],
            env={**self.environ, **environ},
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def refused(self, *words: str, **environ: str) -> str:
        done = self.run(*words, **environ)
        assert done.returncode != 0, done.stdout
        return done.stderr

    def secret(self, name: str) -> str:
        return (self.state / "secrets" / name).read_text().strip()


def settings_of(machine: Machine) -> dict[str, str]:
    """What is kept in its `.env`."""
    lines = (machine.state / ".env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))
