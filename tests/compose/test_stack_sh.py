"""Does stack.sh say what is wrong and what to do, make secrets once, and remember what it was told?"""

from __future__ import annotations

import os
import re
import shutil
import socket
import stat
import subprocess
from collections.abc import Iterator

import pytest

from tests.compose.machine import DOCKER, Machine, settings_of
from tests.engine_services import ROOT, missing

PODMAN_WITH_OLD_IMAGES = """#!/bin/sh
echo "$*" >> CALLS
case "$*" in
  *"{{.ImageID}}"*) echo 'worker_1 aaaaaaaaaaaa app:dev'; echo 'gateway_1 bbbbbbbbbbbb app:dev' ;;
  "image inspect --format"*) echo bbbbbbbbbbbbbbbbbbbbbbbb ;;
  "version"*) echo 5.0.0 ;;
esac
"""
OLD_PODMAN_COMPOSE = "#!/bin/sh\necho 'podman-composer version  1.0.3'\n"
"""As Debian 12's says it."""


def test_no_engine(machine: Machine) -> None:
    assert "no container engine: install Docker" in machine.refused("up")


def test_an_engine_that_does_not_answer(machine: Machine) -> None:
    machine.has("docker", "#!/bin/sh\necho 'Cannot connect to the Docker daemon' >&2; exit 1\n")
    assert "Docker does not answer; start it" in machine.refused("up")


def test_a_socket_that_may_not_be_used(machine: Machine) -> None:
    machine.has("docker", "#!/bin/sh\necho 'dial unix: connect: permission denied' >&2; exit 1\n")
    assert "may not use Docker's socket: run it with sudo, or" in machine.refused("up")


def test_no_compose_tool(machine: Machine) -> None:
    machine.has("docker", DOCKER.replace('"compose version") echo', '"compose version") exit 1; echo'))
    assert "no compose tool for Docker: install its plugin" in machine.refused("up")


def test_an_engine_on_another_host(with_docker: Machine) -> None:
    said = with_docker.refused("up", DOCKER_HOST="tcp://192.0.2.1:2375")
    assert "the engine is at tcp://192.0.2.1:2375" in said
    assert "docs/scale.md" in said


def test_podman_without_a_socket(machine: Machine) -> None:
    machine.has("podman", '#!/bin/sh\n[ "$1" = version ] && echo 5.0.0\n')
    said = machine.refused("up", XDG_RUNTIME_DIR=str(machine.folder), SANDGLASS_ENGINE="podman")
    # On a machine whose own Podman listens, that socket does not answer this stand-in.
    assert "podman.socket" in said


@pytest.fixture
def with_old_podman_compose(machine: Machine) -> Iterator[Machine]:
    machine.has("podman", "#!/bin/sh\necho 5.0.0\n")
    machine.has("podman-compose", OLD_PODMAN_COMPOSE)
    path = machine.folder / "podman.sock"
    machine.environ |= {
        "SANDGLASS_ENGINE": "podman",
        "SANDGLASS_ENGINE_SOCKET": str(path),
        "SANDGLASS_HOME": str(machine.folder / "home"),
    }
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        yield machine


def test_a_podman_compose_that_leaves_out_limits(with_old_podman_compose: Machine) -> None:
    said = with_old_podman_compose.refused("up", SANDGLASS_COMPOSE="podman-compose")
    assert "is 1.0.3: before 1.3 it leaves out limits" in said


def test_an_old_podman_compose_is_passed_over(with_old_podman_compose: Machine) -> None:
    """Here by one that is installed already: that it is installed, each test with podman-compose needs."""
    machine = with_old_podman_compose
    own = machine.folder / "home/podman-compose"
    (own / "bin").mkdir(parents=True)
    (own / "lock").write_text((ROOT / "compose/podman-compose.lock").read_text())
    (own / "bin/podman-compose").symlink_to(machine.bin / "newer")
    machine.has("newer", "#!/bin/sh\necho 'podman-compose version 1.6.0'\n")
    done = machine.run("prepare")
    assert done.returncode == 0, done.stderr
    assert "podman-compose here is 1.0.3" in done.stderr
    assert f"compose tool: {own}/bin/podman-compose 1.6.0" in done.stdout


