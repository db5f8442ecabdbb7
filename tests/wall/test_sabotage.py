"""Checks that cannot fail are defects: each protection is taken away once, and a case must see it gone."""

import copy
import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.wall.walls import Change, Probing, probing

pytestmark = pytest.mark.engine
MIB = 1 << 20
ENGINES = ("docker", "podman")


def given(**changes: Any) -> Change:
    """These fields of HostConfig instead of ours."""

    def change(body: dict[str, Any]) -> None:
        body["HostConfig"] |= copy.deepcopy(changes)

    return change


def without_option(word: str, *instead: str) -> Change:
    """A security option less, others in its place."""

    def change(body: dict[str, Any]) -> None:
        kept = [o for o in body["HostConfig"]["SecurityOpt"] if not o.startswith(word)]
        body["HostConfig"]["SecurityOpt"] = [*kept, *instead]

    return change


def tmpfs(old: str, new: str) -> Change:
    def change(body: dict[str, Any]) -> None:
        mounts = body["HostConfig"]["Tmpfs"]
        body["HostConfig"]["Tmpfs"] = {p: o.replace(old, new) for p, o in mounts.items()}

    return change


def ulimit(name: str, value: int) -> Change:
    def change(body: dict[str, Any]) -> None:
        limits = [limit for limit in body["HostConfig"]["Ulimits"] if limit["Name"] != name]
        body["HostConfig"]["Ulimits"] = [*limits, {"Name": name, "Soft": value, "Hard": value}]

    return change


def as_root(body: dict[str, Any]) -> None:
    body["User"] = "0:0"


def writable_as_root(body: dict[str, Any]) -> None:
    as_root(body)
    body["HostConfig"]["ReadonlyRootfs"] = False


def in_hosts_network(body: dict[str, Any]) -> None:
    del body["NetworkDisabled"]
    body["HostConfig"]["NetworkMode"] = "host"


def in_hosts_names(body: dict[str, Any]) -> None:
    del body["Hostname"]
    body["HostConfig"]["UTSMode"] = "host"


def in_hosts_memory(body: dict[str, Any]) -> None:
    del body["HostConfig"]["ShmSize"]
    body["HostConfig"]["IpcMode"] = "host"


def with_key(body: dict[str, Any]) -> None:
    body["Env"] = [f"OPENAI_API_KEY={os.environ.get('OPENAI_API_KEY', 'none')}"]


def without_labels(body: dict[str, Any]) -> None:
    del body["Labels"]["sandglass.deadline"]


def with_port(body: dict[str, Any]) -> None:
    body["ExposedPorts"] = {"8000/tcp": {}}


