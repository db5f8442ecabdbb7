"""How do the bytes of a big file reach the process that reads it, some at a time and as often as it asks?

The worker sends no more than the window lets it, so what lies here is bounded, and neither side ever has to
stop reading the pipe. The bytes lie in files of the reader: its channel carries only small messages.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .frames import FrameError
from .pipe import Pipe

BLOCK_BYTES = 16 << 20
_BLOCKS = 2
_SHARE = 12
"""Of a small `/work` a block takes this part: two wait, and the reader cuts pieces of one."""

Tell = Callable[[dict[str, Any]], None]


class Feed:
    """The file of one load that is being sent, from the beginning each time the reader asks for it."""

    def __init__(self, pipe: Pipe, attempt: int, directory: Path, file_ids: set[str], tell: Tell) -> None:
        self._pipe = pipe
        self._attempt = attempt
        self._directory = directory
        self._file_ids = file_ids
        self._tell = tell
        found = os.statvfs(directory)
        self.block_bytes = max(1 << 20, min(BLOCK_BYTES, found.f_blocks * found.f_frsize // _SHARE))
        self._round = self._count = self._size = self._unused = 0
        self._open: int | None = None
        self._over = True

    def start(self, file_id: str, number: Any) -> None:
        """Have the worker send the file from its beginning; `number` counts such rounds.

        Raises:
            FrameError: No such file is fed, or the rounds are out of order.
        """
        if file_id not in self._file_ids or number != self._round + 1:
            raise FrameError("a round of feeding that is not in order")
        self.close()
        self._round += 1
        self._unused = 0
        self._over = False
        self._send({"type": "feed_start", "file_id": file_id, "bytes": self.block_bytes * _BLOCKS})

    def used(self, size_bytes: int) -> None:
        """The reader has taken a block of so many bytes: as many more may come.

        Raises:
            FrameError: It was handed none, or none so large.
        """
        self._unused -= 1
        if self._unused < 0 or not 0 <= size_bytes <= self.block_bytes:
            raise FrameError("more of a file is said to be used than was sent")
        if not self._over:
            self._send({"type": "feed_credit", "bytes": size_bytes})

    def take(self, header: dict[str, Any], blob: bytes) -> None:
        """One frame of the worker; of an earlier round it is dropped."""
        if header.get("round") != self._round or self._over:
            return
        last = header.get("last") is True
        try:
            self._keep(blob, last=last)
        except OSError as error:
            self.close()
            self._tell({"type": "fed", "round": self._round, "errno": error.errno})

    def _keep(self, blob: bytes, *, last: bool) -> None:
        while blob or last:
            if self._open is None:
                self._open = self._new_file()
            piece = blob[: self.block_bytes - self._size]
            blob = blob[len(piece) :]
            self._write(piece)
            if self._size >= self.block_bytes or (last and not blob):
                self._hand_over(last=last and not blob)
            if not blob:
                break

    def close(self) -> None:
        """Nothing more is taken in this round."""
        self._over = True
        if self._open is not None:
            os.close(self._open)
            self._open = None
            self._path().unlink(missing_ok=True)
        self._size = 0

    def _path(self) -> Path:
        return self._directory / f"fed-{self._round}-{self._count}"

    def _new_file(self) -> int:
        self._count += 1
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        return os.open(self._path(), flags, 0o600)

    def _write(self, data: bytes) -> None:
        assert self._open is not None  # noqa: S101 - `take` has just opened it
        left = memoryview(data)
        while left:
            left = left[os.write(self._open, left) :]
        self._size += len(data)

    def _hand_over(self, *, last: bool) -> None:
        assert self._open is not None  # noqa: S101 - there is something to hand over
        os.close(self._open)
        self._open, self._size = None, 0
        self._over = last
        self._unused += 1
        self._tell({"type": "fed", "round": self._round, "name": self._path().name, "last": last})

    def _send(self, header: dict[str, Any]) -> None:
        self._pipe.send(header | {"attempt": self._attempt, "round": self._round})