def test_nothing_is_installed_where_that_is_not_wanted(with_old_podman_compose: Machine) -> None:
    machine = with_old_podman_compose
    said = machine.refused("up", SANDGLASS_INSTALL="0")
    assert "podman-compose 1.3 or newer is needed" in said
    assert "--require-hashes" in said
    assert not (machine.folder / "home").exists()


def test_podmans_containers_of_an_older_image_are_made_anew(machine: Machine) -> None:
    path, calls = machine.folder / "podman.sock", machine.folder / "calls"
    machine.has("podman", PODMAN_WITH_OLD_IMAGES.replace("CALLS", str(calls)))
    machine.has("podman-compose", "#!/bin/sh\necho 'podman-compose version: 1.6.0'\n")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        environ = {"SANDGLASS_ENGINE": "podman", "SANDGLASS_ENGINE_SOCKET": str(path)}
        machine.refused("up", **environ, SANDGLASS_UP_SECONDS="0", SANDGLASS_PORT="")
    done = [line for line in calls.read_text().splitlines() if line.startswith(("stop", "rm"))]
    assert done == ["stop -t 30 worker_1", "rm -f worker_1"]


def test_a_port_that_is_taken(with_docker: Machine) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = with_docker.refused("up", SANDGLASS_PORT=str(port))
    assert f"port {port} of 127.0.0.1 is taken" in said
    assert f"SANDGLASS_PORT={port + 1} " in said


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["up", "--profiles", "monitoring,tsl"], "there is no profile 'tsl'; there are: ollama"),
        (["up", "--workers", "none"], "--workers needs a number from 1 to 99"),
        (["up", "--gateways", "2"], "several gateways need the profile tls"),
        (["scale"], "how many workers?"),
        (["up", "--profiles"], "--profiles needs a list, e.g. "),
        (["up", "--what"], "usage: stack.sh up"),
        ([], "usage: stack.sh up"),
        (["down", "--all"], "usage: stack.sh up"),
    ],
)
def test_what_is_asked_wrongly(with_docker: Machine, words: list[str], reason: str) -> None:
    assert reason in with_docker.refused(*words)
    assert not with_docker.state.exists()


def test_an_engine_that_is_none(with_docker: Machine) -> None:
    assert "is docker or podman, not 'lxc'" in with_docker.refused("up", SANDGLASS_ENGINE="lxc")


def test_secrets_are_made_once_and_their_folder_is_closed(with_docker: Machine) -> None:
    assert with_docker.run("prepare").returncode == 0
    folder = with_docker.state / "secrets"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    before = {path.name: path.read_text() for path in folder.iterdir()}
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o444 for path in folder.iterdir())
    (folder / "grafana_password").unlink()
    (folder / "grafana_password").write_text("mine\n")
    assert with_docker.run("prepare").returncode == 0
    after = {path.name: path.read_text() for path in folder.iterdir()}
    assert after == {**before, "grafana_password": "mine\n"}


def test_what_secrets_look_like(with_docker: Machine) -> None:
    with_docker.run("prepare")
    key = with_docker.secret("sandglass_first_key")
    assert key.startswith("sg_")
    assert len(key) == 67
    assert with_docker.secret("redis_password") in with_docker.secret("sandglass_redis_url")
    assert with_docker.secret("mongo_password") in with_docker.secret("sandglass_store")
    assert with_docker.secret("mongo_password") != with_docker.secret("mongo_root_password")
    assert with_docker.secret("openai_api_key") == ""


def test_no_secret_is_in_thesettings_of(with_docker: Machine) -> None:
    with_docker.run("prepare")
    settings = (with_docker.state / ".env").read_text()
    secrets = [path.read_text().strip() for path in (with_docker.state / "secrets").iterdir()]
    assert not [secret for secret in secrets if secret and secret in settings]


