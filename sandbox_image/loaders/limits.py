"""How much may one file cost?"""

from __future__ import annotations

from dataclasses import dataclass

MAX_COLUMNS = 16_384
MAX_SHEETS = 50
MAX_CELL_CHARACTERS = 16 << 20


@dataclass(frozen=True)
class LoadLimits:
    """What the container grants: all its memory (the tmpfs is part of it) and its threads."""

    memory_bytes: int
    threads: int
