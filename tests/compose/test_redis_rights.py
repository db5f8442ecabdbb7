"""Who holds Redis's password may use it, not rule it: each way to start the stack, on a real server."""

import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import redis
import yaml

from tests.conftest import free_port
from tests.engine_services import ROOT

PASSWORD = "ab" * 16


def _objects(path: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((ROOT / path).read_text()))


def compose() -> str:
    return str(_objects("compose/compose.yaml")[0]["services"]["redis"]["command"][2]).replace("$$", "$")


def kubernetes() -> str:
    made = _objects("compose/kubernetes/components/data/redis.yaml")
    (server,) = [one for one in made if one["kind"] == "StatefulSet"]
    return str(server["spec"]["template"]["spec"]["containers"][0]["command"][2])


def kube_play() -> str:
    (pod,) = [
        one for one in _objects("podman/stack.kube.yaml") if one["metadata"]["name"] == "sandglass-redis"
    ]
    return str(pod["spec"]["containers"][0]["args"][0])


def quadlet() -> str:
    text = (ROOT / "podman/systemd/sandglass-redis.container").read_text()
    (line,) = [line for line in text.splitlines() if line.startswith('Exec=sh -ec "')]
    return line.removeprefix('Exec=sh -ec "').removesuffix('"').replace("$$", "$")


@pytest.mark.parametrize("way", [compose, kubernetes, kube_play, quadlet])
def test_its_user_may_use_it_and_not_rule_it(way: Any, tmp_path: Path) -> None:
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    (tmp_path / "data").mkdir()
    port, config = free_port(), f"{tmp_path}/redis.conf"
    script = way().replace("/run/secrets/redis_password", f"{tmp_path}/password")
    script = script.replace("/tmp/redis.conf", config).replace("/data", f"{tmp_path}/data")
    script = script.replace(f"redis-server {config}", f"redis-server {config} --port {port}")
    server = subprocess.Popen(["sh", "-ec", script], stdout=subprocess.DEVNULL, cwd=tmp_path)
    try:
        with redis.Redis(port=port, password=PASSWORD, protocol=3) as client:
            _wait_for(client)
            assert client.lpush("queue", "x") == 1
            assert client.brpop(["queue"], timeout=1) is not None
            assert client.eval("return redis.call('SET', 'a', 1)", 0)
            assert client.publish("channel", "x") == 0
            assert "redis_version" in client.info()
            for order in (
                "CONFIG GET dir",
                "REPLICAOF 127.0.0.1 1",
                "FLUSHALL",
                "SHUTDOWN NOSAVE",
                "ACL LIST",
            ):
                with pytest.raises(redis.exceptions.NoPermissionError):
                    client.execute_command(order)
        with redis.Redis(port=port) as nobody, pytest.raises(redis.exceptions.AuthenticationError):
            nobody.ping()
    finally:
        server.terminate()
        assert server.wait(20) == 0


def _wait_for(client: "redis.Redis") -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            client.ping()
        except redis.exceptions.ConnectionError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return
