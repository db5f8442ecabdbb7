"""Escape and privilege, E1-E19: does the kernel refuse to the code what leads out?"""

from __future__ import annotations

from worker.wall import host
from worker.wall.case import case, expect, expect_only
from worker.wall.known import GVISOR_DEVICES, ROOT_ENGINE, Known
from worker.wall.wall import Wall

_NO_CAPABILITY = "0000000000000000"
_SANDBOX_ID = "65532"
_NEWUSER, _NEWNS, _SIGCHLD = 0x10000000, 0x20000, 17
_REFUSED = {"EPERM", "ENOSYS"}


async def refused(wall: Wall, calls: str, what: str, allowed: set[str] = _REFUSED) -> None:
    """Every one of these system calls is refused; nothing of the setup code may be left out."""
    seen = await (await wall.shared()).value(f"b = ctypes.create_string_buffer(256)\nresult = [{calls}]")
    expect_only(seen, allowed, what)


@case("E1", "No process has a capability")
async def no_capability(wall: Wall) -> None:
    """E1."""
    box = await wall.shared()
    code = "result = [l.split()[1] for l in open('/proc/self/status') if l.startswith('Cap')]"
    expect_only(await box.value(code), {_NO_CAPABILITY}, "capabilities inside")
    if wall.gvisor:
        return  # on the host there is gVisor's own process, which is no process of the sandbox
    for pid in await box.host_pids():
        status = host.status_of(pid)
        held = {status[f"Cap{kind}"] for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb")}
        expect(held == {_NO_CAPABILITY}, f"capabilities of process {pid} on the host: {held}")


@case("E2", "Every process has a system call filter and can gain no privilege")
async def filtered(wall: Wall) -> None:
    """E2."""
    box = await wall.shared()
    takes_off = "libc = ctypes.CDLL(None)\nresult = [libc.prctl(38, 0, 0, 0, 0), libc.prctl(22, 0, 0, 0, 0)]"
    expect(await box.value(takes_off) == [-1, -1], "the filter or no-new-privileges can be taken off")
    expect(await box.value("result = call(272, 0x10000000)") == "EPERM", "unshare is not refused inside")
    if wall.gvisor:
        expect(box.sandbox.facts.get("no_new_privs") in (1, None), "no-new-privileges is not set inside")
        return
    filters = []
    for pid in await box.host_pids():
        status = host.status_of(pid)
        seen = f"NoNewPrivs {status['NoNewPrivs']}, Seccomp {status['Seccomp']}"
        expect(seen == "NoNewPrivs 1, Seccomp 2", f"process {pid}: {seen}")
        filters.append(int(status.get("Seccomp_filters", 2)))
    expect(max(filters) >= 2, "the code's process has the engine's filter only")


@case("E3", "No process is root, inside or on the host")
async def not_root(wall: Wall) -> Known | None:
    """E3."""
    box = await wall.shared()
    ids = set(await box.value("result = [*os.getresuid(), *os.getresgid(), *os.getgroups()]"))
    expect(ids == {int(_SANDBOX_ID)}, f"user and group ids inside: {sorted(ids)}")
    if wall.gvisor:
        return None
    pids = await box.host_pids()
    whole = host.uid_map(pids[0]) == [0, 0, 4294967295]
    for pid in pids:
        status = host.status_of(pid)
        on_host = set(f"{status['Uid']} {status['Gid']} {status['Groups']}".split())
        expect("0" not in on_host, f"process {pid} is root on the host: {on_host}")
        expect(not whole or on_host == {_SANDBOX_ID}, f"ids of process {pid} on the host: {on_host}")
    return ROOT_ENGINE if whole else None


@case("E4", "No program raises its user")
async def nothing_raises(wall: Wall) -> None:
    """E4."""
    box = await wall.shared()
    code = (
        "import shutil\n"
        "raised = [os.path.join(folder, name) for folder, files in walk('/') for name in files\n"
        "          if os.lstat(os.path.join(folder, name)).st_mode & 0o6000]\n"
        "result = [raised, [call(105, 0), call(106, 0), call(117, 0, 0, 0)],\n"
        "          [n for n in ('sudo', 'pkexec', 'doas', 'newuidmap') if shutil.which(n)]]"
    )
    raised, changed, there = await box.value(code)
    expect(not raised, f"setuid or setgid files: {raised[:5]}")
    expect(set(changed) == {"EPERM"}, f"setuid, setgid, setresuid to 0: {changed}")
    expect(not there, f"programs that raise a user: {there}")


@case("E5", "Nothing can be mounted")
async def nothing_mounted(wall: Wall) -> None:
    """E5."""
    kinds = ("tmpfs", "proc", "overlay", "cgroup", "sysfs")
    mounts = ", ".join(f"call(165, b'none', b'/work/tmp', b'{k}', 0, 0), call(430, b'{k}', 0)" for k in kinds)
    changes = (
        "call(165, b'/', b'/work/tmp', b'', 4096, 0), call(165, 0, b'/', 0, 32, 0), call(166, b'/work', 2),"
        "call(428, -100, b'/', 1), call(429, -100, b'/', -100, b'/work', 0)"
    )
    await refused(wall, f"{mounts}, {changes}", "mount, umount, fsopen, open_tree, move_mount")


@case("E6", "No namespace can be made")
async def no_namespace(wall: Wall) -> None:
    """E6."""
    flags = [1 << bit for bit in (17, 25, 26, 27, 28, 29, 30)] + [_NEWUSER | _NEWNS]
    calls = ", ".join(f"call(272, {f}), call(56, {f | _SIGCHLD}, 0, 0, 0, 0)" for f in flags)
    await refused(wall, calls, "unshare and clone with new namespaces", {"EPERM"})


@case("E7", "clone3, whose flags no filter can read, is not there")
async def no_clone3(wall: Wall) -> None:
    """E7."""
    calls = "call(435, __import__('struct').pack('<11Q', 0x10000000, 0, 0, 0, 17, *[0] * 6), 88)"
    await refused(wall, calls, "clone3", {"ENOSYS"})


@case("E8", "Control groups cannot be written, no release agent set")
async def cgroups_read_only(wall: Wall) -> None:
    """E8."""
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
    made, tried = await (await wall.shared()).value(code)
    expect(not made, f"can be written: {made[:5]}")
    expect("ok" not in tried, f"opened for writing: {tried}")


_SWITCHES = (
    "/proc/sys/kernel/core_pattern",
    "/proc/sys/kernel/modprobe",
    "/proc/sys/kernel/hostname",
    "/proc/sys/vm/overcommit_memory",
    "/proc/sys/fs/binfmt_misc/register",
    "/proc/sysrq-trigger",
    "/proc/irq/default_smp_affinity",
    "/sys/kernel/uevent_helper",
    "/sys/power/state",
)


@case("E9", "The kernel's switches cannot be written")
async def switches_read_only(wall: Wall) -> None:
    """E9."""
    code = (
        f"seen = [opened(p, 'wb') for p in {_SWITCHES!r}]\n"
        "found = [os.path.join(f, n) for top in ('/proc/sys', '/sys') for f, _, names in os.walk(top)\n"
        "         for n in names if os.access(os.path.join(f, n), os.W_OK)]\n"
        "result = [seen, [p for p in found if opened(p, 'r+b') == 'ok']]"
    )
    seen, found = await (await wall.shared()).value(code)
    expect_only(seen, {"EROFS", "EACCES", "ENOENT", "EPERM"}, "the switches, opened for writing")
    expect(not found, f"can be written: {found[:5]}")


_MASKED = (
    "/proc/kcore",
    "/proc/keys",
    "/sys/firmware",
    "/proc/timer_list",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/acpi",
    "/proc/kmsg",
    "/proc/latency_stats",
    "/sys/kernel/debug",
    "/sys/kernel/tracing",
)


@case("E10", "What tells of the kernel's memory and keys is masked")
async def kernel_masked(wall: Wall) -> None:
    """E10."""
    code = (
        "def content(path):\n"
        "    try: return len(os.listdir(path) if os.path.isdir(path) else open(path, 'rb').read(64))\n"
        "    except OSError: return 0\n"
        f"seen = {{p: content(p) for p in {_MASKED!r}}}\n"
        "try: addresses = {l.split()[0] for _, l in zip(range(50), open('/proc/kallsyms'))}\n"
        "except OSError: addresses = set()\n"
        "result = [[p for p, n in seen.items() if n], sorted(addresses - {'0' * 16})[:3]]"
    )
    readable, addresses = await (await wall.shared()).value(code)
    expect(not readable, f"can be read: {readable}")
    expect(not addresses, f"addresses of the kernel: {addresses}")


@case("E11", "No file can be opened by its handle")
async def no_handles(wall: Wall) -> None:
    """E11."""
    await refused(wall, "call(304, -100, b, 0), call(303, -100, b'/', b, b, 0)", "open_by_handle_at")


@case("E12", "No kernel module can be loaded")
async def no_modules(wall: Wall) -> None:
    """E12."""
    calls = "call(175, b'', 0, b''), call(313, 0, b'', 0), call(176, b'x', 0), call(246, 0, 0, 0, 0)"
    await refused(wall, calls, "init_module, finit_module, delete_module, kexec_load")


@case("E13", "bpf, perf events and userfaultfd are refused")
async def no_bpf(wall: Wall) -> None:
    """E13."""
    calls = "call(321, 0, b, 72), call(298, b, 0, -1, -1, 0), call(323, 0), call(323, 1)"
    await refused(wall, calls, "bpf, perf_event_open, userfaultfd")


@case("E14", "io_uring is refused")
async def no_io_uring(wall: Wall) -> None:
    """E14."""
    await refused(wall, "call(425, 8, b), call(426, 0, 0, 0, 0, 0, 0), call(427, 0, 0, 0, 0)", "io_uring")


@case("E15", "Other families of sockets and the 32-bit calls are refused")
async def no_strange_sockets(wall: Wall) -> None:
    """E15."""
    # ALG, VSOCK, NETLINK, PACKET, XDP, KEY, BLUETOOTH, TIPC, CAN, QIPCRTR, SMC, KCM, RDS
    families = (38, 40, 16, 17, 44, 15, 31, 30, 29, 42, 43, 41, 21)
    calls = ", ".join(f"call(41, {f}, 5, 0), call(53, {f}, 5, 0, b)" for f in families)
    await refused(wall, calls, "sockets of other families", {"EPERM"})
    # push rbx; mov eax, 102 (socketcall); mov ebx, 1; xor ecx, ecx; int 0x80; pop rbx; ret
    code = (
        "import mmap\n"
        "page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)\n"
        "page.write(bytes.fromhex('53b866000000bb0100000031c9cd805bc3'))\n"
        "at = ctypes.addressof(ctypes.c_char.from_buffer(page))\n"
        "result = [apart(ctypes.CFUNCTYPE(ctypes.c_int)(at)), call(0x40000000 + 41, 2, 1, 0)]"
    )
    by_interrupt, by_x32 = await (await wall.shared()).value(code)
    # EPERM, ENOSYS, or a kernel without that interrupt
    # On gVisor it is a call of the 64-bit table: getuid.
    harmless = {"-1", "-38", "signal 11", "signal 31"} | ({_SANDBOX_ID} if wall.gvisor else set())
    expect(by_interrupt in harmless, f"socketcall by int 0x80: {by_interrupt}")
    expect(by_x32 in _REFUSED | {"signal 31"}, f"socket by the x32 number: {by_x32}")


@case("E16", "Raw and packet sockets are refused")
async def no_raw_sockets(wall: Wall) -> None:
    """E16."""
    calls = "call(41, 17, 3, 0x300), call(41, 2, 3, 1), call(41, 2, 3, 255), call(41, 10, 3, 58)"
    await refused(wall, calls, "AF_PACKET and SOCK_RAW", {"EPERM"})


@case("E17", "No route and no address can be changed")
async def no_routes(wall: Wall) -> None:
    """E17."""
    code = (
        "import fcntl\n"
        "with socket.socket() as sock:\n"
        "    changes = [tried(fcntl.ioctl, sock, 0x890B, bytes(120)),\n"
        "               tried(fcntl.ioctl, sock, 0x8916, b'lo'.ljust(40, bytes(1)))]\n"
        "result = [call(41, 16, 3, 0), *changes]"
    )
    seen = await (await wall.shared()).value(code)
    # gVisor knows neither of these two requests.
    allowed = {"EPERM", "ENOTTY", "EINVAL", "ENOSYS"} if wall.gvisor else {"EPERM"}
    expect_only(seen, allowed, "a netlink socket, SIOCADDRT, SIOCSIFADDR")


_GVISORS = {"tun", "fuse", "d"}
_DEVICES = {"null", "zero", "full", "random", "urandom", "tty", "ptmx", "console"}


@case("E18", "No device of the host is there, and none can be made")
async def no_devices(wall: Wall) -> Known | None:
    """E18."""
    code = (
        "made = [call(133, b'/work/tmp/b', 0o60600, 0x801), call(133, b'/dev/shm/d', 0o20600, 0x101),\n"
        "        call(259, -100, b'/work/tmp/c', 0o20600, 0x103)]\n"
        "there = [n for f, names in walk('/dev') for n in names\n"
        "         if stat.S_IFMT(os.lstat(os.path.join(f, n)).st_mode) in (stat.S_IFCHR, stat.S_IFBLK)]\n"
        "opens = [opened(p) for p in ('/work/tmp/b', '/dev/shm/d')]\n"
        "for p in ('/work/tmp/b', '/work/tmp/c', '/dev/shm/d'): tried(os.unlink, p)\n"
        "gone = [opened(p) for p in ('/dev/sda', '/dev/vda', '/dev/mem', '/dev/kvm')]\n"
        "result = [made, there, gone, opens]"
    )
    made, there, gone, opens = await (await wall.shared()).value(code)
    expect_only(made, {"EPERM", "ok"} if wall.gvisor else {"EPERM"}, "mknod")
    expect("ok" not in opens, f"a disk or the host's memory can be opened: {opens}")
    expect_only(there, _DEVICES | (_GVISORS if wall.gvisor else set()), "devices")
    expect_only(gone, {"ENOENT"}, "disks, memory, kvm")
    return GVISOR_DEVICES if "ok" in made else None


@case("E19", "Keyrings are refused")
async def no_keyrings(wall: Wall) -> None:
    """E19."""
    calls = (
        "call(250, 0, -3, 0, 0, 0), call(250, 6, -4, 0, 0, 0), call(248, b'user', b'x', b'y', 1, -3),"
        "call(249, b'user', b'x', 0, -3)"
    )
    await refused(wall, calls, "keyctl, add_key, request_key")
