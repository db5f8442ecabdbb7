"""Is this container's gateway well? `python -m gateway.health [ready]`, for health checks: it imports little.

Asks `/healthz` (the process answers) or, with `ready`, `/readyz` (store, Redis, blobs, a worker are there).
"""

from __future__ import annotations

import json
import os
import sys
from http.client import HTTPConnection, HTTPException

_SECONDS = 8.0
_EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104 - an address to be reached at, not to listen on


def main(arguments: list[str]) -> int:
    """0 if it is well, else 1, with one line that says why."""
    path = "/readyz" if arguments == ["ready"] else "/healthz"
    host, port = os.environ.get("SANDGLASS_HOST", ""), os.environ.get("SANDGLASS_PORT") or "8000"
    try:
        status, body = _ask("127.0.0.1" if host in _EVERYWHERE else host, int(port), path)
    except (OSError, HTTPException, ValueError) as error:
        print(f"unhealthy: the gateway does not answer at port {port}: {error or type(error).__name__}")
        return 1
    print("ok" if status == 200 else f"unhealthy: {path} says {status}: {_missing(body)}")
    return 0 if status == 200 else 1


def _ask(host: str, port: int, path: str) -> tuple[int, bytes]:
    connection = HTTPConnection(host, port, timeout=_SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read(1 << 16)
    finally:
        connection.close()


def _missing(body: bytes) -> str:
    try:
        facts = json.loads(body)
        return ", ".join(f"no {name}" for name in ("store", "redis", "blobs", "worker") if not facts[name])
    except (ValueError, KeyError, TypeError):
        return body[:200].decode("utf-8", "replace")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
