"""Fixtures for hostile code: one engine at a time, a sandbox that harmless probes share, fresh ones for the rest."""  # noqa: E501

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.engine_services import ENGINES
from tests.wall.wall import Box, Wall


@pytest.fixture(scope="session", autouse=True)
def secret() -> Iterator[str]:
    """A model key in the environment of the process that plays the worker."""
    os.environ["SANDGLASS_MODEL_KEY"] = key = f"sk-wall-{uuid4().hex}"
    yield key
    del os.environ["SANDGLASS_MODEL_KEY"]


@pytest.fixture(scope="session", params=sorted(ENGINES))
def wall(
    request: pytest.FixtureRequest, engine_urls: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Wall]:
    """One engine; whatever is left on it afterwards is a failure."""
    one = Wall(engine_urls[request.param], tmp_path_factory.mktemp("spool"))
    yield one
    assert one.close() == [], "containers were left behind"


@pytest.fixture
def box(wall: Wall) -> Box:
    """The sandbox that harmless probes share."""
    return wall.shared()


@pytest.fixture
def own_box(wall: Wall) -> Iterator[Box]:
    """A sandbox of this test alone, with short clocks."""
    with wall.fresh() as one:
        yield one


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A file of the host that no sandbox may read."""
    path = tmp_path / f"canary-{uuid4().hex}"
    path.write_text(f"canary {uuid4().hex}")
    return path
