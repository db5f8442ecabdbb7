"""What is in the images, as software bills of materials: CycloneDX 1.6, JSON, one file for each image.

`python -m images.sbom [FOLDER]` (`make sbom`) reads the list that the build of an image left in it.
"""

from __future__ import annotations

import io
import json
import sys
import tarfile
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import docker
from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from docker.models.images import Image
from packageurl import PackageURL

from client.errors import StackError
from client.stack.lifecycle import borrowed_engine
from images.contents import CONTENTS
from images.locked import canonical

_IMAGES = {"SANDGLASS_APP_IMAGE": "sandglass:dev", "SANDGLASS_IMAGE": "sandglass-sandbox:dev"}
Contents = dict[str, list[dict[str, Any]]]
_SPDX = {
    "Apache Software License": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "GNU AFFERO GENERAL PUBLIC LICENSE": "AGPL-3.0-only",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
"""What libraries call their licences, besides SPDX's names. `BSD License` may be one of several: it stays."""
_licences = LicenseFactory()


def make_bom(image: Image, tag: str, contents: Contents) -> Bom:
    """The document of one image; the same for the same image, but for the time."""
    labels = image.labels
    bom = Bom(serial_number=uuid.uuid5(uuid.NAMESPACE_URL, f"sandglass/{image.id}"))
    component = bom.metadata.component = Component(
        name=labels["org.opencontainers.image.title"],
        version=labels.get("org.opencontainers.image.version") or labels["sandglass.inputs"],
        type=ComponentType.CONTAINER,
        bom_ref="image",
        licenses=list(_licensed([labels["org.opencontainers.image.licenses"]])),
        properties=[Property(name="sandglass:tag", value=tag), Property(name="sandglass:id", value=image.id)],
    )
    for item in contents["python"]:
        bom.components.add(
            _component(item, PackageURL("pypi", name=canonical(item["name"]), version=item["version"]))
        )
    for item in contents["debian"]:
        about = {"arch": item["architecture"], "distro": "bookworm"}
        if item["source"] != item["name"]:
            about["upstream"] = f"{item['source']}@{item['source_version']}"
        bom.components.add(
            _component(item, PackageURL("deb", "debian", item["name"], item["version"], about))
        )
    bom.register_dependency(component, list(bom.components))
    return bom


def to_json(bom: Bom) -> str:
    """As CycloneDX 1.6, checked against its schema. Raises: StackError."""
    text = JsonV1Dot6(bom).output_as_string(indent=1)
    if refused := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise StackError(f"this is no CycloneDX: {refused}")
    return text


def read_contents(client: docker.DockerClient, tag: str) -> Contents:
    """The list in the image, taken out of a container that is never started. Raises: StackError."""
    container = client.containers.create(tag, ["true"])
    try:
        stream, _ = container.get_archive(str(CONTENTS))
        packed = io.BytesIO(b"".join(stream))
    except docker.errors.NotFound:
        raise StackError(f"{tag} holds no {CONTENTS}; it is of an older build: make image") from None
    finally:
        container.remove(force=True)
    with tarfile.open(fileobj=packed) as archive:
        member = archive.extractfile(CONTENTS.name)
        assert member is not None  # noqa: S101 - a plain file
        found: Contents = json.load(member)
    return found


def _component(item: dict[str, Any], purl: PackageURL) -> Component:
    return Component(
        name=item["name"],
        version=item["version"],
        type=ComponentType.LIBRARY,
        bom_ref=str(purl),
        purl=purl,
        licenses=list(_licensed(item["licences"])),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=item["sha256"])] if item["sha256"] else [],
    )


def _licensed(names: list[str]) -> Iterator[DisjunctiveLicense | LicenseExpression]:
    made = [_licences.make_from_string(_SPDX.get(name, name)) for name in names]
    # The schema takes one expression, or any number of licences.
    alone = len(made) == 1
    for one in made:
        yield one if alone or isinstance(one, DisjunctiveLicense) else DisjunctiveLicense(name=str(one.value))


def main(arguments: list[str]) -> int:
    """Write a file for each image; 1 where one is missing or of an older build."""
    from os import environ

    folder = Path(arguments[0] if arguments else "build/sbom")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with (
            borrowed_engine(print) as (engine, _),
            closing(docker.DockerClient(base_url=engine.url, version="1.40", timeout=60)) as client,
        ):
            for variable, usual in _IMAGES.items():
                tag = environ.get(variable) or usual
                bom = make_bom(client.images.get(tag), tag, read_contents(client, tag))
                path = folder / f"{usual.partition(':')[0]}.cdx.json"
                path.write_text(to_json(bom), "utf-8")
                print(f"{path}: {len(bom.components)} components of {tag}")
    except docker.errors.ImageNotFound:
        print(f"the engine has no image {tag}; run: make image", file=sys.stderr)
        return 1
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
