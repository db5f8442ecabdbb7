"""How the stack's set-up is made of the environment, and what it keeps to itself."""

from __future__ import annotations

import socket
import stat
from pathlib import Path

import pytest

from client.errors import StackError
from client.settings import find_key, find_url
from client.stack.config import (
    load_config,
    port_is_free,
    read_remembered,
    remember,
    settings_digest,
    write_private,
)


def test_the_defaults_lie_in_the_home(home: Path) -> None:
    config = load_config()
    assert config.home == home
    assert config.store_url == f"sqlite:///{home}/sandglass.db"
    assert config.url == "http://127.0.0.1:8000"


def test_the_home_and_its_secrets_are_closed_to_others(home: Path) -> None:
    remember(load_config(), "unix:///x")
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert stat.S_IMODE((home / "stack.json").stat().st_mode) == 0o600


def test_stack_id_redis_port_and_password_stay(home: Path) -> None:
    first = load_config()
    remember(first, "unix:///x")
    second = load_config()
    assert (first.stack_id, first.redis_url) == (second.stack_id, second.redis_url)
    kept = read_remembered(home)
    assert kept is not None
    assert kept.engine_url == "unix:///x"


def test_two_homes_are_two_stacks(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load_config()
    monkeypatch.setenv("SANDGLASS_HOME", str(home) + "-2")
    assert load_config().stack_id != first.stack_id


def test_an_operators_redis_is_not_ours_to_start(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDGLASS_REDIS_URL", "redis://there:6379/0")
    config = load_config()
    assert (config.redis_port, config.redis_url) == (0, "redis://there:6379/0")


@pytest.mark.parametrize("url", ["foo", "http://x", "redis://:s3cret@127.0.0.1:port/0"])
def test_a_redis_address_that_is_none_is_refused_without_its_password(
    home: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("SANDGLASS_REDIS_URL", url)
    with pytest.raises(StackError, match="SANDGLASS_REDIS_URL is no address") as refused:
        load_config()
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "80 "])
def test_a_port_that_is_none_is_named(home: Path, monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    monkeypatch.setenv("SANDGLASS_PORT", port)
    with pytest.raises(StackError, match="SANDGLASS_PORT"):
        load_config()


def test_a_home_that_cannot_be_made_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SANDGLASS_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(StackError, match="cannot write"):
        load_config()


def test_the_worker_gets_all_the_gateway_neither_engine_nor_keys(home: Path) -> None:
    base = {
        "PATH": "/bin",
        "OPENAI_API_KEY": "secret",
        "SANDGLASS_OPENAI_API_KEY": "secret",
        "DOCKER_HOST": "unix:///d",
        "SANDGLASS_KEY": "sg_mine",
        "SANDGLASS_MAX_FILES": "3",
        "HTTPS_PROXY": "http://proxy",
        "SANDGLASS_POLICY_DIR": "/etc/policies",
        "SANDGLASS_S3_SECRET_KEY": "of the blobs, which it puts itself",
    }
    config = load_config()
    worker, gateway = config.environ("unix:///engine", base), config.gateway_environ(base)
    assert worker["SANDGLASS_ENGINE_URL"] == "unix:///engine"
    assert worker["OPENAI_API_KEY"] == "secret"
    assert gateway["SANDGLASS_STORE"] == worker["SANDGLASS_STORE"]
    assert gateway["SANDGLASS_MAX_FILES"] == "3"
    assert gateway["SANDGLASS_S3_SECRET_KEY"] == worker["SANDGLASS_S3_SECRET_KEY"]
    assert gateway["SANDGLASS_POLICY_DIR"] == worker["SANDGLASS_POLICY_DIR"] == "/etc/policies"
    assert not [name for name, value in gateway.items() if value == "secret"]
    assert not {"SANDGLASS_ENGINE_URL", "DOCKER_HOST", "SANDGLASS_KEY", "HTTPS_PROXY"} & set(gateway)


def test_a_private_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, "new")
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [item.name for item in tmp_path.iterdir()] == ["key"]


def test_a_port_that_is_listened_on_is_not_free() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert not port_is_free(port)
    assert port_is_free(port)


def test_the_client_finds_the_stack_where_it_started(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDGLASS_PORT", "8123")
    remember(load_config(), "unix:///x")
    monkeypatch.delenv("SANDGLASS_PORT")
    assert find_url() == "http://127.0.0.1:8123"
    write_private(home / "key", "sg_abc\n")
    assert find_key() == "sg_abc"


def test_the_first_key_opens_where_there_is_no_other(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "secrets").mkdir(parents=True)
    (home / "secrets/sandglass_first_key").write_text("sg_first\n")
    monkeypatch.setenv("SANDGLASS_SECRETS", str(home / "secrets"))
    monkeypatch.delenv("SANDGLASS_KEY", raising=False)
    assert find_key() == "sg_first"
    write_private(home / "key", "sg_abc\n")
    assert find_key() == "sg_abc"


def test_the_environment_wins_over_what_is_remembered(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remember(load_config(), "unix:///x")
    monkeypatch.setenv("SANDGLASS_URL", "https://far.example/")
    monkeypatch.setenv("SANDGLASS_KEY", " sg_env ")
    assert (find_url(), find_key()) == ("https://far.example", "sg_env")


def test_a_damaged_memory_is_no_memory(home: Path) -> None:
    home.mkdir()
    (home / "stack.json").write_text('{"port": []')
    assert read_remembered(home) is None
    assert find_url() == "http://127.0.0.1:8000"


def test_changed_settings_are_noticed_but_not_the_clients_own() -> None:
    base = {"SANDGLASS_MODEL": "builtin", "PATH": "/bin"}
    assert settings_digest(base) == settings_digest({**base, "SANDGLASS_KEY": "sg_x", "HOME": "/root"})
    assert settings_digest(base) != settings_digest({**base, "SANDGLASS_MODEL": "ollama:llama3.1"})
    assert settings_digest(base) != settings_digest({**base, "OPENAI_API_KEY": "x"})
