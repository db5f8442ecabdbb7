"""How long does llm-sandbox take on the same engine, in an environment of its own?"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.errors import BenchError
from bench.fresh import STACK

FOLDER = Path(__file__).resolve().parent / "peer_llm_sandbox"
_INSTALL_SECONDS = 600
_RUN_SECONDS = 60
Say = Callable[[str], None]


@dataclass(frozen=True)
class PeerRun:
    """One session's times, in seconds."""

    result_seconds: float
    removed_seconds: float


def ensure_environment(home: Path, say: Say) -> Path:
    """Its interpreter, in `bench-venv` under the stack's home; made unless it is up to date.

    Raises:
        BenchError: It cannot be made, as without a package index.
    """
    folder, lock = home / "bench-venv", FOLDER / "requirements.lock"
    python, mark = folder / "bin" / "python", folder / "installed"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    if mark.exists() and mark.read_text("ascii") == digest:
        return python
    say("installing llm-sandbox into an environment of its own (once)")
    # Without our environment's variables, else it would install into ours.
    environ = {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    _call([sys.executable, "-m", "venv", "--clear", str(folder)], _INSTALL_SECONDS, environ)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _call([*pip, "--require-hashes", "-r", str(lock)], _INSTALL_SECONDS, environ)
    mark.write_text(digest, "ascii")
    return python


def run_peer(python: Path, url: str, image: str, count: int) -> list[PeerRun]:
    """So many runs, each in a session of its own. Raises: BenchError."""
    environ = {"PATH": os.environ.get("PATH", ""), "HOME": os.environ.get("HOME", "/")}
    command = [str(python), str(FOLDER / "run.py"), url, image, STACK, str(count)]
    said = _call(command, _RUN_SECONDS * count, environ)
    try:
        return [PeerRun(**run) for run in json.loads(said)]
    except (ValueError, TypeError) as error:
        raise BenchError(f"llm-sandbox's run printed no times: {said[-300:]!r}") from error


def _call(command: list[str], limit_seconds: float, environ: dict[str, str]) -> str:
    try:
        done = subprocess.run(
            command,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=limit_seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BenchError(f"{Path(command[0]).name} {command[1]}: {error}") from error
    if done.returncode != 0:
        raise BenchError(f"{' '.join(command[:4])}: exit {done.returncode}: {done.stderr[-600:].strip()}")
    return done.stdout
