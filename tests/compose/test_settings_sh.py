"""Does stack.sh refuse settings and secrets that cannot work, before it keeps or starts anything?"""

from __future__ import annotations

import pytest

from tests.compose.machine import Machine, settings_of


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("SANDGLASS_PORT", "65536", "is '65536'; it must be a port from 1 to 65535"),
        ("SANDGLASS_TLS_PORT", "https", "is 'https'; it must be a port"),
        ("SANDGLASS_WORKERS", "many", "is 'many'; it must be a number from 1 to 99"),
        ("COMPOSE_PROJECT_NAME", "My Stack", "is 'My Stack'; it must be small letters"),
        ("SANDGLASS_COMPOSE_FILES", "/nowhere.yaml", "names /nowhere.yaml, which is not there"),
        ("SANDGLASS_COMPOSE", "/nowhere/compose", "is '/nowhere/compose', which is not there"),
    ],
)
def test_what_is_set_wrongly_is_not_kept(with_docker: Machine, name: str, value: str, reason: str) -> None:
    said = with_docker.refused("up", **{name: value})
    assert f"{name} {reason}" in said
    assert f"correct it in the environment or in {with_docker.state}/.env" in said
    assert not with_docker.state.exists()


def test_settings_that_cannot_be_read_are_not_passed_over(with_docker: Machine) -> None:
    (with_docker.state / ".env").mkdir(parents=True)
    assert "/.env cannot be read; run this as its owner" in with_docker.refused("down")


def test_settings_that_an_editor_put_in_quotes(with_docker: Machine) -> None:
    with_docker.state.mkdir()
    (with_docker.state / ".env").write_bytes(b"SANDGLASS_WORKERS=\"3\"\r\nSANDGLASS_STANDBY='2' \n")
    assert with_docker.run("prepare").returncode == 0
    kept = settings_of(with_docker)
    assert (kept["SANDGLASS_WORKERS"], kept["SANDGLASS_STANDBY"]) == ("3", "2")


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("redis_password", "", "redis_password is empty; put your copy of it back"),
        ("redis_password", "other\n", "sandglass_redis_url and redis_password in "),
        ("mongo_password", "other\n", "sandglass_store and mongo_password in "),
        ("mongo_keyfile", None, "mongo_keyfile is no file that this user can read"),
    ],
)
def test_secrets_that_cannot_be_used(with_docker: Machine, name: str, text: str | None, reason: str) -> None:
    with_docker.run("prepare")
    path = with_docker.state / "secrets" / name
    path.unlink()
    if text is None:
        path.mkdir()
    else:
        path.write_text(text)
    assert reason in with_docker.refused("prepare")


def test_a_password_that_a_url_writes_otherwise_is_left_to_the_service(with_docker: Machine) -> None:
    with_docker.run("prepare")
    path = with_docker.state / "secrets/redis_password"
    path.chmod(0o600)
    path.write_text("a/b\n")
    assert with_docker.run("prepare").returncode == 0


def test_a_folder_that_cannot_be_written(with_docker: Machine) -> None:
    with_docker.state.write_text("a file")
    assert "name another: SANDGLASS_SECRETS_DIR, or" in with_docker.refused("prepare")
