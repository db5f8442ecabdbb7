"""Settings may be files: found by their names, behind the variables, and never shown."""

import os
from pathlib import Path

import pytest

from client.stack.config import load_config
from gateway.settings import Settings, StartRefusedError, load_settings
from worker.models.settings import ModelSettings
from worker.settings import Settings as WorkerSettings
from worker.settings import UnsafeSettingsError
from worker.settings import load_settings as load_worker_settings

KEY = "sg_" + "k" * 43


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    monkeypatch.setenv("SANDGLASS_SECRETS", str(secrets))
    return secrets


def test_each_part_reads_its_settings_from_files(folder: Path) -> None:
    files = {"store": "mongodb://u:pw@db/x", "redis_url": "redis://:pw@cache:6379/0", "first_key": KEY}
    for name, text in {**files, "concurrency": "3", "model": "openai:m"}.items():
        (folder / f"sandglass_{name}").write_text(text + "\n", "utf-8")
    (folder / "openai_api_key").write_text("sk-1\r\n", "utf-8")
    (folder / "openai_base_url").write_text("http://llm:1/v1\n", "utf-8")
    gateway, worker, models = load_settings(), load_worker_settings(), ModelSettings()
    assert (gateway.store, gateway.redis_url) == (files["store"], files["redis_url"])
    assert gateway.first_key is not None
    assert gateway.first_key.get_secret_value() == KEY
    assert (worker.store, worker.redis_url, worker.concurrency) == (*list(files.values())[:2], 3)
    assert models.openai_api_key is not None
    assert models.openai_api_key.get_secret_value() == "sk-1"
    assert (models.model, models.openai_url) == ("openai:m", "http://llm:1/v1")


def test_a_variable_goes_before_a_file_by_whichever_name(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "sandglass_port").write_text("9001\n", "utf-8")
    (folder / "sandglass_openai_url").write_text("http://file:1", "utf-8")
    assert Settings().port == 9001
    assert ModelSettings().openai_url == "http://file:1"
    monkeypatch.setenv("SANDGLASS_PORT", "9002")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://variable:1")
    assert Settings().port == 9002
    assert ModelSettings().openai_url == "http://variable:1"
    monkeypatch.setenv("SANDGLASS_PORT", "")
    assert Settings().port == 9001


def test_an_empty_file_says_nothing(folder: Path) -> None:
    for name in ("sandglass_port", "openai_api_key", "sandglass_first_key"):
        (folder / name).write_text("\n", "utf-8")
    assert Settings().port == 8000
    assert Settings().first_key is None
    assert ModelSettings().openai_api_key is None


def test_links_as_kubernetes_mounts_them_are_followed(folder: Path) -> None:
    (folder / "..2026").mkdir()
    (folder / "..2026" / "sandglass_port").write_text("9003", "utf-8")
    (folder / "..data").symlink_to("..2026")
    (folder / "sandglass_port").symlink_to("..data/sandglass_port")
    assert Settings().port == 9003


def test_a_folder_that_is_not_there_is_named(folder: Path) -> None:
    folder.rmdir()
    words = f"SANDGLASS_SECRETS names {folder}, which is no folder"
    with pytest.raises(StartRefusedError, match=words):
        load_settings()
    with pytest.raises(UnsafeSettingsError, match=words):
        load_worker_settings()


def test_what_cannot_be_read_or_used_is_named_and_never_shown(folder: Path) -> None:
    (folder / "sandglass_store").write_bytes(b"mongodb://u:hunter2\xff@db/x")
    with pytest.raises(StartRefusedError, match="sandglass_store is not UTF-8 text") as refused:
        load_settings()
    assert "hunter2" not in str(refused.value)
    (folder / "sandglass_store").unlink()
    (folder / "sandglass_store").mkdir()
    with pytest.raises(UnsafeSettingsError, match="sandglass_store cannot be read by uid"):
        load_worker_settings()
    (folder / "sandglass_store").rmdir()
    (folder / "sandglass_concurrency").write_text("hunter2", "utf-8")
    with pytest.raises(UnsafeSettingsError, match="SANDGLASS_CONCURRENCY") as refused_too:
        load_worker_settings()
    assert "hunter2" not in str(refused_too.value)


def test_a_pipe_is_refused_and_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "sandglass_store")
    with pytest.raises(StartRefusedError, match="sandglass_store is no regular file"):
        load_settings()


def test_what_stands_there_for_other_parts_is_left_alone(folder: Path) -> None:
    (folder / "sandglass_first_key").write_text("no key at all", "utf-8")
    (folder / "mongo_password").write_bytes(b"\xff")
    assert WorkerSettings().concurrency >= 1
    assert not hasattr(WorkerSettings(), "first_key")


def test_the_operators_commands_find_store_and_redis_there(folder: Path, tmp_path: Path) -> None:
    (folder / "sandglass_store").write_text(f"sqlite://{tmp_path}/s.db\n", "utf-8")
    (folder / "sandglass_redis_url").write_text("redis://:pw@cache:6379/0\n", "utf-8")
    given = {"SANDGLASS_SECRETS": str(folder), "SANDGLASS_HOME": str(tmp_path / "home")}
    config = load_config(given)
    assert (config.store_url, config.redis_url) == (f"sqlite://{tmp_path}/s.db", "redis://:pw@cache:6379/0")
    assert config.redis_port == 0
    assert load_config({**given, "SANDGLASS_STORE": "sqlite:////x/y.db"}).store_url == "sqlite:////x/y.db"
