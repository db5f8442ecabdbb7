"""CIS Docker Benchmark section 5, items 1-16, on a live container."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from worker.wall.case import NotTestableError, case, expect, expect_only
from worker.wall.known import NO_RESTART, PODMAN_CAPDROP, Known
from worker.wall.wall import Wall, asked_for

SOCKETS = ("docker", "podman", "containerd", "crio")
_TAKEN_AWAY = {
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "SYS_CHROOT",
}


async def record_of(wall: Wall) -> dict[str, Any]:
    """The engine's record of the sandbox that all these cases look at."""
    return await (await wall.shared()).record()


async def config_of(wall: Wall) -> dict[str, Any]:
    """`HostConfig` of that record."""
    return dict((await record_of(wall))["HostConfig"])


async def own_namespace(wall: Wall, name: str) -> None:
    """No process of the sandbox shares this namespace with the host."""
    ours = Path(f"/proc/self/ns/{name}").readlink()
    for pid in await (await wall.shared()).host_pids():
        expect(Path(f"/proc/{pid}/ns/{name}").readlink() != ours, f"process {pid} is in the host's {name}")


@case("CIS-5.1", "Swarm mode is off")
async def swarm_off(wall: Wall) -> None:
    """5.1."""
    state = (await wall.engine.facts()).swarm
    expect(state == "inactive", f"swarm is {state}")


def _no_label_off(config: dict[str, Any]) -> None:
    off = [o for o in config["SecurityOpt"] or [] if "disable" in o[:40] or o.endswith(("unconfined",))]
    expect(not off, f"taken off: {off}")


@case("CIS-5.2", "An AppArmor profile, where the host has AppArmor")
async def apparmor(wall: Wall) -> None:
    """5.2."""
    record = await record_of(wall)
    _no_label_off(record["HostConfig"])
    if not Path("/sys/kernel/security/apparmor").exists():
        raise NotTestableError("this host has no AppArmor")
    expect(
        record["AppArmorProfile"] not in ("", "unconfined"), f"its profile is {record['AppArmorProfile']!r}"
    )


@case("CIS-5.3", "An SELinux label, where the host has SELinux")
async def selinux(wall: Wall) -> None:
    """5.3."""
    record = await record_of(wall)
    _no_label_off(record["HostConfig"])
    if not Path("/sys/fs/selinux/enforce").exists():
        raise NotTestableError("this host has no SELinux")
    expect(record["ProcessLabel"], "it has no label")


@case("CIS-5.4", "All capabilities are dropped, none is added")
async def capabilities(wall: Wall) -> Known | None:
    """5.4."""
    config = await config_of(wall)
    expect(not config["CapAdd"], f"added: {config['CapAdd']}")
    if config["CapDrop"] == ["ALL"]:
        return None
    dropped = {name.removeprefix("CAP_") for name in config["CapDrop"] or []}
    expect(wall.engine.name == "podman" and dropped >= _TAKEN_AWAY, f"dropped: {sorted(dropped)}")
    facts = (await wall.shared()).sandbox.facts
    left = {facts.get("cap_eff"), facts.get("cap_bnd")}
    expect(left == {"0000000000000000"}, f"capabilities inside: {left}")
    return PODMAN_CAPDROP


@case("CIS-5.5", "Not privileged")
async def not_privileged(wall: Wall) -> None:
    """5.5."""
    expect((await config_of(wall))["Privileged"] is False, "it is privileged")


@case("CIS-5.6", "Nothing of the host is mounted")
async def no_mounts(wall: Wall) -> None:
    """5.6."""
    record = await record_of(wall)
    config = record["HostConfig"]
    for name in ("Binds", "Mounts", "VolumesFrom"):
        expect(not config.get(name), f"{name}: {config.get(name)}")
    binds = [mount for mount in record["Mounts"] if mount["Type"] != "tmpfs"]
    expect(not binds, f"mounts: {binds}")


