"""Who is asking: the tenant that a bearer key stands for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from gateway.errors import UnauthorizedError
from gateway.services import ServicesDep
from store.keys import TENANT_NAME, hash_key

_KEY = re.compile(r"[\x21-\x7e]{1,256}")
_bearer = HTTPBearer(
    auto_error=False, description="A key of `sandglass keys create`; the local stack's is in .sandglass/key"
)


@dataclass(frozen=True)
class Caller:
    """Who asks. Every read and write of the store is made in the name of this tenant."""

    tenant_id: str
    key_id: str


async def authenticate(request: Request, services: ServicesDep) -> Caller:
    """The caller, looked up on every request, so that a revoked key ends at once.

    Raises:
        UnauthorizedError: No key, more than one, or one that is not known.
    """
    given = request.headers.getlist("authorization")
    if len(given) != 1:
        raise UnauthorizedError("give one key: Authorization: Bearer KEY")
    scheme, _, key = given[0].partition(" ")
    key = key.strip(" ")
    if scheme.lower() != "bearer" or not _KEY.fullmatch(key):
        raise UnauthorizedError("give one key: Authorization: Bearer KEY")
    # Found by its SHA-256: nothing here compares secret bytes one by one.
    found = await services.store.find_key(hash_key(key))
    if found is None or found.revoked_at is not None:
        raise UnauthorizedError("this key is not known or was revoked")
    if not TENANT_NAME.fullmatch(found.tenant_id):
        raise UnauthorizedError(
            "this key's tenant has no plain name (letters, digits, _ and -); make a new key"
        )
    return Caller(tenant_id=found.tenant_id, key_id=found.key_id)


CallerDep = Annotated[Caller, Depends(authenticate)]
REQUIRE_KEY = [Depends(authenticate), Depends(_bearer)]
"""For routers: the check itself, and its entry in OpenAPI."""
