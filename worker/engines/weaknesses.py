"""What is weaker about an engine than it should be? Pure functions over what it says of itself.

Each sentence: what and why it matters, then `: `, then what mends it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from worker.engines.versions import docker_weaknesses, runc_weaknesses

ROOT = (
    "the engine runs as root without user namespaces, so the user of a sandbox is the same user on the host: "
    "run Podman or Docker as an ordinary user, or set userns-remap in Docker's daemon.json"
)
DIRECT = (
    "the worker holds the socket of an engine that runs as root, so whoever takes the worker over has this "
    "host: put the engine proxy between them, as `make stack` does (docs/threat-model.md)"
)
NO_LSM = (
    "neither AppArmor nor SELinux confines sandboxes, so one wall less is behind the system call filters: "
    "install AppArmor (`apt-get install apparmor`) and boot with it, then restart the engine"
)
CGROUP_V1 = (
    "cgroup version 1 is used, with which some engines show a sandbox its path on the host and do not work "
    "for ordinary users: boot with systemd.unified_cgroup_hierarchy=1"
)


def weaknesses(
    name: str,
    version: str,
    runtime: str,
    runtime_version: str,
    info: Mapping[str, Any],
    proxied: bool = False,
) -> tuple[str, ...]:
    """All that is weak, the worst first; `info` is the answer of `/info`."""
    found = [*runc_weaknesses(runtime, runtime_version)]
    if name == "docker":
        found += docker_weaknesses(version)
    options = " ".join(map(str, info.get("SecurityOptions") or []))
    if "name=rootless" not in options and "name=userns" not in options:
        found.append(ROOT)
    if "name=rootless" not in options and not proxied:
        found.append(DIRECT)
    if "name=apparmor" not in options and "name=selinux" not in options:
        found.append(NO_LSM)
    if str(info.get("CgroupVersion")) == "1":
        found.append(CGROUP_V1)
    return tuple(found)
