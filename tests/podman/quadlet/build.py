"""How does a test get Podman's own quadlet generator, of a Podman newer than this machine's?"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tests.engine_services import ROOT, missing

HERE = Path(__file__).parent
BINARY = ROOT / ".sandglass/bin/quadlet"
_PACKAGE = "github.com/containers/podman/v5/cmd/quadlet"
_GO = ("/usr/local/go/bin/go", str(ROOT / ".sandglass/go/go/bin/go"))
"""The second is what tests/ferretdb/build.sh installs where there is none."""


def build() -> Path:
    """The generator, built unless it is newer than go.mod; without Go skip here, and fail in CI."""
    if BINARY.exists() and BINARY.stat().st_mtime > (HERE / "go.mod").stat().st_mtime:
        return BINARY
    go = shutil.which("go") or next((path for path in _GO if Path(path).exists()), None)
    if go is None:
        missing("no Go to build the quadlet generator with (https://go.dev/dl)")
    assert go is not None
    BINARY.parent.mkdir(parents=True, exist_ok=True)
    # Built beside and renamed: two builders at once never leave half a binary.
    draft = BINARY.with_name(f"quadlet.{os.getpid()}")
    environ = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly"}
    command = [go, "build", "-trimpath", "-o", str(draft), _PACKAGE]
    built = subprocess.run(
        command, cwd=HERE, env=environ, capture_output=True, text=True, timeout=250, check=False
    )
    if built.returncode != 0:
        missing(f"the quadlet generator could not be built:\n{built.stderr}")
    draft.replace(BINARY)
    return BINARY
