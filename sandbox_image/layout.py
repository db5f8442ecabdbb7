"""Where are things inside the container, and how much of them is there?"""

from __future__ import annotations

import math
import os
import shutil
from pathlib import Path

from . import gvisor

WORK_DIR = Path("/work")
IN_DIR = WORK_DIR / "in"
OUT_DIR = WORK_DIR / "out"
TMP_DIR = WORK_DIR / "tmp"
CGROUP_DIR = Path("/sys/fs/cgroup")
SHARE_DIR = Path("/usr/local/share/sandglass")
"""Made by the image's build: matplotlib's settings and font cache, the list of libraries."""
PUBLIC_AUTHORITIES = SHARE_DIR / "authorities.pem"
"""Certifi's; the image has no other certificates."""
_NO_LIMIT_BYTES = 1 << 60


def make_directories() -> None:
    """Make what the code and its libraries write to, all under `/work`."""
    for directory in (IN_DIR, OUT_DIR, TMP_DIR, TMP_DIR / "matplotlib", TMP_DIR / "ipython"):
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for cache in SHARE_DIR.glob("fontlist-*.json"):  # matplotlib takes its cache only from a writable place
        shutil.copy(cache, TMP_DIR / "matplotlib")


def environment() -> dict[str, str]:
    """The variables that the code's process has."""
    threads = str(cpu_count())
    return {
        "HOME": str(TMP_DIR),
        "TMPDIR": str(TMP_DIR),
        "IPYTHONDIR": str(TMP_DIR / "ipython"),
        "MPLCONFIGDIR": str(TMP_DIR / "matplotlib"),
        "MPLBACKEND": "module://sandbox_image.mpl_backend",
        "PLOTLY_RENDERER": "plotly_mimetype",
        "LOGNAME": "sandbox",
        "MATPLOTLIBRC": str(SHARE_DIR / "matplotlibrc"),
        "LANG": "C.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "OMP_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": threads,
        "MKL_NUM_THREADS": threads,
        "NUMEXPR_MAX_THREADS": threads,
        "LOKY_MAX_CPU_COUNT": threads,
    }


def cpu_count() -> int:
    """How many processors the container's limit amounts to, at least one."""
    quota = cgroup_cpu()
    cpus = len(os.sched_getaffinity(0))
    return max(1, min(cpus, math.ceil(quota))) if quota else cpus


def cgroup_cpu() -> float | None:
    """The CPU limit in processors; None where there is none."""
    text = _read("cpu.max")
    if text:
        quota, period = text.split()
        return None if quota == "max" else int(quota) / int(period)
    quota_us = _read("cpu/cpu.cfs_quota_us")
    period_us = _read("cpu/cpu.cfs_period_us")
    if not quota_us or not period_us or int(quota_us) <= 0:
        return None
    return int(quota_us) / int(period_us)


def memory_limit_bytes() -> int | None:
    """The memory limit, of the cgroup or gVisor's; None where there is none."""
    cgroup = _limit(_read("memory.max") or _read("memory/memory.limit_in_bytes"))
    return gvisor.memory_limit_bytes() if cgroup is None else cgroup


def pids_limit() -> int | None:
    """The limit of processes and threads, of the cgroup or gVisor's; None where there is none."""
    cgroup = _limit(_read("pids.max") or _read("pids/pids.max"))
    return gvisor.pids_limit() if cgroup is None else cgroup


def oom_kills() -> int:
    """How often the kernel has killed something in this container for want of memory."""
    return _event(_read("memory.events") or _read("memory/memory.oom_control"), "oom_kill")


def pids_refused() -> int:
    """How often the kernel has refused this container a process or thread."""
    return _event(_read("pids.events") or _read("pids/pids.events"), "max")


def cpu_seconds() -> float | None:
    """What all processes of this container have used of the CPU; None where nothing tells."""
    fields = dict(line.split(maxsplit=1) for line in (_read("cpu.stat") or "").splitlines())
    if "usage_usec" in fields:
        return int(fields["usage_usec"]) / 1e6
    nanoseconds = _read("cpuacct/cpuacct.usage")
    return int(nanoseconds) / 1e9 if nanoseconds else None


def _event(text: str | None, name: str) -> int:
    fields = dict(line.split(maxsplit=1) for line in (text or "").splitlines() if " " in line)
    return int(fields.get(name, 0))


def _limit(text: str | None) -> int | None:
    if not text or text == "max":
        return None
    value = int(text)
    return value if value < _NO_LIMIT_BYTES else None


def _read(name: str) -> str | None:
    try:
        return (CGROUP_DIR / name).read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
