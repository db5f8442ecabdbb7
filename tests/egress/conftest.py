"""Fixtures: a network of the test's own with a worker in it, on each engine."""

from collections.abc import Iterator

import pytest

from tests.egress.world import World
from tests.engine_services import ENGINES


@pytest.fixture(scope="session", params=sorted(ENGINES, reverse=True))
def world(
    request: pytest.FixtureRequest, engine_urls: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """One engine's."""
    one = World(request.param, engine_urls[request.param], tmp_path_factory.mktemp("egress"))
    yield one
    one.close()


@pytest.fixture
def own_box(world: World) -> Iterator[str]:
    """The name of a sandbox of this test alone."""
    yield "own"
    world.end("own")
