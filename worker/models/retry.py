"""When is a failed model call tried again, and after how long?"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from worker.models.base import ModelError, ModelUnavailableError

T = TypeVar("T")


@dataclass(frozen=True)
class Backoff:
    """Bounded exponential waiting with jitter; clock, sleep and dice can be replaced in tests."""

    retries: int = 2
    base_seconds: float = 0.5
    longest_seconds: float = 8.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    clock: Callable[[], float] = time.monotonic
    dice: Callable[[], float] = random.random

    def wait_seconds(self, failures: int, asked_seconds: float | None) -> float:
        """How long to wait after this many failures; what the provider asks for is never undercut."""
        step: float = min(self.longest_seconds, self.base_seconds * 2 ** (failures - 1))
        own = step * (0.5 + self.dice() / 2)
        return max(own, asked_seconds or 0.0)


async def complete_with_retries(
    call: Callable[[], Awaitable[T]], *, backoff: Backoff, timeout_seconds: float, name: str
) -> T:
    """Await `call()` until it works, all tries and waits within `timeout_seconds`.

    Raises:
        ModelUnavailableError: The time is up, the retries are used up, or the provider asks to wait longer
            than the time allows.
        ModelError: Whatever `call` raised that trying again does not mend.
    """
    deadline = backoff.clock() + timeout_seconds
    try:
        async with asyncio.timeout(timeout_seconds):
            return await _try_until(call, backoff, deadline)
    except TimeoutError:
        raise ModelUnavailableError(
            f"{name} did not finish its reply within {timeout_seconds:g} s; give it longer with "
            "SANDGLASS_MODEL_TIMEOUT_SECONDS, or use a smaller model"
        ) from None


async def _try_until(call: Callable[[], Awaitable[T]], backoff: Backoff, deadline: float) -> T:
    failures = 0
    while True:
        try:
            return await call()
        except ModelError as error:
            failures += 1
            if not error.transient or failures > backoff.retries:
                raise
            wait = backoff.wait_seconds(failures, error.retry_after_seconds)
            if backoff.clock() + wait >= deadline:
                raise ModelUnavailableError(
                    f"{error} (trying again would need a wait of {wait:.0f} s, longer than this job allows)",
                    retry_after_seconds=error.retry_after_seconds,
                ) from None
        await backoff.sleep(wait)
