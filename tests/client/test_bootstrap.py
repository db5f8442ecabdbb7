"""What bootstrap.sh installs, and where it must not: with an apt-get and an `id` that only take notes."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
TOOLS = ("bash", "env", "dirname", "cat", "awk", "cut", "sha256sum", "tail", "mkdir")
SOURCES = ("__init__.py", "errors.py", "settings.py", "stack")


@dataclass
class Machine:
    """A copy of the set-up files, and a PATH on which there is nothing but the most basic tools."""

    root: Path
    bin: Path

    def tool(self, name: str, script: str) -> None:
        path = self.bin / name
        path.write_text(f"#!{shutil.which('bash')}\n{script}\n")
        path.chmod(0o755)

    def run(self, *words: str, user: int = 0, **environ: str) -> subprocess.CompletedProcess[str]:
        self.tool("id", f"echo {user}")
        env = {"PATH": str(self.bin), "HOME": str(self.root), **environ}
        script = str(self.root / "client" / "stack" / "bootstrap.sh")
        return subprocess.run(
            [script, *words], env=env, capture_output=True, text=True, timeout=60, check=False
        )

    @property
    def apt_calls(self) -> list[str]:
        notes = self.root / "apt-calls"
        return notes.read_text().splitlines() if notes.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    root = tmp_path / "project"
    (root / "client").mkdir(parents=True)
    for name in SOURCES:
        source = ROOT / "client" / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, root / "client" / name)
    (root / "requirements.lock").write_text("lock")
    (root / "pyproject.toml").write_text("project")
    made = Machine(root, tmp_path / "bin")
    made.bin.mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        assert found is not None
        (made.bin / name).symlink_to(found)
    made.tool("python3", f'exec {sys.executable} "$@"')
    made.tool("apt-get", f'echo "$@" >> {root}/apt-calls; echo "noise of apt-get"')
    return made


def _with_venv(machine: Machine) -> None:
    """As an earlier run has left it."""
    folder = machine.root / ".venv" / "bin"
    folder.mkdir(parents=True)
    for name in ("python", "sandglass"):
        shutil.copy(machine.bin / "python3", folder / name)
    stamp = hashlib.sha256(f"lockproject{machine.root}\n".encode()).hexdigest()
    (machine.root / ".venv" / ".sandglass-stamp").write_text(stamp + "\n")


def test_root_installs_what_is_missing_and_names_it_first(machine: Machine) -> None:
    _with_venv(machine)
    ran = machine.run()
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr.startswith("sandglass: system packages to install with apt-get:")
    assert machine.apt_calls[0].startswith("update")
    install = machine.apt_calls[1].split()
    assert install[0] == "install"
    assert {"--no-install-recommends", "redis-server", "mmdebstrap"} <= set(install)
    assert "noise of apt-get" not in ran.stderr


def test_another_user_gets_the_exact_command_and_nothing_is_installed(machine: Machine) -> None:
    _with_venv(machine)
    ran = machine.run(user=1000)
    assert ran.returncode == 1
    assert "sudo apt-get update && sudo apt-get install -y --no-install-recommends " in ran.stderr
    assert "redis-server" in ran.stderr
    assert machine.apt_calls == []


def test_another_user_may_say_that_sudo_is_fine(machine: Machine) -> None:
    _with_venv(machine)
    machine.tool("sudo", 'echo sudo >> "$HOME/sudo-calls"; exec "$@"')
    ran = machine.run(user=1000, SANDGLASS_INSTALL="1")
    assert ran.returncode == 0, ran.stderr
    assert len(machine.apt_calls) == 2
    assert (machine.root / "sudo-calls").read_text() == "sudo\nsudo\n"


def test_root_may_say_that_nothing_is_to_be_installed(machine: Machine) -> None:
    _with_venv(machine)
    ran = machine.run(SANDGLASS_INSTALL="0")
    assert ran.returncode == 1
    assert machine.apt_calls == []


def test_without_apt_the_packages_are_named(machine: Machine) -> None:
    _with_venv(machine)
    (machine.bin / "apt-get").unlink()
    ran = machine.run()
    assert ran.returncode == 1
    assert "no apt-get here" in ran.stderr
    assert "redis-server" in ran.stderr


def test_a_failing_apt_is_told_with_its_own_words(machine: Machine) -> None:
    _with_venv(machine)
    machine.tool("apt-get", 'echo "E: no such mirror"; exit 100')
    ran = machine.run()
    assert ran.returncode == 1
    assert "E: no such mirror" in ran.stderr
    assert "apt-get update failed" in ran.stderr


def test_a_machine_that_has_all_is_left_alone_silently(machine: Machine) -> None:
    _with_venv(machine)
    for name in ("podman", "runc", "redis-server", "mmdebstrap"):
        machine.tool(name, "exit 0")
    if not Path("/etc/ssl/certs/ca-certificates.crt").exists():
        pytest.skip("this machine itself lacks ca-certificates")
    ran = machine.run()
    assert (ran.returncode, ran.stderr, machine.apt_calls) == (0, "", [])


def test_the_second_engine_is_for_tests_only_and_for_root_only(machine: Machine) -> None:
    _with_venv(machine)
    for name in ("podman", "runc", "redis-server", "mmdebstrap"):
        machine.tool(name, "exit 0")
    assert machine.run("--tests", user=1000).returncode == 0
    assert machine.apt_calls == []
    assert machine.run("--tests").returncode == 0
    assert {"docker.io", "runsc", "chromium"} <= set(machine.apt_calls[1].split())


def test_no_python_at_all_asks_for_one(machine: Machine) -> None:
    (machine.bin / "python3").unlink()
    machine.tool("python3", "exit 1")
    machine.tool("apt-cache", 'echo "  Candidate: 3.11.2-1"')
    machine.tool("dpkg", "exit 0")
    ran = machine.run(user=1000)
    assert ran.returncode == 1
    # A good system Python outside the PATH is found too: then other packages are asked for.
    check = "import sys, ssl, sqlite3, venv, ensurepip; sys.exit(sys.version_info < (3, 11))"
    system = Path("/usr/bin/python3")
    is_good = system.exists() and subprocess.run([system, "-c", check], check=False).returncode == 0
    assert ("redis-server" if is_good else "python3 python3-venv") in ran.stderr
