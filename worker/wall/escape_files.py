"""Escape, E20-E30: do other processes, files, devices and paths lead out? Looked at from outside."""

from __future__ import annotations

import asyncio
import socket
import tempfile
from pathlib import Path
from uuid import uuid4

from worker.wall import host
from worker.wall.case import case, expect, expect_only
from worker.wall.known import ENGINE_PATHS, GVISOR_NOEXEC, GVISOR_PROC, OLD_RUNC, Known
from worker.wall.wall import Box, Wall, as_text

_PARALLEL = 50
_PARALLEL_GVISOR = 12
"""The flaws that this case is about are runc's."""
_MAKING = 10
"""Made at once; all of them live at once."""
_EACH_BYTES = 160 << 20
_SPARE_BYTES = 2 << 30
_PSEUDO = {"tmpfs", "proc", "sysfs", "devpts", "mqueue", "cgroup", "cgroup2", "overlay", "devtmpfs"}
_OWN_FILES = {"/etc/hosts", "/etc/hostname", "/etc/resolv.conf"}


@case("E20", "No other process can be traced, read or taken from")
async def no_tracing(wall: Wall) -> Known | None:
    """E20."""
    code = (
        "import struct\n"
        "b = ctypes.create_string_buffer(64)\n"
        "local, remote = struct.pack('QQ', ctypes.addressof(b), 64), struct.pack('QQ', 0x400000, 64)\n"
        "traced = [call(101, how, p, 0, 0) for p in others() for how in (16, 0x4206)]\n"
        "moved = [call(n, p, local, 1, remote, 1, 0) for p in others() for n in (310, 311)]\n"
        "taken = [call(438, 0, 0, 0), call(312, 1, os.getpid(), 0, 0, 0)]\n"
        "kept = [p for p in others() if p != 1]\n"
        "names = ('environ', 'maps', 'fd/0', 'fd/3')\n"
        "def entered(path): return tried(lambda: os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK)))\n"
        "files = [entered(f'/proc/{p}/{n}') for p in kept for n in names]\n"
        "memory = [opened(f'/proc/{p}/mem', m) for p in [1, *kept] for m in ('rb', 'r+b')]\n"
        "result = [traced + moved + taken, len(traced), files, memory]"
    )
    refused, count, files, memory = await (await wall.shared()).value(code)
    expect_only(refused, {"EPERM", "ENOSYS"}, "ptrace, process_vm_readv, pidfd_getfd, kcmp")
    expect(count >= 6, f"only {count} tries: PID 1, the runner and the zygote are not there to be tried")
    expect_only(memory, {"EIO", "EACCES", "EPERM", "ENOENT"}, "memory of other processes")
    expect(
        "ok" not in files or wall.gvisor, f"environment or descriptors of the runner can be opened: {files}"
    )
    return GVISOR_PROC if "ok" in files else None


@case("E21", "No namespace can be joined, and the root of PID 1 is the sandbox's")
async def no_joining(wall: Wall) -> None:
    """E21."""
    code = (
        "def join(pid, name):\n"
        "    try: file = os.open(f'/proc/{pid}/ns/{name}', os.O_RDONLY)\n"
        "    except OSError as error: return errno.errorcode[error.errno]\n"
        "    try: return call(308, file, 0)\n"
        "    finally: os.close(file)\n"
        "names = ('mnt', 'net', 'pid', 'user', 'uts', 'ipc', 'cgroup')\n"
        "joined = [join(p, n) for p in (1, os.getpid()) for n in names]\n"
        "roots = ('/proc/1/root', '/proc/self/root')\n"
        "roots = [os.path.samefile(r, '/') for r in roots if os.path.exists(r)]\n"
        "result = [joined, roots]"
    )
    joined, roots = await (await wall.shared()).value(code)
    expect_only(joined, {"EPERM", "EACCES", "ENOENT", "ENOSYS"}, "setns")
    expect(all(roots), "the root of a process is another one")


@case("E22", "No socket of an engine is there, and none of the host's abstract ones is reached")
async def no_engine_socket(wall: Wall) -> None:
    """E22."""
    name = f"wall-{uuid4().hex}"
    code = (
        "found = [os.path.join(f, n) for f, names in walk('/') for n in names\n"
        "         if n.endswith('.sock') or stat.S_ISSOCK(os.lstat(os.path.join(f, n)).st_mode)]\n"
        "unix = [l.split()[-1] for l in open('/proc/net/unix').read().splitlines()[1:]]\n"
        "result = [found, [u for u in unix if u.startswith(('@', '/'))],\n"
        f"          reached(socket.AF_UNIX, socket.SOCK_STREAM, '\\0{name}')]"
    )
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"\0{name}")
        server.listen()
        server.setblocking(False)
        found, named, reached = await (await wall.shared()).value(code)
        expect(host.nothing_came(server), "the host's abstract socket was reached")
    expect(not found, f"sockets: {found[:5]}")
    expect(not named, f"sockets with a name: {named[:5]}")
    expect(reached == "ECONNREFUSED", f"the host's abstract socket: {reached}")


