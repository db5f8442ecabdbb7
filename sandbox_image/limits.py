"""Which limits did an attempt run into? Facts that the runner reads itself, never what the code says."""

from __future__ import annotations

import os
import resource
import time
from typing import Any

from . import gvisor, layout

_PLACES = ("/work", "/tmp", "/dev/shm")  # noqa: S108 - the places where code can write
_LOOK_SECONDS = 0.05
_RECENT_SECONDS = 0.25
"""A library takes away its half-written file when it fails: full a moment ago counts as full."""
_SPARE_FILES = 16
"""Descriptors that the code's process and its libraries hold beside those of the code."""


class Limits:
    """The kernel's counts before an attempt, and the places that become full while it runs."""

    def __init__(self) -> None:
        self._kills = layout.oom_kills()
        self._pids_refused = layout.pids_refused()
        self._looked_at = 0.0
        self._open = {place for place in _PLACES if not is_full(place)}
        """Places that had room: one that an earlier attempt filled explains no error of this one."""
        self._full_at: dict[str, float] = {}
        self.over_memory = False
        """Whether more memory was held than the policy gives, where no kernel counts it (gVisor)."""

    @property
    def oom_kills(self) -> int:
        """How often the kernel has killed for memory since the attempt began."""
        return max(0, layout.oom_kills() - self._kills)

    def look(self) -> None:
        """Note which places are full; asked as often as one likes, it looks 20 times a second."""
        now = time.monotonic()
        if now - self._looked_at >= _LOOK_SECONDS:
            self._looked_at = now
            self._full_at |= dict.fromkeys(filter(is_full, self._open), now)
            self.over_memory = gvisor.over_memory()

    def facts(self, pid: int) -> dict[str, Any]:
        """The fields of `end` that tell them; `pid` is the code's process, dead or alive."""
        self._looked_at = 0.0
        self.look()
        recent = time.monotonic() - _RECENT_SECONDS
        return {
            "oom_kills": self.oom_kills,
            "pids_refused": max(0, layout.pids_refused() - self._pids_refused),
            "files_full": _files_full(pid),
            "disk_full": sorted(place for place, seen in self._full_at.items() if seen >= recent),
        }


def is_full(place: str) -> bool:
    """Whether a writable place has no block or no inode left."""
    try:
        found = os.statvfs(place)
    except OSError:
        return False
    if found.f_flag & os.ST_RDONLY or not found.f_blocks:
        return False
    return found.f_bavail == 0 or (found.f_files > 0 and found.f_ffree == 0)


def _files_full(pid: int) -> bool:
    """Whether a living process has as many files open as it may."""
    try:
        count = len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208 - names are all that is needed
    except OSError:
        return False
    return count >= resource.getrlimit(resource.RLIMIT_NOFILE)[0] - _SPARE_FILES
