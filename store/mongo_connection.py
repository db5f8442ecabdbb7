"""How does one process reach MongoDB, and what do its errors mean to the contract?"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from datetime import UTC
from typing import Any

from pymongo import AsyncMongoClient, ReadPreference, WriteConcern
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import (
    ConfigurationError,
    DuplicateKeyError,
    InvalidURI,
    OperationFailure,
    PyMongoError,
)

from store.base import DuplicateError, StoreAwayError, StoreUnavailableError

Document = dict[str, Any]
DEFAULT_DATABASE = "sandglass"
_WAIT_MS = 5_000
_AUTHENTICATION = frozenset({13, 18, 8000})
_DISK_FULL = frozenset({14031})


class MongoConnection:
    """One client with its pool. It belongs to the process and the event loop that opened it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client: AsyncMongoClient[Document] | None = None
        self._pid = 0

    @property
    def database(self) -> AsyncDatabase[Document]:
        """The database that the URL names, else `sandglass`.

        Raises:
            StoreUnavailableError: It is not open in this process.
        """
        if self._client is None or self._pid != os.getpid():
            raise StoreUnavailableError(
                "MongoDB store: not open in this process; await open() after the fork"
            )
        # Whatever the URL says: the truth is read where it is written, and kept by a majority.
        return self._client.get_default_database(
            DEFAULT_DATABASE, read_preference=ReadPreference.PRIMARY, write_concern=WriteConcern("majority")
        )

    def open(self) -> None:
        """Make the client; the first request connects it.

        Raises:
            StoreUnavailableError: The URL is wrong.
        """
        if self._client is not None and self._pid == os.getpid():
            return
        try:
            self._client = AsyncMongoClient(
                self._url,
                appname="sandglass",
                tz_aware=True,
                tzinfo=UTC,
                serverSelectionTimeoutMS=_WAIT_MS,
                connectTimeoutMS=_WAIT_MS,
                socketTimeoutMS=_WAIT_MS * 6,
            )
        except (InvalidURI, ConfigurationError, ValueError) as error:
            # The message of pymongo may repeat the URL with its password, so only its class is shown.
            raise StoreUnavailableError(
                f"SANDGLASS_STORE is not a MongoDB URL that can be used ({type(error).__name__}); "
                "the form is mongodb://user:password@host:port/database"
            ) from None
        self._pid = os.getpid()

    async def close(self) -> None:
        """Give back all connections; may be called twice."""
        client, self._client = self._client, None
        if client is not None and self._pid == os.getpid():
            await client.close()

    async def ping(self) -> None:
        """Do one round trip."""
        with explained():
            await self.database.command("ping")


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """Turn what pymongo raises into the contract's errors.

    Raises:
        DuplicateError: A unique index refused the document.
        StoreAwayError: The server does not answer, or has no primary.
        StoreUnavailableError: Anything else that the server or the network did.
    """
    try:
        yield
    except DuplicateKeyError as error:
        raise DuplicateError("a record with this id or key is there already") from error
    except OperationFailure as error:
        raise StoreUnavailableError(f"MongoDB: {_refusal(error)}") from error
    except PyMongoError as error:
        raise StoreAwayError(
            f"MongoDB does not answer ({type(error).__name__}); "
            "check that it runs at the address in SANDGLASS_STORE"
        ) from error


def _refusal(error: OperationFailure) -> str:
    if error.code in _AUTHENTICATION:
        return "it refused the user or password in SANDGLASS_STORE, or the user may not use this database"
    if error.code in _DISK_FULL:
        return "its disk is full; make room and try again"
    return f"it refused a command (code {error.code}); see the server's log"
