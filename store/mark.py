"""Do two processes use the same store?"""

from __future__ import annotations

import hashlib

from store.base import Store


async def store_mark(store: Store) -> str | None:
    """The same for all who use this store; None while it has no key. Raises: StoreUnavailableError.

    Made of the id of its oldest key, which is random, and stays when it is revoked.
    """
    keys = await store.list_keys()
    return hashlib.sha256(keys[0].key_id.encode()).hexdigest()[:12] if keys else None
