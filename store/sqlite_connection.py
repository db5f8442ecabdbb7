"""How does one process reach a SQLite file without blocking its event loop?"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from store.base import DuplicateError, StoreAwayError, StoreError, StoreUnavailableError

T = TypeVar("T")
BUSY_SECONDS = 5.0
_WAL_PAUSE_SECONDS = 0.02
_REASONS = {
    "SQLITE_FULL": "the disk is full; make room and try again",
    "SQLITE_BUSY": f"another process has held its lock for {BUSY_SECONDS:g} s; try again",
    "SQLITE_LOCKED": "another connection holds its lock; try again",
    "SQLITE_CORRUPT": "the file is damaged; stop Sandglass and restore it from a backup",
    "SQLITE_NOTADB": "the file is not a SQLite database; check the path in SANDGLASS_STORE",
    "SQLITE_CANTOPEN": "the file cannot be opened; check that its folder is there and may be written to",
    "SQLITE_READONLY": "the file is read-only for this user; check its owner and mode",
    "SQLITE_PERM": "this user may not open the file; check its owner and mode",
    "SQLITE_IOERR": "the disk gives an input/output error (full, or broken)",
}
_HELD = frozenset({"SQLITE_BUSY", "SQLITE_LOCKED"})
_inherited: list[sqlite3.Connection] = []
"""Connections that a fork copied: kept from the garbage collector, which would close the parent's file."""


class SqliteConnection:
    """One connection, on one thread of its own, so that all its work is in one order.

    Several processes may each have one on the same file. It must be opened after a fork, not before.
    """

    def __init__(self, path: Path, migrations: Sequence[str]) -> None:
        self.path = path
        self._migrations = migrations
        self._thread: ThreadPoolExecutor | None = None
        self._connection: sqlite3.Connection | None = None
        self._pid = 0

    async def open(self) -> None:
        """Open the file and bring its tables to this version; does nothing if this process has opened it.

        Raises:
            StoreUnavailableError: It cannot be opened, or a newer version of Sandglass wrote it.
        """
        if self._pid == os.getpid():
            return
        if self._connection is not None:
            _inherited.append(self._connection)
            self._connection = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite")
        self._pid = os.getpid()
        try:
            await self._on_thread(self._connect)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Close the file and end the thread; may be called twice."""
        if self._thread is None or self._pid != os.getpid():
            return
        thread, self._thread = self._thread, None
        connection, self._connection = self._connection, None
        self._pid = 0
        if connection is not None:
            await asyncio.get_running_loop().run_in_executor(thread, connection.close)
        thread.shutdown(wait=True)

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` on the thread, outside of a transaction."""
        return await self._on_thread(lambda: work(self._opened()))

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` on the thread in one transaction that is the only writer from its start."""

        def in_transaction() -> T:
            connection = self._opened()
            connection.execute("BEGIN IMMEDIATE")
            try:
                outcome = work(connection)
                connection.execute("COMMIT")
            except BaseException:
                # SQLite ends the transaction by itself on a full disk: then there is nothing to roll back.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            return outcome

        return await self._on_thread(in_transaction)

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            raise StoreUnavailableError(f"SQLite store {self.path}: not open")
        return self._connection

    async def _on_thread(self, work: Callable[[], T]) -> T:
        if self._thread is None or self._pid != os.getpid():
            raise StoreUnavailableError(
                f"SQLite store {self.path}: not open in this process; await open() after the fork"
            )
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except sqlite3.Error as error:
            raise explain(self.path, error) from error

    def _connect(self) -> None:
        if not self.path.parent.is_dir():
            raise StoreUnavailableError(
                f"SQLite store {self.path}: the folder {self.path.parent} is not there; make it first"
            )
        try:
            # Made here because SQLite would make it readable by all; its -wal and -shm take the same mode.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise StoreUnavailableError(f"SQLite store {self.path}: {error.strerror}") from error
        connection = sqlite3.connect(
            self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        self._connection = connection
        if _ask_for_wal(connection) != "wal":
            raise StoreUnavailableError(
                f"SQLite store {self.path}: its file system allows no write-ahead log (a network share?); "
                "use a local folder"
            )
        # FULL: a job that a client was told is accepted outlives a power cut.
        connection.execute("PRAGMA synchronous = FULL")
        self._migrate(connection)

    def _migrate(self, connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN IMMEDIATE")
        try:
            found = connection.execute("PRAGMA user_version").fetchone()[0]
            known = len(self._migrations)
            if found > known:
                raise StoreUnavailableError(
                    f"SQLite store {self.path}: its schema version is {found}, this Sandglass knows up to "
                    f"{known}; use the newer Sandglass that wrote it, or another file"
                )
            for migration in self._migrations[found:]:
                for statement in migration.split(";"):
                    connection.execute(statement)
            if found < known:
                connection.execute(f"PRAGMA user_version = {known}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def _ask_for_wal(connection: sqlite3.Connection) -> str:
    # SQLite does not wait here by itself: two that make the file at the same time would refuse each other.
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            return str(connection.execute("PRAGMA journal_mode = WAL").fetchone()[0])
        except sqlite3.OperationalError as error:
            if not error.sqlite_errorname.startswith("SQLITE_BUSY") or time.monotonic() > until:
                raise
        time.sleep(_WAL_PAUSE_SECONDS)


def explain(path: Path, error: sqlite3.Error) -> StoreError | sqlite3.Error:
    """Turn what SQLite raised into the contract's error; a mistake in our own SQL stays as it is."""
    name = getattr(error, "sqlite_errorname", "")
    if name in ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"):
        return DuplicateError(str(error).removeprefix("UNIQUE constraint failed: ") + " is there already")
    for prefix, reason in _REASONS.items():
        if name.startswith(prefix):
            kind = StoreAwayError if prefix in _HELD else StoreUnavailableError
            return kind(f"SQLite store {path}: {reason}")
    return error