@case("E23", "The runtime's program cannot be overwritten from inside")
async def runtime_untouched(wall: Wall) -> None:
    """E23."""
    before = host.runtime_hashes()
    code = (
        "seen, until, modes = set(), time.monotonic() + 1, ('wb', 'r+b', 'ab')\n"
        "while time.monotonic() < until:\n"
        "    seen |= {opened(f'/proc/{p}/exe', m) for p in ['self', *others()] for m in modes}\n"
        "result = sorted(seen)"
    )
    seen = await (await wall.rough()).value(code)
    expect_only(seen, {"EROFS", "EACCES", "ETXTBSY", "ENOENT", "EPERM"}, "/proc/*/exe, opened for writing")
    expect(host.runtime_hashes() == before, "a program of the runtime has changed on the host")


@case("E24", "No open file and no folder leads out")
async def no_descriptor_leads_out(wall: Wall) -> None:
    """E24."""
    code = (
        "links = []\n"
        "for p in ['self', *others()]:\n"
        "    try: names = os.listdir(f'/proc/{p}/fd')\n"
        "    except OSError: continue\n"
        "    for n in names:\n"
        "        try: links.append(os.readlink(f'/proc/{p}/fd/{n}'))\n"
        "        except OSError: pass\n"
        "climbed = [n for n in range(64) if os.path.exists(f'/proc/self/fd/{n}/../../../etc/os-release')]\n"
        "result = [links, os.getcwd(), climbed]"
    )
    links, folder, climbed = await (await wall.shared()).value(code)
    # Besides pipes and sockets only the null device, and what this listing itself holds open.
    good = ("pipe:", "socket:", "/dev/null", "anon_inode:", "/dev/urandom", "/proc/", "host:[")
    strange = [link for link in links if not link.startswith(good)]
    expect(links and not strange, f"open files: {strange[:5]}")
    expect(folder == "/work/out", f"the working folder is {folder}")
    expect(not climbed, f"descriptors that lead to a root: {climbed}")


