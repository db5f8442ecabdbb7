"""May code make this web request? Pure: a request as asked for and a policy's `[egress]` give a verdict."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from policies.hosts import BadHostError, host_name, matches
from policies.model import Egress

Scheme = Literal["http", "https"]
PORTS: dict[Scheme, int] = {"http": 80, "https": 443}
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_HOSTS_SHOWN = 8


@dataclass(frozen=True)
class Asked:
    """A request's target as the code wrote it; nothing of it is checked yet."""

    scheme: Scheme
    host: str
    port: int | None
    """None: there was none that could be read."""


@dataclass(frozen=True)
class Verdict:
    """Whether it may be made. `host` is the name to resolve, in lower case, when it is allowed."""

    allowed: bool
    host: str
    port: int | None
    reason: str = ""
    """Why it is refused, as half a sentence with its mend; empty when allowed."""


def asked_of_authority(text: str, scheme: Scheme, default_port: int | None = None) -> Asked:
    """The target of `CONNECT host:port`, or of a URL's authority, where the port may be missing."""
    host, colon, port = text.rpartition(":")
    if not colon or "]" in port or "@" in port:
        return Asked(scheme, text, default_port)
    readable = _PORT.fullmatch(port) and int(port) <= 0xFFFF
    return Asked(scheme, host, int(port) if readable else None)


def asked_of_url(text: str) -> tuple[Asked, str] | None:
    """The target of `http://host/path`, and the path with its query; None: it is no such URL."""
    if text[:7].lower() != "http://" or "#" in text:
        return None
    end = next((at for at, char in enumerate(text) if at >= 7 and char in "/?"), len(text))
    rest = text[end:]
    path = rest if rest.startswith("/") else f"/{rest}"
    return asked_of_authority(text[7:end], "http", PORTS["http"]), path


def decide(request: Asked, egress: Egress) -> Verdict:
    """Allow what the policy lists, at the scheme's own port, and refuse all else."""
    try:
        name = host_name(request.host)
    except BadHostError as error:
        return Verdict(False, request.host, request.port, str(error))
    if request.port != PORTS[request.scheme]:
        return Verdict(
            False, name, request.port, "only port 443 for https and port 80 for http can be reached"
        )
    if not any(matches(rule, name) for rule in egress.hosts):
        return Verdict(False, name, request.port, _not_listed(egress))
    return Verdict(True, name, request.port)


def _not_listed(egress: Egress) -> str:
    if not egress.hosts:
        return "it is not listed; the list is empty, and an operator adds hosts in a policy of their own"
    more = f" and {len(egress.hosts) - _HOSTS_SHOWN} more" if len(egress.hosts) > _HOSTS_SHOWN else ""
    return f"it is not listed; listed are {', '.join(egress.hosts[:_HOSTS_SHOWN])}{more}"
