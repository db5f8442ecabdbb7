"""Real sandboxes for hostile code, and what can be seen of them from the host."""

import asyncio
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from policies.model import Policy, load_policy
from policies.spec import LABEL_STACK
from tests.engine_services import IMAGE
from tests.wall.inside import PRELUDE
from worker.analysis.contract import RunResult
from worker.engines.connect import connect
from worker.runtime import owner_mark
from worker.sandbox.run import ContainerSandbox
from worker.sandbox.standby import Maker

DEFAULT = load_policy("default")
_STRICT = load_policy("strict").model_copy(update={"runtime": "", "fixed_versions": False})
SHORT = _STRICT.model_copy(
    update={"limits": _STRICT.limits.model_copy(update={"code_wall_seconds": 4.0, "cpus": 1.0})}
)
"""As strict, on any engine of any version, with clocks that tests can wait for."""


class Box:
    """One sandbox, used from code that is not asynchronous."""

    def __init__(self, wall: "Wall", sandbox: ContainerSandbox) -> None:
        self._wall = wall
        self._number = 0
        self.sandbox = sandbox
        self.policy = sandbox.policy

    async def attempt(self, code: str) -> RunResult:
        """Run code, with the probes' tools before it."""
        self._number += 1
        return await self.sandbox.run(PRELUDE + code, "python", self._number)

    def run(self, code: str) -> RunResult:
        return self._wall.do(self.attempt(code))

    def value(self, code: str) -> Any:
        """What the code sets `result` to."""
        ran = self.run(code)
        assert ran.outcome == "ok", f"{ran.outcome}: {ran.message}\n{ran.traceback}"
        assert ran.result is not None
        return ran.result["value"]

    def works(self) -> bool:
        return bool(self.value("result = 6 * 7") == 42)

    def record(self) -> dict[str, Any]:
        """The engine's record of it."""
        found = self._wall.do(self._wall.engine.inspect(self.sandbox.container_id))
        assert found is not None
        return found

    def host_pids(self) -> list[int]:
        """Its processes as the host numbers them, PID 1 of it first."""
        first = int(self.record()["State"]["Pid"])
        children: dict[int, list[int]] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and (status := status_of(int(entry.name))):
                children.setdefault(int(status["PPid"]), []).append(int(entry.name))
        found = [first]
        for pid in found:
            found += children.get(pid, [])
        return found

    def cgroup(self, controller: str, *names: str) -> str | None:
        """A file of its cgroup, read on the host: the first of `names` that is there, version 1 or 2."""
        for line in Path(f"/proc/{self.host_pids()[0]}/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers not in (controller, "", f"{controller},cpuacct"):
                continue
            for name in names:
                file = Path("/sys/fs/cgroup", controllers, path.lstrip("/"), name)
                if file.is_file():
                    return file.read_text().strip()
        return None


class Wall:
    """One engine, the loop that its calls run in, and the sandboxes made on it."""

    def __init__(self, url: str, spool: Path) -> None:
        self.url = url
        self._runner = asyncio.Runner()
        self.engine = self.do(connect(url))
        self.stack = f"wall-{uuid4().hex[:8]}"
        self._maker = Maker(self.engine, IMAGE, self.stack, owner_mark("wall", os.getpid()), spool, 60)
        self._shared: Box | None = None

    def do(self, work: Any) -> Any:
        """Run a coroutine to its end."""
        return self._runner.run(work)

    def make(self, policy: Policy = SHORT, task: str = "wall") -> Box:
        return Box(self, self.do(self._maker.make(policy, task)))

    def destroy(self, box: Box) -> None:
        self.do(box.sandbox.destroy())

    @contextmanager
    def fresh(self, policy: Policy = SHORT) -> Iterator[Box]:
        box = self.make(policy)
        try:
            yield box
        finally:
            self.destroy(box)

    def shared(self) -> Box:
        """A sandbox under the default policy; made anew only when the last one was lost."""
        if self._shared is None or not self._shared.sandbox.alive:
            self._drop_shared()
            self._shared = self.make(DEFAULT)
        return self._shared

    def together(self, *work: Any) -> list[Any]:
        """Run coroutines side by side."""

        async def all_of_it() -> list[Any]:
            return list(await asyncio.gather(*work))

        return list(self.do(all_of_it()))

    def gone(self, box: Box) -> bool:
        return self.do(self.engine.inspect(box.sandbox.container_id)) is None

    def close(self) -> list[str]:
        """Take all down; gives back what was left by tests."""
        self._drop_shared()
        left = self.do(self.engine.find({LABEL_STACK: self.stack}))
        for entry in left:
            self.do(self.engine.remove(entry.container_id))
        self.do(self.engine.close())
        self._runner.close()
        return [entry.container_id for entry in left]

    def _drop_shared(self) -> None:
        if self._shared is not None:
            self.destroy(self._shared)


def status_of(pid: int) -> dict[str, str]:
    """`/proc/<pid>/status` of the host; empty when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def as_text(*things: Any) -> str:
    """All that was seen, to look for something that may not be there."""
    return json.dumps(things, default=str, ensure_ascii=False)