@case("E25", "50 sandboxes that replace devices by links leave the host's /proc as it is", seconds=240)
async def devices_stay(wall: Wall) -> Known | str:
    """E25."""
    watched = [Path("/proc/sys/kernel/core_pattern"), Path("/proc/sys/kernel/hostname")]
    before = [path.read_text() for path in watched]
    code = (
        "seen = []\n"
        "for path in ('/dev/null', '/dev/console', '/dev/pts/0', '/dev/full', '/proc/self/attr/exec'):\n"
        "    seen += [tried(os.unlink, path), tried(os.symlink, '/proc/sys/kernel/core_pattern', path),\n"
        "             tried(os.rename, '/work/out', path)]\n"
        "result = seen"
    )
    wanted = _PARALLEL_GVISOR if wall.gvisor else _PARALLEL
    count = min(wanted, max(2, (host.available_bytes() - _SPARE_BYTES) // _EACH_BYTES))
    boxes: list[Box] = []
    try:
        while len(boxes) < count:
            boxes += await asyncio.gather(*(wall.make() for _ in range(min(_MAKING, count - len(boxes)))))
        for seen in await asyncio.gather(*(box.value(code) for box in boxes)):
            expect("ok" not in seen, f"unlink, symlink, rename of devices: {seen}")
    finally:
        await asyncio.gather(*(box.sandbox.destroy() for box in boxes))
    expect([path.read_text() for path in watched] == before, "a switch of the host's kernel has changed")
    expect(Path("/dev/null").is_char_device(), "/dev/null of the host is no device any more")
    facts = await wall.engine.facts()
    if not wall.gvisor and any("runc" in weakness for weakness in facts.weaknesses):
        return OLD_RUNC
    return f"{count} at once"


@case("E26", "The image cannot be written; only /work, /tmp and /dev/shm can")
async def image_read_only(wall: Wall) -> None:
    """E26."""
    code = (
        "import sandbox_image.runner as runner, pandas\n"
        "paths = [runner.__file__, pandas.__file__, '/usr/bin/python3', '/etc/passwd',\n"
        "         '/etc/ld.so.preload',"
        "         '/etc/hosts', '/etc/resolv.conf', '/usr/local/lib/python3.11/dist-packages/x.pth',\n"
        "         '/usr/lib/python3.11/sitecustomize.py', '/usr/local/share/sandglass/matplotlibrc']\n"
        "seen = [opened(p, 'ab') for p in paths]\n"
        "seen += [tried(os.mkdir, f'/{d}x') for d in ('', 'etc/', 'usr/', 'var/')]\n"
        "found = set()\n"
        "for folder, _ in walk('/'):\n"
        "    path = os.path.join(folder, 'wall-probe')\n"
        "    if opened(path, 'wb') == 'ok':\n"
        "        os.unlink(path)\n"
        "        found.add('/'.join(folder.split('/')[:3 if folder.startswith('/dev') else 2]))\n"
        "result = [seen, sorted(found)]"
    )
    seen, found = await (await wall.shared()).value(code)
    expect_only(seen, {"EROFS", "EACCES", "ENOENT", "EPERM"}, "files of the image, opened for writing")
    expect(found == ["/dev/shm", "/tmp", "/work"], f"folders that can be written: {found}")


@case("E27", "Nothing that was written can be executed, no program be made of memory")
async def nothing_written_runs(wall: Wall) -> Known | None:
    """E27."""
    code = (
        "import ctypes.util, glob, shutil, subprocess\n"
        "library = glob.glob('/lib/*/libm.so.6')[0]\n"
        "loader = glob.glob('/lib64/ld-linux-*') + glob.glob('/lib/ld-linux-*')\n"
        "seen, mapped = [], []\n"
        "def ran(*command):\n"
        "    try: return subprocess.run(command, capture_output=True).returncode\n"
        "    except OSError as error: return errno.errorcode[error.errno]\n"
        "for top in ('/work', '/work/out', '/tmp', '/dev/shm'):\n"
        "    shutil.copy('/usr/bin/true', f'{top}/program'); shutil.copy(library, f'{top}/x.so')\n"
        "    os.chmod(f'{top}/program', 0o755); os.chmod(f'{top}/x.so', 0o755)\n"
        "    def load():\n"
        "        try: ctypes.CDLL(f'{top}/x.so'); return 'loaded'\n"
        "        except OSError: return 'refused'\n"
        "    seen.append(ran(f'{top}/program')); mapped += [ran(loader[0], f'{top}/program'), apart(load)]\n"
        "    os.unlink(f'{top}/program'); os.unlink(f'{top}/x.so')\n"
        "result = [seen, mapped, [call(319, b'x', 0), call(447, 0)]]"
    )
    seen, mapped, memory = await (await wall.shared()).value(code)
    expect_only(seen, {"EACCES"}, "a program that was written")
    expect_only(memory, {"EPERM", "ENOSYS"}, "memfd_create, memfd_secret")
    refused = {"refused", 126, 127}
    if wall.gvisor and not set(mapped) <= refused:
        return GVISOR_NOEXEC
    expect_only(mapped, refused, "a program by the loader, a library")
    return None


@case("E28", "The root cannot be changed")
async def root_stays(wall: Wall) -> None:
    """E28."""
    code = "result = [call(161, b'/work'), call(155, b'/work', b'/work'), tried(os.chroot, '/')]"
    expect_only(await (await wall.shared()).value(code), {"EPERM", "ENOSYS"}, "chroot, pivot_root")


@case("E29", "No path of the host and no shared mount is seen")
async def no_host_path(wall: Wall) -> Known | None:
    """E29."""
    paths = False
    for line in await (await wall.shared()).mounts():
        fields, _, after = line.partition(" - ")
        _, _, _, root, point, options, *tags = fields.split()
        kind, _, more = after.partition(" ")
        expect(not any(tag.startswith("shared:") for tag in tags), f"shared: {line}")
        if kind in _PSEUDO or wall.gvisor:
            paths |= "lowerdir=/" in more
            continue
        # What is left is files of the engine: its init and the container's own names, all read-only.
        expect(point in _OWN_FILES or point.endswith("-init"), f"a mount of the host's: {line}")
        expect("ro" in options.split(","), f"it can be written: {line}")
        paths |= root != "/"
    return ENGINE_PATHS if paths else None


@case("E30", "A file of the host is found by no path")
async def canary_unread(wall: Wall) -> None:
    """E30."""
    with tempfile.NamedTemporaryFile("w", prefix="canary-", suffix=uuid4().hex) as canary:
        secret = uuid4().hex
        canary.write(secret)
        canary.flush()
        code = (
            f"path = {canary.name!r}\n"
            "tops = ['', '/host', '/mnt', '/rootfs', '/..',\n"
            "        '/proc/1/root', '/proc/self/root', '/proc/1/cwd',\n"
            "        *(f'/proc/{p}/root' for p in others()), *(f'/proc/self/fd/{n}' for n in range(16))]\n"
            "seen = [top + path for top in tops if os.path.exists(top + path)]\n"
            "seen += [f for f, names in walk('/') if os.path.basename(path) in names]\n"
            "texts = []\n"
            "for p in seen:\n"
            "    try: texts.append(open(p).read())\n"
            "    except OSError: pass\n"
            "result = [seen, texts]"
        )
        box = await wall.shared()
        ran = await box.run(code)
        expect(ran.result is not None, f"the probe's code ended with {ran.outcome}: {ran.message}")
        value = (ran.result or {})["value"]
        expect(value == [[], []], f"the host's file is seen at {value[0]}")
        expect(secret not in as_text(ran, await box.record()), "what the host's file holds has come out")
