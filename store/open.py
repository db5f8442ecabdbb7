"""Which store does a setting name?"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from store.base import Blobs, Store
from store.blobs import DiskBlobs
from store.gridfs import GridFSBlobs
from store.mongo import MongoStore
from store.sqlite import SqliteStore

_MONGO = ("mongodb", "mongodb+srv")
_FORMS = "sqlite:///absolute/path.db or mongodb://host:port/database"


def open_store(url: str) -> Store:
    """The store that `url` names, not opened yet: await its `open()`.

    Raises:
        ValueError: The URL has neither of the two forms.
    """
    if urlsplit(url).scheme in _MONGO:
        return MongoStore(url)
    return SqliteStore(_sqlite_path(url))


def open_blobs(url: str) -> Blobs:
    """The blobs beside the store that `url` names, not opened yet.

    Beside SQLite that is the folder `blobs`, beside MongoDB GridFS in the same database.

    Raises:
        ValueError: The URL has neither of the two forms.
    """
    if urlsplit(url).scheme in _MONGO:
        return GridFSBlobs(url)
    return DiskBlobs(_sqlite_path(url).parent / "blobs")


def _sqlite_path(url: str) -> Path:
    parts = urlsplit(url)
    path = Path(unquote(parts.path))
    if parts.scheme != "sqlite" or parts.netloc or parts.query or not path.name or not path.is_absolute():
        # Only the scheme is shown: the rest may hold a password.
        raise ValueError(f"SANDGLASS_STORE (scheme {parts.scheme or 'none'}) must be {_FORMS}")
    return path
