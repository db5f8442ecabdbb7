"""Fixtures for hostile code: one engine at a time."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine_services import SERVICES
from tests.wall.walls import Probing, probing


@pytest.fixture(scope="session", params=sorted(SERVICES))
def engine_name(request: pytest.FixtureRequest) -> str:
    """Each engine of this machine, and gVisor."""
    return str(request.param)


@pytest.fixture(scope="session")
def probes(
    engine_name: str, engine_urls: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Probing]:
    """The wall as it ships, on one engine."""
    runtime = "runsc" if engine_name == "runsc" else ""
    with probing(engine_urls[engine_name], tmp_path_factory.mktemp("spool"), runtime) as one:
        yield one


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    """Where what comes out of a test's sandboxes is put."""
    path = tmp_path / "spool"
    path.mkdir()
    return path
