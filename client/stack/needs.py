"""Which system packages does this machine still need, by Debian's names?

Standard library only, run by `bootstrap.sh` before there is a virtual environment:
`python -m client.stack.needs [--tests]` prints them on one line.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from client.errors import StackError
from client.stack.engine import find_engine

ENGINE = ("podman", "runc", "runsc", "catatonit", "netavark", "aardvark-dns", "uidmap")
FOR_TESTS = {
    "dockerd": "docker.io",
    "runsc": "runsc",
    "chromium": "chromium",
    "ip": "iproute2",
    "docker-compose": "docker-compose",
    "shellcheck": "shellcheck",
    "prometheus": "prometheus",
}
"""Package by the command that it brings."""
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


def missing_packages(
    has_engine: bool, has_command: Callable[[str], bool], environ: Mapping[str, str], tests: bool = False
) -> list[str]:
    """The packages to install.

    Args:
        has_engine: A container engine answers.
        has_command: Says whether a program is installed.
        environ: A Redis or a store of the operator's own needs no package here.
        tests: Also what only `make test` wants: a second engine and gVisor for the conformance suite, a
            browser, `ip` for networks of the tests' own, Prometheus, which reads our metrics, and what
            tries the files and scripts of compose/.
    """
    packages: list[str] = []
    if not has_engine and not (has_command("podman") and has_command("runc")):
        packages += ENGINE
    if not environ.get("SANDGLASS_REDIS_URL") and not has_command("redis-server"):
        packages.append("redis-server")
    if has_command("apt-get") and not has_command("mmdebstrap"):
        packages.append("mmdebstrap")
    if tests:
        packages += [
            name for command, name in FOR_TESTS.items() if name not in packages and not has_command(command)
        ]
        packages += [name for name in ENGINE if name not in packages and not has_command("podman")]
    if not CERTIFICATES.exists():
        packages.append("ca-certificates")
    return packages


def main() -> None:
    """Print what is missing."""
    from client.settings import home_of

    try:
        has_engine = find_engine(home_of()) is not None
    except StackError as error:
        sys.exit(f"sandglass: {error}")
    has_command: Callable[[str], bool] = lambda name: shutil.which(name) is not None  # noqa: E731
    packages = missing_packages(has_engine, has_command, os.environ, tests="--tests" in sys.argv[1:])
    sys.stdout.write(" ".join(packages) + "\n")


if __name__ == "__main__":
    main()