KVM = {"PathOnHost": "/dev/null", "PathInContainer": "/dev/kvm", "CgroupPermissions": "rw"}
TAKEN_AWAY: list[tuple[str, Change, tuple[str, ...]]] = [
    ("capabilities", given(CapDrop=[], CapAdd=["NET_RAW"]), ("E1", "CIS-5.4")),
    ("no new privileges", without_option("no-new"), ("E2", "CIS-5.26")),
    ("seccomp", without_option("seccomp", "seccomp=unconfined"), ("E2", "CIS-5.22")),
    ("user", as_root, ("E3", "E4", "B1", "CIS-5.24")),
    ("read-only root", given(ReadonlyRootfs=False), ("CIS-5.13",)),
    ("read-only root, as root", writable_as_root, ("E26",)),
    ("network", in_hosts_network, ("N1", "E22", "CIS-5.10", "CIS-5.30")),
    ("memory", given(Memory=0, MemorySwap=0), ("CIS-5.11", "R5")),
    ("swap", given(MemorySwap=2 << 30), ("CIS-5.11", "R5")),
    ("pids", given(PidsLimit=100), ("CIS-5.29", "R3")),
    ("cpu", given(CpuQuota=0), ("CIS-5.12", "R12")),
    ("noexec", tmpfs("noexec", "exec"), ("E27", "B2")),
    ("size of tmpfs", tmpfs("size=65536,", ""), ("B2",)),
    ("size of /tmp", tmpfs("size=16777216", "size=33554432"), ("R6",)),
    ("open files", ulimit("nofile", 2048), ("R9", "CIS-5.19")),
    ("size of files", ulimit("fsize", 1 << 41), ("CIS-5.19",)),
    ("core dumps", ulimit("core", 4096), ("R15", "CIS-5.19")),
    ("environment", with_key, ("S1", "S2")),
    ("process namespace", given(PidMode="host", Init=False), ("CIS-5.16", "B9")),
    ("names of the host", in_hosts_names, ("CIS-5.21", "S6")),
    ("memory of the host", in_hosts_memory, ("CIS-5.17",)),
    ("log", given(LogConfig={"Type": "json-file", "Config": {}}), ("B6",)),
    ("restart", given(RestartPolicy={"Name": "always"}), ("CIS-5.15",)),
    ("labels", without_labels, ("B7",)),
    ("devices", given(Devices=[KVM]), ("E18", "CIS-5.18")),
    ("shared memory", given(ShmSize=64 * MIB), ("R6", "CIS-5.17")),
    ("privileged", given(Privileged=True), ("CIS-5.5",)),
    # Podman keeps these out of its record, or refuses them.
    ("kernel parameters", given(Sysctls={"net.ipv4.ip_unprivileged_port_start": "0"}), ("docker", "B4")),
    ("hosts", given(ExtraHosts=["gateway:192.0.2.9"]), ("docker", "B4")),
    ("ports", with_port, ("docker", "CIS-5.9")),
]  # fmt: skip


@pytest.fixture(params=ENGINES)
def name(request: pytest.FixtureRequest) -> str:
    """The engine."""
    return str(request.param)


@pytest.fixture
def weak(
    name: str, engine_urls: dict[str, str], spool: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Change], Probing]]:
    """Makes a wall of sandboxes that lack something."""
    # The worker itself refuses a sandbox without our filter; here the cases are to see it.
    monkeypatch.setattr("worker.sandbox.standby.refuse_unproven", lambda *_: None)
    with ExitStack() as walls:
        yield lambda change: walls.enter_context(probing(engine_urls[name], spool, change=change))


@pytest.mark.parametrize(
    ("change", "noticed_by"), [row[1:] for row in TAKEN_AWAY], ids=[row[0] for row in TAKEN_AWAY]
)
def test_what_is_taken_away_is_noticed(
    name: str, weak: Callable[[Change], Probing], change: Change, noticed_by: tuple[str, ...]
) -> None:
    if noticed_by[0] == "docker" != name:
        pytest.skip("this engine keeps it out of its record, or refuses it")
    probes = weak(change)
    verdicts = [probes.verdict(case_id) for case_id in noticed_by if case_id != "docker"]
    for verdict in verdicts:
        assert verdict.word == "not held", verdict
        assert "no sandbox could be probed" not in verdict.seen, verdict


def test_a_mounted_file_of_the_host_is_found(
    weak: Callable[[Change], Probing], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    canaries = tmp_path / "canaries"
    canaries.mkdir()
    canaries.chmod(0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(canaries))
    probes = weak(given(Binds=[f"{canaries}:/mnt:ro"]))
    for case_id in ("E30", "E29", "CIS-5.6"):
        assert probes.verdict(case_id).word == "not held", case_id


def test_a_mounted_socket_of_an_engine_is_found(weak: Callable[[Change], Probing], tmp_path: Path) -> None:
    path = tmp_path / "docker.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        probes = weak(given(Binds=[f"{path}:/mnt/docker.sock"]))
        for case_id in ("E22", "CIS-5.32", "CIS-5.6"):
            assert probes.verdict(case_id).word == "not held", case_id
