"""How does blocking work run beside the event loop, without outliving what it works on?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar

T = TypeVar("T")


async def on_thread(work: Callable[..., T], *arguments: object, executor: Executor | None = None) -> T:
    """Run `work` on a thread; if this task is cancelled, wait for it all the same.

    A thread that still writes must not outlive its file descriptor: the number may be another file's by then.
    """
    running = asyncio.get_running_loop().run_in_executor(executor, work, *arguments)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        if not running.cancelled():
            running.exception()  # marks it as seen
        raise
