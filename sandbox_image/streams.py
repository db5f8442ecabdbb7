"""What of an endless output is kept: the first half of the cap as it comes, the last half at the end?"""

from __future__ import annotations


class Capture:
    """One output stream of one attempt; counts every byte, keeps at most `cap_bytes`."""

    def __init__(self, cap_bytes: int) -> None:
        self.total_bytes = 0
        self.head = bytearray()
        self._head_bytes = cap_bytes // 2
        self._tail_bytes = cap_bytes - self._head_bytes
        self._tail = bytearray()

    def feed(self, data: bytes) -> bytes:
        """Take what was read; gives back the part to pass on at once."""
        self.total_bytes += len(data)
        live = data[: max(0, self._head_bytes - len(self.head))]
        self.head += live
        self._tail += data[len(live) :]
        if len(self._tail) > 2 * self._tail_bytes:
            del self._tail[: -self._tail_bytes]
        return live

    def tail(self) -> bytes:
        """The last bytes, of what was not passed on at once."""
        return bytes(self._tail[-self._tail_bytes :])

    @property
    def truncated(self) -> bool:
        """Whether something between the two halves was let go."""
        return self.total_bytes > len(self.head) + len(self.tail())
