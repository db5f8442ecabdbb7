"""What is known not to hold, where, and why? A case is listed only when what was seen is exactly this."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Known:
    """A known deviation: the reason, and what mends it if anything does."""

    name: str
    reason: str


ROOT_ENGINE = Known(
    "root engine",
    "the engine runs as root without a user namespace, so uid 65532 inside is uid 65532 of the host; "
    "use rootless Podman or Docker's userns-remap",
)
OLD_RUNC = Known(
    "old runc",
    "what was tried is refused, but this runc is older than 1.2.8, 1.3.3 and 1.4.0-rc.3, which mend races "
    "that need a hostile image or mount: update runc",
)
ENGINE_PATHS = Known(
    "engine's paths",
    "mountinfo names the engine's own storage paths (its files in /etc, the init program, the image's "
    "layers), all read-only; engines do so",
)
NO_INODE_LIMIT = Known(
    "no inode limit",
    "inodes are bounded by the memory limit only: Podman refuses nr_inodes for a tmpfs",
)
PODMAN_HOSTS = Known(
    "podman's hosts file",
    "Podman writes host.containers.internal and the host's own names into /etc/hosts: they can be read, not "
    "reached; `sandglass up` sets no_hosts = true, in containers.conf, for the service that it starts",
)
PODMAN_CAPDROP = Known(
    "podman's list of capabilities",
    "Podman lists the capabilities that ALL took away instead of the word; the kernel says that none is left",
)
PODMAN_IPC = Known(
    "podman's word for ipc",
    "Podman says IpcMode shareable; the namespace is the container's own, and nobody shares it",
)
PODMAN_CGROUPNS = Known(
    "podman's cgroup namespace",
    "Podman does not pass CgroupnsMode on with cgroups of version 1: code can read its own cgroup's path",
)
NO_RESTART = Known(
    "never restarted", 'the restart policy is "no", not on-failure: a sandbox is thrown away, never restarted'
)
NO_HEALTH_CHECK = Known(
    "no health check", "the runner answers by frames, and a sandbox that does not is removed"
)
NPROC = Known(
    "nproc",
    "an nproc limit is set (8192, of all sandboxes together), because Podman starts nothing without one "
    "where it may not raise limits; what bounds a sandbox is pids.max",
)
SAME_JOB_STYLE = Known(
    "style of the same job",
    "a matplotlibrc that code leaves in /work/out styles later attempts of the same job, no other job",
)
GVISOR_PROC = Known(
    "gVisor's /proc",
    "this gVisor lets code open the pipe and read the maps and the start environment of the runner; its "
    "memory, where the frames' key is, stays closed: code can end its own job, nothing else",
)
GVISOR_NOEXEC = Known(
    "gVisor's noexec",
    "this gVisor refuses to start what was written, but lets the loader map it; it runs on gVisor's own "
    "kernel and can do no more than the code that wrote it",
)
GVISOR_DEVICES = Known(
    "gVisor's devices",
    "gVisor makes nodes in its own memory, and has a /dev/net/tun and a /dev/fuse of its own kernel; no "
    "disk and no memory of the host opens by them",
)
GVISOR_OOM = Known(
    "gVisor's memory",
    "code on gVisor that takes much memory at once ends its whole sandbox: runner_lost, not oom; no other "
    "job feels it",
)
