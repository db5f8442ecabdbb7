"""Where is the gateway, and which key opens it?"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from client.errors import ClientError

PROJECT = Path(__file__).resolve().parent.parent
DEFAULT_PORT = 8000
LOCAL_TENANT = "local"
_IMAGE_CONTENTS = Path("/usr/local/share/sandglass/contents.json")


@dataclass(frozen=True)
class Access:
    """An address and the key for it."""

    base_url: str
    key: str


def in_image() -> bool:
    """Whether this runs in the product's own image: a part of a stack of containers, and no local stack."""
    return _IMAGE_CONTENTS.exists()


def home_of(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of the local stack's state: `SANDGLASS_HOME`, else `.sandglass` in the project."""
    named = environ.get("SANDGLASS_HOME")
    return Path(named).expanduser().resolve() if named else PROJECT / ".sandglass"


def find_url(environ: Mapping[str, str] = os.environ) -> str:
    """`SANDGLASS_URL`, else the local stack's address: where it last started, else `SANDGLASS_PORT`."""
    if url := environ.get("SANDGLASS_URL"):
        return url.rstrip("/")
    if port := environ.get("SANDGLASS_PORT"):
        return f"http://127.0.0.1:{port}"
    try:
        kept = json.loads((home_of(environ) / "stack.json").read_text("utf-8"))["port"]
    except (OSError, ValueError, KeyError, TypeError):
        kept = DEFAULT_PORT
    return f"http://127.0.0.1:{kept}"


def find_key(environ: Mapping[str, str] = os.environ) -> str:
    """`SANDGLASS_KEY`, else the local stack's `.sandglass/key`, else the first key, where that is given.

    Raises:
        ClientError: There is none.
    """
    if key := environ.get("SANDGLASS_KEY"):
        return key.strip()
    path = home_of(environ) / "key"
    try:
        return path.read_text("utf-8").strip()
    except FileNotFoundError:
        return _first_key(environ, path)
    except OSError as error:
        raise ClientError(f"cannot read the key {path}: {error.strerror}; set SANDGLASS_KEY") from None


def _first_key(environ: Mapping[str, str], path: Path) -> str:
    # Not at the top: bootstrap.sh reads this module before the libraries are there.
    from store.secret_files import SecretFileError, find_setting

    try:
        if first := find_setting("SANDGLASS_FIRST_KEY", environ):
            return first
    except SecretFileError as error:
        raise ClientError(f"no key: {error}; set SANDGLASS_KEY") from None
    if in_image():
        raise ClientError("no key: set SANDGLASS_KEY, or run this in the gateway's container, which has one")
    raise ClientError(
        f"no key: set SANDGLASS_KEY, or start the local stack (sandglass up), which writes {path}"
    )


def find_access(environ: Mapping[str, str] = os.environ) -> Access:
    """Address and key together. Raises: ClientError."""
    return Access(base_url=find_url(environ), key=find_key(environ))
