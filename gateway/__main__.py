"""`python -m gateway`: serve the gateway with the settings of the environment."""

from __future__ import annotations

import sys

import uvicorn

from gateway.app import create_app, log_as_json
from gateway.protocol import JsonErrorProtocol
from gateway.settings import StartRefusedError, load_settings

_SHUTDOWN_SECONDS = 5
"""Those who wait for a job are cut off after this, and ask again."""


def main() -> int:
    """Run until stopped; 2 if the settings are refused."""
    log_as_json()
    try:
        settings = load_settings()
    except StartRefusedError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        http=JsonErrorProtocol,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
