"""Which limits did an attempt run into? Facts that the runner reads itself, never what the code says."""

from __future__ import annotations

import os
import resource
import time
from typing import Any

from . import gvisor, layout

_PLACES = ("/work", "/tmp", "/dev/shm")  # noqa: S108 - the places where code can write
_LOOK_SECONDS = 0.05
_CLOSE_LOOK_SECONDS = 0.005
"""Where half of a place is used: tmpfs takes up to a gigabyte a second."""
_RECENT_SECONDS = 0.25
_TIGHT = 0.02
_SPARE_FILES = 16
"""Descriptors that the code's process and its libraries hold beside those of the code."""


class Limits:
    """The kernel's counts before an attempt, and the places that become full while it runs."""

    def __init__(self) -> None:
        self._kills = layout.oom_kills()
        self._pids_refused = layout.pids_refused()
        self._next_look = 0.0
        self._watched = [place for place in _PLACES if room(place) > _TIGHT]
        """Places that had room: one that an earlier attempt filled explains no error of this one."""
        self._tight_at: dict[str, float] = {}
        self.over_memory = False
        """Whether more memory was held than the policy gives, where no kernel counts it (gVisor)."""
        self.seconds = _LOOK_SECONDS
        """Until the next look is due."""

    @property
    def oom_kills(self) -> int:
        """How often the kernel has killed for memory since the attempt began."""
        return max(0, layout.oom_kills() - self._kills)

    def look(self) -> None:
        """Note which places are nearly full, if a look is due."""
        now = time.monotonic()
        if now < self._next_look:
            return
        self.over_memory = gvisor.over_memory()
        rooms = {place: room(place) for place in self._watched}
        self._tight_at |= {place: now for place, left in rooms.items() if left <= _TIGHT}
        self.seconds = _CLOSE_LOOK_SECONDS if min(rooms.values(), default=1.0) < 0.5 else _LOOK_SECONDS
        self._next_look = now + self.seconds

    def facts(self, pid: int) -> dict[str, Any]:
        """The fields of `end` that tell them; `pid` is the code's process, dead or alive."""
        return {
            "oom_kills": self.oom_kills,
            "pids_refused": max(0, layout.pids_refused() - self._pids_refused),
            "files_full": _files_full(pid),
            "disk_full": sorted(place for place in self._watched if self._was_full(place)),
        }

    def _was_full(self, place: str) -> bool:
        """Whether it is full, or was a moment ago: a library takes away its half-written file when it fails.

        What is nearly full and stayed so was not full: nothing was taken away.
        """
        left = room(place)
        recent = time.monotonic() - self._tight_at.get(place, -1.0) < _RECENT_SECONDS
        return left == 0 or (recent and left > _TIGHT)


def room(place: str) -> float:
    """The share of a writable place, in blocks or inodes, that is free; 1 where none is counted."""
    try:
        found = os.statvfs(place)
    except OSError:
        return 1.0
    if found.f_flag & os.ST_RDONLY or not found.f_blocks:
        return 1.0
    blocks = found.f_bavail / found.f_blocks
    return min(blocks, found.f_ffree / found.f_files) if found.f_files else blocks


def _files_full(pid: int) -> bool:
    """Whether a living process has as many files open as it may."""
    try:
        count = len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208 - names are all that is needed
    except OSError:
        return False
    return count >= resource.getrlimit(resource.RLIMIT_NOFILE)[0] - _SPARE_FILES