def test_what_it_was_told_is_remembered(with_docker: Machine) -> None:
    with_docker.run("prepare", "--workers", "3", "--profiles", "monitoring", SANDGLASS_PORT="8123")
    with_docker.run("prepare")
    kept = settings_of(with_docker)
    assert (kept["SANDGLASS_WORKERS"], kept["COMPOSE_PROFILES"], kept["SANDGLASS_PORT"]) == (
        "3",
        "monitoring",
        "8123",
    )
    with_docker.run("prepare", "--profiles", "none")
    assert settings_of(with_docker)["COMPOSE_PROFILES"] == ""


def test_every_variable_of_the_compose_file_is_remembered(with_docker: Machine) -> None:
    """Else a later `up` would go back to the default, an older image for one, without a word."""
    with_docker.run("prepare")
    kept = settings_of(with_docker)
    named = set(
        re.findall(r"\$\{((?:SANDGLASS|COMPOSE)_[A-Z0-9_]+)", (ROOT / "compose/compose.yaml").read_text())
    )
    assert named - set(kept) == {"SANDGLASS_START_SECONDS"}


def test_the_profile_ollama_is_also_used(with_docker: Machine) -> None:
    with_docker.run("prepare", "--profiles", "ollama")
    kept = settings_of(with_docker)
    assert (kept["SANDGLASS_MODEL"], kept["SANDGLASS_OLLAMA_MODEL"]) == ("ollama:llama3.1", "llama3.1")
    with_docker.run("prepare", "--profiles", "none")
    assert settings_of(with_docker)["SANDGLASS_MODEL"] == "builtin"


def test_the_profile_s3_is_also_used_and_not_lost_unseen(with_docker: Machine) -> None:
    assert "until they are moved" not in with_docker.run("prepare", "--profiles", "s3").stdout
    assert settings_of(with_docker)["SANDGLASS_BLOBS"].startswith("s3://sandglass?endpoint=http://minio:9000")
    assert "without the profile s3 they cannot be reached" in with_docker.refused("up", "--profiles", "none")
    assert with_docker.run("prepare", "--profiles", "none", SANDGLASS_BLOBS="").returncode == 0
    again = with_docker.run("prepare", "--profiles", "s3").stdout
    assert "those of before are in MongoDB until they are moved: " in again


def test_a_model_outside_gives_the_worker_a_way_out(with_docker: Machine) -> None:
    done = with_docker.run("prepare", SANDGLASS_MODEL="openai:gpt-4o-mini")
    assert "the worker gets a way out" in done.stdout
    assert "outside.yaml" in done.stdout


def test_several_gateways_take_free_ports(with_docker: Machine) -> None:
    with_docker.run("prepare", "--gateways", "2", "--profiles", "tls")
    assert settings_of(with_docker)["SANDGLASS_PORT"] == ""


def test_a_certificate_is_used_where_there_is_one(with_docker: Machine) -> None:
    for _ in range(2):
        with_docker.run("prepare", "--profiles", "tls")
        assert settings_of(with_docker)["SANDGLASS_TLS"] == "internal"
    path = with_docker.state / "secrets/tls_certificate"
    path.chmod(0o644)
    path.write_text("-----BEGIN CERTIFICATE-----\n")
    with_docker.run("prepare", "--profiles", "tls")
    assert settings_of(with_docker)["SANDGLASS_TLS"] == "/run/secrets/tls_certificate /run/secrets/tls_key"


def test_ending_it_says_what_is_lost(with_docker: Machine) -> None:
    assert "losing for good: all sessions" in with_docker.run("down", "--volumes").stdout
    kept = with_docker.run("down").stdout
    assert "its data stay" in kept
    assert "losing" not in kept


def test_the_scripts_hold_what_shellcheck_wants() -> None:
    shellcheck = shutil.which("shellcheck")
    if shellcheck is None:
        missing("shellcheck is not installed (apt-get install shellcheck)")
    assert shellcheck is not None
    scripts = sorted(map(str, (ROOT / "compose").rglob("*.sh")))
    done = subprocess.run(
        [shellcheck, "-x", "-P", str(ROOT), *scripts],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    assert done.returncode == 0, done.stdout
