"""Asks the process inside the namespace to run code, and reads what came of it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.egress.names import LISTED
from tests.engine_services import ROOT, missing

WEB = {
    "name": "web",
    "network": "allow-list",
    "limits": {"code_wall_seconds": 20},
    "egress": {"hosts": list(LISTED), "connect_seconds": 3, "idle_seconds": 3},
}
_NAMESPACES = ["unshare", "--net", "--mount", "--propagation", "private"]
_SECONDS = 90


@dataclass(frozen=True)
class Ran:
    """What came of one attempt: the code's side, the audit's, and the servers'."""

    outcome: str
    message: str
    value: Any
    stdout: str
    stderr: str
    traceback: str
    seconds: float
    requests: list[dict[str, Any]]
    log: list[dict[str, Any]]


class World:
    """A network of its own with servers, and a worker in it, on one engine."""

    def __init__(self, engine: str, url: str, folder: Path) -> None:
        self.engine = engine
        _need_namespaces()
        command = [*_NAMESPACES, sys.executable, "-m", "tests.egress.inside", url, str(folder)]
        self._errors = (folder / "inside.log").open("w+b")
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors
        )
        self._boxes: set[str] = set()
        self._left = b""
        self._answer()

    def run(self, code: str, box: str = "web", policy: dict[str, Any] | None = None) -> Ran:
        """Run code in the sandbox named `box`, made under `policy` when it is first asked for."""
        if box not in self._boxes:
            self._ask(do="make", box=box, policy=WEB if policy is None else policy)
            self._boxes.add(box)
        return Ran(**self._ask(do="run", box=box, code=code))

    def value(self, code: str, box: str = "web", policy: dict[str, Any] | None = None) -> Any:
        """What the code sets `result` to."""
        ran = self.run(code, box, policy)
        assert ran.outcome == "ok", (ran.outcome, ran.message, ran.traceback, ran.requests)
        return ran.value

    def end(self, box: str) -> None:
        """Throw a sandbox away."""
        if box in self._boxes:
            self._boxes.discard(box)
            self._ask(do="end", box=box)

    def name_resolves_to(self, text: str) -> None:
        """Write the hosts file anew."""
        self._ask(do="hosts", text=text)

    def close(self) -> None:
        """End the process; it destroys its sandboxes first."""
        if self._process.poll() is not None:
            return  # it failed, and said so to the test that it failed
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            code = self._process.wait(60)
        except subprocess.TimeoutExpired:
            code = None
        self._let_go()
        assert code == 0, "the process inside failed"

    def _let_go(self) -> str:
        """End the process however it is; what it wrote to stderr."""
        self._process.kill()
        self._process.wait(20)
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(BrokenPipeError):
                stream.close()  # type: ignore[union-attr]
        with self._errors:
            self._errors.seek(0)
            return self._errors.read().decode("utf-8", "replace")[-4000:]

    def _ask(self, **command: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.poll() is None, "the process inside has failed before"
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        while b"\n" not in self._left:
            ready, _, _ = select.select([self._process.stdout], [], [], _SECONDS)
            data = os.read(self._process.stdout.fileno(), 1 << 20) if ready else b""
            if not data:
                raise AssertionError(self._let_go() or f"no answer within {_SECONDS} s")
            self._left += data
        line, _, self._left = self._left.partition(b"\n")
        return dict(json.loads(line))


def _need_namespaces() -> None:
    if shutil.which("ip") is None or shutil.which("unshare") is None:
        missing("ip or unshare is not installed (apt-get install iproute2 util-linux)")
    if subprocess.run([*_NAMESPACES, "true"], check=False, capture_output=True, timeout=20).returncode:
        missing("no network namespace can be made here (needs root)")
