"""What stands at the end of a table: the last rows, as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

TAIL_ROWS = 40


@dataclass(frozen=True)
class TailRow:
    """One of the last rows of a table."""

    cells: Sequence[str | None]
    after_blank: bool = False
    """A blank line stands above it."""
