"""Was this request made before: the Idempotency-Key, and the digest that tells a repeat from another."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Annotated, Any

from fastapi import Depends, Header, Request

from gateway.errors import ConflictError, InvalidRequestError
from store.base import Store
from store.records import Job, StoredFile

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_DESCRIPTION = (
    "Makes a retry safe: the same key with the same request gives the first answer again and starts nothing; "
    "with another request it is a 409. 1 to 255 printable ASCII characters, no spaces."
)


def idempotency_key(
    request: Request,
    idempotency_key: Annotated[str | None, Header(description=_DESCRIPTION)] = None,
) -> str | None:
    """The key of the request, if it has one.

    Raises:
        InvalidRequestError: More than one, or not what a key may be.
    """
    given = request.headers.getlist("idempotency-key")
    if not given:
        return None
    if len(given) > 1 or not _KEY.fullmatch(given[0]):
        raise InvalidRequestError("Idempotency-Key: give one, of 1 to 255 printable ASCII characters")
    return given[0]


KeyDep = Annotated[str | None, Depends(idempotency_key)]


def digest(call: str, body: dict[str, Any], files: list[StoredFile] | None = None) -> str:
    """What a request asks for, as one hash: the call, its fields, and the names and hashes of its files."""
    content = [call, body, [(file.name, file.sha256) for file in files or []]]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


async def earlier(store: Store, tenant_id: str, key: str | None, request_digest: str) -> Job | None:
    """The job that this request made before.

    Raises:
        ConflictError: The key belongs to another request.
    """
    if key is None:
        return None
    job = await store.get_job_by_key(tenant_id, key)
    if job is not None and job.request_digest != request_digest:
        raise ConflictError("this Idempotency-Key was used for another request; use a fresh one")
    return job
