"""Does the proxy end when its engine has another socket, so that it is started anew with that one?"""

import asyncio
import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from worker.engine_proxy.__main__ import serve
from worker.engine_proxy.engine import EngineDownError
from worker.engine_proxy.settings import settings_from
from worker.engine_proxy.watch import until_replaced

SOON = 0.2


@pytest.fixture
def bound(tmp_path: Path) -> Iterator[Path]:
    """A socket's file, as an engine makes it."""
    with socket.socket(socket.AF_UNIX) as engine:
        engine.bind(str(tmp_path / "engine.sock"))
        yield tmp_path / "engine.sock"


@pytest.fixture
def mounted(bound: Path) -> Iterator[Path]:
    """The same by a path that outlives its name, as a mounted file does."""
    descriptor = os.open(bound, os.O_PATH)
    yield Path(f"/proc/self/fd/{descriptor}")
    os.close(descriptor)


def test_it_ends_when_the_mounted_socket_lost_its_name(bound: Path, mounted: Path, tmp_path: Path) -> None:
    settings = replace(settings_from({}), engine=mounted, listen=tmp_path / "proxy.sock")
    bound.unlink()
    with pytest.raises(EngineDownError, match="was removed on the host, so the engine was started anew"):
        asyncio.run(asyncio.wait_for(serve(settings, SOON), 10))


def test_it_goes_on_while_the_socket_has_its_name(mounted: Path) -> None:
    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(until_replaced(mounted, SOON), 3 * SOON))


def test_a_socket_in_a_mounted_folder_is_waited_for(bound: Path) -> None:
    bound.unlink()
    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(until_replaced(bound, SOON), 3 * SOON))
