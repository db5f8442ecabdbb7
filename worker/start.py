"""May this worker start? What must hold before the first job, and what it says of itself afterwards."""

from __future__ import annotations

import asyncio
import sys

import structlog
from pydantic import ValidationError

from policies.model import Policy, PolicyError, load_policy, policy_names
from store.base import StoreUnavailableError
from store.open import open_store
from store.secret_files import SecretFileError
from store.waiting import (
    Patience,
    RedisAwayError,
    RedisRefusedError,
    stopped_by_sigterm,
    wait_for_blobs,
    wait_for_redis,
    wait_for_store,
)
from worker.models.choose import UnknownModelError, choose_model
from worker.models.settings import ModelSettings
from worker.sandbox.authorities import authorities_of
from worker.settings import (
    Settings,
    UnsafeSettingsError,
    check_ladder,
    load_settings,
    what_is_wrong,
)

log = structlog.get_logger()


def settings_or_exit() -> Settings:
    """The worker's settings, or the end of the process with one clear line."""
    try:
        return load_settings()
    except UnsafeSettingsError as error:
        sys.exit(f"the worker does not start: {error}")


def check_start_or_exit(settings: Settings) -> None:
    """As `check_start`, but ends the process with one clear line: Celery only logs what its signals raise."""
    try:
        check_start(settings)
    except UnsafeSettingsError as error:
        sys.exit(f"the worker does not start: {error}")


def wait_or_exit(settings: Settings) -> None:
    """Wait for store and Redis as long as the settings say, or end the process with one clear line."""
    if not settings.start_seconds:
        return
    try:
        with stopped_by_sigterm():
            asyncio.run(_wait(settings))
    except (StoreUnavailableError, RedisRefusedError, ValueError) as error:
        sys.exit(f"the worker does not start: {error}")
    except RedisAwayError as error:
        log.warning(f"{error}; Celery goes on trying")


async def _wait(settings: Settings) -> None:
    patience = Patience.of(settings.start_seconds, log.info)
    await wait_for_store(open_store(settings.store), patience)
    await wait_for_blobs(settings.open_blobs(settings.store), patience)
    await wait_for_redis(settings.redis_url, patience)


def check_start(settings: Settings) -> None:
    """Refuse what is unsafe or cannot work whatever comes.

    An engine or image that is missing is no reason: jobs then end with a clear error, and the worker mends
    itself when it is there.

    Raises:
        UnsafeSettingsError: A policy file, a secret file or the clocks are wrong, or no model has that name.
    """
    try:
        models = ModelSettings()
        choose_model(models.model, models)
        policies = all_policies()
    except (PolicyError, SecretFileError, UnknownModelError) as error:
        raise UnsafeSettingsError(str(error)) from error
    except ValidationError as error:
        raise UnsafeSettingsError(what_is_wrong(error)) from None
    check_ladder(settings, models, policies)


def all_policies() -> list[Policy]:
    """Every policy there is, parsed, and its `ca_file` read. Raises: PolicyError."""
    policies = [load_policy(name) for name in policy_names()]
    for policy in policies:
        authorities_of(policy)
    return policies
