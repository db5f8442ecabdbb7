"""What holds this container, seen from inside?"""

from __future__ import annotations

import ctypes
import json
import os
import platform
from pathlib import Path
from typing import Any

from .gvisor import on_gvisor
from .layout import SHARE_DIR, cgroup_cpu, memory_limit_bytes, pids_limit

_LOOKUP_DCOOKIE = {"x86_64": 212, "aarch64": 18}
"""A system call that nobody makes; the worker's seccomp profile has it answer with an error of its own."""


def gather() -> dict[str, Any]:
    """The facts that the worker compares with the policy."""
    status = _status()
    return {
        "uid": os.getuid(),
        "gid": os.getgid(),
        "gvisor": on_gvisor(),
        "kernel": os.uname().release,
        "seccomp": _whole(status.get("Seccomp")),
        "seccomp_mark": _seccomp_mark(),
        "no_new_privs": _whole(status.get("NoNewPrivs")),
        "cap_eff": status.get("CapEff"),
        "cap_bnd": status.get("CapBnd"),
        "memory_max": memory_limit_bytes(),
        "pids_max": pids_limit(),
        "cpu_max": cgroup_cpu(),
        "interfaces": _interfaces(),
        "rootfs_writable": not (os.statvfs("/").f_flag & os.ST_RDONLY or "ro" in _root_options()),
        "writable": _writable_mounts(),
        "libraries": _libraries(),
    }


def _seccomp_mark() -> int | None:
    """The error by which the engine's filter says which one it is: on this process and all that it starts."""
    number = _LOOKUP_DCOOKIE.get(platform.machine())
    if number is None:
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    return ctypes.get_errno() if libc.syscall(ctypes.c_long(number), 0, 0, 0) == -1 else 0


def _status() -> dict[str, str]:
    lines = Path("/proc/self/status").read_text("utf-8", "replace").splitlines()
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None


def _interfaces() -> list[str]:
    try:
        lines = Path("/proc/net/dev").read_text("ascii").splitlines()[2:]
    except OSError:
        return []
    return sorted(line.partition(":")[0].strip() for line in lines)


def _writable_mounts() -> list[str]:
    """Mount points where this user can make files."""
    found = []
    for line in Path("/proc/mounts").read_text("utf-8", "replace").splitlines():
        _, point, _, options, *_ = line.split()
        if "rw" in options.split(",") and Path(point).is_dir() and os.access(point, os.W_OK):
            found.append(point)
    return sorted(set(found))


def _root_options() -> list[str]:
    """How `/` is mounted; gVisor says it only here."""
    rows = [line.split() for line in Path("/proc/mounts").read_text("utf-8", "replace").splitlines()]
    return next((row[3].split(",") for row in reversed(rows) if row[1] == "/"), [])


def _libraries() -> dict[str, str]:
    try:
        libraries = json.loads((SHARE_DIR / "libraries.json").read_text("utf-8"))
    except OSError:
        return {}
    return dict(libraries)
