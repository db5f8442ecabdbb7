"""How does a log that cannot be written leave the work alone?"""

from __future__ import annotations

import contextlib
from typing import TextIO


class LogStream:
    """Writes to `target`; loses the line where that fails, as a full disk must not fail requests and jobs."""

    def __init__(self, target: TextIO) -> None:
        self._target = target

    def write(self, text: str) -> int:
        """Write `text` if it can be."""
        with contextlib.suppress(OSError):
            self._target.write(text)
        return len(text)

    def flush(self) -> None:
        """Pass on what is written if it can be."""
        with contextlib.suppress(OSError):
            self._target.flush()
