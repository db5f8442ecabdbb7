"""Beyond CIS, B1-B10: what else may and may not be in the container's record."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from policies.spec import (
    LABEL_ATTEMPT,
    LABEL_DEADLINE,
    LABEL_OWNER,
    LABEL_POLICY,
    LABEL_STACK,
    LABEL_TASK,
    SANDBOX_UID,
)
from worker.wall.case import case, expect
from worker.wall.cis import config_of, record_of
from worker.wall.wall import Wall

_END_SECONDS = 15.0
_LABELS = {LABEL_STACK, LABEL_TASK, LABEL_ATTEMPT, LABEL_OWNER, LABEL_DEADLINE, LABEL_POLICY}
_MASKED = {"/proc/keys", "/sys/firmware", "/proc/kcore"}
_READ_ONLY = {"/proc/sys", "/proc/irq", "/proc/bus", "/proc/fs"}


@case("B1", "Its user is not root")
async def user(wall: Wall) -> None:
    """B1."""
    seen = (await record_of(wall))["Config"]["User"]
    expect(seen == f"{SANDBOX_UID}:{SANDBOX_UID}", f"User {seen!r}")


@case("B2", "Every tmpfs is bounded, and nothing in it can be executed")
async def tmpfs_bounded(wall: Wall) -> None:
    """B2."""
    tmpfs = (await config_of(wall))["Tmpfs"] or {}
    expect(set(tmpfs) == {"/work", "/tmp", "/run", "/var/tmp"}, f"tmpfs at {sorted(tmpfs)}")
    for point, options in tmpfs.items():
        missing = {"noexec", "nosuid", "nodev"} - set(options.split(","))
        expect(not missing and "size=" in options and "mode=" in options, f"{point}: {options}")


@case("B3", "Paths of /proc and /sys are masked and read-only")
async def paths_masked(wall: Wall) -> None:
    """B3."""
    config = await config_of(wall)
    if wall.engine.name == "docker":  # Podman does not list them; both are asked what is mounted
        expect(config["MaskedPaths"] and config["ReadonlyPaths"], "MaskedPaths or ReadonlyPaths is empty")
    if wall.gvisor:  # its own /proc has none of what is masked: E10
        return
    wanted = {path for path in _MASKED | _READ_ONLY if Path(path).exists()}
    points = {line.split()[4] for line in await (await wall.shared()).mounts()}
    expect(wanted <= points, f"not mounted over: {sorted(wanted - points)}")


@case("B4", "No kernel parameter, no host name, no resolver, no link, no group is added")
async def nothing_added(wall: Wall) -> None:
    """B4."""
    config = await config_of(wall)
    names = ("Sysctls", "ExtraHosts", "Dns", "DnsOptions", "DnsSearch", "Links", "GroupAdd")
    found = {name: config[name] for name in names if config.get(name)}
    expect(not found, f"added: {found}")


@case("B5", "The kernel may end it when its memory is used up")
async def oom_kill(wall: Wall) -> None:
    """B5."""
    config = await config_of(wall)
    expect(not config.get("OomKillDisable"), "OomKillDisable is on")
    expect((config.get("OomScoreAdj") or 0) >= 0, f"OomScoreAdj {config.get('OomScoreAdj')}")


@case("B6", "The engine keeps no log of it")
async def no_log(wall: Wall) -> None:
    """B6."""
    kind = (await config_of(wall))["LogConfig"]["Type"]
    expect(kind == "none", f"LogConfig {kind}")


@case("B7", "Labels say whose it is and until when")
async def labels(wall: Wall) -> None:
    """B7."""
    seen = (await record_of(wall))["Config"]["Labels"] or {}
    expect(set(seen) >= _LABELS, f"missing: {sorted(_LABELS - set(seen))}")
    expect(seen[LABEL_DEADLINE].isdigit(), f"its deadline is {seen[LABEL_DEADLINE]!r}")


@case("B8", "It is not removed before its end has been read")
async def kept_until_read(wall: Wall) -> None:
    """B8."""
    expect((await config_of(wall))["AutoRemove"] is False, "AutoRemove is on")


@case("B9", "An init process reaps what it leaves")
async def init(wall: Wall) -> None:
    """B9."""
    expect((await config_of(wall))["Init"] is True, "Init is off")


@case("B10", "No terminal, and its input ends with its one client")
async def no_terminal(wall: Wall) -> None:
    """B10."""
    config = (await record_of(wall))["Config"]
    expect(config["Tty"] is False, "it has a terminal")
    async with wall.fresh() as box:
        await box.sandbox.hang_up()
        until = time.monotonic() + _END_SECONDS
        while (state := await wall.engine.state(box.sandbox.container_id)) and state.running:
            expect(time.monotonic() < until, "it goes on although its pipe is closed")
            await asyncio.sleep(0.05)
