"""Which system calls may any process of a sandbox make? `python -m policies.seccomp` writes seccomp.json.

The profile is what engines let through by default (`policies.seccomp_base`) minus `REFUSED`. The engine puts
it on before the container's first process starts, so runner, zygote and code carry it alike; the code's
processes carry a second filter besides (`sandbox_image/syscalls.py`). One call answers with an error of our
own, `MARK`, by which a sandbox proves from inside that this very profile is the one that it carries.
"""

from __future__ import annotations

import argparse
import errno
import hashlib
import json
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

from policies.seccomp_base import ALLOWED_BY_DEFAULT, ARCHITECTURES

PROFILE_PATH = Path(__file__).with_name("seccomp.json")

_PROCESSES = "reaches into other processes: their memory, registers or descriptors"
_MOUNTS = "namespaces and mounts: a way to privileges that no table needs"
_HANDLES = "opens files around the container's root"
_KEYRINGS = "keyrings are shared with the host: no namespace parts them"
_KERNEL = "a large or young part of the kernel that no table needs"
_MEMORY_FILES = "a file in memory can be executed, where every writable file system is mounted noexec"
_HOST = "changes the host itself"
_DEVICES = "device files and pipes with names"
_OLD = "an old or 32-bit way into the kernel"

REFUSED: dict[str, str] = {
    **dict.fromkeys(("ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd"), _PROCESSES),
    **dict.fromkeys(("process_madvise", "process_mrelease"), _PROCESSES),
    **dict.fromkeys(("unshare", "setns", "mount", "umount", "umount2", "pivot_root", "chroot"), _MOUNTS),
    **dict.fromkeys(("open_tree", "move_mount", "fsopen", "fsconfig", "fsmount", "fspick"), _MOUNTS),
    **dict.fromkeys(("mount_setattr", "statmount", "listmount", "sethostname", "setdomainname"), _MOUNTS),
    **dict.fromkeys(("name_to_handle_at", "open_by_handle_at"), _HANDLES),
    **dict.fromkeys(("add_key", "request_key", "keyctl"), _KEYRINGS),
    **dict.fromkeys(("bpf", "perf_event_open", "userfaultfd", "vmsplice"), _KERNEL),
    **dict.fromkeys(("io_uring_setup", "io_uring_enter", "io_uring_register"), _KERNEL),
    **dict.fromkeys(("fanotify_init", "fanotify_mark", "remap_file_pages"), _KERNEL),
    **dict.fromkeys(("get_mempolicy", "set_mempolicy", "mbind", "migrate_pages", "move_pages"), _KERNEL),
    **dict.fromkeys(("memfd_create", "memfd_secret"), _MEMORY_FILES),
    **dict.fromkeys(("init_module", "finit_module", "delete_module", "create_module", "query_module"), _HOST),
    **dict.fromkeys(("kexec_load", "kexec_file_load", "reboot", "swapon", "swapoff", "acct"), _HOST),
    **dict.fromkeys(("settimeofday", "clock_settime", "stime", "iopl", "ioperm", "syslog"), _HOST),
    **dict.fromkeys(("quotactl", "quotactl_fd", "nfsservctl", "vhangup"), _HOST),
    **dict.fromkeys(("mknod", "mknodat"), _DEVICES),
    **dict.fromkeys(("modify_ldt", "socketcall", "uselib", "ustat", "sysfs", "_sysctl"), _OLD),
}
"""What is taken away, with the reason; also what engines give only with a capability."""

SOCKET_FAMILIES = {1: "AF_UNIX", 2: "AF_INET", 10: "AF_INET6"}
"""The only ones: no AF_ALG, AF_VSOCK, AF_PACKET, AF_NETLINK and whatever families a kernel has besides."""
_PERSONALITIES = (0, 0xFFFFFFFF)
"""Linux's own, and the question which it is."""
_NEW_NAMESPACES = 0x7E020080
"""CLONE_NEW* of time, mount, cgroup, uts, ipc, user, pid and network."""
MARK_CALL = "lookup_dcookie"
"""An old profiler's, gone from Linux 6.7, refused by every engine; `sandbox_image/facts.py` makes it."""
_FIRST_MARK, _MARKS = 1000, 3000
"""No error of Linux has such a number; beyond 4095 it would be none."""
_BY_ARGUMENT = frozenset({"socket", "socketpair", "clone", "clone3", "personality"})


def profile() -> dict[str, Any]:
    """The profile, in the form that Docker and Podman read."""
    rules = _rules()
    mark = {"names": [MARK_CALL], "action": "SCMP_ACT_ERRNO", "errnoRet": _mark_of(rules)}
    return {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": errno.EPERM,
        # Without 32-bit modes: a call of theirs ends its process.
        "archMap": [{"architecture": name, "subArchitectures": []} for name in ARCHITECTURES],
        "syscalls": [*rules, mark],
    }


@lru_cache(maxsize=1)
def inline_profile() -> str:
    """The profile as Docker takes it, in one line."""
    return json.dumps(profile(), separators=(",", ":"))


def profile_file() -> str:
    """What `seccomp.json` must hold: a file for engines that take a path."""
    return json.dumps(profile(), indent=1) + "\n"


def _rules() -> list[dict[str, Any]]:
    plain = sorted(ALLOWED_BY_DEFAULT - REFUSED.keys() - _BY_ARGUMENT)
    return [
        {"names": plain, "action": "SCMP_ACT_ALLOW"},
        *(_allow(["socket", "socketpair"], family) for family in SOCKET_FAMILIES),
        *(_allow(["personality"], value) for value in _PERSONALITIES),
        {
            "names": ["clone"],
            "action": "SCMP_ACT_ALLOW",
            "args": [{"index": 0, "value": _NEW_NAMESPACES, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}],
        },
        # The C library then falls back to clone, whose flags can be read.
        {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": errno.ENOSYS},
    ]


def _allow(names: list[str], first_argument: int) -> dict[str, Any]:
    args = [{"index": 0, "value": first_argument, "op": "SCMP_CMP_EQ"}]
    return {"names": names, "action": "SCMP_ACT_ALLOW", "args": args}


def _mark_of(rules: list[dict[str, Any]]) -> int:
    # Made from the rules, so that a stale copy on a remote engine's host does not pass for this one.
    digest = hashlib.sha256(json.dumps(rules, sort_keys=True).encode()).digest()
    return _FIRST_MARK + int.from_bytes(digest[:8], "big") % _MARKS


MARK = _mark_of(_rules())
"""The error number that `MARK_CALL` answers with where this profile holds."""


def main(arguments: list[str]) -> int:
    """Write `seccomp.json`, or with `--check` say whether it is what this script makes."""
    parser = argparse.ArgumentParser(prog="python -m policies.seccomp", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; end with 1 if the file differs")
    wanted = profile_file()
    if not parser.parse_args(arguments).check:
        PROFILE_PATH.write_text(wanted, "utf-8")
        return 0
    if PROFILE_PATH.is_file() and PROFILE_PATH.read_text("utf-8") == wanted:
        return 0
    sys.stderr.write(f"{PROFILE_PATH} is not what its script makes: python -m policies.seccomp\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
