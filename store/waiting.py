"""Are the store and Redis up yet? Waits for those that do not answer so far, and says so."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import redis.asyncio
from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    BusyLoadingError,
    ConnectionError,
    RedisError,
    TimeoutError,
)

from store.base import Blobs, Store, StoreAwayError

_PAUSE_SECONDS = 0.5
_SAY_SECONDS = 5.0
_AWAY = (BusyLoadingError, ConnectionError, TimeoutError, OSError)


class RedisRefusedError(Exception):
    """Redis answers, but not to us: to wait would not help."""


class RedisAwayError(Exception):
    """Redis does not answer (yet)."""


@dataclass(frozen=True)
class Patience:
    """Until when to wait (on the monotonic clock), and whom to tell."""

    until: float
    say: Callable[[str], None]

    @classmethod
    def of(cls, seconds: float, say: Callable[[str], None]) -> Patience:
        """One bound for all that is waited for."""
        return cls(time.monotonic() + seconds, say)


@contextmanager
def stopped_by_sigterm() -> Iterator[None]:
    """SIGTERM ends the process meanwhile: process 1 of a container is sent none that it does not handle."""
    before = signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


async def wait_for_store(store: Store, patience: Patience) -> None:
    """Open it, as soon as it answers; it is closed again.

    Raises:
        StoreUnavailableError: It cannot be used, or (StoreAwayError) did not answer in time.
    """

    async def look() -> None:
        try:
            await store.open()
            await store.ping()
        finally:
            await store.close()

    await _wait("the store", look, StoreAwayError, patience)


async def wait_for_blobs(blobs: Blobs, patience: Patience) -> None:
    """Open them, as soon as their service answers and has their bucket; they are closed again.

    Raises:
        StoreUnavailableError: They cannot be used, or (StoreAwayError) did not answer in time.
    """

    async def look() -> None:
        try:
            await blobs.open()
        finally:
            await blobs.close()

    await _wait("the blob store", look, StoreAwayError, patience)


async def wait_for_redis(url: str, patience: Patience) -> None:
    """Back when it answers.

    Raises:
        RedisRefusedError: It refuses the user or the password, or the command.
        RedisAwayError: It did not answer in time.
    """
    await _wait("Redis", lambda: _ping_redis(url), RedisAwayError, patience)


async def _ping_redis(url: str) -> None:
    try:
        async with redis.asyncio.from_url(url, socket_connect_timeout=2, socket_timeout=2) as client:
            await client.ping()
    # Both are ConnectionErrors, too.
    except (AuthenticationError, AuthorizationError):
        raise RedisRefusedError("Redis refuses the user or the password in SANDGLASS_REDIS_URL") from None
    except _AWAY as error:
        raise RedisAwayError(f"Redis does not answer ({type(error).__name__})") from None
    except (RedisError, ValueError) as error:
        raise RedisRefusedError(
            f"Redis at SANDGLASS_REDIS_URL cannot be used ({type(error).__name__})"
        ) from None


async def _wait(
    what: str, look: Callable[[], Awaitable[None]], away: type[Exception], patience: Patience
) -> None:
    started = said = time.monotonic()
    told = False
    while True:
        try:
            await look()
        except away as error:
            now = time.monotonic()
            if now >= patience.until:
                raise
            if not told or now - said >= _SAY_SECONDS:
                patience.say(f"waiting for {what}, {patience.until - now:.0f} s more at most: {error}")
                told, said = True, now
        else:
            if told:
                patience.say(f"{what} answers, after {time.monotonic() - started:.0f} s")
            return
        await asyncio.sleep(min(_PAUSE_SECONDS, max(0.0, patience.until - time.monotonic())))
