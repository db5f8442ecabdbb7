"""Which packages a machine still needs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from client.stack.needs import ENGINE, missing_packages

ROOT = Path(__file__).parent.parent.parent


def _has(*names: str) -> Callable[[str], bool]:
    return lambda name: name in names


def test_a_bare_machine_needs_all() -> None:
    packages = missing_packages(False, _has("apt-get"), {})
    assert {*ENGINE, "redis-server", "mmdebstrap"} <= set(packages)
    assert "docker.io" not in packages


def test_a_machine_with_all_needs_nothing() -> None:
    commands = (
        "apt-get",
        "podman",
        "runc",
        "redis-server",
        "mmdebstrap",
        "dockerd",
        "runsc",
        "chromium",
        "ip",
        "docker-compose",
        "shellcheck",
        "prometheus",
    )
    has = _has(*commands)
    assert set(missing_packages(False, has, {}, tests=True)) <= {"ca-certificates"}


def test_an_engine_that_answers_is_enough() -> None:
    assert not set(ENGINE) & set(missing_packages(True, _has("apt-get"), {}))


def test_tests_want_both_engines() -> None:
    packages = missing_packages(True, _has("apt-get", "redis-server"), {}, tests=True)
    assert {"docker.io", "podman", "runc"} <= set(packages)
    assert len(packages) == len(set(packages))


def test_an_operators_redis_needs_no_package() -> None:
    assert "redis-server" not in missing_packages(
        True, _has("apt-get"), {"SANDGLASS_REDIS_URL": "redis://there"}
    )


def test_without_apt_no_base_is_made_here() -> None:
    assert "mmdebstrap" not in missing_packages(True, _has(), {})


@pytest.mark.parametrize("flag", ["", "-I"])
def test_it_needs_nothing_but_python(flag: str) -> None:
    """bootstrap.sh asks before there is a virtual environment: our libraries are made unreachable here."""
    script = f"import sys; sys.path[:0] = [{str(ROOT)!r}]; import client.stack.needs; print('asked')"
    command = [sys.executable, "-S", *([flag] if flag else []), "-c", script]
    ran = subprocess.run(
        command, capture_output=True, text=True, timeout=60, env={"PATH": os.environ["PATH"]}
    )
    assert ran.stdout == "asked\n", ran.stderr
