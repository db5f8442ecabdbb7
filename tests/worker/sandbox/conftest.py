"""Fixtures: the sandbox of small limits, one for the tests of a module."""

from collections.abc import Iterator

import pytest

from tests.worker.sandbox.limited_box import Box


@pytest.fixture
def box(shared: Box) -> Box:
    """The sandbox that all share; a test that lost it fails alone."""
    if shared.lost:
        shared.renew()
    return shared


@pytest.fixture(scope="module")
def shared(engine_urls: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    one = Box(engine_urls["podman"], tmp_path_factory.mktemp("spool"))
    yield one
    one.close()
