import pytest

from policies.model import Policy, load_policy, policy_names
from policies.spec import Marks, container_body, policy_digest

MARKS = Marks("stack-1", "host:7:99", 1_900_000_000)


@pytest.fixture(params=policy_names())
def policy(request: pytest.FixtureRequest) -> Policy:
    return load_policy(request.param)


def test_nothing_of_the_host_is_in_the_container(policy: Policy) -> None:
    body = container_body(policy, "image", MARKS)
    host = body["HostConfig"]
    assert host["NetworkMode"] == "none"
    assert body["NetworkDisabled"] is True
    for name in (
        "Binds",
        "Mounts",
        "VolumesFrom",
        "Devices",
        "DeviceRequests",
        "PortBindings",
        "ExtraHosts",
        "Sysctls",
    ):
        assert not host.get(name)
    assert not body.get("Env")
    assert (host["PidMode"], host["UTSMode"], host["UsernsMode"], host["IpcMode"]) == ("", "", "", "private")


def test_no_privilege_is_left(policy: Policy) -> None:
    body = container_body(policy, "image", MARKS)
    host = body["HostConfig"]
    assert host["CapDrop"] == ["ALL"]
    assert host["CapAdd"] == []
    assert host["Privileged"] is False
    assert "no-new-privileges" in host["SecurityOpt"]
    assert not any("unconfined" in option for option in host["SecurityOpt"])
    assert int(body["User"].split(":")[0]) > 0
    assert host["ReadonlyRootfs"] is True


def test_every_limit_of_the_policy_is_set(policy: Policy) -> None:
    host = container_body(policy, "image", MARKS)["HostConfig"]
    limits = policy.limits
    assert host["Memory"] == host["MemorySwap"]
    ulimits = {limit["Name"]: limit["Hard"] for limit in host["Ulimits"]}
    if policy.runtime == "runsc":
        # Inside, by gVisor itself; its own kernel is in the cgroup of the host, on top of that.
        assert (ulimits["rss"], ulimits["nproc"]) == (limits.memory_bytes, limits.pids)
        assert limits.memory_bytes < host["Memory"] <= limits.memory_bytes + (1 << 30)
        assert limits.pids < host["PidsLimit"] <= 1024
    else:
        assert (host["Memory"], host["PidsLimit"]) == (limits.memory_bytes, limits.pids)
    assert host["CpuQuota"] / host["CpuPeriod"] == pytest.approx(limits.cpus)
    assert f"size={limits.tmpfs_bytes}" in host["Tmpfs"]["/work"]
    assert ulimits["nofile"] == limits.nofile
    assert host["OomKillDisable"] is False


def test_every_writable_place_is_sized_and_not_executable(policy: Policy) -> None:
    for options in container_body(policy, "image", MARKS)["HostConfig"]["Tmpfs"].values():
        assert {"noexec", "nosuid", "nodev"} <= set(options.split(","))
        assert "size=" in options


def test_labels_say_whose_it_is_and_until_when(policy: Policy) -> None:
    labels = container_body(policy, "image", MARKS)["Labels"]
    assert labels["sandglass.stack"] == "stack-1"
    assert labels["sandglass.owner"] == "host:7:99"
    assert labels["sandglass.deadline"] == "1900000000"
    assert labels["sandglass.policy"] == policy.name


def test_the_digest_changes_with_any_value(policy: Policy) -> None:
    other = policy.model_copy(
        update={"limits": policy.limits.model_copy(update={"pids": policy.limits.pids + 1})}
    )
    assert policy_digest(policy) != policy_digest(other)
    assert policy_digest(policy) == policy_digest(load_policy(policy.name))
