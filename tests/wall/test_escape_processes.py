"""Escape and privilege, ABUSE.md E20-E30: other processes, files and paths, with the host looked at from outside."""  # noqa: E501

import hashlib
import shutil
from pathlib import Path

import pytest

from tests.wall.wall import Box, Wall, as_text

pytestmark = pytest.mark.engine
RUNTIME_FILES = ("runc", "catatonit", "tini-static", "docker-init", "conmon", "containerd-shim-runc-v2")


def hashes() -> dict[str, str]:
    """The programs of the host that start and hold a container."""
    found = {
        name: shutil.which(name, path="/usr/bin:/usr/sbin:/usr/libexec/podman") for name in RUNTIME_FILES
    }
    return {name: hashlib.sha256(Path(p).read_bytes()).hexdigest() for name, p in found.items() if p}


def test_E20_no_other_process_can_be_traced_or_read(box: Box) -> None:
    code = (
        "import struct\n"
        "b = ctypes.create_string_buffer(64)\n"
        "local = struct.pack('QQ', ctypes.addressof(b), 64)\n"
        "remote = struct.pack('QQ', 0x400000, 64)\n"
        "traced = [call(101, how, p, 0, 0) for p in others() for how in (16, 0x4206)]\n"
        "moved = [call(n, p, local, 1, remote, 1, 0) for p in others() for n in (310, 311)]\n"
        "taken = [call(438, 0, 0, 0), call(312, 1, os.getpid(), 0, 0, 0)]\n"
        "result = sorted(set(traced + moved + taken)), len(traced)"
    )
    refused, count = box.value(code)
    assert refused == ["EPERM"]
    assert count >= 6, "PID 1, the runner and the zygote are there to be tried"


def test_E20_memory_and_files_of_the_runner_are_closed(box: Box) -> None:
    code = (
        "kept = [p for p in others() if p != 1]\n"
        "result = [opened(f'/proc/{p}/{n}') for p in kept for n in ('mem', 'environ', 'maps', 'fd/0', 'fd/3')]"  # noqa: E501
    )
    assert "ok" not in box.value(code)
    assert box.value("result = opened('/proc/1/mem', 'r+b')") in ("EIO", "EACCES", "EPERM"), "nothing at 0"


def test_E21_no_namespace_can_be_joined(box: Box) -> None:
    code = (
        "def join(pid, name):\n"
        "    try: file = os.open(f'/proc/{pid}/ns/{name}', os.O_RDONLY)\n"
        "    except OSError as error: return errno.errorcode[error.errno]\n"
        "    try: return call(308, file, 0)\n"
        "    finally: os.close(file)\n"
        "names = ('mnt', 'net', 'pid', 'user', 'uts', 'ipc', 'cgroup')\n"
        "joined = {join(p, n) for p in (1, os.getpid()) for n in names}\n"
        "same = os.path.samefile('/proc/1/root', '/') and os.path.samefile('/proc/self/root', '/')\n"
        "result = [sorted(joined), same]"
    )
    refused, same = box.value(code)
    assert refused == ["EPERM"]
    assert same is True


def test_E22_no_socket_of_an_engine_is_there(box: Box) -> None:
    code = (
        "found = []\n"
        "for folder, folders, files in os.walk('/'):\n"
        "    folders[:] = [f for f in folders if os.path.join(folder, f) not in ('/proc', '/sys')]\n"
        "    for name in files:\n"
        "        mode = os.lstat(os.path.join(folder, name)).st_mode\n"
        "        if stat.S_ISSOCK(mode) or name.endswith('.sock'): found.append(os.path.join(folder, name))\n"
        "unix = [l.split()[-1] for l in open('/proc/net/unix').read().splitlines()[1:]]\n"
        "result = [found, [u for u in unix if u.startswith(('@', '/'))]]"
    )
    assert box.value(code) == [[], []]


def test_E22_an_abstract_socket_of_the_host_cannot_be_reached(box: Box) -> None:
    import socket

    with socket.socket(socket.AF_UNIX) as server:
        server.bind("\0wall-abstract-listener")
        server.listen()
        server.setblocking(False)
        code = "result = reached(socket.AF_UNIX, socket.SOCK_STREAM, '\\0wall-abstract-listener')"
        assert box.value(code) == "ECONNREFUSED"
        with pytest.raises(BlockingIOError):
            server.accept()


