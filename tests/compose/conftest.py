"""The stack of containers, brought up once for each engine and shared by the tests of a file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.compose import images
from tests.compose.machine import DOCKER, Machine
from tests.compose.running import Stack


@pytest.fixture(scope="session")
def services_image(tmp_path_factory: pytest.TempPathFactory, engine_urls: dict[str, str]) -> Iterator[str]:
    """Redis and FerretDB as an image, in Podman."""
    assert engine_urls["podman"]
    with images.made(tmp_path_factory.mktemp("services")) as name:
        yield name


@pytest.fixture(scope="module", params=["docker", "podman"])
def stack(
    request: pytest.FixtureRequest,
    engine_urls: dict[str, str],
    services_image: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stack]:
    """A stack that is up, on a port of its own."""
    with ExitStack() as ended:
        url = engine_urls[request.param]
        if request.param == "docker":
            ended.enter_context(images.given_to_docker(url))
        made = Stack(request.param, url, tmp_path_factory.mktemp("stack"))
        ended.callback(made.close)
        made.said = made.command("up")
        yield made


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine without any engine."""
    return Machine(tmp_path)


@pytest.fixture
def with_docker(machine: Machine) -> Machine:
    """A machine whose `docker` says what Docker would."""
    machine.has("docker", DOCKER)
    return machine
