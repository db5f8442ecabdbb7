"""Which key opens the local stack, and how does it get into the store?"""

from __future__ import annotations

import asyncio

from client.errors import StackError
from client.settings import LOCAL_TENANT
from client.stack.config import StackConfig, write_private
from store.base import StoreError
from store.keys import hash_key, make_key
from store.open import open_store
from store.records import ApiKey


def ensure_local_key(config: StackConfig) -> bool:
    """Make the local key if there is none that the store knows; True: a new one was written.

    Raises:
        StackError: The store cannot be opened.
    """
    path = config.home / "key"
    kept = path.read_text("utf-8").strip() if path.exists() else ""
    try:
        return asyncio.run(_ensure(config, kept))
    except (StoreError, ValueError, OSError) as error:
        raise StackError(
            f"the store {_without_password(config.store_url)} cannot be opened: {error}"
        ) from error


async def _ensure(config: StackConfig, kept: str) -> bool:
    store = open_store(config.store_url)
    await store.open()
    try:
        if kept and await store.find_key(hash_key(kept)):
            return False
        key = make_key()
        await store.insert_key(ApiKey(tenant_id=LOCAL_TENANT, name="local stack", sha256=hash_key(key)))
        write_private(config.home / "key", key + "\n")
        return True
    finally:
        await store.close()


def _without_password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
