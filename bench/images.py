"""Are the images of the compared ones in the engine, and how do they get there?"""

from __future__ import annotations

import hashlib
import os
import shutil
import ssl
import tempfile
from collections.abc import Callable
from pathlib import Path

import docker
import requests
from docker.errors import DockerException, ImageNotFound

from bench.errors import BenchError

STOCK_IMAGE = "sandglass-bench-stock-oi:dev"
PEER_IMAGE = "sandglass-bench-llm-sandbox:dev"
_HERE = Path(__file__).resolve().parent
_INPUTS = "sandglass.bench.inputs"
_OFFLINE_BASE = "localhost/sandglass-base:bookworm"
_PUBLIC_BASE = "docker.io/library/debian:bookworm-slim"
_BUILD_SECONDS = 1800
Say = Callable[[str], None]


def ensure_stock_image(url: str, say: Say) -> str:
    """Stock Open Interpreter on the sandbox's own base, built unless it is up to date. Raises: BenchError."""
    return _ensure(url, STOCK_IMAGE, _HERE / "stock_oi", _base(url), say)


def ensure_peer_image(url: str, sandbox_image: str, say: Say) -> str:
    """The sandbox image as llm-sandbox needs one, built unless it is up to date. Raises: BenchError."""
    return _ensure(url, PEER_IMAGE, _HERE / "peer_llm_sandbox", sandbox_image, say)


def image_id(client: docker.APIClient, image: str) -> str | None:
    """The image's id; None: it is not there."""
    try:
        return str(client.inspect_image(image)["Id"])  # type: ignore[no-untyped-call]
    except ImageNotFound:
        return None


def inputs_digest(folder: Path, base_id: str) -> str:
    """One digest of all that goes into an image: the folder's files and the base."""
    digest = hashlib.sha256(base_id.encode())
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        digest.update(f"\0{path.name}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:32]


def _base(url: str) -> str:
    named = os.environ.get("SANDGLASS_BASE")
    if named:
        return named
    with _client(url) as client:
        return _OFFLINE_BASE if image_id(client, _OFFLINE_BASE) else _PUBLIC_BASE


def _ensure(url: str, tag: str, folder: Path, base: str, say: Say) -> str:
    try:
        with _client(url) as client:
            digest = inputs_digest(folder, image_id(client, base) or base)
            if image_id(client, tag) and _label(client, tag) == digest:
                return tag
            say(f"building {tag} from {base} (once; minutes)")
            _build(client, tag, folder, {"BASE": base, "INPUTS": digest})
    except (DockerException, requests.exceptions.RequestException, OSError) as error:
        raise BenchError(f"{tag} could not be built: {error}") from error
    return tag


def _label(client: docker.APIClient, tag: str) -> str | None:
    found = client.inspect_image(tag)  # type: ignore[no-untyped-call]
    return (found["Config"].get("Labels") or {}).get(_INPUTS)


def _build(client: docker.APIClient, tag: str, folder: Path, arguments: dict[str, str]) -> None:
    if index := os.environ.get("PIP_INDEX_URL"):
        arguments = {**arguments, "PIP_INDEX_URL": index}
    with tempfile.TemporaryDirectory() as context:
        shutil.copytree(folder, context, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copyfile(_ca_bundle(), Path(context) / "ca-bundle.crt")
        said: list[str] = []
        for event in client.build(
            path=context,
            dockerfile="Containerfile",
            tag=tag,
            buildargs=arguments,
            network_mode="host",
            labels={_INPUTS: arguments["INPUTS"]},
            rm=True,
            forcerm=True,
            decode=True,
        ):
            said.append(str(event.get("stream", "")))
            if "error" in event:
                tail = "".join(said[-30:])
                raise BenchError(f"{tag} could not be built: {event['error']}\n{tail}")
    if image_id(client, tag) is None:
        raise BenchError(f"{tag} could not be built:\n{''.join(said[-30:])}")


def _ca_bundle() -> Path:
    for name in ("SANDGLASS_CA_BUNDLE", "PIP_CERT", "SSL_CERT_FILE"):
        if (named := os.environ.get(name)) and Path(named).is_file():
            return Path(named)
    found = ssl.get_default_verify_paths().cafile or "/etc/ssl/certs/ca-certificates.crt"
    if not Path(found).is_file():
        raise BenchError("no CA bundle found; set SANDGLASS_CA_BUNDLE to a PEM file")
    return Path(found)


def _client(url: str) -> docker.APIClient:
    return docker.APIClient(base_url=url, version="1.40", timeout=_BUILD_SECONDS)
