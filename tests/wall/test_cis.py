"""CIS Docker Benchmark section 5, on a live container of each engine; the deviations stand in docs/threat-model.md."""  # noqa: E501

from pathlib import Path
from typing import Any

import docker
import pytest

from policies.spec import LABEL_DEADLINE, LABEL_OWNER, LABEL_STACK, LABEL_TASK
from tests.wall.wall import DEFAULT, Box, Wall, as_text

pytestmark = pytest.mark.engine
SOCKETS = ("docker", "podman", "containerd", "crio")


@pytest.fixture
def record(box: Box) -> dict[str, Any]:
    return box.record()


@pytest.fixture
def host(record: dict[str, Any]) -> dict[str, Any]:
    return dict(record["HostConfig"])


def test_CIS_5_01_swarm_is_off(wall: Wall) -> None:
    with docker.APIClient(base_url=wall.url, version="1.40", timeout=30) as client:
        assert client.info().get("Swarm", {}).get("LocalNodeState", "inactive") == "inactive"


def test_CIS_5_02_03_apparmor_or_selinux_where_the_host_has_one(record: dict[str, Any]) -> None:
    if Path("/sys/kernel/security/apparmor").exists():
        assert record["AppArmorProfile"] not in ("", "unconfined")
    if Path("/sys/fs/selinux/enforce").exists():
        assert record["ProcessLabel"]
    assert not any("disable" in o or "unconfined" in o for o in record["HostConfig"]["SecurityOpt"])


def test_CIS_5_04_05_no_capability_and_no_privilege(wall: Wall, host: dict[str, Any]) -> None:
    assert not host["CapAdd"]
    assert host["Privileged"] is False
    if wall.engine.name == "docker":
        assert host["CapDrop"] == ["ALL"]
    else:  # Podman lists what ALL took away; E01 reads that none is left
        assert {"SYS_CHROOT", "NET_RAW", "MKNOD", "SETUID", "DAC_OVERRIDE"} <= {
            name.removeprefix("CAP_") for name in host["CapDrop"]
        }


def test_CIS_5_06_32_nothing_of_the_host_is_mounted(record: dict[str, Any], host: dict[str, Any]) -> None:
    assert not host["Binds"]
    assert not host.get("Mounts")
    assert not host["VolumesFrom"]
    assert all(mount["Type"] == "tmpfs" for mount in record["Mounts"])
    assert not any(f"{name}.sock" in as_text(record["Mounts"], host) for name in SOCKETS)


