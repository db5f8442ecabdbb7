"""The bills of materials say what is in the images, and are what the schema of CycloneDX says."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import docker
import pytest

from client.errors import StackError
from images import sbom
from images.architectures import locks_of_images
from images.locked import canonical
from images.sbom import make_bom, read_contents, to_json
from tests.engine_services import APP_IMAGE, IMAGE, missing

ITEM = {"version": "1", "licences": ["MIT"], "sha256": "a" * 64}
BOTH = [(APP_IMAGE, ["sandglass"]), (IMAGE, ["sandglass-sandbox", "open-interpreter"])]
PIN = re.compile(r"^([a-z0-9.-]+)==(\S+?) ", re.MULTILINE)


class FakeImage:
    id = "sha256:" + "1" * 64
    labels = {
        "org.opencontainers.image.title": "sandglass",
        "org.opencontainers.image.version": "0.1",
        "org.opencontainers.image.licenses": "Apache-2.0",
    }


def _document(contents: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    return dict(json.loads(to_json(make_bom(FakeImage(), "sandglass:x", contents))))  # type: ignore[arg-type]


def test_licences_are_named_as_the_schema_wants_them() -> None:
    given = [["MIT License"], ["MIT OR Apache-2.0"], ["GPL-2+", "MIT OR ISC"], [], ["BSD License"]]
    libraries = [{**ITEM, "name": f"l{number}", "licences": names} for number, names in enumerate(given)]
    found = [
        component.get("licenses")
        for component in _document({"python": libraries, "debian": []})["components"]
    ]
    assert found == [
        [{"license": {"id": "MIT"}}],
        [{"expression": "MIT OR Apache-2.0"}],
        [{"license": {"name": "GPL-2+"}}, {"license": {"name": "MIT OR ISC"}}],
        None,
        [{"license": {"name": "BSD License"}}],
    ]


def test_a_package_of_debian_says_its_source() -> None:
    package = {
        **ITEM,
        "name": "libssl3",
        "architecture": "arm64",
        "source": "openssl",
        "source_version": "3.0",
    }
    found = _document({"python": [], "debian": [{**package, "sha256": ""}]})["components"][0]
    assert found["purl"] == "pkg:deb/debian/libssl3@1?arch=arm64&distro=bookworm&upstream=openssl%403.0"
    assert "hashes" not in found


def test_what_the_schema_refuses_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sbom.JsonV1Dot6, "output_as_string", lambda *_, **__: '{"bomFormat": "none"}')
    with pytest.raises(StackError, match="no CycloneDX"):
        _document({"python": [], "debian": []})


@pytest.fixture(scope="module")
def client(engine_urls: dict[str, str]) -> Iterator[docker.DockerClient]:
    with closing(docker.DockerClient(base_url=engine_urls["podman"], version="1.40", timeout=60)) as found:
        yield found


def _of_image(client: docker.DockerClient, tag: str) -> list[dict[str, Any]]:
    try:
        contents = read_contents(client, tag)
        bom = make_bom(client.images.get(tag), tag, contents)
    except (docker.errors.ImageNotFound, StackError) as error:
        missing(f"podman has no {tag} of this version (make image): {error}")
    return list(json.loads(to_json(bom))["components"])


@pytest.mark.engine
@pytest.mark.parametrize(("tag", "locks"), BOTH)
def test_it_lists_what_was_locked_with_the_locked_digests(
    client: docker.DockerClient, tag: str, locks: list[str]
) -> None:
    found = [component for component in _of_image(client, tag) if component["purl"].startswith("pkg:pypi/")]
    text = "\n".join(locks_of_images()[name] for name in locks)
    pinned = {(canonical(name), version) for name, version in PIN.findall(text)}
    listed = {(canonical(component["name"]), component["version"]) for component in found}
    assert len(listed) > 50
    assert listed <= pinned
    # Those for other systems are not there.
    assert {name for name, _ in pinned - listed} <= {"async-timeout", "colorama", "pywin32", "httpx2-jsfetch"}
    assert all(component["hashes"][0]["content"] in text for component in found)
    assert all(component.get("licenses") for component in found)


@pytest.mark.engine
def test_the_licence_that_binds_the_sandbox_image_is_said(client: docker.DockerClient) -> None:
    found = {component["name"]: component for component in _of_image(client, IMAGE)}
    assert found["open-interpreter"]["licenses"] == [{"license": {"id": "AGPL-3.0-only"}}]
    assert {"libc6", "python3.11-minimal", "libsqlite3-0"} <= set(found)
    assert not {"python3-pip", "gcc-12", "mmdebstrap"} & set(found)
    assert found["libc6"]["version"].startswith("2.36")


@pytest.mark.engine
def test_an_image_without_a_list_is_said_to_be_old(
    client: docker.DockerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sbom, "CONTENTS", "/none.json")
    try:
        client.images.get(APP_IMAGE)
    except docker.errors.ImageNotFound:
        missing(f"podman has no {APP_IMAGE} (make image)")
    with pytest.raises(StackError, match="of an older build: make image"):
        read_contents(client, APP_IMAGE)
