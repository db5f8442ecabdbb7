"""How the Python client and the command put files before they name them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from client.api import Sandglass
from client.errors import ServerError, UnreachableError
from tests.client.fake_gateway import KEY, FakeGateway, Reply, error_reply
from tests.conftest import free_port
from tests.store.fake_s3 import FakeS3, fake_s3


@pytest.fixture
def client(gateway: FakeGateway) -> Iterator[Sandglass]:
    with Sandglass(gateway.url, KEY) as made:
        yield made


@pytest.fixture
def elsewhere() -> Iterator[FakeS3]:
    with fake_s3() as service:
        yield service


def granted(url: str, size: int) -> dict[str, Any]:
    return {"upload_id": "u1", "url": url, "headers": {"Content-Type": "x/y", "Content-Length": str(size)}}


def test_on_the_gateway_it_is_put_with_the_key(client: Sandglass, gateway: FakeGateway, table: Path) -> None:
    size = table.stat().st_size
    gateway.on("POST /uploads", Reply(granted("/uploads/u1", size), 201))
    busy = error_reply(503, "store_unavailable", "later", Retry_After="0")
    gateway.on("PUT /uploads/u1", busy, Reply(b"", 204))
    assert client.upload(table) == "u1"
    assert [seen.body for seen in gateway.requests("PUT /uploads/u1")] == [table.read_bytes()] * 2
    assert gateway.requests("PUT /uploads/u1")[0].headers["content-type"] == "x/y"


def test_elsewhere_it_is_put_without_the_key(
    client: Sandglass, gateway: FakeGateway, elsewhere: FakeS3, table: Path
) -> None:
    url = f"{elsewhere.endpoint}/bucket/key?X-Amz-Signature=1"
    gateway.on("POST /uploads", Reply(granted(url, table.stat().st_size), 201))
    assert client.upload(table) == "u1"
    path, headers, body = elsewhere.last
    assert (path, body) == ("/bucket/key?X-Amz-Signature=1", table.read_bytes())
    assert headers["content-type"] == "x/y"
    assert "authorization" not in headers


def test_what_the_blob_store_refuses_is_said(
    client: Sandglass, gateway: FakeGateway, elsewhere: FakeS3, table: Path
) -> None:
    elsewhere.answers = [(403, "SignatureDoesNotMatch")]
    gateway.on("POST /uploads", Reply(granted(f"{elsewhere.endpoint}/k", table.stat().st_size), 201))
    with pytest.raises(ServerError, match="the blob store refused the file: SignatureDoesNotMatch"):
        client.upload(table)


def test_a_blob_store_that_clients_do_not_reach_is_said(
    client: Sandglass, gateway: FakeGateway, table: Path
) -> None:
    url = f"http://127.0.0.1:{free_port()}/k"
    gateway.on("POST /uploads", Reply(granted(url, table.stat().st_size), 201))
    with pytest.raises(UnreachableError, match="SANDGLASS_S3_PUBLIC_ENDPOINT"):
        client.upload(table)


def test_uploads_are_named_in_a_multipart_body_without_any_file(
    client: Sandglass, gateway: FakeGateway
) -> None:
    for route in ("POST /sessions", "POST /sessions/s1/files", "POST /analyze"):
        gateway.on(route, {"task_id": "t1", "session_id": "s1"})
    client.create_session([], uploads=["u1", "u2"])
    client.add_uploads("s1", ["u3"])
    client.one_shot([], "how many?", ["u4"], mode="sql")
    assert all(seen.headers["content-type"].startswith("multipart/form-data") for seen in gateway.seen)
    assert gateway.seen[0].body.count(b'name="uploads"\r\n\r\nu') == 2
    assert b'name="uploads"\r\n\r\nu4' in gateway.seen[2].body
    assert b'name="mode"\r\n\r\nsql' in gateway.seen[2].body
