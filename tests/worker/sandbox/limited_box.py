"""A sandbox of small limits that many abuses share: each must leave it fit for the next one."""

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Any

from policies.model import load_policy
from tests.engine_services import IMAGE
from worker.analysis.contract import RunResult
from worker.engines.connect import connect
from worker.runtime import owner_mark
from worker.sandbox.outcome import Verdict
from worker.sandbox.run import ContainerSandbox, FileToLoad
from worker.sandbox.standby import Maker

MIB = 1 << 20
CODE_SECONDS = 6.0
_DEFAULT = load_policy("default")
POLICY = _DEFAULT.model_copy(
    update={
        "limits": _DEFAULT.limits.model_copy(
            update={
                "code_wall_seconds": CODE_SECONDS,
                "load_wall_seconds": 10.0,
                "memory_bytes": 384 * MIB,
                "tmpfs_bytes": 64 * MIB,
                "pids": 64,
                "nofile": 256,
            }
        ),
        "output": _DEFAULT.output.model_copy(
            update={"flood_bytes": 4 * MIB, "stdout_bytes": 4096, "stderr_bytes": 2048, "artifact_count": 5}
        ),
    }
)
PRELUDE = "import os, sys, time, signal, errno, socket\n"
CHANNEL = (
    "import gc\n"
    "from sandbox_image.child import Child\n"
    "mine = next(one for one in gc.get_objects() if type(one) is Child)\n"
    "channel, writer = mine._channel.fileno(), mine._writer\n"
    "def say(header, blob=b''): os.write(channel, writer.encode(header, blob))\n"
)


class Box:
    """A sandbox that is replaced only when it is lost."""

    def __init__(self, url: str, spool: Any) -> None:
        self._runner = asyncio.Runner()
        self.engine = self._runner.run(connect(url))
        self._maker = Maker(self.engine, IMAGE, f"limits-{os.getpid()}", owner_mark("limits", 1), spool, 120)
        self.sandbox: ContainerSandbox = self._runner.run(self._maker.make(POLICY, "limits"))
        self._number = 0
        self.lost = False

    def run(self, code: str) -> RunResult:
        self._number += 1
        ran: RunResult = self._runner.run(self.sandbox.run(PRELUDE + code, "python", self._number))
        self.lost = self.lost or ran.outcome == "runner_lost"
        return ran

    def load(self, format_: str, content: bytes) -> tuple[Verdict, Any]:
        """The verdict on reading a file, and what its profile says of it if that is an error."""

        async def once() -> AsyncIterator[bytes]:
            yield content

        name = f"upload-{len(content)}"
        self._runner.run(self.sandbox.put(name, once()))
        loaded = self._runner.run(self.sandbox.load([FileToLoad("f", f"f.{format_}", format_, name)], []))
        return loaded.verdict, [profile["error"] for profile in loaded.profiles if profile["error"]]

    def works(self) -> bool:
        ran = self.run("result = 6 * 7")
        assert ran.outcome == "ok", f"{ran.outcome}: {ran.message}"
        return ran.result == {"type": "scalar", "value": 42}

    def renew(self) -> None:
        self._runner.run(self.sandbox.destroy())
        self.sandbox = self._runner.run(self._maker.make(POLICY, "limits"))
        self.lost = False

    def close(self) -> None:
        self._runner.run(self.sandbox.destroy())
        self._runner.run(self.engine.close())
        self._runner.close()


def check(box: Box, code: str, outcome: str, *words: str) -> RunResult:
    """Run it; hold its outcome and its words; then the same sandbox must work."""
    ran = box.run(code)
    assert ran.outcome == outcome, f"{ran.outcome}: {ran.message}\n{ran.traceback[-500:]}"
    assert [word for word in words if word not in ran.message] == [], ran.message
    assert box.works()
    return ran
