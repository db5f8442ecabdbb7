"""The image of gateway and worker, looked at from inside of one container as the stack starts it."""

import time
from collections.abc import Iterator
from contextlib import closing

import docker
import pytest

from store.keys import make_key
from tests.engine_services import APP_IMAGE, missing, wait_for

pytestmark = pytest.mark.engine
RIGHTS = {
    "read_only": True,
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges"],
    "network_mode": "none",
}
LIMITS = [docker.types.Ulimit(name=name, soft=4096, hard=4096) for name in ("nofile", "nproc")]


@pytest.fixture(scope="module")
def client(engine_urls: dict[str, str]) -> Iterator[docker.DockerClient]:
    with closing(docker.DockerClient(base_url=engine_urls["podman"], version="1.40", timeout=60)) as found:
        try:
            found.images.get(APP_IMAGE)
        except docker.errors.ImageNotFound:
            missing(f"podman has no image {APP_IMAGE} (make image)")
        yield found


@pytest.fixture(scope="module")
def run(client: docker.DockerClient) -> Iterator[docker.models.containers.Container]:
    tmpfs = {"/tmp": "size=16m"}
    container = client.containers.create(
        APP_IMAGE, ["sleep", "240"], tmpfs=tmpfs, ulimits=LIMITS, init=True, **RIGHTS
    )
    try:
        container.start()
        yield container
    finally:
        container.remove(force=True)


def _said(container: docker.models.containers.Container, script: str) -> tuple[int, str]:
    done = container.exec_run(["sh", "-c", script])
    return done.exit_code, done.output.decode()


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("id -u; id -g", "10001\n10001\n"),
        ("find / -xdev -type f -perm /6000 2>/dev/null; true", ""),
        ("find / -xdev -type d -perm -0002 -not -path /tmp 2>/dev/null; true", ""),
        ("command -v gcc cc ld as pip pip3 apt apt-get dpkg perl openssl curl wget; true", ""),
        ("python -c 'import pip' 2>&1 | tail -1", "ModuleNotFoundError: No module named 'pip'\n"),
        ("python -c 'import pytest' 2>&1 | tail -1", "ModuleNotFoundError: No module named 'pytest'\n"),
        ("grep -rl BEGIN.PRIVATE /etc /usr/local 2>/dev/null; true", ""),
        ("python -c 'import gateway; print(gateway.__cached__)' | xargs ls | wc -l", "1\n"),
        ("sandglass --help | grep -c keys", "1\n"),
    ],
)
def test_what_is_in_it(run: docker.models.containers.Container, script: str, words: str) -> None:
    assert _said(run, script) == (0, words)


def test_it_writes_in_tmp_only(run: docker.models.containers.Container) -> None:
    for place in ("/", "/usr", "/etc", "/var/lib/sandglass", "/usr/local/lib/python3.11/dist-packages"):
        assert _said(run, f"touch {place}/x")[0] != 0, place
    assert _said(run, "touch /tmp/x")[0] == 0


def test_it_runs_nothing_of_what_lies_in_tmp(run: docker.models.containers.Container) -> None:
    left = "/tmp/.local/lib/python3.11/site-packages"
    for file in (f"{left}/x.pth", f"{left}/usercustomize.py", "/tmp/gateway.py", "/tmp/sitecustomize.py"):
        _said(run, f"mkdir -p {left}; echo 'import sys; print(\"run\")' > {file}")
    code, said = _said(run, "cd /tmp && python -m gateway.health")
    assert code == 1
    assert "run" not in said
    _said(run, "rm -rf /tmp/.local /tmp/*.py")


@pytest.mark.parametrize("part", ["gateway", "worker"])
def test_a_part_starts_there_and_says_what_is_missing(
    run: docker.models.containers.Container, part: str
) -> None:
    store = "SANDGLASS_STORE=sqlite:///none/sandglass.db"
    code, said = _said(run, f"{store} timeout 30 python -m {part}")
    assert code in (1, 2)
    assert said.endswith("the folder /none is not there; make it first\n")


def test_a_gateway_there_is_healthy_and_ends_when_told_to(client: docker.DockerClient) -> None:
    given = {"SANDGLASS_STORE": "sqlite:///tmp/s.db", "SANDGLASS_FIRST_KEY": make_key()}
    # No Redis: it starts all the same. No init: it is process 1, to whom signals mean nothing by themselves.
    container = client.containers.create(
        APP_IMAGE,
        environment=given | {"SANDGLASS_START_SECONDS": "0"},
        tmpfs={"/tmp": "size=16m"},
        ulimits=LIMITS,
        **RIGHTS,
    )
    try:
        container.start()
        wait_for(lambda: _said(container, "sandglass-health") == (0, "ok\n"), 30, "the gateway is healthy")
        code, said = _said(container, "python -m gateway.health ready")
        assert (code, said) == (1, "unhealthy: /readyz says 503: no redis, no worker\n")
        started = time.monotonic()
        container.stop(timeout=25)
        assert time.monotonic() - started < 10
        assert container.wait()["StatusCode"] == 0
    finally:
        container.remove(force=True)


def test_a_container_of_no_part_is_healthy(run: docker.models.containers.Container) -> None:
    assert _said(run, "sandglass-health") == (0, "ok: no part of Sandglass runs here\n")


def test_the_commands_of_the_operator_work_there(run: docker.models.containers.Container) -> None:
    _said(run, "mkdir -p /tmp/secrets; echo sqlite:///tmp/s.db > /tmp/secrets/sandglass_store")
    code, said = _said(run, "SANDGLASS_SECRETS=/tmp/secrets sandglass keys create --tenant acme 2>/dev/null")
    assert (code, said[:3]) == (0, "sg_")
    code, said = _said(run, "SANDGLASS_SECRETS=/tmp/secrets sandglass keys list --json")
    assert code == 0
    assert '"acme"' in said


def test_its_labels_say_what_it_is(client: docker.DockerClient) -> None:
    labels = client.images.get(APP_IMAGE).labels
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"
    assert labels["org.opencontainers.image.version"]
    assert len(labels["sandglass.inputs"]) == 32
