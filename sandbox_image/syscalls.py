"""Which system calls may the code's process not make, whatever the engine's own filter allows?

A second seccomp filter, put on in the forked process before any code runs; none of its descendants can
take it off. Engines differ in what they allow (Podman 4.3: user namespaces; Docker 20.10: io_uring).
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
from dataclasses import dataclass

_X32_BIT = 0x40000000
_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_MODE_FILTER = 2
_ALLOW = 0x7FFF0000
_ERRNO = 0x00050000

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER_AT, _ARCH_AT, _FIRST_ARGUMENT_AT = 0, 4, 16

_NEW_NAMESPACES = 0x7E020080
"""CLONE_NEW* of time, mount, cgroup, uts, ipc, user, pid and network."""
_FAMILIES = (1, 2, 10)
"""AF_UNIX, AF_INET, AF_INET6."""

REFUSED: dict[str, tuple[int, int | None]] = {
    # Other processes: their memory, registers and descriptors.
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    "process_madvise": (440, 440),
    # Namespaces and mounts.
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    # Large and young parts of the kernel that no table needs.
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "vmsplice": (278, 75),
    "modify_ldt": (154, None),
    "fanotify_init": (300, 262),
    # Keyrings are not part of any namespace.
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    # Memory files can be executed; every file system that the code can write to is mounted noexec.
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    # The host itself.
    "init_module": (175, 105),
    "delete_module": (176, 106),
    "finit_module": (313, 273),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "acct": (163, 89),
    "settimeofday": (164, 170),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "reboot": (169, 142),
    "iopl": (172, None),
    "ioperm": (173, None),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "clock_settime": (227, 112),
    "syslog": (103, 116),
}
"""Numbers of x86-64 and of ARM64 (None: it has no such call)."""


@dataclass(frozen=True)
class Architecture:
    """How a machine names its system calls: the kernel's id of it, our column of `REFUSED`, four numbers."""

    audit_id: int
    column: int
    clone: int
    clone3: int
    socket: int
    socketpair: int


ARCHITECTURES = {
    "x86_64": Architecture(0xC000003E, 0, 56, 435, 41, 53),
    "aarch64": Architecture(0xC00000B7, 1, 220, 435, 198, 199),
}


def refuse_system_calls() -> None:
    """Put the filter on this process and on all that it will start.

    Raises:
        OSError: The kernel refuses, or this is another architecture: then no code may run.
    """
    architecture = ARCHITECTURES.get(platform.machine())
    if architecture is None:
        raise OSError(errno.ENOSYS, f"no system call filter for {platform.machine()}")
    program = filter_program(architecture)
    code = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    # Without it only root may filter; the engine has set it already.
    for arguments in ((_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (_PR_SET_SECCOMP, _MODE_FILTER, header, 0, 0)):
        if libc.prctl(*arguments) != 0:
            raise OSError(ctypes.get_errno(), "the system call filter cannot be set")


def filter_program(architecture: Architecture) -> bytes:
    """The filter as classic BPF over `struct seccomp_data`."""
    refuse = _step(_RETURN, _ERRNO | errno.EPERM)
    program = [_step(_LOAD, _ARCH_AT), _step(_EQUAL, architecture.audit_id, 1, 0), refuse]
    program += [_step(_LOAD, _NUMBER_AT), _step(_AT_LEAST, _X32_BIT, 0, 1), refuse]
    for numbers in REFUSED.values():
        if (number := numbers[architecture.column]) is not None:
            program += [_step(_EQUAL, number, 0, 1), refuse]
    # The C library then falls back to clone, whose flags can be read.
    program += [_step(_EQUAL, architecture.clone3, 0, 1), _step(_RETURN, _ERRNO | errno.ENOSYS)]
    program += [_step(_EQUAL, architecture.clone, 0, 4), _step(_LOAD, _FIRST_ARGUMENT_AT)]
    program += [_step(_ANY_BIT, _NEW_NAMESPACES, 0, 1), refuse, _step(_RETURN, _ALLOW)]
    program += [_step(_EQUAL, architecture.socket, 1, 0)]
    program += [_step(_EQUAL, architecture.socketpair, 0, len(_FAMILIES) + 2)]
    program += [_step(_LOAD, _FIRST_ARGUMENT_AT)]
    program += [_step(_EQUAL, family, len(_FAMILIES) - at, 0) for at, family in enumerate(_FAMILIES)]
    program += [refuse, _step(_RETURN, _ALLOW)]
    return b"".join(program)


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)
