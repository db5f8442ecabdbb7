"""Is this container's worker well? `python -m worker.health`, for health checks: it imports little.

The worker's main process notes in a file after each sweep that it lives. Neither Redis nor the engine is
asked: to start the worker anew would bring neither back.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

_SLACK_SECONDS = 90.0
"""A sweep may wait this long for a store or an engine that hangs."""


def note_alive(spool: Path, worker_name: str, sweep_seconds: float) -> None:
    """Called by the main process after each sweep. Raises: OSError."""
    path = _path(spool, worker_name)
    facts = {
        "pid": os.getpid(),
        "at": time.monotonic(),
        "good_for_seconds": 3 * sweep_seconds + _SLACK_SECONDS,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(facts), "utf-8")
    draft.replace(path)


def problem(spool: Path, worker_name: str) -> str | None:
    """Why the worker is not well; None: it is."""
    try:
        facts = json.loads(_path(spool, worker_name).read_text("utf-8"))
        pid, age, good_for = facts["pid"], time.monotonic() - facts["at"], facts["good_for_seconds"]
    except FileNotFoundError:
        return "the worker has not swept yet: it starts, or waits for the store"
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"its note cannot be read: {error}"
    if not 0 <= age <= good_for:
        return f"the worker last swept {age:.0f} s ago"
    return None if _runs(pid) else f"the worker's main process {pid} does not run"


def main() -> int:
    """0 if it is well, else 1, with one line that says why."""
    spool = os.environ.get("SANDGLASS_SPOOL") or str(Path(tempfile.gettempdir()) / "sandglass-spool")
    found = problem(Path(spool), os.environ.get("SANDGLASS_WORKER_NAME") or socket.gethostname())
    print(f"unhealthy: {found}" if found else "ok")
    return 1 if found else 0


def _path(spool: Path, worker_name: str) -> Path:
    return spool / f"worker-{quote(worker_name, safe='')}.json"


def _runs(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZTtX"


if __name__ == "__main__":
    sys.exit(main())
