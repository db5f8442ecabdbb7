"""Plays the worker in a network of its own: real servers on public addresses, real sandboxes, the real tunnel.

Started by `world.py` through `unshare --net --mount`: the addresses are on that namespace's `lo`, so no byte can
leave it; names come from a hosts file of its own. Takes commands as JSON lines, answers each with one.
"""  # noqa: E501

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from policies.model import Policy, parse_policy
from tests.certificates import shared_authority
from tests.egress.names import ADDRESSES, HOSTS, NAMES_OF_CERTIFICATE
from tests.egress.servers import Log, serve
from tests.engine_services import IMAGE
from worker.engines.connect import connect
from worker.runtime import owner_mark
from worker.sandbox.run import ContainerSandbox
from worker.sandbox.standby import Maker


def make_network(folder: Path) -> None:
    """Addresses on `lo`, names from a file, and nothing else to ask."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True, timeout=10)
    for address in ADDRESSES:
        bits = "128" if ":" in address else "32"
        subprocess.run(["ip", "addr", "add", f"{address}/{bits}", "dev", "lo"], check=True, timeout=10)
    files = {"hosts": HOSTS, "nsswitch.conf": "hosts: files\n", "resolv.conf": "", "host.conf": "multi on\n"}
    for name, text in files.items():
        own = folder / name
        own.write_text(text)
        if Path("/etc", name).exists():
            there = Path("/etc", name).resolve()
            subprocess.run(["mount", "--bind", str(own), str(there)], check=True, timeout=10)


class Inside:
    """The worker's part, and the sandboxes it has made."""

    def __init__(self, url: str, folder: Path) -> None:
        self._folder = folder
        self._url = url
        self._log = Log()
        self._boxes: dict[str, tuple[ContainerSandbox, int]] = {}
        self._authority = folder / "authority.pem"

    async def start(self) -> None:
        authority = shared_authority()
        self._authority.write_bytes(authority.certificate)
        serve(self._log, authority.server_context(self._folder, *NAMES_OF_CERTIFICATE))
        self._engine = await connect(self._url)
        mark = owner_mark("egress", os.getpid())
        self._maker = Maker(self._engine, IMAGE, f"egress-{os.getpid()}", mark, self._folder / "spool", 60)

    async def do(self, command: dict[str, Any]) -> dict[str, Any]:
        match command["do"]:
            case "run":
                return await self._run(command["box"], command["code"])
            case "make":
                await self._make(command["box"], command["policy"])
                return {}
            case "hosts":
                (self._folder / "hosts").write_text(command["text"])
                return {}
            case _:
                await self._boxes.pop(command["box"])[0].destroy()
                return {}

    async def close(self) -> None:
        for sandbox, _ in self._boxes.values():
            await sandbox.destroy()
        await self._engine.close()

    async def _make(self, box: str, policy: dict[str, Any]) -> None:
        if "egress" in policy:
            policy["egress"].setdefault("ca_file", str(self._authority))
        parsed: Policy = parse_policy(policy, "test")
        self._boxes[box] = (await self._maker.make(parsed, "egress"), 0)

    async def _run(self, box: str, code: str) -> dict[str, Any]:
        sandbox, number = self._boxes[box]
        self._boxes[box] = (sandbox, number + 1)
        before = len(sandbox.web_requests)
        self._log.take()
        ran = await sandbox.run(code, "python", number + 1)
        return {
            "outcome": ran.outcome,
            "message": ran.message,
            "value": ran.result and ran.result["value"],
            "stdout": ran.stdout.text,
            "stderr": ran.stderr.text,
            "traceback": ran.traceback,
            "seconds": ran.seconds,
            "requests": [record.model_dump(mode="json") for record in sandbox.web_requests[before:]],
            "log": self._log.take(),
        }


def main() -> None:
    """Serve commands until stdin ends."""
    url, folder = sys.argv[1], Path(sys.argv[2])
    make_network(folder)
    inside = Inside(url, folder)
    with asyncio.Runner() as runner:
        runner.run(inside.start())
        try:
            _say({"ready": True})
            for line in sys.stdin:
                _say(runner.run(inside.do(json.loads(line))))
        finally:
            runner.run(inside.close())


def _say(answer: dict[str, Any]) -> None:
    sys.__stdout__.write(json.dumps(answer) + "\n")  # type: ignore[union-attr]
    sys.__stdout__.flush()  # type: ignore[union-attr]


if __name__ == "__main__":
    main()
