"""What container does a policy mean: one pure function from policy to the engine's create body."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policies.model import Policy
from policies.seccomp import inline_profile

SANDBOX_UID = 65532
GVISOR = "runsc"
"""gVisor's name as an OCI runtime."""
LABEL_STACK = "sandglass.stack"
LABEL_TASK = "sandglass.task"
LABEL_ATTEMPT = "sandglass.attempt"
LABEL_OWNER = "sandglass.owner"
LABEL_DEADLINE = "sandglass.deadline"
LABEL_POLICY = "sandglass.policy"

_MIB = 1 << 20
_GVISOR_MEMORY_BYTES = 1024 * _MIB
"""Of gVisor's kernel (MiBs for each process) and of the files of the image that it caches, in one cgroup with
the code."""
_GVISOR_PIDS = 128
_GVISOR_PIDS_EACH = 6
"""Processes and threads of the host that gVisor starts: some of its own, and some for each one inside."""
_SCRATCH_BYTES = 16 * _MIB
_HOST_PROCESSES = 8192
"""Of all sandboxes of a host together; at or below the hard limit of a small host."""


@dataclass(frozen=True)
class Marks:
    """What a container is labelled with, so that a sweep can find it and judge it."""

    stack: str
    """The stack it belongs to; sweeps touch only their own."""
    owner: str
    """`worker-name:pid:start:place` of the process that made it."""
    deadline: int
    """Unix time, in seconds, after which anybody of the stack may remove it."""
    task: str = "standby"
    """What it was made for; a standby sandbox is made before its task is known."""
    attempt: str = "0"
    """The delivery of the task that it was made for; "0" for a standby. A label cannot be changed later, so a
    standby that was given to a job keeps it: which attempt ran in it stands in the job's record."""


def container_body(policy: Policy, image: str, marks: Marks) -> dict[str, Any]:
    """The body of `POST /containers/create` (Docker Engine API 1.40) for a sandbox under `policy`.

    The same body serves Docker and Podman. There is no way to add to it from outside.
    """
    return {
        "Image": image,
        "User": f"{SANDBOX_UID}:{SANDBOX_UID}",
        "WorkingDir": "/work",
        "Hostname": "sandbox",
        "Labels": labels(policy, marks),
        "AttachStdin": True,
        "AttachStdout": True,
        "AttachStderr": True,
        "OpenStdin": True,
        # The pipe ends with its one client: a worker that dies takes its sandboxes' runners with it.
        "StdinOnce": True,
        "Tty": False,
        "NetworkDisabled": True,
        "HostConfig": _host_config(policy),
    }


def profile_by_path(body: Mapping[str, Any], path: str | Path) -> dict[str, Any]:
    """The create body with the seccomp profile's path in place of its text, which Podman takes for a path."""
    host = body.get("HostConfig", {})
    options = [
        f"seccomp={path}" if option.startswith("seccomp={") else option
        for option in host.get("SecurityOpt", [])
    ]
    return {**body, "HostConfig": {**host, "SecurityOpt": options}}


def labels(policy: Policy, marks: Marks) -> dict[str, str]:
    """The labels of a sandbox."""
    return {
        LABEL_STACK: marks.stack,
        LABEL_TASK: marks.task,
        LABEL_ATTEMPT: marks.attempt,
        LABEL_OWNER: marks.owner,
        LABEL_DEADLINE: str(marks.deadline),
        LABEL_POLICY: policy.name,
    }


def policy_digest(policy: Policy) -> str:
    """SHA-256 (hex) of all that the policy says; goes into receipts."""
    return hashlib.sha256(policy.model_dump_json().encode()).hexdigest()


def _host_config(policy: Policy) -> dict[str, Any]:
    limits = policy.limits
    on_gvisor = policy.runtime == GVISOR
    memory_bytes = limits.memory_bytes + (_GVISOR_MEMORY_BYTES if on_gvisor else 0)
    body: dict[str, Any] = {
        "Init": True,
        "Privileged": False,
        "CapAdd": [],
        "CapDrop": ["ALL"],
        # As Docker takes it; `profile_by_path` gives the path of the file instead.
        "SecurityOpt": ["no-new-privileges", f"seccomp={inline_profile()}"],
        "ReadonlyRootfs": True,
        "Tmpfs": _tmpfs(limits.tmpfs_bytes),
        "ShmSize": _MIB,
        "NetworkMode": "none",
        "IpcMode": "private",
        "CgroupnsMode": "private",
        "PidMode": "",
        "UTSMode": "",
        "UsernsMode": "",
        "Memory": memory_bytes,
        "MemorySwap": memory_bytes,
        "OomKillDisable": False,
        "CpuPeriod": 100_000,
        "CpuQuota": round(limits.cpus * 100_000),
        "PidsLimit": limits.pids * _GVISOR_PIDS_EACH + _GVISOR_PIDS if on_gvisor else limits.pids,
        "Ulimits": _ulimits(policy),
        "RestartPolicy": {"Name": "no"},
        "LogConfig": {"Type": "none"},
        # The exit state (OOMKilled) is read before the worker removes it.
        "AutoRemove": False,
    }
    if policy.runtime:
        body["Runtime"] = policy.runtime
    return body


def _tmpfs(work_bytes: int) -> Mapping[str, str]:
    # Podman gives read-only containers an unsized tmpfs on /tmp, /run and /var/tmp, unless they are named.
    options = "rw,noexec,nosuid,nodev"
    scratch = f"{options},size={_SCRATCH_BYTES},mode=1777"
    locked = f"{options},size=65536,mode=0755"
    return {
        "/work": f"{options},size={work_bytes},mode=1777",
        "/tmp": scratch,  # noqa: S108 - a path in the sandbox, not on this host
        "/run": locked,
        "/var/tmp": locked,  # noqa: S108
    }


def _ulimits(policy: Policy) -> list[dict[str, Any]]:
    # nproc counts a uid over all containers of a host, so it is no limit for one of them: pids.max is. But
    # without one Podman asks for more than a host without CAP_SYS_RESOURCE may give, and nothing starts.
    nofile = policy.limits.nofile
    fsize = policy.limits.tmpfs_bytes
    # gVisor counts processes in its own kernel, for this sandbox alone; rss tells the runner what to watch.
    gvisor = [
        {"Name": "nproc", "Soft": policy.limits.pids, "Hard": policy.limits.pids},
        {"Name": "rss", "Soft": policy.limits.memory_bytes, "Hard": policy.limits.memory_bytes},
    ]
    host = [{"Name": "nproc", "Soft": _HOST_PROCESSES, "Hard": _HOST_PROCESSES}]
    return [
        *(gvisor if policy.runtime == GVISOR else host),
        {"Name": "nofile", "Soft": nofile, "Hard": nofile},
        {"Name": "core", "Soft": 0, "Hard": 0},
        # Message queues would be a place to write that no tmpfs limit counts.
        {"Name": "msgqueue", "Soft": 0, "Hard": 0},
        {"Name": "fsize", "Soft": fsize, "Hard": fsize},
    ]
