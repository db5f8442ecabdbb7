"""CIS Docker Benchmark section 5, item by item, on the create body of every policy; live ones: tests/wall."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from policies.model import Policy, load_policy, policy_names
from policies.seccomp import profile
from policies.spec import Marks, container_body

IMAGE = "sha256:" + "0" * 64
ROOT = Path(__file__).parents[2]
ENV_ALLOWED: set[str] = set()
"""Names of environment variables that a sandbox may be given: none, the runner sets its own."""


@pytest.fixture(params=policy_names())
def policy(request: pytest.FixtureRequest) -> Policy:
    return load_policy(request.param)


@pytest.fixture
def body(policy: Policy) -> dict[str, Any]:
    return container_body(policy, IMAGE, Marks("stack", "host:7:99", 1_900_000_000, "task-1", "2"))


@pytest.fixture
def host(body: dict[str, Any]) -> dict[str, Any]:
    return dict(body["HostConfig"])


def options(host: dict[str, Any], name: str) -> list[str]:
    return [option for option in host["SecurityOpt"] if option.startswith(name)]


def names_used_by_the_worker() -> set[str]:
    """Of attributes: whatever call of an engine's SDK it makes is among them."""
    trees = [ast.parse(path.read_text("utf-8")) for path in (ROOT / "worker").rglob("*.py")]
    return {node.attr for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def test_cis_5_01_a_container_and_no_swarm_service(body: dict[str, Any]) -> None:
    assert not {"TaskTemplate", "Mode", "EndpointSpec", "ServiceName"} & body.keys()
    assert not {"init_swarm", "join_swarm", "create_service"} & names_used_by_the_worker()


def test_cis_5_02_apparmor_is_not_taken_off(host: dict[str, Any]) -> None:
    assert options(host, "apparmor") == [], "the engine's own profile, where the host has AppArmor"


def test_cis_5_03_selinux_is_not_taken_off(host: dict[str, Any]) -> None:
    assert options(host, "label") == [], "the engine's own label, where the host has SELinux"


def test_cis_5_04_no_capability(host: dict[str, Any]) -> None:
    assert host["CapDrop"] == ["ALL"]
    assert host["CapAdd"] == []


def test_cis_5_05_not_privileged(host: dict[str, Any]) -> None:
    assert host["Privileged"] is False


def test_cis_5_06_nothing_of_the_host_is_mounted(body: dict[str, Any], host: dict[str, Any]) -> None:
    assert not any(host.get(name) for name in ("Binds", "Mounts", "VolumesFrom", "VolumeDriver"))
    assert not body.get("Volumes")


def test_cis_5_07_only_the_images_own_program_runs(body: dict[str, Any]) -> None:
    assert not {"Cmd", "Entrypoint", "Shell"} & body.keys()
    lines = (ROOT / "sandbox_image" / "Containerfile").read_text().splitlines()
    assert 'ENTRYPOINT ["/usr/bin/python3", "-I", "-m", "sandbox_image.runner"]' in lines
    assert not [line for line in lines if "ssh" in line]


def test_cis_5_08_no_port_is_published(host: dict[str, Any]) -> None:
    assert not host.get("PortBindings")


def test_cis_5_09_no_port_is_opened(body: dict[str, Any], host: dict[str, Any]) -> None:
    assert not body.get("ExposedPorts")
    assert not host.get("PublishAllPorts")


def test_cis_5_10_not_the_hosts_network(body: dict[str, Any], host: dict[str, Any]) -> None:
    assert host["NetworkMode"] == "none"
    assert body["NetworkDisabled"] is True
    assert "NetworkingConfig" not in body


def test_cis_5_11_memory_is_limited_and_swap_is_off(policy: Policy, host: dict[str, Any]) -> None:
    own = 1 << 30 if policy.runtime == "runsc" else 0
    assert host["Memory"] == host["MemorySwap"] == policy.limits.memory_bytes + own > 0


def test_cis_5_12_cpu_is_limited(policy: Policy, host: dict[str, Any]) -> None:
    assert host["CpuQuota"] == policy.limits.cpus * host["CpuPeriod"] > 0


def test_cis_5_13_the_root_is_read_only(host: dict[str, Any]) -> None:
    assert host["ReadonlyRootfs"] is True


def test_cis_5_14_no_port_is_bound_to_an_interface(host: dict[str, Any]) -> None:
    assert "HostIp" not in json.dumps(host)


def test_cis_5_15_never_restarted(host: dict[str, Any]) -> None:
    assert host["RestartPolicy"] == {"Name": "no"}, "stricter than on-failure: it is thrown away"


def test_cis_5_16_not_the_hosts_processes(host: dict[str, Any]) -> None:
    assert host["PidMode"] == ""


def test_cis_5_17_not_the_hosts_ipc(host: dict[str, Any]) -> None:
    assert host["IpcMode"] == "private"
    assert 0 < host["ShmSize"] <= 1 << 20


def test_cis_5_18_no_device(host: dict[str, Any]) -> None:
    assert not any(host.get(name) for name in ("Devices", "DeviceRequests", "DeviceCgroupRules"))


def test_cis_5_19_limits_of_a_process(policy: Policy, host: dict[str, Any]) -> None:
    hard = {limit["Name"]: limit["Hard"] for limit in host["Ulimits"]}
    assert all(limit["Soft"] == limit["Hard"] for limit in host["Ulimits"])
    assert hard["nofile"] == policy.limits.nofile
    assert hard["fsize"] == policy.limits.tmpfs_bytes
    assert hard["core"] == hard["msgqueue"] == 0
    if policy.runtime == "runsc":
        assert hard["nproc"] == policy.limits.pids, "gVisor counts them for this sandbox alone"
        assert hard["rss"] == policy.limits.memory_bytes
        return
    assert hard["nproc"] > 16 * policy.limits.pids, "of a uid over all containers: it is not what limits one"


def test_cis_5_20_no_mount_is_shared(host: dict[str, Any]) -> None:
    assert "shared" not in json.dumps(host["Tmpfs"])
    assert "Propagation" not in json.dumps(host)


def test_cis_5_21_not_the_hosts_name(host: dict[str, Any]) -> None:
    assert host["UTSMode"] == ""


def test_cis_5_22_our_own_seccomp_profile(host: dict[str, Any]) -> None:
    (given,) = options(host, "seccomp")
    assert json.loads(given.removeprefix("seccomp=")) == profile()


def test_cis_5_23_nothing_is_executed_with_privileges() -> None:
    used = names_used_by_the_worker()
    assert "create_container_from_config" in used
    assert not {"exec_create", "exec_start"} & used


def test_cis_5_24_nothing_is_executed_as_root(body: dict[str, Any]) -> None:
    assert "exec_run" not in names_used_by_the_worker()
    assert body["User"] == "65532:65532"


def test_cis_5_25_the_cgroup_is_its_own(host: dict[str, Any]) -> None:
    assert not host.get("CgroupParent")
    assert host["CgroupnsMode"] == "private"


def test_cis_5_26_no_new_privileges(host: dict[str, Any]) -> None:
    assert "no-new-privileges" in host["SecurityOpt"]


def test_cis_5_27_no_health_check_runs_a_command_inside(body: dict[str, Any]) -> None:
    assert "Healthcheck" not in body, "the runner answers by frames: docs/threat-model.md"
    assert "HEALTHCHECK" not in (ROOT / "sandbox_image" / "Containerfile").read_text()


def test_cis_5_28_the_image_is_given_by_digest_and_never_pulled(body: dict[str, Any]) -> None:
    assert body["Image"] == IMAGE
    assert "pull" not in names_used_by_the_worker()


def test_cis_5_29_pids_are_limited(policy: Policy, host: dict[str, Any]) -> None:
    if policy.runtime == "runsc":
        # Of the host, where gVisor starts several for each one inside; inside, nproc is the limit.
        assert policy.limits.pids < host["PidsLimit"] <= 1024
        return
    assert 1 <= host["PidsLimit"] == policy.limits.pids <= 256


def test_cis_5_30_not_the_default_bridge(host: dict[str, Any]) -> None:
    assert host["NetworkMode"] not in ("", "default", "bridge")


def test_cis_5_31_not_the_hosts_users_by_name(host: dict[str, Any]) -> None:
    assert host["UsernsMode"] == "", "what the engine is set up with; never `host`"


def test_cis_5_32_no_engine_socket(body: dict[str, Any]) -> None:
    assert ".sock" not in json.dumps(body)


def test_beyond_cis_the_user_is_not_root(body: dict[str, Any]) -> None:
    assert all(int(number) > 0 for number in body["User"].split(":"))


def test_beyond_cis_no_variable_of_the_worker_is_handed_in(body: dict[str, Any]) -> None:
    assert {entry.partition("=")[0] for entry in body.get("Env", [])} <= ENV_ALLOWED


@pytest.mark.parametrize("path", ["/work", "/tmp", "/run", "/var/tmp"])
def test_beyond_cis_every_writable_place_is_bounded(host: dict[str, Any], path: str) -> None:
    given = host["Tmpfs"][path].split(",")
    assert {"noexec", "nosuid", "nodev"} <= set(given)
    assert {option.partition("=")[0] for option in given} >= {"size", "mode"}
    (size,) = [int(option.partition("=")[2]) for option in given if option.startswith("size=")]
    assert 0 < size < host["Memory"]


@pytest.mark.parametrize("name", ["MaskedPaths", "ReadonlyPaths"])
def test_beyond_cis_the_engines_masks_are_not_taken_off(host: dict[str, Any], name: str) -> None:
    # An empty list would take them off; without the field the engine puts its own on, which tests/wall reads.
    assert name not in host or host[name]
    assert options(host, "systempaths") == options(host, "unmask") == []


@pytest.mark.parametrize(
    "name", ["Sysctls", "ExtraHosts", "Dns", "DnsSearch", "DnsOptions", "Links", "GroupAdd", "CapAdd"]
)
def test_beyond_cis_nothing_is_added(host: dict[str, Any], name: str) -> None:
    assert not host.get(name)


def test_beyond_cis_the_end_is_seen_and_nothing_is_logged(host: dict[str, Any]) -> None:
    assert host["OomKillDisable"] is False
    assert host["AutoRemove"] is False
    assert host["Init"] is True
    assert host["LogConfig"] == {"Type": "none"}


def test_beyond_cis_labels_say_whose_it_is(policy: Policy, body: dict[str, Any]) -> None:
    assert body["Labels"] == {
        "sandglass.stack": "stack",
        "sandglass.task": "task-1",
        "sandglass.attempt": "2",
        "sandglass.owner": "host:7:99",
        "sandglass.deadline": "1900000000",
        "sandglass.policy": policy.name,
    }


def test_beyond_cis_a_standby_is_of_no_attempt(policy: Policy) -> None:
    labels = container_body(policy, IMAGE, Marks("stack", "host:7:99", 1_900_000_000))["Labels"]
    assert (labels["sandglass.task"], labels["sandglass.attempt"]) == ("standby", "0")


def test_web_requests_change_nothing_in_the_container() -> None:
    marks = Marks("stack", "host:7:99", 1_900_000_000)
    default = load_policy("default")
    live = load_policy("live-data").model_copy(update={"name": "default", "limits": default.limits})
    assert container_body(live, IMAGE, marks) == container_body(default, IMAGE, marks)
