"""Who is the bad neighbour? Code that harms in one way each, run again and again until told to stop.

`python -m bench.abusers NAME URL STACK CORES` says `up` when a sandbox runs, and ends when its stdin does.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys

from bench.errors import BenchError
from bench.sandboxes import connected, discard, hardened_body, image_name, make, pin
from policies.model import Policy, load_policy
from worker.engines.base import Engine, EngineError, PipeClosedError

ABUSERS = {
    "fork bomb": """
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
""",
    "memory hog": """
held = []
while True:
    held.append(bytearray(8 << 20))
""",
    "output flood": """
import os
line = b"x" * 65536
while True:
    os.write(1, line)
""",
    "tiny writes": """
import os
while True:
    os.write(1, b"x")
""",
    "tmpfs fill": """
while True:
    try:
        with open("/work/out/fill", "wb") as file:
            while True:
                file.write(bytes(1 << 20))
    except OSError:
        pass
""",
    "64 spinning threads": """
import hashlib, threading
data = bytes(1 << 20)
def spin():
    while True:
        hashlib.sha256(data)
for _ in range(64):
    threading.Thread(target=spin, daemon=True).start()
spin()
""",
    "zombies": """
import os
while True:
    try:
        if os.fork() == 0:
            os._exit(0)
    except OSError:
        pass
""",
}


def main() -> None:
    """Abuse until stdin ends."""
    name, url, stack, cores = sys.argv[1:]
    pin([int(core) for core in cores.split(",")])
    asyncio.run(_until_told(name, url, stack, [int(core) for core in cores.split(",")]))


async def _until_told(name: str, url: str, stack: str, cores: list[int]) -> None:
    async with connected(url, stack) as engine:
        work = asyncio.create_task(_abuse(engine, ABUSERS[name], stack, cores))
        told = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
        done, _ = await asyncio.wait({work, told}, return_when=asyncio.FIRST_COMPLETED)
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work
        if told not in done:
            raise BenchError(f"the abuser {name!r} ended before it was told to")


async def _abuse(engine: Engine, code: str, stack: str, cores: list[int]) -> None:
    policy = load_policy("default")
    image = await engine.image_digest(image_name())
    while True:
        body = hardened_body(policy, image, cores, stack)
        with contextlib.suppress(EngineError):
            await _one(engine, policy, body, code)


async def _one(engine: Engine, policy: Policy, body: dict[str, object], code: str) -> None:
    """One sandbox, used until it is lost: as a client whose jobs come one after the other."""
    sandbox = await make(engine, policy, body)
    print("up", flush=True)
    try:
        number = 1
        while sandbox.alive:
            await sandbox.run(code, "python", number)
            number += 1
    except PipeClosedError:
        pass
    finally:
        await discard(sandbox)


if __name__ == "__main__":
    main()
