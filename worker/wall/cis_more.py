"""CIS Docker Benchmark section 5, items 17-32, on a live container."""

from __future__ import annotations

from pathlib import Path

import worker
from policies.seccomp import MARK
from worker.wall import host
from worker.wall.case import case, expect, expect_only
from worker.wall.cis import SOCKETS, config_of, own_namespace, record_of
from worker.wall.known import (
    NO_HEALTH_CHECK,
    NPROC,
    PODMAN_CGROUPNS,
    PODMAN_IPC,
    ROOT_ENGINE,
    Known,
)
from worker.wall.wall import Wall, as_text, asked_for


@case("CIS-5.17", "Not in the host's IPC namespace, shared memory is small")
async def not_hosts_ipc(wall: Wall) -> Known | None:
    """5.17."""
    config = await config_of(wall)
    size, mode = config["ShmSize"], config["IpcMode"]
    expect(0 < size <= 1 << 20, f"ShmSize {size}")
    await own_namespace(wall, "ipc")
    expect(
        mode in ("private", "none") or (mode, wall.engine.name) == ("shareable", "podman"), f"IpcMode {mode}"
    )
    return PODMAN_IPC if mode == "shareable" else None


@case("CIS-5.18", "No device of the host")
async def no_device(wall: Wall) -> None:
    """5.18."""
    config = await config_of(wall)
    found = {name: config.get(name) for name in ("Devices", "DeviceRequests", "DeviceCgroupRules")}
    expect(not any(found.values()), f"devices: {found}")


@case("CIS-5.19", "Open files, sizes of files and core dumps have limits of their own")
async def own_limits(wall: Wall) -> Known | None:
    """5.19."""
    given = (await config_of(wall))["Ulimits"] or []
    limits = {limit["Name"].removeprefix("RLIMIT_").lower(): limit["Hard"] for limit in given}
    wanted = {"nofile": wall.policy.limits.nofile, "fsize": wall.policy.limits.tmpfs_bytes}
    wanted |= {"core": 0, "msgqueue": 0}
    seen = {name: limits.get(name) for name in wanted}
    expect(seen == wanted, f"limits: {seen}")
    code = (
        "import resource as r\n"
        "result = [r.getrlimit(n)[1] for n in (r.RLIMIT_NOFILE, r.RLIMIT_FSIZE, r.RLIMIT_CORE)]"
    )
    inside = await (await wall.shared()).value(code)
    expect(inside == [wanted["nofile"], wanted["fsize"], 0], f"inside: {inside}")
    return NPROC if limits.get("nproc") else None


@case("CIS-5.20", "No mount is shared with the host")
async def none_shared(wall: Wall) -> None:
    """5.20."""
    mounts = (await record_of(wall))["Mounts"]
    shared = [mount for mount in mounts if "shared" in mount.get("Propagation", "")]
    lines = await (await wall.shared()).mounts()
    shared += [line for line in lines if " shared:" in line.partition(" - ")[0]]
    expect(not shared, f"shared: {shared[:3]}")


@case("CIS-5.21", "Not in the host's UTS namespace")
async def not_hosts_names(wall: Wall) -> None:
    """5.21."""
    mode = (await config_of(wall))["UTSMode"]
    expect_only([mode], {"", "private"}, "UTSMode")
    await own_namespace(wall, "uts")


@case("CIS-5.22", "The system call filter is our own, not switched off")
async def our_filter(wall: Wall) -> None:
    """5.22."""
    box = await wall.shared()
    options = [o for o in (await config_of(wall))["SecurityOpt"] or [] if o.startswith("seccomp")]
    expect(
        len(options) == 1 and "unconfined" not in options[0][:40], f"SecurityOpt: {[o[:60] for o in options]}"
    )
    if wall.gvisor:
        return
    for pid in await box.host_pids():
        mode = host.status_of(pid)["Seccomp"]
        expect(mode == "2", f"process {pid} has no filter (Seccomp {mode})")
    expect(box.sandbox.facts.get("seccomp_mark") == MARK, "the runner does not feel our profile")


@case("CIS-5.23", "Nothing is executed from outside with privileges")
async def no_exec(wall: Wall) -> None:
    """5.23."""
    record = await record_of(wall)
    expect(not record.get("ExecIDs"), f"executed from outside: {record.get('ExecIDs')}")
    asked = ("exec" + "_create", "exec" + "_start")
    files = Path(worker.__file__ or "").parent.rglob("*.py")
    found = [file.name for file in files if any(word in file.read_text("utf-8") for word in asked)]
    expect(not found, f"the worker knows how to: {found}")


