"""The profile as a kernel gets it, for both machines, next to the filter inside."""

import errno

import pytest

from policies.seccomp import MARK, MARK_CALL, REFUSED, SOCKET_FAMILIES, profile
from sandbox_image.syscalls import ARCHITECTURES as INSIDE
from sandbox_image.syscalls import filter_program
from tests.policies.bpf import ALLOW, ARCHITECTURES, ERRNO, KILL, compiled, number_of, verdict

EPERM, ENOSYS = ERRNO | errno.EPERM, ERRNO | errno.ENOSYS
I386, ARM = 0x40000003, 0x40000028
CALLS = range(600)
EVERYDAY = (
    "read write openat close mmap mprotect munmap brk execve wait4 futex rt_sigaction pipe2 dup3 getdents64 "
    "newfstatat statx socketpair connect bind listen accept4 epoll_pwait eventfd2 pidfd_open getrandom prctl "
    "seccomp sched_getaffinity prlimit64 set_robust_list rseq unlinkat fchmodat flock inotify_init1 "
    "timerfd_create copy_file_range splice sendfile madvise clock_nanosleep exit_group kill tgkill"
).split()


class Machine:
    def __init__(self, name: str, inside: str) -> None:
        self.name = name
        self.audit_id = ARCHITECTURES[name]
        self.inside = INSIDE[inside]
        self.program = compiled(profile(), name)
        self.program_inside = filter_program(self.inside)

    def outer(self, call: str | int, *arguments: int) -> int:
        number = number_of(call, self.name) if isinstance(call, str) else call
        return verdict(self.program, self.audit_id, number, *arguments)

    def inner(self, number: int, *arguments: int) -> int:
        return verdict(self.program_inside, self.audit_id, number, *arguments)


@pytest.fixture(
    scope="module",
    params=[("SCMP_ARCH_X86_64", "x86_64"), ("SCMP_ARCH_AARCH64", "aarch64")],
    ids=lambda names: names[1],
)
def machine(request: pytest.FixtureRequest) -> Machine:
    return Machine(*request.param)


def test_everything_refused_is_refused(machine: Machine) -> None:
    numbers = {name: number_of(name, machine.name) for name in REFUSED}
    assert {name: machine.outer(number) for name, number in numbers.items() if number >= 0} == {
        name: EPERM for name, number in numbers.items() if number >= 0
    }


def test_everyday_calls_go_through(machine: Machine) -> None:
    assert {name for name in EVERYDAY if machine.outer(name, 1) != ALLOW} == set()


def test_the_mark_answers_whatever_the_arguments(machine: Machine) -> None:
    assert machine.outer(MARK_CALL) == machine.outer(MARK_CALL, 1, 2, 3) == ERRNO | MARK
    assert machine.inner(number_of(MARK_CALL, machine.name)) == ALLOW, "code must be able to ask too"


@pytest.mark.parametrize("call", ["socket", "socketpair"])
def test_only_three_families_of_sockets(machine: Machine, call: str) -> None:
    allowed = {family for family in range(64) if machine.outer(call, family) == ALLOW}
    assert allowed == set(SOCKET_FAMILIES)
    assert machine.outer(call, 38) == machine.outer(call, 40) == machine.outer(call, 16) == EPERM


@pytest.mark.parametrize("flag", [1 << 7, *(1 << bit for bit in (17, *range(25, 31)))])
def test_clone_makes_no_namespace(machine: Machine, flag: int) -> None:
    assert machine.outer("clone", 17) == machine.outer("clone", 0x3D0F00) == ALLOW
    assert machine.outer("clone", flag | 17) == EPERM


def test_clone3_is_not_there_so_that_libraries_fall_back(machine: Machine) -> None:
    assert machine.outer("clone3") == ENOSYS


def test_the_personality_stays_linux(machine: Machine) -> None:
    assert machine.outer("personality", 0) == machine.outer("personality", 0xFFFFFFFF) == ALLOW
    assert machine.outer("personality", 8) == machine.outer("personality", 0x0040000) == EPERM


def test_another_machines_calls_end_the_process(machine: Machine) -> None:
    others = [audit_id for audit_id in ARCHITECTURES.values() if audit_id != machine.audit_id]
    for other in (I386, ARM, *others):
        assert {verdict(machine.program, other, number) for number in CALLS} == {KILL}


def test_x32_calls_end_the_process() -> None:
    machine = Machine("SCMP_ARCH_X86_64", "x86_64")
    assert {machine.outer(0x40000000 | number) for number in CALLS} == {KILL}


def test_what_the_filter_inside_refuses_is_refused_outside(machine: Machine) -> None:
    arguments = {machine.inside.clone: [17, *(1 << bit for bit in range(32))]}
    arguments |= {call: list(range(64)) for call in (machine.inside.socket, machine.inside.socketpair)}
    for number in CALLS:
        for first in arguments.get(number, [0]):
            if machine.inner(number, first) != ALLOW:
                assert machine.outer(number, first) != ALLOW, (number, first)
