"""What an engine says of itself is asked once a minute at most: Podman needs half a second of CPU for it."""

from types import SimpleNamespace

import pytest

from worker.engines import docker as docker_module
from worker.engines.base import EngineFacts
from worker.engines.podman import PodmanEngine


async def test_facts_are_asked_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now, asked = [1000.0], []
    engine = PodmanEngine("tcp://127.0.0.1:9")

    async def ask() -> EngineFacts:
        asked.append(now[0])
        return EngineFacts("podman", "4.3.1", "runc", "1.1.5", ("runc",), "1")

    monkeypatch.setattr(engine, "_ask_facts", ask)
    monkeypatch.setattr(docker_module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    for seconds in (0, 30, 59, 2, 40, 30):
        now[0] += seconds
        await engine.facts()
    assert asked == [1000.0, 1089.0, 1161.0]
    await engine.close()
