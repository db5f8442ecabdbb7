"""Are the quadlets' containers walled in as docs/stack.md says? Podman's own generator is asked."""

from pathlib import Path

import pytest

from tests.podman.quadlet.build import build
from tests.podman.units import FOLDER, SECTIONS, SERVICES, Unit, command_of, generate, given, read_unit

Units = dict[str, Unit]
LIMITS = {
    "gateway": ("1g", "1"),
    "worker@": ("4g", "2"),
    "engine-proxy": ("256m", "1"),
    "redis": ("512m", "0.5"),
    "mongo": ("2g", "1"),
}
"""Memory and CPUs; the first, second and fourth are those of the requirements' table."""
KNOWN = {
    "Unit": {"Description", "PartOf", "Wants", "After"},
    "Service": {"Restart", "RestartSec", "TimeoutStartSec", "TimeoutStopSec"},
    "Install": {"WantedBy", "DefaultInstance"},
}
"""What systemd reads as it stands: the generator checks its own sections only."""


@pytest.fixture(scope="module")
def quadlet() -> Path:
    return build()


@pytest.fixture(scope="module")
def units(quadlet: Path, tmp_path_factory: pytest.TempPathFactory) -> Units:
    out = tmp_path_factory.mktemp("units")
    made = generate(quadlet, FOLDER, out)
    assert (made.returncode, made.stderr) == (0, ""), made.stderr
    return {name: read_unit(out / f"sandglass-{name}.service") for name in SERVICES}


def test_a_key_that_podman_does_not_know_is_refused(quadlet: Path, tmp_path: Path) -> None:
    source = tmp_path / "units"
    source.mkdir()
    text = (FOLDER / "sandglass-redis.container").read_text()
    (source / "sandglass-redis.container").write_text(text.replace("ReadOnly=true", "ReadOnyl=true"))
    made = generate(quadlet, source, tmp_path)
    assert made.returncode != 0
    assert "ReadOnyl" in made.stderr


def test_systemd_knows_the_other_keys() -> None:
    for path in FOLDER.iterdir():
        for name in read_unit(path) if path.is_file() and path.suffix != ".target" else {}:
            section, _, key = name.partition(".")
            assert section not in SECTIONS or key in KNOWN[section], f"{path.name}: {key}"


@pytest.mark.parametrize("name", SERVICES)
def test_walls(units: Units, name: str) -> None:
    words = command_of(units[name])
    assert "--read-only" in words
    assert "--read-only-tmpfs=false" in words
    assert given(words, "--cap-drop") == ["all"]
    assert not given(words, "--cap-add")
    assert "no-new-privileges" in given(words, "--security-opt")
    assert "--privileged" not in words
    assert not given(words, "--device")
    assert not given(words, "--user")[0].startswith("0")
    for tmpfs in given(words, "--tmpfs"):
        assert {"nosuid", "nodev", "noexec"} < set(tmpfs.split(","))
        assert ":size=" in tmpfs
    memory, cpus = LIMITS[name]
    assert given(words, "--memory") == given(words, "--memory-swap") == [memory]
    assert given(words, "--cpus") == [cpus]
    assert given(words, "--pids-limit")
    assert given(words, "--ulimit")


@pytest.mark.parametrize("name", SERVICES)
def test_comes_back_whatever_ends_it(units: Units, name: str) -> None:
    assert units[name]["Service.Restart"] == ["always"]
    # A slow answer of a store is no reason to end it.
    ours = name in ("gateway", "worker@", "engine-proxy")
    assert given(command_of(units[name]), "--health-on-failure") == (["kill"] if ours else [])
    assert given(command_of(units[name]), "--health-cmd")
    assert units[name]["Install.WantedBy"] == units[name]["Unit.PartOf"] == ["sandglass.target"]


def test_only_the_proxy_reaches_the_engine(units: Units) -> None:
    reach = {name for name, unit in units.items() if "podman" in " ".join(given(command_of(unit), "-v"))}
    assert reach == {"engine-proxy"}
    proxy = command_of(units["engine-proxy"])
    assert given(proxy, "--network") == ["none"]
    assert not given(proxy, "--secret")
    shared = {name for name, unit in units.items() if "sandglass-engine:" in str(command_of(unit))}
    assert shared == {"engine-proxy", "worker@"}


def test_proxy_and_worker_are_told_the_same(units: Units) -> None:
    """What one may make must be what the other asks for."""
    told = [command_of(units[name]) for name in ("engine-proxy", "worker@")]
    assert given(told[0], "--env-file") == given(told[1], "--env-file") != []
    paths = [[word for word in given(words, "--env") if "SECCOMP" in word] for words in told]
    assert paths[0] == paths[1] == ["SANDGLASS_SECCOMP_PATH=%E/sandglass/seccomp.json"]


def test_one_port_on_loopback(units: Units) -> None:
    published = {name: given(command_of(unit), "--publish") for name, unit in units.items()}
    assert published.pop("gateway") == ["127.0.0.1:8000:8000"]
    assert not any(published.values())


def test_what_is_inside_stays_inside(units: Units) -> None:
    for name in ("worker@", "redis", "mongo"):
        networks = given(command_of(units[name]), "--network")
        assert [network.split(":")[0] for network in networks] == ["sandglass-back"], name
    assert "Internal=true" in (FOLDER / "sandglass-back.network").read_text()


def test_secrets_are_given_to_whom_they_are_for(units: Units) -> None:
    got = {
        name: sorted(secret.split(",")[0].removeprefix("sandglass_") for secret in given(words, "--secret"))
        for name, words in ((name, command_of(unit)) for name, unit in units.items())
    }
    assert got == {
        "gateway": ["first_key", "redis_url", "store"],
        "worker@": ["openai_api_key", "redis_url", "store"],
        "engine-proxy": [],
        "redis": ["redis_password"],
        "mongo": ["mongo_keyfile", "mongo_password", "mongo_root_password"],
    }
