"""The filter's program, run by an interpreter of classic BPF; the kernel runs it in tests/wall."""

import errno
import struct

import pytest

from sandbox_image.syscalls import ARCHITECTURES, REFUSED, Architecture, filter_program

X86_64, ARM64 = ARCHITECTURES["x86_64"], ARCHITECTURES["aarch64"]
I386_ID = 0x40000003
ALLOW = 0x7FFF0000
EPERM, ENOSYS = 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS


def verdict(number: int, first_argument: int = 0, machine: Architecture = X86_64, arch_id: int = 0) -> int:
    program = list(struct.iter_unpack("=HBBI", filter_program(machine)))
    data = struct.pack("=IIQQ", number, arch_id or machine.audit_id, 0, first_argument)
    at = held = 0
    while True:
        code, if_true, if_false, value = program[at]
        at += 1
        if code == 0x20:
            held = struct.unpack_from("=I", data, value)[0]
        elif code == 0x06:
            return int(value)
        else:
            true = {0x15: held == value, 0x35: held >= value, 0x45: bool(held & value)}[code]
            at += if_true if true else if_false


@pytest.mark.parametrize("machine", [X86_64, ARM64], ids=["x86_64", "aarch64"])
def test_what_is_listed_is_refused_and_nothing_else(machine: Architecture) -> None:
    listed = {numbers[machine.column] for numbers in REFUSED.values()} - {None}
    judged = {number: verdict(number, 1, machine) for number in range(470)}
    assert {number for number, came in judged.items() if came == EPERM} == listed
    assert {number for number, came in judged.items() if came == ENOSYS} == {machine.clone3}


@pytest.mark.parametrize("machine", [X86_64, ARM64], ids=["x86_64", "aarch64"])
@pytest.mark.parametrize(
    ("flags", "came"),
    [(17, ALLOW), (0x3D0F00, ALLOW), (0x10000011, EPERM), (0x20011, EPERM), (1 << 30, EPERM)],
)
def test_clone_makes_processes_and_threads_but_no_namespaces(
    machine: Architecture, flags: int, came: int
) -> None:
    assert verdict(machine.clone, flags, machine) == came


@pytest.mark.parametrize("machine", [X86_64, ARM64], ids=["x86_64", "aarch64"])
def test_only_three_families_of_sockets(machine: Architecture) -> None:
    for call in (machine.socket, machine.socketpair):
        assert {family for family in range(64) if verdict(call, family, machine) == ALLOW} == {1, 2, 10}


def test_other_ways_into_the_kernel_are_refused() -> None:
    assert verdict(0, arch_id=I386_ID) == EPERM
    assert verdict(0x40000000 | 41, 1) == EPERM
