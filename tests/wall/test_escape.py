"""Escape and privilege, ABUSE.md E1-E19: what the kernel refuses to the code."""

import pytest

from tests.wall.wall import Box, status_of

pytestmark = pytest.mark.engine
NONE = "0000000000000000"
NEWUSER, NEWNS, SIGCHLD = 0x10000000, 0x20000, 17


def test_E01_no_process_has_a_capability(box: Box) -> None:
    for pid in box.host_pids():
        status = status_of(pid)
        assert {status[f"Cap{kind}"] for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb")} == {NONE}
    inside = box.value("result = [l.split()[1] for l in open('/proc/self/status') if l.startswith('Cap')]")
    assert inside == [NONE] * 5


def test_E02_no_new_privileges_and_a_filter_on_every_process(box: Box) -> None:
    box.works()
    filters = []
    for pid in box.host_pids():
        status = status_of(pid)
        assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
        filters.append(int(status["Seccomp_filters"]))
    assert max(filters) >= 2, "the code's process has the engine's filter and ours"


def test_E02_the_filter_of_ours_cannot_be_taken_off(box: Box) -> None:
    code = (
        "libc = ctypes.CDLL(None)\n"
        "result = [libc.prctl(38, 0, 0, 0, 0), libc.prctl(22, 0, 0, 0, 0), call(272, 0x10000000)]"
    )
    assert box.value(code) == [-1, -1, "EPERM"]


def test_E03_no_process_is_root(box: Box) -> None:
    # Left: a rootful engine without userns-remap gives the host's own user ids; docs/threat-model.md.
    for pid in box.host_pids():
        status = status_of(pid)
        assert set(status["Uid"].split()) == set(status["Gid"].split()) == {"65532"}
        assert set(status["Groups"].split()) <= {"65532"}


def test_E04_nothing_raises_its_user(box: Box) -> None:
    code = (
        "import shutil\n"
        "found = [shutil.which(n) for n in ('su', 'sudo', 'newgrp', 'pkexec', 'mount', 'newuidmap')]\n"
        "raised = []\n"
        "for top in ('/usr', '/etc', '/var', '/root', '/home', '/work', '/tmp', '/run', '/dev'):\n"
        "    for folder, folders, files in os.walk(top):\n"
        "        for name in files:\n"
        "            if os.lstat(os.path.join(folder, name)).st_mode & 0o6000: raised.append(name)\n"
        "result = [raised, [call(105, 0), call(106, 0), call(117, 0, 0, 0)]]"
    )
    raised, changed = box.value(code)
    assert raised == []
    assert changed == ["EPERM"] * 3
    assert box.value("import shutil\nresult = [shutil.which(n) for n in ('sudo', 'pkexec')]") == [None, None]


@pytest.mark.parametrize("kind", ["tmpfs", "proc", "overlay", "cgroup", "sysfs"])
def test_E05_nothing_can_be_mounted(box: Box, kind: str) -> None:
    code = f"result = [call(165, b'none', b'/work/tmp', b'{kind}', 0, 0), call(430, b'{kind}', 0)]"
    assert box.value(code) == ["EPERM", "EPERM"]


def test_E05_no_mount_can_be_changed(box: Box) -> None:
    code = (
        "result = [call(165, b'/', b'/work/tmp', b'', 4096, 0), call(165, 0, b'/', 0, 32, 0),"
        " call(166, b'/work', 2), call(428, -100, b'/', 1), call(429, -100, b'/', -100, b'/work', 0)]"
    )
    assert box.value(code) == ["EPERM"] * 5


def test_E06_no_namespace_can_be_made(box: Box) -> None:
    flags = [1 << bit for bit in (17, 25, 26, 27, 28, 29, 30)] + [NEWUSER | NEWNS]
    calls = ", ".join(f"call(272, {flag})" for flag in flags)
    clones = ", ".join(f"call(56, {flag | SIGCHLD}, 0, 0, 0, 0)" for flag in flags)
    assert set(box.value(f"result = [{calls}, {clones}]")) == {"EPERM"}


def test_E07_clone3_is_not_there(box: Box) -> None:
    code = "import struct\nresult = call(435, struct.pack('<11Q', 0x10000000, 0, 0, 0, 17, *[0] * 6), 88)"
    assert box.value(code) == "ENOSYS"


def test_E08_cgroups_cannot_be_written(box: Box) -> None:
    code = (
        "made = []\n"
        "for folder, folders, files in os.walk('/sys/fs/cgroup'):\n"
        "    if tried(os.mkdir, os.path.join(folder, 'x')) == 'ok': made.append(folder)\n"
        "    for name in files:\n"
        "        path = os.path.join(folder, name)\n"
        "        if os.access(path, os.W_OK) and opened(path, 'r+b') == 'ok': made.append(path)\n"
        "names = ('release_agent', 'notify_on_release', 'cgroup.procs', 'devices.allow')\n"
        "result = [made, [opened(f'/sys/fs/cgroup/{d}/{n}', 'wb') for d in ('memory', 'devices', '.')"
        " for n in names]]"
    )
    made, opened = box.value(code)
    assert made == []
    assert "ok" not in opened


def test_E09_the_kernels_switches_cannot_be_written(box: Box) -> None:
    paths = [
        "/proc/sys/kernel/core_pattern",
        "/proc/sys/kernel/modprobe",
        "/proc/sys/kernel/hostname",
        "/proc/sys/vm/overcommit_memory",
        "/proc/sys/fs/binfmt_misc/register",
        "/proc/sysrq-trigger",
        "/proc/irq/default_smp_affinity",
        "/sys/kernel/uevent_helper",
        "/sys/power/state",
    ]
    seen = box.value(f"result = [opened(p, 'wb') for p in {paths!r}]")
    assert set(seen) <= {"EROFS", "EACCES", "ENOENT", "EPERM"}
    code = (
        "found = []\n"
        "for top in ('/proc/sys', '/sys'):\n"
        "    for folder, folders, files in os.walk(top):\n"
        "        for name in files:\n"
        "            path = os.path.join(folder, name)\n"
        "            if os.access(path, os.W_OK) and opened(path, 'r+b') == 'ok': found.append(path)\n"
        "result = found"
    )
    assert box.value(code) == []


def test_E10_what_tells_of_the_kernel_is_masked(box: Box) -> None:
    code = (
        "def content(path):\n"
        "    try:\n"
        "        return len(os.listdir(path) if os.path.isdir(path) else open(path, 'rb').read(64))\n"
        "    except OSError:\n"
        "        return 0\n"
        "result = {p: content(p) for p in ('/proc/kcore', '/proc/keys', '/sys/firmware', '/proc/timer_list',"
        " '/proc/sched_debug', '/proc/scsi', '/proc/acpi', '/proc/kmsg', '/proc/latency_stats',"
        " '/sys/kernel/debug', '/sys/kernel/tracing')}"
    )
    assert set(box.value(code).values()) == {0}
    addresses = "result = {l.split()[0] for _, l in zip(range(50), open('/proc/kallsyms'))} == {'0' * 16}"
    assert box.value(addresses) is True


def test_E11_no_file_can_be_opened_by_its_handle(box: Box) -> None:
    code = "b = ctypes.create_string_buffer(256)\nresult = [call(304, -100, b, 0), call(303, -100, b'/', b, b, 0)]"  # noqa: E501
    assert box.value(code) == ["EPERM", "EPERM"]


def test_E12_no_module_can_be_loaded(box: Box) -> None:
    code = (
        "result = [call(175, b'', 0, b''), call(313, 0, b'', 0), call(176, b'x', 0), call(246, 0, 0, 0, 0)]"
    )
    assert box.value(code) == ["EPERM"] * 4


def test_E13_bpf_perf_and_userfaultfd_are_refused(box: Box) -> None:
    code = (
        "b = ctypes.create_string_buffer(128)\n"
        "result = [call(321, 0, b, 72), call(298, b, 0, -1, -1, 0), call(323, 0), call(323, 1)]"
    )
    assert box.value(code) == ["EPERM"] * 4


def test_E14_io_uring_is_refused(box: Box) -> None:
    code = "b = ctypes.create_string_buffer(128)\nresult = [call(425, 8, b), call(426, 0, 0, 0, 0, 0, 0)]"
    assert box.value(code) == ["EPERM", "EPERM"]


def test_E15_other_families_of_sockets_are_refused(box: Box) -> None:
    # ALG, VSOCK, NETLINK, PACKET, XDP, KEY, BLUETOOTH, TIPC, CAN, QIPCRTR, SMC, KCM, RDS
    families = [38, 40, 16, 17, 44, 15, 31, 30, 29, 42, 43, 41, 21]
    assert set(box.value(f"result = [call(41, f, 5, 0) for f in {families}]")) == {"EPERM"}
    assert set(box.value(f"result = [call(53, f, 5, 0, bytes(8)) for f in {families}]")) == {"EPERM"}


def test_E15_the_32_bit_calls_are_refused(box: Box) -> None:
    # mov eax, 102 (socketcall); mov ebx, 1; xor ecx, ecx; int 0x80; ret
    code = (
        "import mmap\n"
        "page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)\n"
        "page.write(bytes.fromhex('53b866000000bb0100000031c9cd805bc3'))\n"
        "at = ctypes.addressof(ctypes.c_char.from_buffer(page))\n"
        "result = [apart(ctypes.CFUNCTYPE(ctypes.c_int)(at)), call(0x40000000 + 41, 2, 1, 0)]"
    )
    by_interrupt, by_x32 = box.value(code)
    assert by_interrupt in ("-1", "-38", "signal 11", "signal 31"), "refused, or no such interrupt"
    assert by_x32 == "signal 31", "our profile ends the process"


def test_E16_raw_sockets_are_refused(box: Box) -> None:
    code = "result = [call(41, 17, 3, 0x300), call(41, 2, 3, 1), call(41, 2, 3, 255), call(41, 10, 3, 58)]"
    assert box.value(code) == ["EPERM"] * 4


def test_E17_no_route_can_be_changed(box: Box) -> None:
    code = (
        "import fcntl\n"
        "with socket.socket() as sock:\n"
        "    route = tried(fcntl.ioctl, sock, 0x890B, bytes(120))\n"
        "    address = tried(fcntl.ioctl, sock, 0x8916, b'lo'.ljust(40, bytes(1)))\n"
        "result = [call(41, 16, 3, 0), route, address]"
    )
    assert box.value(code) == ["EPERM", "EPERM", "EPERM"]


def test_E18_no_device_is_there_and_none_can_be_made(box: Box) -> None:
    code = (
        "made = [call(133, b'/work/tmp/b', 0o60600, 0x801), call(259, -100, b'/work/tmp/c', 0o20600, 0x103),\n"  # noqa: E501
        "        call(133, b'/dev/shm/d', 0o20600, 0x101)]\n"
        "there = []\n"
        "for folder, folders, files in os.walk('/dev'):\n"
        "    for name in files:\n"
        "        mode = os.lstat(os.path.join(folder, name)).st_mode\n"
        "        if stat.S_ISCHR(mode) or stat.S_ISBLK(mode): there.append(name)\n"
        "result = [made, there]"
    )
    made, there = box.value(code)
    assert set(made) == {"EPERM"}
    assert set(there) <= {"null", "zero", "full", "random", "urandom", "tty", "ptmx"}
    gone = box.value(
        "result = [opened(p) for p in ('/dev/sda', '/dev/vda', '/dev/mem', '/dev/kvm', '/dev/fuse')]"
    )
    assert set(gone) == {"ENOENT"}


def test_E19_keyrings_are_refused(box: Box) -> None:
    code = (
        "result = [call(250, 0, -3, 0, 0, 0), call(250, 6, -4, 0, 0, 0), call(248, b'user', b'x', b'y', 1, -3),"  # noqa: E501
        " call(249, b'user', b'x', 0, -3)]"
    )
    assert box.value(code) == ["EPERM"] * 4
