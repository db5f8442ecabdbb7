"""How is a task ended that talks to Redis?"""

from __future__ import annotations

import asyncio

_CANCEL_SECONDS = 0.1


async def end_task(task: asyncio.Task[None] | None) -> None:
    """Cancel it and wait until it has ended; whatever it raises is nobody's any more."""
    # More than once: the Redis client swallows a cancel that comes while it connects.
    while task is not None and not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=_CANCEL_SECONDS)
    if task is not None and not task.cancelled():
        task.exception()  # marks it as seen
