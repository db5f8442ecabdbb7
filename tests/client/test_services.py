"""Starting and ending real services: Redis here; worker and gateway in the stack's own test."""

from __future__ import annotations

import os
import shutil
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import AuthenticationError

from client.errors import StackError
from client.stack.config import free_port, load_config
from client.stack.local_key import ensure_local_key
from client.stack.process import Daemon
from client.stack.services import Services


@pytest.fixture
def services(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    if shutil.which("redis-server") is None:
        if os.environ.get("CI"):
            pytest.fail("redis-server is not installed; in CI it must be there")
        pytest.skip("redis-server is not installed")
    monkeypatch.setenv("SANDGLASS_REDIS_PORT", str(free_port()))
    made = Services(load_config())
    yield made
    made.end_all(lambda line: None)


@pytest.mark.redis
def test_redis_comes_up_once_and_goes_down(services: Services) -> None:
    said: list[str] = []
    services.start_redis(said.append)
    pid = services.redis.alive()
    services.start_redis(said.append)
    assert services.redis.alive() == pid
    assert len(said) == 1
    assert services.redis_answers()
    assert services.end_all(said.append)
    assert services.redis.alive() is None
    assert not services.redis_answers()


@pytest.mark.redis
def test_redis_is_closed_to_those_without_the_password(services: Services) -> None:
    services.start_redis(lambda line: None)
    with (
        Redis(port=services.config.redis_port, socket_timeout=2) as stranger,
        pytest.raises(AuthenticationError),
    ):
        stranger.ping()
    assert stat.S_IMODE((services.config.home / "redis.conf").stat().st_mode) == 0o600


@pytest.mark.redis
def test_a_queued_id_outlives_a_restart(services: Services) -> None:
    services.start_redis(lambda line: None)
    with Redis.from_url(services.config.redis_url) as client:
        client.rpush("sandglass", "t1")
    services.end_all(lambda line: None)
    services.start_redis(lambda line: None)
    with Redis.from_url(services.config.redis_url) as client:
        assert client.lrange("sandglass", 0, -1) == [b"t1"]


@pytest.mark.redis
def test_heartbeats_of_other_stacks_are_not_ours(services: Services) -> None:
    services.start_redis(lambda line: None)
    with Redis.from_url(services.config.redis_url) as client:
        client.set("sandglass:worker:a", f'{{"worker": "a", "stack": "{services.config.stack_id}"}}')
        client.set("sandglass:worker:b", '{"worker": "b", "stack": "another"}')
    assert [fact["worker"] for fact in services.workers()] == ["a"]


def test_a_taken_port_is_named_with_its_variable(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setenv("SANDGLASS_PORT", str(port))
        with pytest.raises(StackError, match=f"port {port} .*SANDGLASS_PORT"):
            Services(load_config()).start_gateway(lambda line: None)


def test_a_taken_redis_port_is_named_with_its_variable(services: Services) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", services.config.redis_port))
        taken.listen()
        with pytest.raises(StackError, match="SANDGLASS_REDIS_PORT"):
            services.start_redis(lambda line: None)


def test_an_operators_redis_that_is_silent_is_an_error(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDGLASS_REDIS_URL", "redis://127.0.0.1:9/0")
    with pytest.raises(StackError, match="SANDGLASS_REDIS_URL"):
        Services(load_config()).start_redis(lambda line: None)


def test_a_service_that_ends_while_starting_shows_its_log(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    conf = services.config.home / "redis.conf"
    conf.write_text("no-such-directive yes\n")
    monkeypatch.setattr(Services, "_write_redis_conf", lambda self: str(conf))
    with pytest.raises(StackError, match=r"(?s)redis ended while starting.*no-such-directive"):
        services.start_redis(lambda line: None)


def test_ending_a_stack_that_never_ran_is_nothing(services: Services) -> None:
    assert not services.end_all(lambda line: None)
    assert not Daemon("gateway", services.config.home).pid_path.exists()


def test_the_local_key_is_made_once(home: Path) -> None:
    config = load_config()
    assert ensure_local_key(config)
    first = (home / "key").read_text()
    assert not ensure_local_key(config)
    assert (home / "key").read_text() == first
    assert stat.S_IMODE((home / "key").stat().st_mode) == 0o600


def test_a_key_that_the_store_does_not_know_is_replaced(home: Path) -> None:
    config = load_config()
    (home / "key").write_text("sg_of-another-store\n")
    assert ensure_local_key(config)
    assert (home / "key").read_text() != "sg_of-another-store\n"


def test_a_store_that_does_not_open_is_named_without_its_password(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDGLASS_STORE", "mysql://user:secret@host/db")
    with pytest.raises(StackError) as caught:
        ensure_local_key(load_config())
    assert "mysql://host/db" in str(caught.value)
    assert "secret" not in str(caught.value)
