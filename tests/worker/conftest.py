"""Fixtures for whatever talks to a real container engine."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from policies.spec import LABEL_STACK
from tests.engine_services import ENGINES, IMAGE
from worker.engines.base import Engine
from worker.engines.connect import connect
from worker.runtime import owner_mark
from worker.sandbox.standby import Maker
from worker.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of a worker over the dummy engine, where no Redis answers."""
    return Settings(
        store=f"sqlite://{tmp_path}/store.db",
        engine_url="dummy:",
        redis_url="redis://127.0.0.1:1/0",
        spool=tmp_path / "spool",
        worker_name="here",
        lease_seconds=3,
    )


@pytest.fixture(params=sorted(ENGINES))
async def engine(request: pytest.FixtureRequest, engine_urls: dict[str, str]) -> AsyncIterator[Engine]:
    """Each real engine in turn."""
    connected = await connect(engine_urls[request.param])
    yield connected
    await connected.close()


@pytest.fixture
def stack() -> str:
    """A label of the test's own for its sandboxes."""
    return f"test-{uuid4().hex[:8]}"


@pytest.fixture
async def maker(engine: Engine, stack: str, tmp_path: Path) -> AsyncIterator[Maker]:
    """Makes sandboxes of a stack of the test's own; whatever is left of it afterwards is a failure."""
    yield Maker(engine, IMAGE, stack, owner_mark("test", os.getpid()), tmp_path / "spool", 60)
    left = await engine.find({LABEL_STACK: stack})
    for entry in left:
        await engine.remove(entry.container_id)
    assert left == [], "the test left containers behind"
