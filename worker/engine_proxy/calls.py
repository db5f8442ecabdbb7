"""Which calls does the engine proxy know? Each is made anew for the engine: no byte of a client goes on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote, urlencode

from policies.spec import Marks

API = "/v1.40"
"""The one version of Docker's API that the worker speaks."""


@dataclass(frozen=True)
class Ask:
    """What kind of engine it is, or which image there is of our name."""

    what: Literal["version", "info", "image"]


@dataclass(frozen=True)
class Listing:
    """The containers of our stack that carry these labels too (`key=value`)."""

    labels: tuple[str, ...]


@dataclass(frozen=True)
class Create:
    """A sandbox of a policy; `body` is the proxy's own, of what it reads in its own policy files."""

    policy: str
    runtime: str
    marks: Marks
    image: str
    body: dict[str, Any]


@dataclass(frozen=True)
class OnContainer:
    """Something to do with one container, which must turn out to be a sandbox of our stack."""

    verb: Literal["inspect", "start", "attach", "remove"]
    container_id: str


Call = Ask | Listing | Create | OnContainer


@dataclass(frozen=True)
class Refused:
    """Why a request does not go on, in words for the one who sent it."""

    reason: str
    status: int = 403


REMOVE_QUERY = "v=True&link=False&force=True"
ATTACH_QUERY = "stdin=1&stdout=1&stderr=1&stream=1"
LIST_QUERY = "limit=-1&all=1&size=0&trunc_cmd=0"
_ON_CONTAINER = {
    "inspect": ("GET", "/json"),
    "start": ("POST", "/start"),
    "attach": ("POST", f"/attach?{ATTACH_QUERY}"),
    "remove": ("DELETE", f"?{REMOVE_QUERY}"),
}


def on_container(call: OnContainer) -> tuple[str, str]:
    """Method and target, as the engine is asked."""
    method, rest = _ON_CONTAINER[call.verb]
    return method, f"{API}/containers/{call.container_id}{rest}"


def image_path(image: str) -> str:
    """Where the engine says which image has this name."""
    return f"{API}/images/{quote(image, safe='/:')}/json"


def list_path(labels: Sequence[str]) -> str:
    """Where the engine lists the containers that carry all these labels, ended ones too."""
    return f"{API}/containers/json?{LIST_QUERY}&{urlencode({'filters': json.dumps({'label': list(labels)})})}"


def canonical(body: Any) -> str:
    """JSON by which two bodies are compared: `true`, `1` and `1.0` are three values."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False)
