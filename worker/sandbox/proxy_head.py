"""What does a request to the proxy ask for? Pure: a parsed head gives a target, or what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import h11

from policies.egress import Asked, asked_of_authority, asked_of_url

HEAD_BYTES = 64 << 10
Headers = list[tuple[bytes, bytes]]
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})
_HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"expect",
        b"http2-settings",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"upgrade",
    }
)


@dataclass(frozen=True)
class ProxyRequest:
    """One request of the code. With `fault` it is refused whatever the policy says."""

    asked: Asked
    method: str
    path: str = ""
    """With its query; empty for `CONNECT`."""
    fault: str = ""


def interpret(head: h11.Request) -> ProxyRequest:
    """Read a head that h11 has taken for sound; never raises."""
    method, target = head.method.decode("latin-1"), head.target.decode("latin-1")
    framing = {name for name, _ in head.headers if name in _FRAMING}
    if method == "CONNECT":
        asked = asked_of_authority(target, "https")
        fault = "a CONNECT has no body" if framing else _host_fault(head, asked)
        return ProxyRequest(asked, method, fault=fault)
    found = asked_of_url(target)
    if found is None:
        fault = (
            "https is asked for by CONNECT"
            if target[:8].lower() == "https://"
            else "this is a proxy; it takes CONNECT and absolute http:// addresses"
        )
        return ProxyRequest(Asked("http", "", None), method, fault=fault)
    asked, path = found
    fault = "it gives its length twice" if len(framing) > 1 else _host_fault(head, asked)
    return ProxyRequest(asked, method, path, fault)


def size(head: h11.Request) -> int:
    """The bytes of a head, nearly."""
    return len(head.target) + sum(len(name) + len(value) + 4 for name, value in head.headers)


def request_headers(head: h11.Request, host: str) -> Headers:
    """The headers to send on to `host`: without those of this hop, and `Host` as it was decided."""
    kept = [pair for pair in end_to_end(head.headers) if pair[0] != b"host"]
    return [(b"host", host.encode()), *kept, (b"connection", b"close")]


def end_to_end(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """`headers` without those that are for this hop only."""
    headers = list(headers)
    named = {
        token.strip().lower()
        for name, value in headers
        if name == b"connection"
        for token in value.split(b",")
    }
    gone = _HOP_BY_HOP | (named - _FRAMING)
    return [(name, value) for name, value in headers if name not in gone]


def _host_fault(head: h11.Request, asked: Asked) -> str:
    """A `Host` that is not the target's: one of the two would be decided, the other one be served."""
    for name, value in head.headers:
        if name == b"host":
            said = asked_of_authority(value.decode("latin-1"), asked.scheme, asked.port)
            if (said.host.lower(), said.port) != (asked.host.lower(), asked.port):
                return "its Host header is not the host of its target"
    return ""
