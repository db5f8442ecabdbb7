"""How does a test get a server that speaks MongoDB's protocol?"""

from __future__ import annotations

import os
import selectors
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

HERE = Path(__file__).parent
BINARY = HERE.parents[1] / ".sandglass/bin/ferretdb"
_BUILD_SECONDS = 900
_READY_SECONDS = 30


def build() -> None:
    """Build the server if it is older than its sources; without Go skip here, and fail in CI."""
    built = subprocess.run([HERE / "build.sh"], capture_output=True, text=True, timeout=_BUILD_SECONDS)
    if built.returncode == 0:
        return
    if os.environ.get("CI"):
        pytest.fail(f"the FerretDB test server could not be built:\n{built.stderr}")
    pytest.skip(built.stderr.strip().splitlines()[-1] if built.stderr.strip() else "no FerretDB test server")


@contextmanager
def running(folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run a server on a free loopback port with its data in `folder`: its URL (ends in `/`) and process."""
    log = folder / "ferretdb.log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            [BINARY, "--listen", "127.0.0.1:0", "--data", folder],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        assert process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            line = process.stdout.readline() if selector.select(_READY_SECONDS) else ""
        if not line.startswith("ready "):
            pytest.fail(f"the FerretDB test server did not start: {log.read_text()!r}")
        yield line.split()[1], process
    finally:
        process.terminate()
        process.communicate(timeout=30)
