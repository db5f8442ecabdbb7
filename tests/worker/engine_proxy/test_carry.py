"""What the engine itself must say before a create goes on, over an engine that answers as it is told to."""

import json
import socket
import time
from typing import Any

import pytest

from policies.model import load_policy
from policies.seccomp import PROFILE_PATH
from policies.spec import Marks, container_body
from tests.engine_services import IMAGE
from tests.worker.engine_proxy.fake_engine import answer, fake_engine
from tests.worker.engine_proxy.running import proxied
from tests.worker.engine_proxy.test_wire import said_to

DIGEST = "sha256:" + "ab" * 32
MADE = "cd" * 32


class Engine:
    """With one image; what is created is kept, and listed."""

    def __init__(self, name: str = "Engine", runtime: str = "runc") -> None:
        self.name = name
        self.runtime = runtime
        self.digest = DIGEST
        self.bodies: list[Any] = []
        self.made = MADE

    def __call__(self, head: bytes, connection: socket.socket) -> None:
        target = head.split(b" ")[1].decode()
        if "/version" in target:
            answer(connection, 200, {"Components": [{"Name": self.name}]})
        elif "/info" in target:
            answer(connection, 200, {"DefaultRuntime": self.runtime})
        elif "/images/" in target:
            answer(connection, 200 if self.digest else 404, {"Id": self.digest, "message": "No such image"})
        elif target.endswith("/create"):
            self.bodies.append(_body_of(head, connection))
            answer(connection, 201, {"Id": self.made, "Warnings": []})
        else:
            answer(connection, 200, [{"Id": MADE, "Labels": body["Labels"]} for body in self.bodies])


def _body_of(head: bytes, connection: socket.socket) -> Any:
    lines, _, body = head.partition(b"\r\n\r\n")
    length = int(lines.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65536)
    return json.loads(body)


def create(policy: str = "default", digest: str = DIGEST) -> bytes:
    marks = Marks("ours", "w:1:2", int(time.time()) + 60)
    body = json.dumps(container_body(load_policy(policy), digest, marks)).encode()
    head = "POST /v1.40/containers/create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def test_docker_is_given_the_profile_and_podman_its_path() -> None:
    for name, profile in (("Engine", 'seccomp={"'), ("Podman Engine", f"seccomp={PROFILE_PATH}")):
        engine = Engine(name)
        with fake_engine(engine) as fake, proxied(fake.url, "ours") as proxy:
            assert said_to(proxy.path, create())[0] == 201
        assert engine.bodies[0]["HostConfig"]["SecurityOpt"][1].startswith(profile)


def test_only_the_image_of_our_name_is_made() -> None:
    engine = Engine()
    with fake_engine(engine) as fake, proxied(fake.url, "ours") as proxy:
        other = "sha256:" + "0" * 64
        status, said = said_to(proxy.path, create(digest=other))
        assert (status, engine.bodies) == (403, [])
        assert IMAGE in said
        # The tag moves: the new digest is taken at once.
        engine.digest = other
        assert said_to(proxy.path, create(digest=other))[0] == 201


def test_an_image_that_is_not_there_is_missing_in_the_workers_words() -> None:
    engine = Engine()
    engine.digest = ""
    with fake_engine(engine) as fake, proxied(fake.url, "ours") as proxy:
        status, said = said_to(proxy.path, create())
    assert status == 404
    assert "no such image" in said


@pytest.mark.parametrize(
    ("name", "runtime", "status"),
    [("Podman Engine", "runc", 403), ("Podman Engine", "runsc", 201), ("Engine", "runc", 201)],
)
def test_podman_is_not_asked_for_a_runtime_that_it_would_ignore(name: str, runtime: str, status: int) -> None:
    engine = Engine(name, runtime)
    with fake_engine(engine) as fake, proxied(fake.url, "ours") as proxy:
        assert said_to(proxy.path, create("strict"))[0] == status
    assert len(engine.bodies) == (status == 201)


def test_sandboxes_that_were_there_before_the_proxy_count() -> None:
    engine = Engine()
    with fake_engine(engine) as fake:
        with proxied(fake.url, "ours", most=1) as proxy:
            assert said_to(proxy.path, create())[0] == 201
        with proxied(fake.url, "ours", most=1) as proxy:
            status, said = said_to(proxy.path, create())
            assert status == 429
            assert "SANDGLASS_MAX_SANDBOXES" in said
            engine.bodies.clear()  # removed by another hand
            assert said_to(proxy.path, create())[0] == 201


def test_an_answer_without_an_id_makes_nothing_ours() -> None:
    engine = Engine()
    engine.made = "../../x"
    with fake_engine(engine) as fake, proxied(fake.url, "ours") as proxy:
        assert said_to(proxy.path, create())[0] == 502
