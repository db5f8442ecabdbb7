"""How much memory do the gateway and the worker's processes hold, and how much more at the peak?"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

_SAMPLE_SECONDS = 0.02
_PROC = Path("/proc")


@dataclass(frozen=True)
class Growth:
    """Resident memory of a service's processes together, in bytes."""

    before_bytes: int
    peak_bytes: int

    @property
    def growth_bytes(self) -> int:
        """How much more it was at the peak."""
        return max(0, self.peak_bytes - self.before_bytes)


def family(root: int, parents: Mapping[int, int]) -> set[int]:
    """A process and all that descend from it.

    Args:
        root: Its id.
        parents: The parent's id of each process.
    """
    found, fresh = {root}, {root}
    while fresh:
        fresh = {child for child, parent in parents.items() if parent in fresh} - found
        found |= fresh
    return found


def resident_bytes(pids: Iterable[int]) -> int:
    """Their resident memory together; pages that two of them share count twice."""
    page = os.sysconf("SC_PAGE_SIZE")
    return sum(_resident_pages(pid) for pid in pids) * page


def read_parents() -> dict[int, int]:
    """The parent of every process now."""
    found = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and (fields := _stat_fields(entry)) is not None:
            found[int(entry.name)] = int(fields[1])
    return found


class MemoryWatch:
    """Samples services' memory in a thread of its own, as a context manager."""

    def __init__(self, roots: Mapping[str, int], read: Callable[[int], int] | None = None) -> None:
        """Watch, for each service's name, a process and its descendants.

        Args:
            roots: Process ids by name.
            read: The resident bytes of a process and its descendants; for tests.
        """
        self._roots = dict(roots)
        self._read = read or _family_bytes
        self._before = {name: self._read(pid) for name, pid in self._roots.items()}
        self._peak = dict(self._before)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="memory-watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._sample()

    def growth(self) -> dict[str, Growth]:
        """What each came to so far."""
        return {name: Growth(self._before[name], self._peak[name]) for name in self._roots}

    def _watch(self) -> None:
        while not self._stop.wait(_SAMPLE_SECONDS):
            self._sample()

    def _sample(self) -> None:
        for name, pid in self._roots.items():
            self._peak[name] = max(self._peak[name], self._read(pid))


def _family_bytes(root: int) -> int:
    return resident_bytes(family(root, read_parents()))


def _resident_pages(pid: int) -> int:
    try:
        return int((_PROC / str(pid) / "statm").read_text("ascii").split()[1])
    except (OSError, IndexError, ValueError):
        return 0


def _stat_fields(entry: Path) -> list[str] | None:
    # The command's name may hold blanks and brackets: what counts comes after the last bracket.
    try:
        return (entry / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return None
