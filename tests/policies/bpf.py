"""A seccomp profile as the kernel gets it: compiled by libseccomp, as engines do, and interpreted here."""

from __future__ import annotations

import ctypes
import ctypes.util
import struct
import tempfile
from typing import Any

from tests.engine_services import missing

ARCHITECTURES = {"SCMP_ARCH_X86_64": 0xC000003E, "SCMP_ARCH_AARCH64": 0xC00000B7}
ALLOW, ERRNO, KILL = 0x7FFF0000, 0x00050000, 0x00000000
_NATIVE = 0
_OPERATORS = {"SCMP_CMP_EQ": 4, "SCMP_CMP_MASKED_EQ": 7}
_LOAD, _RETURN, _AND = 0x20, 0x06, 0x54
_JUMPS = {
    0x15: lambda held, value: held == value,
    0x25: lambda held, value: held > value,
    0x35: lambda held, value: held >= value,
    0x45: lambda held, value: bool(held & value),
    0x05: lambda held, value: True,
}


class _Comparison(ctypes.Structure):
    _fields_ = [
        ("arg", ctypes.c_uint),
        ("op", ctypes.c_int),
        ("datum_a", ctypes.c_uint64),
        ("datum_b", ctypes.c_uint64),
    ]


def library() -> ctypes.CDLL:
    name = ctypes.util.find_library("seccomp")
    if name is None:
        missing("libseccomp is not installed (apt-get install libseccomp2)")
    found = ctypes.CDLL(name)
    found.seccomp_init.restype = ctypes.c_void_p
    return found


def compiled(profile: dict[str, Any], architecture: str) -> bytes:
    """The profile's program for one machine."""
    seccomp = library()
    context = ctypes.c_void_p(seccomp.seccomp_init(_action(profile["defaultAction"], profile)))
    (entry,) = [entry for entry in profile["archMap"] if entry["architecture"] == architecture]
    assert entry["subArchitectures"] == []
    token = ctypes.c_uint32(ARCHITECTURES[architecture])
    if seccomp.seccomp_arch_exist(context, token) != 0:
        assert seccomp.seccomp_arch_add(context, token) == 0
        assert seccomp.seccomp_arch_remove(context, ctypes.c_uint32(_NATIVE)) == 0
    for rule in profile["syscalls"]:
        _add(seccomp, context, rule)
    with tempfile.TemporaryFile() as file:
        assert seccomp.seccomp_export_bpf(context, file.fileno()) == 0
        file.seek(0)
        program = file.read()
    seccomp.seccomp_release(context)
    return program


def number_of(name: str, architecture: str) -> int:
    """The call's number on that machine; below 0, it has none, or libseccomp is older than it."""
    return int(library().seccomp_syscall_resolve_name_arch(ARCHITECTURES[architecture], name.encode()))


def verdict(program: bytes, architecture: int, number: int, *arguments: int) -> int:
    """What the kernel would answer."""
    given = (*arguments, 0, 0, 0, 0, 0, 0)[:6]
    data = struct.pack("=IIQ6Q", number, architecture, 0, *given)
    steps = list(struct.iter_unpack("=HBBI", program))
    at = held = 0
    while True:
        code, if_true, if_false, value = steps[at]
        at += 1
        if code == _RETURN:
            return int(value)
        if code == _LOAD:
            held = struct.unpack_from("=I", data, value)[0]
        elif code == _AND:
            held &= value
        elif code == 0x05:
            at += value
        else:
            at += if_true if _JUMPS[code](held, value) else if_false


def _add(seccomp: ctypes.CDLL, context: ctypes.c_void_p, rule: dict[str, Any]) -> None:
    given = rule.get("args", [])
    comparisons = (_Comparison * max(1, len(given)))()
    for at, one in enumerate(given):
        comparisons[at] = _Comparison(
            one["index"], _OPERATORS[one["op"]], one["value"], one.get("valueTwo", 0)
        )
    for name in rule["names"]:
        number = seccomp.seccomp_syscall_resolve_name(name.encode())
        if number == -1:  # younger than this libseccomp: engines leave it out too
            continue
        action = ctypes.c_uint32(_action(rule["action"], rule))
        done = seccomp.seccomp_rule_add_array(context, action, number, len(given), comparisons)
        assert done == 0, (name, done)


def _action(name: str, owner: dict[str, Any]) -> int:
    if name == "SCMP_ACT_ALLOW":
        return ALLOW
    assert name == "SCMP_ACT_ERRNO"
    return ERRNO | owner.get("errnoRet", owner.get("defaultErrnoRet", 1))
