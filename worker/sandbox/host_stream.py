"""The bytes of one web request to and from its host, each of them counted against the job's budget."""

from __future__ import annotations

import asyncio

from store.records import WebRequest
from worker.sandbox.account import Account
from worker.sandbox.code_stream import PIECE_BYTES
from worker.sandbox.web_error import WebError, failed


class HostStream:
    """A connection to a host that was decided on, judged and dialled."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        account: Account,
        record: WebRequest,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._account = account
        self._record = record
        self._spent = False
        self.touched = asyncio.get_running_loop().time()
        """When a byte last passed, by the loop's clock."""

    async def send(self, data: bytes) -> None:
        """To the host, as fast as it reads. Raises: WebError, at the cap or when the host is gone."""
        granted = self._account.grant_upload(len(data))
        self._record.sent_bytes += granted
        try:
            self._writer.write(data[:granted])
            await self._writer.drain()
        except OSError:
            raise failed("the host closed the connection") from None
        self._touch()
        if granted < len(data):
            raise WebError("cut: the job has uploaded all that the policy allows")

    async def receive(self) -> bytes:
        """From the host; empty at the end. Raises: WebError, after the last byte within the cap."""
        if self._spent:
            raise WebError("cut: the job has downloaded all that the policy allows")
        try:
            data = await self._reader.read(PIECE_BYTES)
        except OSError:
            raise failed("the host broke the connection off") from None
        granted = self._account.grant_download(len(data))
        self._record.received_bytes += granted
        self._touch()
        self._spent = granted < len(data)
        return data[:granted] if granted or not data else await self.receive()

    def end(self) -> None:
        """Nothing more goes to the host."""
        if self._writer.can_write_eof() and not self._writer.is_closing():
            self._writer.write_eof()

    def close(self) -> None:
        """End it at once, both ways."""
        self._writer.transport.abort()

    def _touch(self) -> None:
        self.touched = asyncio.get_running_loop().time()


async def run_both(
    up: asyncio.Task[None], down: asyncio.Task[None], host: HostStream, idle_seconds: float
) -> None:
    """Wait until the host's side is through, and cut what stands still; both tasks have ended afterwards.

    Raises:
        WebError: The host's side failed, a cap was reached, or nothing passed for `idle_seconds`.
    """
    loop = asyncio.get_running_loop()
    waiting = {up, down}
    try:
        while not down.done():
            left = host.touched + idle_seconds - loop.time()
            if left <= 0:
                raise failed(f"cut: nothing passed for {idle_seconds:g} s", 504)
            done, waiting = await asyncio.wait(waiting, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if up in done:
                _check_upload(up)
        down.result()
    finally:
        for task in (up, down):
            task.cancel()
        await asyncio.gather(up, down, return_exceptions=True)


def _check_upload(up: asyncio.Task[None]) -> None:
    try:
        up.result()
    except WebError as error:
        # A host that has enough may answer and close while the code still sends: the answer counts.
        if error.denied:
            raise
