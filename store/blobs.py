"""How are bytes kept in a folder, whole or not at all?"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from store.base import BlobMissingError, BlobTooLargeError, StoreFullError, StoreUnavailableError
from store.threads import on_thread

T = TypeVar("T")
CHUNK_BYTES = 1024 * 1024
_PART = re.compile(r"[A-Za-z0-9_\-][A-Za-z0-9._\-]{0,199}")
_MAX_KEY_CHARACTERS = 1000
_INCOMING = ".incoming"
_STALE_SECONDS = 24 * 3600


def check_key(key: str) -> str:
    """Return `key` if it is a path of plain parts, such as `tenant/session/file`.

    Raises:
        ValueError: It is empty, absolute, too long, or has a part that is not `[A-Za-z0-9_-][A-Za-z0-9._-]*`.
    """
    if not isinstance(key, str) or len(key) > _MAX_KEY_CHARACTERS:
        raise ValueError(f"blob key must be a string of at most {_MAX_KEY_CHARACTERS} characters")
    if not all(_PART.fullmatch(part) for part in key.split("/")):
        raise ValueError(
            f"blob key {key!r}: each part must be letters, digits, '.', '_' or '-', and not start with '.'"
        )
    return key


class DiskBlobs:
    """The `Blobs` contract in a folder: one file for each key, put in place by a rename."""

    def __init__(self, root: Path | str) -> None:
        self._root = Path(root)

    async def open(self) -> None:
        """Make the folder and drop what crashed uploads have left there.

        Raises:
            StoreUnavailableError: The folder above it is not there, or it may not be written to.
        """
        await self._disk(self._prepare)

    async def close(self) -> None:
        """Nothing is held open."""

    async def ping(self) -> None:
        """The folder is there. Raises: StoreUnavailableError."""
        await self._disk((self._root / _INCOMING).stat)

    async def put(self, key: str, chunks: AsyncIterator[bytes], limit_bytes: int) -> tuple[int, str]:
        path = self._root / check_key(key)
        incoming = self._root / _INCOMING / uuid4().hex
        digest, size = hashlib.sha256(), 0
        descriptor = await self._disk(
            lambda: os.open(incoming, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        )
        try:
            try:
                async for chunk in chunks:
                    size += len(chunk)
                    if size > limit_bytes:
                        raise BlobTooLargeError(f"more than {limit_bytes} bytes came")
                    digest.update(chunk)
                    await self._disk(_write_all, descriptor, chunk)
                await self._disk(os.fsync, descriptor)
            finally:
                os.close(descriptor)
            await self._disk(_place, incoming, path)
        except BaseException:
            incoming.unlink(missing_ok=True)
            raise
        return size, digest.hexdigest()

    async def get(self, key: str) -> AsyncIterator[bytes]:
        path = self._root / check_key(key)
        try:
            file = await self._disk(lambda: path.open("rb", buffering=0))
        except BlobMissingError:
            raise BlobMissingError(f"no blob under {key}") from None
        try:
            while chunk := await self._disk(file.read, CHUNK_BYTES):
                yield chunk
        finally:
            file.close()

    async def delete(self, key: str) -> bool:
        path = self._root / check_key(key)
        try:
            await self._disk(path.unlink)
        except BlobMissingError:
            return False
        await on_thread(_drop_empty, path.parent, self._root)
        return True

    async def copy(self, key: str, to: str) -> None:
        path, copied = self._root / check_key(key), self._root / check_key(to)
        incoming = self._root / _INCOMING / uuid4().hex
        try:
            # A second name of the same bytes: no blob is ever written to after it was put in place.
            await self._disk(os.link, path, incoming)
        except BlobMissingError:
            raise BlobMissingError(f"no blob under {key}") from None
        try:
            await self._disk(_place, incoming, copied)
        finally:
            incoming.unlink(missing_ok=True)  # a rename between two names of one file leaves both

    async def keys(self) -> AsyncIterator[str]:
        for key in await self._disk(self._listed):
            yield key

    def _listed(self) -> list[str]:
        found = (path.relative_to(self._root) for path in self._root.rglob("*") if path.is_file())
        return [path.as_posix() for path in found if path.parts[0] != _INCOMING]

    def _prepare(self) -> None:
        incoming = self._root / _INCOMING
        self._root.mkdir(mode=0o700, exist_ok=True)
        incoming.mkdir(mode=0o700, exist_ok=True)
        for path in incoming.iterdir():
            # Another process may be writing the young ones.
            if path.stat().st_mtime < time.time() - _STALE_SECONDS:
                path.unlink(missing_ok=True)

    async def _disk(self, work: Callable[..., T], *arguments: object) -> T:
        try:
            return await on_thread(work, *arguments)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            if not (self._root / _INCOMING).is_dir():
                raise StoreUnavailableError(
                    f"blob folder {self._root} is not there; make the folder above it and open() again"
                ) from error
            raise BlobMissingError("no such blob") from error
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                words = "the disk is full; make room and try again"
                raise StoreFullError(f"blob folder {self._root}: {words}") from error
            raise StoreUnavailableError(f"blob folder {self._root}: {error.strerror}") from error


def _write_all(descriptor: int, chunk: bytes) -> None:
    view = memoryview(chunk)
    while view:
        view = view[os.write(descriptor, view) :]


def _place(incoming: Path, path: Path) -> None:
    # Another process may drop the folder between mkdir and rename, because it was empty.
    for attempt in range(10):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            incoming.rename(path)
        except FileNotFoundError:
            if attempt == 9:
                raise
            continue
        break
    with contextlib.suppress(FileNotFoundError):  # somebody has deleted it since
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)  # else a power cut may forget the name
        finally:
            os.close(folder)


def _drop_empty(folder: Path, root: Path) -> None:
    while folder != root:
        try:
            folder.rmdir()
        except OSError:
            return  # not empty, or gone
        folder = folder.parent
