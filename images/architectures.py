"""Is there a locked wheel of every library for each architecture that the images may be built on?

`python -m images.architectures [LOCK...]` (`make architectures`) asks the package index for its lists only,
by uv: nothing is downloaded or installed. By default it looks at the locks of both images.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from images.locked import canonical, running_lock

ARCHITECTURES = ("x86_64", "aarch64")
_ROOT = Path(__file__).parent.parent
_BIN = Path(sys.executable).parent
_PLATFORM = "manylinux_2_36"
"""Debian bookworm's C library."""
_SECONDS = 120
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


class IndexAwayError(Exception):
    """The package index does not answer, or knows a library no more."""


def without_wheel(lock: str, architecture: str) -> list[str]:
    """The libraries of a lock that have no locked wheel for this architecture.

    Raises:
        IndexAwayError: With what uv said.
    """
    offered = {canonical(package["name"]): package for package in _offered(lock, architecture)}
    allowed = set(_HASH.findall(lock))
    lacking = [name for name, package in offered.items() if not _has_locked_wheel(package, allowed)]
    return sorted(lacking)


def _has_locked_wheel(package: dict[str, Any], allowed: set[str]) -> bool:
    # uv lists those wheels alone that fit the platform.
    return any(wheel["hashes"]["sha256"] in allowed for wheel in package.get("wheels", []))


def _offered(lock: str, architecture: str) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        pins = Path(folder) / "requirements.txt"
        pins.write_text(lock, "utf-8")
        command = [str(_BIN / "uv"), "pip", "compile", "--quiet", "--format", "pylock.toml", "--no-deps"]
        command += ["--python-version", "3.11", "--python-platform", f"{architecture}-{_PLATFORM}", str(pins)]
        done = subprocess.run(
            command, env=_environ(), cwd=folder, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    if done.returncode != 0:
        raise IndexAwayError(done.stderr.strip())
    packages: list[dict[str, Any]] = tomllib.loads(done.stdout)["packages"]
    return packages


def _environ() -> dict[str, str]:
    # uv reads no pip.conf: it is handed the index that pip was told.
    told = [str(_BIN / "pip"), "config", "get", "global.index-url"]
    pip = subprocess.run(told, capture_output=True, text=True, timeout=30, check=False).stdout.strip()
    index = os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("PIP_INDEX_URL") or pip
    return {**os.environ, **({"UV_DEFAULT_INDEX": index} if index else {})}


def locks_of_images() -> dict[str, str]:
    """The text of each lock that goes into an image, by a name for it."""
    sandbox = _ROOT / "sandbox_image"
    project, lock = ((_ROOT / name).read_text("utf-8") for name in ("pyproject.toml", "requirements.lock"))
    return {
        "sandglass": running_lock(project, lock),
        "sandglass-sandbox": (sandbox / "requirements.lock").read_text("utf-8"),
        "open-interpreter": (sandbox / "open-interpreter.lock").read_text("utf-8"),
    }


def main(arguments: list[str]) -> int:
    """Say it for each lock and architecture; 1 where one is lacking."""
    locks = {path: Path(path).read_text("utf-8") for path in arguments} or locks_of_images()
    found = 0
    for name, lock in locks.items():
        for architecture in ARCHITECTURES:
            try:
                lacking = without_wheel(lock, architecture)
            except IndexAwayError as error:
                print(f"{name}, {architecture}: {error}", file=sys.stderr)
                return 2
            print(f"{name}, {architecture}: {'no wheel of ' + ', '.join(lacking) if lacking else 'ok'}")
            found += len(lacking)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
