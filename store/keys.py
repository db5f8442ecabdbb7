"""How is a bearer key made, and what is kept of it?"""

from __future__ import annotations

import hashlib
import re
import secrets

TENANT_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}")
"""What a tenant may be called: its name is part of blob keys."""
PREFIX = "sg_"
_STRONG_KEY = re.compile(r"sg_[A-Za-z0-9_-]{43,200}")
_RANDOM_BYTES = 32


def make_key() -> str:
    """A fresh key: `sg_` and 256 random bits, safe in a URL. It is shown once and never kept."""
    return PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)


def is_strong_key(key: str) -> bool:
    """Whether it has the form of `make_key`, or is longer: 256 random bits as hex digits will do."""
    return _STRONG_KEY.fullmatch(key) is not None


def hash_key(key: str) -> str:
    """The SHA-256 (hex) that the store keeps.

    No salt and no slow hash: a key has 256 random bits, so there is nothing to guess, and this is what it is
    looked up by.
    """
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
