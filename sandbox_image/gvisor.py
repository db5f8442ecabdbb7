"""Does this container run on gVisor, and what holds its memory and its processes there?

gVisor shows no cgroup to what runs in it, and the host's cgroup holds gVisor's own kernel too: where that
one is full, the whole sandbox ends. So the policy's limits come as those of processes (`policies.spec`):
gVisor holds the number of processes, and the runner the memory, by watching the sum.
"""

from __future__ import annotations

import ctypes
import resource
from functools import cache
from pathlib import Path

_READ_KERNEL_LOG = 3
_LOG_BYTES = 1 << 14
_KIB = 1024


@cache
def on_gvisor() -> bool:
    """Whether the kernel says so in its log, which gVisor lets any process read."""
    log = ctypes.create_string_buffer(_LOG_BYTES)
    length = ctypes.CDLL(None).klogctl(_READ_KERNEL_LOG, log, _LOG_BYTES)
    return length > 0 and b"Starting gVisor" in log.raw[:length]


def memory_limit_bytes() -> int | None:
    """What the policy gives all processes together; no kernel holds this limit. None where it set none."""
    return _limit(resource.RLIMIT_RSS)


def pids_limit() -> int | None:
    """The limit of processes and threads, which gVisor counts for this sandbox alone."""
    return _limit(resource.RLIMIT_NPROC) if on_gvisor() else None


def over_memory() -> bool:
    """Whether all processes together hold more than that; False on an engine whose cgroup counts."""
    limit_bytes = memory_limit_bytes() if on_gvisor() else None
    return limit_bytes is not None and held_bytes(Path("/proc/meminfo").read_text("ascii")) > limit_bytes


def held_bytes(meminfo: str) -> int:
    """Memory of processes and of tmpfs; not of files of the image, which gVisor lets go of."""
    fields = dict(line.split(":", 1) for line in meminfo.splitlines() if ":" in line)
    return sum(int(fields[name].split()[0]) * _KIB for name in ("AnonPages", "Shmem") if name in fields)


def _limit(kind: int) -> int | None:
    soft, _ = resource.getrlimit(kind)
    return None if soft == resource.RLIM_INFINITY else soft