@case("CIS-5.7", "No sshd and no other program but the runner")
async def only_the_runner(wall: Wall) -> None:
    """5.7."""
    box = await wall.shared()
    expect(await box.works(), "the sandbox runs no code")
    code = (
        "result = [open(f'/proc/{p}/cmdline').read().replace('\\0', ' ') for p in [os.getpid(), *others()]]"
    )
    lines = await box.value(code)
    if not wall.gvisor:
        lines += [
            Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ") for pid in await box.host_pids()
        ]
    strange = [line for line in lines if "sandbox_image.runner" not in line]
    expect(not strange, f"programs: {strange[:3]}")


@case("CIS-5.8", "No privileged port is mapped")
async def no_ports(wall: Wall) -> None:
    """5.8."""
    record = await record_of(wall)
    ports = [record["NetworkSettings"].get("Ports"), record["HostConfig"]["PortBindings"]]
    expect(not any(ports), f"ports: {ports}")


@case("CIS-5.9", "No port is open")
async def none_exposed(wall: Wall) -> None:
    """5.9."""
    record = await record_of(wall)
    expect(not record["Config"].get("ExposedPorts"), f"exposed: {record['Config'].get('ExposedPorts')}")
    expect(record["HostConfig"]["PublishAllPorts"] is False, "all ports are published")


@case("CIS-5.10", "Not in the host's network")
async def not_hosts_network(wall: Wall) -> None:
    """5.10."""
    mode = (await config_of(wall))["NetworkMode"]
    expect(mode == "none", f"NetworkMode {mode}")
    await own_namespace(wall, "net")


@case("CIS-5.11", "Memory is limited, without swap")
async def memory_limited(wall: Wall) -> None:
    """5.11."""
    box, config, wanted = await wall.shared(), await config_of(wall), asked_for(wall.policy)["Memory"]
    seen = (config["Memory"], config["MemorySwap"])
    expect(seen == (wanted, wanted), f"Memory, MemorySwap: {seen}; the policy says {wanted}")
    held = await box.cgroup("memory", "memory.max", "memory.limit_in_bytes")
    expect(held == str(wanted), f"the cgroup says {held}, the policy {wanted}")


@case("CIS-5.12", "The CPU is limited")
async def cpu_limited(wall: Wall) -> None:
    """5.12."""
    config, wanted = await config_of(wall), wall.policy.limits.cpus
    period = config["CpuPeriod"] or 100_000
    share = config["CpuQuota"] / period if config["CpuQuota"] else config["NanoCpus"] / 1e9
    expect(abs(share - wanted) < 0.01, f"{share:g} processors; the policy says {wanted:g}")
    box = await wall.shared()
    held = await box.cgroup("cpu", "cpu.max", "cpu.cfs_quota_us")
    expect(held is not None, "its cgroup has no quota")
    quota = (held or "").split()[0]
    expect(quota == str(round(wanted * 100_000)), f"the cgroup's quota is {quota} of 100000")


@case("CIS-5.13", "The root file system is read-only")
async def root_read_only(wall: Wall) -> None:
    """5.13."""
    expect((await config_of(wall))["ReadonlyRootfs"] is True, "ReadonlyRootfs is off")
    facts = (await wall.shared()).sandbox.facts
    expect(facts.get("rootfs_writable") is False, "inside, the root can be written")


@case("CIS-5.14", "No port is bound to an interface of the host")
async def none_bound(wall: Wall) -> None:
    """5.14."""
    ports = (await record_of(wall))["NetworkSettings"].get("Ports") or {}
    bound = [binding for bindings in ports.values() for binding in bindings or []]
    expect(not bound, f"bound: {bound}")


@case("CIS-5.15", "Restarted at most five times")
async def never_restarted(wall: Wall) -> Known:
    """5.15."""
    name = (await config_of(wall))["RestartPolicy"]["Name"]
    expect(name in ("no", ""), f"the restart policy is {name}")
    return NO_RESTART


@case("CIS-5.16", "Not in the host's process namespace")
async def not_hosts_processes(wall: Wall) -> None:
    """5.16."""
    mode = (await config_of(wall))["PidMode"]
    expect_only([mode], {"", "private"}, "PidMode")
    if wall.gvisor:  # its own kernel keeps its processes; CIS-5.7 looks at all that there are
        return
    await own_namespace(wall, "pid")
