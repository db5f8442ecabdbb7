"""Does install.sh put all there that the units name, keep what is yours, and say what a host lacks?"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.engine_services import ROOT
from tests.podman.units import FOLDER

_PODMAN = """#!/bin/bash
cd "$HOME/made"
case "$1 $2" in
    "version --format") cat ../podman-version ;;
    "info --format") echo "[cpuset $(cat ../controllers) pids]" ;;
    "secret exists") [ -e "$3" ] ;;
    "secret create") cat >"$3" ;;
    "secret inspect") cat "${@: -1}" ;;
    "ps -aq") [ "$4" = label=sandglass.stack=mine ] && echo abc ;;
    "rm -f") echo "$3" >../removed ;;
esac
"""
_STUBS = {
    "podman": _PODMAN,
    "systemctl": '#!/bin/sh\necho "$@" >>"$HOME/systemctl"\n',
    "loginctl": '#!/bin/sh\ncat "$HOME/linger"\n',
    "id": '#!/bin/sh\n[ "$1" = -u ] && echo 1000 || echo sandglass\n',
    "stat": "#!/bin/sh\necho cgroup2fs\n",
}


class Host:
    """A user's home on a host whose programs only pretend."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.config = home / ".config"
        (home / "made").mkdir(parents=True)
        (home / "bin").mkdir()
        for name, text in _STUBS.items():
            (home / "bin" / name).write_text(text)
            (home / "bin" / name).chmod(0o755)
        for name, text in (("podman-version", "5.4.2"), ("controllers", "cpu memory"), ("linger", "yes")):
            (home / name).write_text(f"{text}\n")

    def run(self, what: str) -> str:
        environ = {"HOME": str(self.home), "PATH": f"{self.home / 'bin'}:/usr/bin:/bin"}
        done = subprocess.run(
            [ROOT / "podman/install.sh", what],
            env=environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.stdout + done.stderr

    def secrets(self) -> dict[str, str]:
        return {path.name: path.read_text() for path in (self.home / "made").iterdir()}


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path / "home")


def _named(pattern: str) -> set[str]:
    return {name for path in FOLDER.glob("*.container") for name in re.findall(pattern, path.read_text())}


def test_all_that_the_units_name_is_there(host: Host) -> None:
    host.run("install")
    assert set(host.secrets()) == _named(r"(?m)^Secret=(\w+),")
    for name in _named(r"%E/([\w./]+)"):
        assert (host.config / name).exists(), name
    there = {path.name for path in (host.config / "containers/systemd").iterdir()}
    assert there == {path.name for path in FOLDER.iterdir() if path.suffix not in (".d", ".target")}
    assert (host.config / "systemd/user/podman.service.d/sandglass.conf").exists()


def test_urls_carry_the_passwords_that_are_made(host: Host) -> None:
    host.run("install")
    made = host.secrets()
    assert made["sandglass_redis_url"] == f"redis://:{made['sandglass_redis_password']}@redis:6379/0"
    assert f":{made['sandglass_mongo_password']}@mongo:27017/" in made["sandglass_store"]
    assert re.fullmatch(r"sg_[0-9a-f]{64}", made["sandglass_first_key"])


def test_a_second_install_keeps_secrets_and_settings(host: Host) -> None:
    host.run("install")
    settings = host.config / "sandglass/sandglass.env"
    settings.write_text("SANDGLASS_MODEL=ollama:llama3.1\n")
    before = host.secrets()
    host.run("install")
    assert host.secrets() == before
    assert settings.read_text() == "SANDGLASS_MODEL=ollama:llama3.1\n"


def test_remove_takes_units_and_leaves_data(host: Host) -> None:
    host.run("install")
    quadlets = host.config / "containers/systemd"
    (quadlets / "sandglass-worker@2.container").symlink_to("sandglass-worker@.container")
    (quadlets / "other.container").touch()
    (host.config / "sandglass/sandglass.env").write_text("SANDGLASS_STACK=mine\n")
    host.run("remove")
    assert (host.home / "removed").read_text() == "abc\n"
    assert [path.name for path in quadlets.iterdir()] == ["other.container"]
    assert not (host.config / "systemd/user/sandglass.target").exists()
    assert host.secrets()
    assert (host.config / "sandglass/sandglass.env").exists()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("podman-version", "4.9.3", "podman is 4.9.3; these units need 5.0"),
        ("controllers", "memory", "the cgroup controller 'cpu' is not delegated"),
        ("linger", "no", "as root: loginctl enable-linger sandglass"),
    ],
)
def test_says_what_the_host_lacks(host: Host, name: str, text: str, said: str) -> None:
    assert said not in host.run("check")
    (host.home / name).write_text(f"{text}\n")
    assert said in host.run("check")
