"""Which bytes could two readers of HTTP take for different requests? Each asks for what a worker may ask."""

from __future__ import annotations

from collections.abc import Iterator

from worker.wall.guard_attacks import ANY_ID

_HOST = "Host: localhost\r\n"
_CONTAINERS = "/v1.40/containers"
_LIST = f"{_CONTAINERS}/json?limit=-1&all=1&size=0&trunc_cmd=0&filters="
_PATHS = (
    *("//v1.40/version", "/v1.40//version", "/v1.40/version/", "/v1.40/./version", "/v1.40/../v1.40/version"),
    *("/v1.40/%76ersion", "/v1.40/version%00", "/v1.40%2fversion", "/%2e%2e/v1.40/version"),
    *("/v1.40/version;x=1", "/v1.40/version?", "/v1.40/version?x=1", "/v1.40/version#x", "/V1.40/version"),
    *("/v1.40/VERSION", "/version", "/v1.41/version", "/v1.24/version", "/v1.040/version"),
    *(
        "http://localhost/v1.40/version",
        "v1.40/version",
        "*",
        "/",
        "",
        "/v1.40/version\x7f",
        "/v1.40/version\\",
    ),
    *("/v1.40/versi\xf6n", f"{_CONTAINERS}/{ANY_ID.upper()}/json", f"{_CONTAINERS}/{ANY_ID[:12]}/json"),
    *(f"{_CONTAINERS}/mongo/json", f"{_CONTAINERS}/{ANY_ID}/json?size=1", f"{_CONTAINERS}//json"),
    *(f"{_CONTAINERS}/{ANY_ID}/../../version", f"{_CONTAINERS}/{ANY_ID}/json/", f"{_CONTAINERS}/"),
    *(f"{_CONTAINERS}/{ANY_ID}%2Fjson", f"{_CONTAINERS}/x/../{ANY_ID}/json", f"{_CONTAINERS}/json"),
    *(f"{_CONTAINERS}/json?all=1", f"{_CONTAINERS}/json?limit=1&all=1", f"{_LIST}%7B%7D&filters=%7B%7D"),
    f"{_LIST}%7B%22label%22%3A%5B%22sandglass.stack%3Danother%22%5D%7D",
    f"{_LIST}%7B%22label%22%3A%7B%22sandglass.stack%3Ddefault%22%3Atrue%7D%7D",
    *(f"{_LIST}%7B%22name%22%3A%5B%22mongo%22%5D%7D", f"{_LIST}%7B%22label%22%3A%5B%22x%3Dy%22%5D%7D"),
    *(f"{_LIST}%7B", f"{_LIST}[]"),
)
_HEADERS = (
    *("Transfer-Encoding: chunked", "Transfer-Encoding: identity", "Transfer-Encoding : chunked"),
    *("Content-Length: 0\r\nContent-Length: 0", "Content-Length: 0\r\nContent-Length: 5"),
    *("Content-Length: +0", "Content-Length: 0x0", "Content-Length: 0, 0", "Content-Length: -1"),
    *("Content-Length: 99999999999", "Content-Length: 5\r\nTransfer-Encoding: chunked"),
    *("X: y\r\n folded: z", "X: y\nContent-Length: 0", "Host: other", "X\0: y", "X: y\0", ": y"),
    *("Connection: Upgrade\r\nUpgrade: tcp", "Connection: Upgrade\r\nUpgrade: h2c", "Upgrade: websocket"),
    *("Connection: keep-alive, Upgrade", "Connection: content-length"),
    *("Connection: close\r\nConnection: close", "Expect: 100-continue", "TE: trailers", "Trailer: x"),
    *("Content-Encoding: gzip", "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA", "X: " + "y" * 40_000),
)
_METHODS = ("get", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "CONNECT", "PROPFIND")


def two_meanings() -> Iterator[bytes]:
    """Requests that must be refused, whatever they would be taken for."""
    for path in _PATHS:
        yield f"GET {path} HTTP/1.1\r\n{_HOST}\r\n".encode("latin-1")
    for header in _HEADERS:
        yield f"GET /v1.40/version HTTP/1.1\r\n{_HOST}{header}\r\n\r\n".encode("latin-1")
    for method in (
        "get",
        "HEAD",
        "POST",
        "PUT",
        "DELETE",
        "OPTIONS",
        "TRACE",
        "PATCH",
        "CONNECT",
        "PROPFIND",
    ):
        yield f"{method} /v1.40/version HTTP/1.1\r\n{_HOST}\r\n".encode()
    plain = f"GET /v1.40/version HTTP/1.1\r\n{_HOST}\r\n".encode()
    yield plain + plain
    yield plain.replace(b"HTTP/1.1", b"HTTP/1.0")
    yield plain.replace(b"HTTP/1.1", b"HTTP/2.0")
    yield plain.replace(b" HTTP/1.1", b"")
    yield plain.replace(b"\r\n", b"\n")
    yield plain.replace(b"GET ", b"GET  ")
    yield plain.replace(_HOST.encode(), b"")
    yield b"\r\n" + plain.replace(b"GET", b"\x16\x03\x01")
    yield b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    with_body = f"GET /v1.40/version HTTP/1.1\r\n{_HOST}Content-Length: 2\r\n\r\n{{}}"
    yield with_body.encode()
    yield from _attaches()


def _attaches() -> Iterator[bytes]:
    target = f"/v1.40/containers/{ANY_ID}/attach"
    query = "stdin=1&stdout=1&stderr=1&stream=1"
    upgrade = "Connection: Upgrade\r\nUpgrade: tcp\r\n"
    yield f"POST {target}?{query} HTTP/1.1\r\n{_HOST}\r\n".encode()
    yield f"POST {target}?{query}&logs=1 HTTP/1.1\r\n{_HOST}{upgrade}\r\n".encode()
    yield f"POST {target} HTTP/1.1\r\n{_HOST}{upgrade}\r\n".encode()
    yield f"POST {target}?{query} HTTP/1.1\r\n{_HOST}{upgrade}Content-Length: 3\r\n\r\nabc".encode()
    yield f"POST {target}?{query} HTTP/1.1\r\n{_HOST}Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n".encode()
    yield f"GET {target}?{query} HTTP/1.1\r\n{_HOST}{upgrade}\r\n".encode()