def test_CIS_5_07_only_our_programs_run(box: Box) -> None:
    box.works()
    names = [Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ") for pid in box.host_pids()]
    assert all("sandbox_image.runner" in name for name in names), names


def test_CIS_5_08_09_14_no_port_is_open(record: dict[str, Any], host: dict[str, Any]) -> None:
    assert not record["NetworkSettings"]["Ports"]
    assert not record["Config"].get("ExposedPorts")
    assert not host["PortBindings"]
    assert host["PublishAllPorts"] is False


def test_CIS_5_10_30_no_network(host: dict[str, Any]) -> None:
    assert host["NetworkMode"] == "none"


def test_CIS_5_11_12_29_memory_cpu_and_pids_are_limited(box: Box, host: dict[str, Any]) -> None:
    limits = DEFAULT.limits
    assert host["Memory"] == host["MemorySwap"] == limits.memory_bytes
    assert host["CpuQuota"] / host["CpuPeriod"] == pytest.approx(limits.cpus)
    assert host["PidsLimit"] == limits.pids
    memory = box.cgroup("memory", "memory.max", "memory.limit_in_bytes")
    assert memory == str(limits.memory_bytes)
    assert box.cgroup("pids", "pids.max") == str(limits.pids)


def test_CIS_5_13_the_root_is_read_only(host: dict[str, Any]) -> None:
    assert host["ReadonlyRootfs"] is True


def test_CIS_5_15_never_restarted(host: dict[str, Any]) -> None:
    assert host["RestartPolicy"]["Name"] == "no"


@pytest.mark.parametrize("name", ["pid", "ipc", "uts", "net", "mnt"])
def test_CIS_5_16_17_21_no_namespace_is_the_hosts(box: Box, name: str) -> None:
    for pid in box.host_pids():
        assert Path(f"/proc/{pid}/ns/{name}").readlink() != Path(f"/proc/self/ns/{name}").readlink()


def test_CIS_5_17_shared_memory_is_small(host: dict[str, Any]) -> None:
    # Podman says "shareable" of what was asked to be private; the namespace is the container's own, see above.  # noqa: E501
    assert host["IpcMode"] in ("private", "shareable")
    assert 0 < host["ShmSize"] <= 1 << 20


def test_CIS_5_18_no_device(host: dict[str, Any]) -> None:
    assert not any(host.get(name) for name in ("Devices", "DeviceRequests", "DeviceCgroupRules"))


def test_CIS_5_19_limits_of_a_process(host: dict[str, Any]) -> None:
    limits = {limit["Name"].removeprefix("RLIMIT_").lower(): limit["Hard"] for limit in host["Ulimits"]}
    assert limits["nofile"] == DEFAULT.limits.nofile
    assert limits["fsize"] == DEFAULT.limits.tmpfs_bytes
    assert limits["core"] == limits["msgqueue"] == 0


def test_CIS_5_20_no_mount_is_shared(box: Box, record: dict[str, Any]) -> None:
    assert not any("shared" in mount.get("Propagation", "") for mount in record["Mounts"])
    lines = Path(f"/proc/{box.host_pids()[0]}/mountinfo").read_text().splitlines()
    assert not any(" shared:" in line.partition(" - ")[0] for line in lines)


def test_CIS_5_22_26_seccomp_and_no_new_privileges(record: dict[str, Any], host: dict[str, Any]) -> None:
    assert any(option.startswith("no-new-privileges") for option in host["SecurityOpt"])
    assert [option for option in host["SecurityOpt"] if option.startswith("seccomp=")], "our own profile"


def test_CIS_5_23_24_nothing_is_executed_from_outside(record: dict[str, Any]) -> None:
    assert not record["ExecIDs"]
    worker = Path(__file__).parents[2] / "worker"
    assert not [
        p for p in worker.rglob("*.py") if "exec_create" in p.read_text() or "exec_start" in p.read_text()
    ]


def test_CIS_5_25_the_cgroup_is_its_own(wall: Wall, box: Box, host: dict[str, Any]) -> None:
    assert host["CgroupParent"] == ""
    assert box.cgroup("pids", "pids.max") is not None
    # Podman 4.3 does not pass it on with cgroups of version 1.
    assert host["CgroupnsMode"] == "private" or wall.engine.name == "podman"


def test_CIS_5_28_the_image_is_pinned(record: dict[str, Any], box: Box) -> None:
    assert record["Image"].removeprefix("sha256:") == box.sandbox.image_digest.removeprefix("sha256:")


def test_CIS_5_31_no_user_namespace_is_asked_to_be_the_hosts(host: dict[str, Any]) -> None:
    # Left: whether there is one of its own is the engine's setup (rootless, userns-remap).
    assert host["UsernsMode"] in ("", "private")


def test_beyond_CIS_what_else_may_not_be_there(record: dict[str, Any], host: dict[str, Any]) -> None:
    assert record["Config"]["User"] == "65532:65532"
    empty = ("Sysctls", "ExtraHosts", "Dns", "Links", "GroupAdd", "CapAdd")
    assert not [name for name in empty if host.get(name)]
    assert not host["OomKillDisable"]
    assert host["LogConfig"]["Type"] == "none"
    assert host["AutoRemove"] is False
    assert host["Init"] is True
    assert {LABEL_STACK, LABEL_TASK, LABEL_OWNER, LABEL_DEADLINE} <= set(record["Config"]["Labels"])


def test_beyond_CIS_every_tmpfs_is_bounded(host: dict[str, Any]) -> None:
    assert set(host["Tmpfs"]) == {"/work", "/tmp", "/run", "/var/tmp"}
    for options in host["Tmpfs"].values():
        assert {"noexec", "nosuid", "nodev"} <= set(options.split(","))
        assert "size=" in options
        assert "mode=" in options


def test_beyond_CIS_paths_of_proc_are_masked_and_read_only(
    box: Box, wall: Wall, host: dict[str, Any]
) -> None:
    if wall.engine.name == "docker":  # Podman does not list them
        assert host["MaskedPaths"]
        assert host["ReadonlyPaths"]
    points = [
        line.split()[4] for line in Path(f"/proc/{box.host_pids()[0]}/mountinfo").read_text().splitlines()
    ]
    assert {"/proc/sys", "/proc/irq", "/proc/bus", "/proc/fs", "/proc/keys", "/sys/firmware"} <= set(points)