def test_E23_the_runtime_cannot_be_overwritten(own_box: Box) -> None:
    before = hashes()
    assert "runc" in before
    code = (
        "seen = []\n"
        "until = time.monotonic() + 2\n"
        "while time.monotonic() < until:\n"
        "    for p in ['self', *others()]:\n"
        "        for mode in ('wb', 'r+b', 'ab'):\n"
        "            seen.append(opened(f'/proc/{p}/exe', mode))\n"
        "result = sorted(set(seen))"
    )
    assert set(own_box.value(code)) <= {"EROFS", "EACCES", "ETXTBSY", "ENOENT", "EPERM"}
    assert hashes() == before


def test_E24_no_descriptor_leads_out(box: Box) -> None:
    code = (
        "links = {}\n"
        "for p in ['self', *others()]:\n"
        "    try: names = os.listdir(f'/proc/{p}/fd')\n"
        "    except OSError: continue\n"
        "    for n in names:\n"
        "        try: links[f'{p}/{n}'] = [os.readlink(f'/proc/{p}/fd/{n}'), os.path.isdir(f'/proc/{p}/fd/{n}')]\n"  # noqa: E501
        "        except OSError: pass\n"
        "result = [links, os.getcwd(), [os.path.exists(f'/proc/self/fd/{n}/../../../etc/os-release')"
        " for n in range(64)]]"
    )
    links, folder, climbed = box.value(code)
    for name, (target, is_folder) in links.items():
        # Besides pipes and sockets only the null device, and what this listing itself holds open.
        assert target.startswith(
            ("pipe:", "socket:", "/dev/null", "anon_inode:", "/dev/urandom", "/proc/")
        ), f"{name}: {target}"
        assert not is_folder or target.startswith("/proc/"), f"{name}: {target}"
    assert folder == "/work/out"
    assert not any(climbed)


def test_E25_devices_cannot_be_replaced_by_links(wall: Wall) -> None:
    before = [Path(p).read_text() for p in ("/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname")]
    code = (
        "seen = []\n"
        "for path in ('/dev/null', '/dev/console', '/dev/pts/0', '/dev/full', '/proc/self/attr/exec'):\n"
        "    seen += [tried(os.unlink, path), tried(os.symlink, '/proc/sys/kernel/core_pattern', path),\n"
        "             tried(os.rename, '/work/out', path)]\n"
        "result = sorted(set(seen))"
    )
    boxes = [wall.make() for _ in range(6)]
    ran = wall.together(*(one.attempt(code) for one in boxes))
    for one in boxes:
        wall.destroy(one)
    for each in ran:
        assert each.outcome == "ok"
        assert "ok" not in each.result["value"]
    assert [
        Path(p).read_text() for p in ("/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname")
    ] == before
    assert Path("/dev/null").is_char_device()


def test_E26_the_image_cannot_be_written(box: Box) -> None:
    code = (
        "import sandbox_image.runner as runner, pandas\n"
        "paths = [runner.__file__, pandas.__file__, '/usr/bin/python3', '/etc/passwd', '/etc/ld.so.preload',\n"  # noqa: E501
        "         '/etc/hosts', '/etc/resolv.conf', '/usr/local/lib/python3.11/dist-packages/x.pth',\n"
        "         '/usr/lib/python3.11/sitecustomize.py', '/usr/local/share/sandglass/matplotlibrc']\n"
        "result = [opened(p, 'ab') for p in paths] + [tried(os.mkdir, f'/{d}x') for d in ('', 'etc/', 'usr/', 'var/')]"  # noqa: E501
    )
    assert set(box.value(code)) <= {"EROFS", "EACCES", "ENOENT"}


