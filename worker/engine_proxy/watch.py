"""Is the mounted socket still the engine's? An engine that started anew has another, not seen from here."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

from worker.engine_proxy.engine import EngineDownError

GONE_SECONDS = 15.0
"""Until then the engine has its new socket: a container that is started before is refused for want of it."""


async def until_replaced(path: Path, gone_seconds: float = GONE_SECONDS) -> None:
    """Return never; a file that is mounted is still there when its last name is gone, which tells it.

    Raises:
        EngineDownError: It has no name any more, and has had none for `gone_seconds`.
    """
    looks = 0
    while looks < 5:
        await asyncio.sleep(gone_seconds / 5)
        looks = looks + 1 if _has_no_name(path) else 0
    raise EngineDownError(
        f"the engine's socket {path} was removed on the host, so the engine was started anew; "
        "ending, to be started with the new one"
    )


def _has_no_name(path: Path) -> bool:
    # One that is not there at all is in a folder that is mounted: the new one will be seen there.
    with suppress(OSError):
        return path.stat().st_nlink == 0
    return False
