"""How is a host that the policy allows reached: resolved once, every address judged, a judged one dialled?"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from policies.addresses import judge_addresses
from worker.sandbox.web_error import WebError, failed

Resolve = Callable[[str, int], Awaitable[list[str]]]
Dial = Callable[[str, int], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]
_ADDRESSES_TRIED = 4
# Threads of their own: a resolver that hangs must not keep the worker from its other work.
_RESOLVERS = ThreadPoolExecutor(4, thread_name_prefix="sandglass-resolve")


async def system_resolve(host: str, port: int) -> list[str]:
    """The addresses of `host`, as the worker's host resolves names. Raises: OSError."""
    loop = asyncio.get_running_loop()
    found = await loop.run_in_executor(
        _RESOLVERS, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    )
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def system_dial(address: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to an address; a name would be refused. Raises: OSError."""
    return await asyncio.open_connection(address, port, flags=socket.AI_NUMERICHOST)


@dataclass(frozen=True)
class Network:
    """How names are resolved and addresses dialled; tests give their own."""

    resolve: Resolve = system_resolve
    dial: Dial = system_dial


INTERNET = Network()


async def judged_addresses(network: Network, host: str, port: int, seconds: float) -> list[str]:
    """All addresses of `host`. Raises: WebError, when it has none or one of them is not global."""
    try:
        async with asyncio.timeout(seconds):
            addresses = await network.resolve(host, port)
    except TimeoutError:
        raise failed(f"its name was not resolved within {seconds:g} s", 504) from None
    except (OSError, UnicodeError):
        raise failed("its name could not be resolved") from None
    if not addresses:
        raise failed("its name has no address")
    reason = judge_addresses(addresses)
    if reason:
        raise WebError(reason)
    return addresses


async def dial(
    network: Network, addresses: list[str], port: int, seconds: float
) -> tuple[str, asyncio.StreamReader, asyncio.StreamWriter]:
    """The first of `addresses` that answers, with its streams. Raises: WebError."""
    tried = addresses[:_ADDRESSES_TRIED]
    try:
        async with asyncio.timeout(seconds):
            for address in tried:
                try:
                    async with asyncio.timeout(seconds / len(tried)):
                        return address, *await network.dial(address, port)
                except OSError:  # TimeoutError is one
                    continue
    except TimeoutError:
        pass
    raise failed(f"it could not be reached at {', '.join(tried)} within {seconds:g} s", 504)