def test_E26_only_these_places_can_be_written(box: Box) -> None:
    code = (
        "found = []\n"
        "for folder, folders, files in os.walk('/'):\n"
        "    folders[:] = [f for f in folders if os.path.join(folder, f) not in ('/proc', '/sys')]\n"
        "    path = os.path.join(folder, 'wall-probe')\n"
        "    if opened(path, 'wb') == 'ok':\n"
        "        os.unlink(path); found.append(folder)\n"
        "result = sorted({'/'.join(f.split('/')[:3]) if f.startswith('/dev') else '/' + f.split('/')[1] for f in found})"  # noqa: E501
    )
    assert set(box.value(code)) == {"/work", "/tmp", "/dev/shm"}


def test_E27_nothing_written_can_be_executed(box: Box) -> None:
    code = (
        "import shutil, subprocess\n"
        "seen = {}\n"
        "for top in ('/work', '/work/out', '/tmp', '/dev/shm'):\n"
        "    for source, name in (('/usr/bin/true', 'program'), (ctypes.util.find_library('m'), 'x.so')):\n"
        "        path = f'{top}/{name}'\n"
        "        source = source if source.startswith('/') else '/lib/x86_64-linux-gnu/' + source\n"
        "        shutil.copy(source, path); os.chmod(path, 0o755)\n"
        "    seen[top] = tried(subprocess.run, [f'{top}/program'])\n"
        "    try: ctypes.CDLL(f'{top}/x.so'); seen[top + ' so'] = 'ok'\n"
        "    except OSError as error: seen[top + ' so'] = 'refused'\n"
        "    done = subprocess.run(['/lib64/ld-linux-x86-64.so.2', f'{top}/program'], capture_output=True)\n"
        "    seen[top + ' by the loader'] = done.returncode\n"
        "    os.unlink(f'{top}/program'); os.unlink(f'{top}/x.so')\n"
        "result = seen"
    )
    seen = box.value("import ctypes.util\n" + code)
    for path, came in seen.items():
        assert came not in ("ok", 0), f"{path}: {came}"
        assert came in ("EACCES", "refused", 126, 127)


def test_E27_no_program_can_be_made_of_memory(box: Box) -> None:
    assert (
        box.value("result = [call(319, b'x', 0), call(447, 0), tried(os.memfd_create, 'x')]") == ["EPERM"] * 3
    )


def test_E28_the_root_cannot_be_changed(box: Box) -> None:
    assert (
        box.value("result = [call(161, b'/work'), call(155, b'/work', b'/work'), tried(os.chroot, '/')]")
        == ["EPERM"] * 3
    )


def test_E29_only_the_engines_own_files_are_mounted(box: Box) -> None:
    lines = box.value("result = open('/proc/self/mountinfo').read().splitlines()")
    for line in lines:
        before, _, after = line.partition(" - ")
        _, _, _, _, point, options, *tags = before.split()
        kind = after.split()[0]
        assert not any(tag.startswith("shared:") for tag in tags), line
        if kind in ("tmpfs", "proc", "sysfs", "devpts", "mqueue", "cgroup", "cgroup2", "overlay"):
            continue
        # What is left is files of the engine: its init and the container's own names, all read-only.
        assert point in ("/etc/hosts", "/etc/hostname", "/etc/resolv.conf") or point.endswith("-init"), line
        assert "ro" in options.split(",")


def test_E30_a_file_of_the_host_is_not_found(box: Box, canary: Path) -> None:
    code = (
        f"path = {str(canary)!r}\n"
        "tops = ['', '/host', '/mnt', '/rootfs', '/proc/1/root', '/proc/self/root', '/proc/1/cwd', '/..',\n"
        "        *(f'/proc/{p}/root' for p in others()), *(f'/proc/self/fd/{n}' for n in range(16))]\n"
        "seen = [top for top in tops if os.path.exists(top + path)]\n"
        "named = []\n"
        "for folder, folders, files in os.walk('/'):\n"
        "    folders[:] = [f for f in folders if os.path.join(folder, f) not in ('/proc', '/sys')]\n"
        "    if os.path.basename(path) in files: named.append(folder)\n"
        "result = [seen, named]"
    )
    ran = box.run(code)
    assert ran.result is not None
    assert ran.result["value"] == [[], []]
    assert canary.read_text() not in as_text(ran, box.record())
