"""The image gets what runs, and nothing that only tests need."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from images.locked import canonical, running_lock

ROOT = Path(__file__).parents[2]
PROJECT = (ROOT / "pyproject.toml").read_text("utf-8")
LOCK = (ROOT / "requirements.lock").read_text("utf-8")


def _needed(requirement: Requirement, found: dict[str, set[str]]) -> None:
    """All that a requirement leads to here, by what the installed libraries say of themselves."""
    name = canonical(requirement.name)
    if name in found and requirement.extras <= found[name]:
        return
    found.setdefault(name, set()).update(requirement.extras)
    for line in requires(name) or []:
        needed = Requirement(line)
        extras = [*requirement.extras, ""]
        if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras):
            _needed(needed, found)


def test_it_pins_exactly_what_the_installed_libraries_say_they_need() -> None:
    found: dict[str, set[str]] = {}
    for line in tomllib.loads(PROJECT)["project"]["dependencies"]:
        _needed(Requirement(line), found)
    lines = [line.rstrip("\\ ") for line in running_lock(PROJECT, LOCK).splitlines() if "==" in line]
    pinned = [Requirement(line) for line in lines if not line.startswith(" ")]
    here = {canonical(pin.name) for pin in pinned if pin.marker is None or pin.marker.evaluate()}
    assert len(here) > 50
    # The zones' data: libraries need them where a system has none, as the image.
    assert here == set(found) | {"tzdata"}


def test_every_pin_keeps_its_hashes_and_no_test_tool_is_there() -> None:
    lock = running_lock(PROJECT, LOCK)
    pins = re.findall(r"^[a-z0-9].*(?:\n +--hash=sha256:[0-9a-f]{64}.*)+", lock, re.MULTILINE)
    assert len(pins) == len(re.findall(r"^[a-z0-9]", lock, re.MULTILINE))
    assert not re.search(
        r"^(pytest|mypy|ruff|pandas|numpy|pyarrow|playwright|cryptography)==", lock, re.MULTILINE
    )


def test_a_dependency_without_a_pin_is_named() -> None:
    project = PROJECT.replace('"docker>=7.1",', '"docker>=7.1", "no-such-library[x]>=1",')
    with pytest.raises(SystemExit, match="no pin of no-such-library; lock it again"):
        running_lock(project, LOCK)
    with pytest.raises(PackageNotFoundError):
        requires("no-such-library")
