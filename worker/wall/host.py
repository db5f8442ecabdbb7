"""What can be seen of a sandbox from the host, where nothing inside has a say?"""

from __future__ import annotations

import hashlib
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_RUNTIME_FILES = ("runc", "crun", "runsc", "catatonit", "tini-static", "docker-init", "conmon")
_PLACES = "/usr/bin:/usr/sbin:/usr/local/bin:/usr/libexec/podman"


def status_of(pid: int | str) -> dict[str, str]:
    """`/proc/<pid>/status` of the host; empty when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return {}
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def descendants(first: int) -> list[int]:
    """A process and all that descend from it, as the host numbers them; `first` stands first."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (status := status_of(entry.name)):
            children.setdefault(int(status["PPid"]), []).append(int(entry.name))
    found = [first]
    for pid in found:
        found += children.get(pid, [])
    return found


def cgroup_file(pid: int, controller: str, *names: str) -> str | None:
    """A file of a process's cgroup: the first of `names` that is there, version 1 or 2."""
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        for name in names:
            file = Path("/sys/fs/cgroup", controllers, path.lstrip("/"), name)
            if file.is_file():
                return file.read_text().strip()
    return None


def runtime_hashes() -> dict[str, str]:
    """SHA-256 of the host's programs that start and hold containers."""
    found = {name: shutil.which(name, path=_PLACES) for name in _RUNTIME_FILES}
    return {name: hashlib.sha256(Path(p).read_bytes()).hexdigest() for name, p in found.items() if p}


def resident_kib() -> int:
    """What this process holds of memory now."""
    return int(status_of("self")["VmRSS"].split()[0])


@contextmanager
def listening(kind: int) -> Iterator[socket.socket]:
    """A listener of this process on the host's loopback."""
    with socket.socket(socket.AF_INET, kind) as server:
        server.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            server.listen()
        server.setblocking(False)
        yield server


def nothing_came(server: socket.socket) -> bool:
    """Whether nobody has sent it anything."""
    try:
        server.recv(1) if server.type == socket.SOCK_DGRAM else server.accept()[0].close()
    except BlockingIOError:
        return True
    return False


def uid_map(pid: int) -> list[int]:
    """The first line of a process's user id map: inside, on the host, how many."""
    return [int(number) for number in Path(f"/proc/{pid}/uid_map").read_text().splitlines()[0].split()]


def available_bytes() -> int:
    """What the kernel could still give to programs."""
    lines = (line.split() for line in Path("/proc/meminfo").read_text().splitlines())
    return next(int(fields[1]) << 10 for fields in lines if fields[0] == "MemAvailable:")


def cpu_seconds(text: str) -> float:
    """CPU time out of `cpuacct.usage` (nanoseconds) or `cpu.stat` (microseconds)."""
    return int(text) / 1e9 if text.isdigit() else int(text.split()[1]) / 1e6
