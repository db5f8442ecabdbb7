"""`python -m gateway`: serve the gateway with the settings of the environment."""

from __future__ import annotations

import asyncio
import sys

import structlog
import uvicorn

from gateway.app import create_app, log_as_json
from gateway.protocol import JsonErrorProtocol
from gateway.settings import Settings, StartRefusedError, load_settings
from store.base import StoreUnavailableError
from store.open import open_store
from store.waiting import (
    Patience,
    RedisAwayError,
    RedisRefusedError,
    stopped_by_sigterm,
    wait_for_blobs,
    wait_for_redis,
    wait_for_store,
)

_SHUTDOWN_SECONDS = 5
"""Those who wait for a job are cut off after this, and ask again."""
log = structlog.get_logger("gateway")


def main() -> int:
    """Run until stopped; 2 if the settings are refused, or the store."""
    log_as_json()
    try:
        settings = load_settings()
        if settings.start_seconds:
            with stopped_by_sigterm():
                asyncio.run(_wait(settings))
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
        proxy_headers=False,  # nothing here asks who the client is, or by which scheme it came
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
    )
    return 0


async def _wait(settings: Settings) -> None:
    patience = Patience.of(settings.start_seconds, log.info)
    try:
        await wait_for_store(open_store(settings.store), patience)
        await wait_for_blobs(settings.open_blobs(settings.store), patience)
        await wait_for_redis(settings.redis_url, patience)
    except StoreUnavailableError as error:
        raise StartRefusedError(f"the gateway does not start: the store does not answer: {error}") from None
    except (ValueError, RedisRefusedError) as error:
        raise StartRefusedError(f"the gateway does not start: {error}") from None
    except RedisAwayError as error:
        log.warning(f"{error}; starting without, and saying so in /readyz")


if __name__ == "__main__":
    sys.exit(main())
