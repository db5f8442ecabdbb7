"""A worker that was taken over, before real engines: the wall's cases G1-G6 try the rest."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import docker
import pytest

from policies.spec import LABEL_STACK
from tests.engine_services import ENGINES, IMAGE
from tests.worker.engine_proxy.fake_engine import fake_engine
from tests.worker.engine_proxy.running import RunningProxy, proxied
from tests.worker.engine_proxy.test_wire import as_docker
from worker.engines.base import EngineRefusedError
from worker.engines.docker import DockerEngine
from worker.wall.guard_attacks import ANY_ID
from worker.wall.guard_lab import request, send, words_of


@pytest.fixture(params=sorted(ENGINES))
async def victims(
    request: pytest.FixtureRequest, engine_urls: dict[str, str], stack: str
) -> AsyncIterator[tuple[docker.APIClient, RunningProxy, list[str]]]:
    """Two containers that are no sandboxes, one with the stack's own label, and a proxy of that stack."""
    url = engine_urls[request.param]
    with (
        docker.APIClient(base_url=url, version="1.40", timeout=60) as client,
        proxied(url, stack) as proxy,
    ):
        made: list[str] = []
        try:
            for labels in ({}, {LABEL_STACK: stack}):
                body = {"Image": IMAGE, "Labels": labels, "Env": ["PASSWORD=geheim"]}
                made.append(client.create_container_from_config(body)["Id"])
            yield client, proxy, made
        finally:
            for container_id in made:
                client.remove_container(container_id, force=True)


@pytest.mark.engine
async def test_what_is_no_sandbox_is_out_of_reach(
    victims: tuple[docker.APIClient, RunningProxy, list[str]],
) -> None:
    client, proxy, made = victims
    engine = DockerEngine(proxy.url)
    for container_id in made:
        for verb in (engine.inspect, engine.start, engine.remove):
            with pytest.raises(EngineRefusedError, match="no sandbox of the stack"):
                await verb(container_id)
        status, said = await send(proxy.path, request("GET", f"/containers/{container_id[:12]}/json"))
        assert status == 403
        assert b"geheim" not in said
        assert client.inspect_container(container_id)["State"]["Status"] == "created"
    assert await engine.find({}) == []
    await engine.close()


@pytest.mark.engine
async def test_a_name_is_no_way_to_a_container(
    victims: tuple[docker.APIClient, RunningProxy, list[str]],
) -> None:
    client, proxy, made = victims
    for container_id in made:
        name = client.inspect_container(container_id)["Name"].lstrip("/")
        for method, target in (("GET", f"{name}/json"), ("POST", f"{name}/start"), ("DELETE", name)):
            status, said = await send(proxy.path, request(method, f"/containers/{target}"))
            assert status == 403, words_of(said)


async def test_a_worker_goes_on_when_its_proxy_was_started_again() -> None:
    with fake_engine(as_docker) as fake, tempfile.TemporaryDirectory(prefix="sg-gate-") as folder:
        engine = DockerEngine(f"unix://{folder}/engine.sock")
        for _ in range(2):
            with proxied(fake.url, "ours", folder=Path(folder)):
                assert (await engine.inspect(ANY_ID) or {})["Id"] == ANY_ID
        await engine.close()