@case("CIS-5.24", "Nothing is executed from outside as root")
async def no_exec_as_root(wall: Wall) -> None:
    """5.24: nothing is executed from outside at all."""
    await no_exec(wall)
    user = (await record_of(wall))["Config"]["User"]
    expect(user.partition(":")[0] not in ("", "0", "root"), f"its user is {user!r}")


@case("CIS-5.25", "It has a control group of its own")
async def own_cgroup(wall: Wall) -> Known | None:
    """5.25."""
    config, box = await config_of(wall), await wall.shared()
    expect(config["CgroupParent"] == "", f"CgroupParent {config['CgroupParent']}")
    expect(await box.cgroup("pids", "pids.max") is not None, "it is in no cgroup of its own")
    mode = config.get("CgroupnsMode") or ""
    if mode == "private":
        return None
    old = (await wall.engine.facts()).cgroup_version.lstrip("v") == "1"
    expect(wall.engine.name == "podman" and old, f"CgroupnsMode {mode!r}")
    return PODMAN_CGROUPNS


@case("CIS-5.26", "No new privileges")
async def no_new_privileges(wall: Wall) -> None:
    """5.26."""
    options = (await config_of(wall))["SecurityOpt"] or []
    expect(any(option.startswith("no-new-privileges") for option in options), "it is not in SecurityOpt")
    box = await wall.shared()
    if not wall.gvisor:
        seen = {host.status_of(pid)["NoNewPrivs"] for pid in await box.host_pids()}
        expect(seen == {"1"}, f"NoNewPrivs of its processes: {seen}")


@case("CIS-5.27", "Its health is checked")
async def health(wall: Wall) -> Known:
    """5.27."""
    expect(await (await wall.shared()).works(), "the runner does not answer")
    return NO_HEALTH_CHECK


@case("CIS-5.28", "The image is pinned by its digest and never pulled")
async def pinned(wall: Wall) -> None:
    """5.28."""
    box, record = await wall.shared(), await record_of(wall)
    seen, wanted = (name.removeprefix("sha256:") for name in (record["Image"], box.sandbox.image_digest))
    expect(seen == wanted, f"it runs {seen[:19]}, not {wanted[:19]}")
    named = record["Config"]["Image"].removeprefix("sha256:")
    expect(wall.engine.name == "podman" or named == wanted, f"it was asked for by the name {named[:40]}")


@case("CIS-5.29", "Processes are limited")
async def pids_limited(wall: Wall) -> None:
    """5.29."""
    seen, wanted = (await config_of(wall))["PidsLimit"], asked_for(wall.policy)["PidsLimit"]
    expect(
        seen == wanted and 1 <= wall.policy.limits.pids <= 256, f"PidsLimit {seen}; the policy says {wanted}"
    )
    held = await (await wall.shared()).cgroup("pids", "pids.max")
    expect(held == str(wanted), f"the cgroup says {held}, the policy {wanted}")


@case("CIS-5.30", "Not on the engine's default bridge")
async def no_bridge(wall: Wall) -> None:
    """5.30."""
    record = await record_of(wall)
    mode = record["HostConfig"]["NetworkMode"]
    networks = set(record["NetworkSettings"].get("Networks") or {}) - {"none"}
    expect(mode == "none" and not networks, f"NetworkMode {mode}, networks {sorted(networks)}")


@case("CIS-5.31", "Not in the host's user namespace")
async def not_hosts_users(wall: Wall) -> Known | None:
    """5.31."""
    mode = (await config_of(wall))["UsernsMode"]
    expect_only([mode], {"", "private"}, "UsernsMode")
    pid = await (await wall.shared()).host_pid()
    whole = host.uid_map(pid) == [0, 0, 4294967295]
    return ROOT_ENGINE if whole and not wall.gvisor else None


@case("CIS-5.32", "No engine's socket is mounted")
async def no_socket(wall: Wall) -> None:
    """5.32."""
    record = await record_of(wall)
    lines = await (await wall.shared()).mounts()
    seen = as_text(
        record["Mounts"], record["HostConfig"].get("Binds"), record["HostConfig"].get("Mounts"), lines
    )
    found = [name for name in SOCKETS if f"{name}.sock" in seen]
    expect(not found, f"mounted: {found}")
