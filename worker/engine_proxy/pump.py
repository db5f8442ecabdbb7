"""How do two sockets become one pipe: raw bytes both ways, and each end's word that it has no more?"""

from __future__ import annotations

import asyncio
import select

_READ_BYTES = 256 << 10


class End:
    """One end of the pipe."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        writer.transport.set_write_buffer_limits(high=_READ_BYTES)

    def hung_up(self) -> bool:
        """Whether the peer is gone, and has not only said that it sends no more."""
        descriptor = self.writer.get_extra_info("socket").fileno()
        if descriptor < 0:
            return True
        poller = select.poll()
        poller.register(descriptor, 0)
        return bool(poller.poll(0))


async def pump(one: End, other: End) -> None:
    """Carry bytes until both ends have no more, or one is gone; both are closed then."""
    ways = {asyncio.create_task(_carry(one, other)), asyncio.create_task(_carry(other, one))}
    try:
        while ways:
            ended, ways = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            if any(way.result() for way in ended):
                return
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        for end in (one, other):
            end.writer.close()


async def _carry(source: End, to: End) -> bool:
    """Whether the pipe is over with this way of it: an end is gone."""
    try:
        while data := await source.reader.read(_READ_BYTES):
            to.writer.write(data)
            await to.writer.drain()
        if source.hung_up():
            return True
        to.writer.write_eof()
    except OSError:
        return True
    return False
