"""How does the process that reads a big file get its bytes from the runner, and how do its tables leave?"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Say = Callable[[dict[str, Any], bytes], None]
Hear = Callable[[], dict[str, Any]]


class FedBlocks:
    """The reader's side of `feed.Feed`, for one file; `rounds` numbers the rounds of a whole load."""

    def __init__(self, say: Say, hear: Hear, directory: Path, file_id: str, rounds: Iterator[int]) -> None:
        self._say = say
        self._hear = hear
        self._directory = directory
        self._file_id = file_id
        self._rounds = rounds

    def restart(self) -> Iterator[bytes]:
        """The file from its beginning; what an earlier call gave is over then."""
        number = next(self._rounds)
        self._say({"type": "feed_start", "file_id": self._file_id, "round": number}, b"")
        return self._blocks(number)

    def send_part(self, name: str, data: bytes, first: bool, last: bool) -> None:
        """Let the next bytes of a part leave."""
        header = {"type": "part", "file_id": self._file_id, "name": name, "first": first, "last": last}
        self._say(header, data)

    def _blocks(self, number: int) -> Iterator[bytes]:
        last = False
        while not last:
            header = self._hear()
            if "errno" in header:
                raise OSError(header["errno"], os.strerror(header["errno"]))
            path = self._directory / str(header["name"])
            data = path.read_bytes()
            path.unlink()
            if header["round"] != number:  # of a round that was broken off
                continue
            self._say({"type": "feed_used", "bytes": len(data)}, b"")
            last = header["last"] is True
            yield data
