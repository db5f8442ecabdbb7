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
    return SqliteStore(_sqlite_path(url, "SANDGLASS_STORE", _FORMS))


def open_blobs(url: str, blob_url: str | None = None) -> Blobs:
    """The blobs beside the store that `url` names, or those of `blob_url`; not opened yet.

    Beside SQLite that is the folder `blobs`, beside MongoDB GridFS in the same database.

    Args:
        url: As for `open_store`.
        blob_url: `file:///absolute/folder` or `mongodb://...`, when the bytes are to be elsewhere.

    Raises:
        ValueError: A URL has none of these forms.
    """
    if blob_url is not None:
        if urlsplit(blob_url).scheme in _MONGO:
            return GridFSBlobs(blob_url)
        return DiskBlobs(_file_path(blob_url))
    if urlsplit(url).scheme in _MONGO:
        return GridFSBlobs(url)
    return DiskBlobs(_sqlite_path(url, "SANDGLASS_STORE", _FORMS).parent / "blobs")


def _sqlite_path(url: str, setting: str, forms: str) -> Path:
    return _absolute(url, "sqlite", setting, forms)


def _file_path(url: str) -> Path:
    return _absolute(
        url, "file", "SANDGLASS_BLOBS", "file:///absolute/folder or mongodb://host:port/database"
    )


def _absolute(url: str, scheme: str, setting: str, forms: str) -> Path:
    parts = urlsplit(url)
    path = Path(unquote(parts.path))
    if parts.scheme != scheme or parts.netloc or parts.query or not path.name or not path.is_absolute():
        # Only the scheme is shown: the rest may hold a password.
        raise ValueError(f"{setting} (scheme {parts.scheme or 'none'}) must be {forms}")
    return path
