"""What does code inside a sandbox see of its limits? The code that looks, and what it printed."""

from __future__ import annotations

import json
from typing import Any

PROBE = """
import json, os, socket

def read(*paths):
    for path in paths:
        try:
            with open(path) as file:
                return file.read().strip()
        except OSError:
            continue
    return None

def number(text):
    return int(text) if text and text.isdigit() and int(text) < 1 << 60 else None

def cpus():
    text = read("/sys/fs/cgroup/cpu.max")
    if text:
        quota, period = text.split()
    else:
        folders = ("cpu", "cpu,cpuacct")
        quota = read(*[f"/sys/fs/cgroup/{name}/cpu.cfs_quota_us" for name in folders])
        period = read(*[f"/sys/fs/cgroup/{name}/cpu.cfs_period_us" for name in folders])
    return int(quota) / int(period) if quota and period and quota.isdigit() else None

def writable(folder):
    path = os.path.join(folder, f".sandglass-{os.getpid()}")
    try:
        with open(path, "x"):
            pass
        os.unlink(path)
        return True
    except OSError:
        return False

def space(folder):
    stat = os.statvfs(folder)
    return stat.f_blocks * stat.f_frsize

def interfaces():
    try:
        return [name for _, name in socket.if_nameindex()]
    except OSError:
        rows = (read("/proc/net/dev") or "").splitlines()[2:]
        return [row.split(":")[0].strip() for row in rows] or None

def hosts():
    usual = {"localhost", "sandbox", "ip6-localhost", "ip6-loopback", "ip6-allnodes", "ip6-allrouters"}
    rows = [row.split("#")[0].split()[1:] for row in (read("/etc/hosts") or "").splitlines()]
    # The engine adds the container's own id and name behind its host name.
    return sorted({name for row in rows for name in row if not usual & set(row)})[:10]

lines = (row.split(":", 1) for row in (read("/proc/self/status") or "").splitlines() if ":" in row)
status = {key: value.strip() for key, value in lines}
folders = "/ /bin /dev/shm /etc /home /mnt /opt /run /srv /tmp /usr /var /var/tmp".split()
cg = "/sys/fs/cgroup"
print("SANDGLASS-DOCTOR " + json.dumps({
    "memory_max": number(read(f"{cg}/memory.max", f"{cg}/memory/memory.limit_in_bytes")),
    "pids_max": number(read(f"{cg}/pids.max", f"{cg}/pids/pids.max")),
    "cpus": cpus(),
    "seccomp": number(status.get("Seccomp")),
    "no_new_privs": number(status.get("NoNewPrivs")),
    "cap_eff": status.get("CapEff"),
    "cap_prm": status.get("CapPrm"),
    "cap_bnd": status.get("CapBnd"),
    "uid": os.getuid(),
    "interfaces": interfaces(),
    "hosts": hosts(),
    "writable": {folder: space(folder) for folder in folders if writable(folder)},
}))
"""
_MARK = "SANDGLASS-DOCTOR "


def read_probe(stdout: str) -> dict[str, Any] | None:
    """What the probe saw, out of what it printed; None: it did not get so far."""
    for line in stdout.splitlines():
        if line.startswith(_MARK):
            try:
                seen = json.loads(line.removeprefix(_MARK))
            except ValueError:
                return None
            return seen if isinstance(seen, dict) else None
    return None


def last_complaint(log: str) -> str:
    """The last error that a worker wrote to its log, in its own words; empty if there is none."""
    for line in reversed(log.splitlines()):
        start = line.find('{"')
        if start < 0 or '"error"' not in line:
            continue
        try:
            entry = json.loads(line[start:])
        except ValueError:
            continue
        if isinstance(entry, dict) and entry.get("level") == "error" and entry.get("error"):
            return str(entry["error"])
    return ""
