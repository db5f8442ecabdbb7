"""Which engine runs gVisor, and what `up` says of it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from client.errors import StackError
from client.stack import gvisor as gvisor_module
from client.stack.config import StackConfig, load_config, remember
from client.stack.engine import FoundEngine
from client.stack.gvisor import ensure_gvisor, gvisor_daemon, gvisor_url, judge_info, runtime_flags
from tests.engine_services import missing

DOCKER = FoundEngine("unix:///d.sock", "docker", "29.4.3")
PODMAN = FoundEngine("unix:///p.sock", "podman", "4.3.1")
SECOND = FoundEngine("unix:///g.sock", "podman", "4.3.1", ours=True)


@pytest.fixture
def config(home: Path, monkeypatch: pytest.MonkeyPatch) -> StackConfig:
    """A set-up in which no engine of this machine has gVisor, and nothing is started."""
    monkeypatch.setattr(gvisor_module, "has_gvisor", lambda engine: False)
    monkeypatch.setattr(gvisor_module, "_start", lambda config, say, environ: SECOND)
    return load_config()


def programs(folder: Path, *names: str) -> dict[str, str]:
    """An environment whose PATH holds only these."""
    folder.mkdir()
    for name in names:
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    return {"PATH": str(folder)}


@pytest.mark.parametrize(
    ("kind", "info", "has"),
    [
        ("docker", {"DefaultRuntime": "runc", "Runtimes": {"runc": {}, "runsc": {}}}, True),
        ("docker", {"DefaultRuntime": "runc", "Runtimes": {"runc": {}}}, False),
        ("docker", {"DefaultRuntime": "runsc"}, True),
        ("podman", {"DefaultRuntime": "runc", "Runtimes": {"runc": {}, "runsc": {}}}, False),
        ("podman", {"DefaultRuntime": "runsc", "Runtimes": {}}, True),
        ("docker", None, False),
        ("docker", {"Runtimes": "runsc"}, False),
    ],
)
def test_who_has_gvisor_is_told_by_what_it_says(kind: str, info: Any, has: bool) -> None:
    assert judge_info(kind, info) is has


@pytest.mark.parametrize(
    ("answers", "has", "words"),
    [
        (False, False, "policy strict: refused, for no engine answers at tcp://g:2375"),
        (True, False, "(SANDGLASS_GVISOR_ENGINE_URL) does not run gVisor"),
        (True, True, "policy strict: gVisor, by the engine at tcp://g:2375"),
    ],
)
def test_the_operators_own_engine_wins_and_is_looked_at(
    config: StackConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answers: bool, has: bool, words: str
) -> None:
    monkeypatch.setattr(gvisor_module, "ping", lambda url: PODMAN if answers else None)
    monkeypatch.setattr(gvisor_module, "has_gvisor", lambda engine: has)
    environ = {**programs(tmp_path / "bin", "podman", "runsc"), "SANDGLASS_GVISOR_ENGINE_URL": "tcp://g:2375"}
    found = ensure_gvisor(PODMAN, config, print, environ)
    assert (found.url, found.own_storage) == ("tcp://g:2375", False)
    assert words in found.words


def test_a_service_that_died_is_still_asked_so_that_its_mend_is_said(config: StackConfig) -> None:
    assert gvisor_url(config, {}) == ""
    remember(config, PODMAN.url, SECOND.url)
    assert gvisor_url(config, {}) == SECOND.url
    assert gvisor_url(config, {"SANDGLASS_GVISOR_ENGINE_URL": "tcp://g:2375"}) == "tcp://g:2375"


def test_where_the_usual_engine_has_it_nothing_is_started(
    config: StackConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gvisor_module, "has_gvisor", lambda engine: True)
    monkeypatch.setattr(gvisor_module, "_start", None)
    found = ensure_gvisor(DOCKER, config, print, programs(tmp_path / "bin", "podman", "runsc"))
    assert (found.url, found.words) == ("", "policy strict: gVisor, by docker")


@pytest.mark.parametrize(("usual", "own_storage"), [(PODMAN, False), (DOCKER, True)])
def test_else_a_service_of_ours_is_started(
    config: StackConfig, tmp_path: Path, usual: FoundEngine, own_storage: bool
) -> None:
    found = ensure_gvisor(usual, config, print, programs(tmp_path / "bin", "podman", "runsc"))
    assert (found.url, found.own_storage) == (SECOND.url, own_storage)
    assert "started by this stack" in found.words


@pytest.mark.parametrize(
    ("there", "packages"), [((), "podman runsc"), (("podman",), "runsc"), (("runsc",), "podman")]
)
def test_where_it_is_not_installed_it_is_said_how_to_get_it(
    config: StackConfig, tmp_path: Path, there: tuple[str, ...], packages: str
) -> None:
    found = ensure_gvisor(PODMAN, config, print, programs(tmp_path / "bin", *there))
    assert found.url == ""
    assert f"apt-get install {packages}, then: sandglass up" in found.words


def test_a_service_that_does_not_start_is_said_and_no_error(
    config: StackConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> FoundEngine:
        raise StackError("it did not start")

    monkeypatch.setattr(gvisor_module, "_start", fail)
    said: list[str] = []
    found = ensure_gvisor(PODMAN, config, said.append, programs(tmp_path / "bin", "podman", "runsc"))
    assert (found.url, said) == ("", ["warning: it did not start"])
    assert "gvisor.log" in found.words


@pytest.mark.parametrize(
    ("version", "ptrace"),
    [
        ("runsc version 0.0~20221219.0\nspec: 1.0.2-dev", True),
        ("runsc version release-20240930.0", False),
        ("runsc version VERSION_MISSING", True),
        ("", True),
    ],
)
def test_an_old_gvisor_is_kept_from_a_platform_that_hangs(version: str, ptrace: bool) -> None:
    flags = runtime_flags(version)
    assert ("platform=ptrace" in flags) is ptrace
    assert "network=none" in flags


@pytest.mark.engine
def test_a_real_service_is_started_found_again_and_ended(home: Path) -> None:
    if shutil.which("podman") is None or shutil.which("runsc") is None:
        missing("podman or gVisor is not installed (apt-get install podman runsc)")
    config = load_config()
    said: list[str] = []
    try:
        first = ensure_gvisor(PODMAN, config, said.append)
        again = ensure_gvisor(PODMAN, config, said.append)
        assert first.url == again.url
        assert len(said) == 1
        assert gvisor_module.has_gvisor(first.engine)
    finally:
        assert gvisor_daemon(config.home).end()
