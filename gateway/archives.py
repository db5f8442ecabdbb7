"""May an archive be kept: its directory, read from its last bytes? Nothing in it is unpacked here."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import PurePosixPath

from gateway.errors import InvalidRequestError, TooLargeError, UnsupportedTypeError, printable

TABLES = ("csv", "tsv", "txt", "json", "xlsx", "xls")
MAX_ENTRIES = 100
MAX_UNPACKED_BYTES = 4 << 30
MAX_RATIO = 200
_SMALL_BYTES = 64 << 20
_TAIL_BYTES = 256 << 10
_ENCRYPTED = 0x1
_ARCHIVES = ("zip", "gz", "bz2", "xz", "7z", "rar", "tar", "tgz", "zst", "jar")


class Tail:
    """The last bytes of a stream that passes by; a zip has its directory there."""

    def __init__(self) -> None:
        self.bytes = b""
        self.size = 0

    async def passing(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Pass the chunks on."""
        async for chunk in chunks:
            self.size += len(chunk)
            self.bytes = (self.bytes + chunk)[-_TAIL_BYTES:]
            yield chunk


def check_zip(name: str, tail: Tail) -> None:
    """Hold the directory of a zip against the caps.

    Raises:
        UnsupportedTypeError: No directory, a password, or no table in it.
        InvalidRequestError: Names that lead elsewhere, or archives inside.
        TooLargeError: Too many files, or too much when it is unpacked.
    """
    shown = printable(name)
    entries = [info for info in _entries(shown, tail) if not info.filename.endswith("/")]
    if any(info.filename == "xl/workbook.xml" for info in entries):
        raise UnsupportedTypeError(
            f"{shown}: this is an xlsx workbook; send it under the name .xlsx", code="type_mismatch"
        )
    if len(entries) > MAX_ENTRIES:
        raise TooLargeError(f"{shown}: {len(entries)} files in it; {MAX_ENTRIES} are allowed")
    for info in entries:
        _check_entry(shown, info)
    if not any(_suffix(info.filename) in TABLES for info in entries):
        raise UnsupportedTypeError(
            f"{shown}: no table in it; it should hold files of {', '.join(TABLES)}", code="type_mismatch"
        )
    unpacked = sum(info.file_size for info in entries)
    if unpacked > MAX_UNPACKED_BYTES or (unpacked > _SMALL_BYTES and unpacked > MAX_RATIO * tail.size):
        raise TooLargeError(
            f"{shown}: {unpacked >> 20:,} MiB when unpacked; {MAX_UNPACKED_BYTES >> 20:,} MiB are allowed, "
            f"and {MAX_RATIO} times the size of the archive"
        )


def _check_entry(shown: str, info: zipfile.ZipInfo) -> None:
    inner = printable(info.filename[:100])
    if info.flag_bits & _ENCRYPTED:
        raise UnsupportedTypeError(
            f"{shown}: {inner} in it is password-protected; pack it without a password",
            code="password_protected",
        )
    path = PurePosixPath(info.filename.replace("\\", "/"))
    if not path.parts:  # "" or "."
        raise InvalidRequestError(f"{shown}: a file in it has no name")
    if path.is_absolute() or ".." in path.parts or path.parts[0][1:2] == ":":
        raise InvalidRequestError(f"{shown}: {inner} in it is a name that leads out of the archive")
    if _suffix(info.filename) in _ARCHIVES:
        raise InvalidRequestError(f"{shown}: {inner} in it is an archive itself; pack the tables directly")


def _suffix(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/")).suffix.lower().removeprefix(".")


def _entries(shown: str, tail: Tail) -> list[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(_TailFile(tail)) as archive:
            return archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, IndexError):
        raise UnsupportedTypeError(
            f"{shown}: its directory cannot be read: it is damaged, cut off, or has too many files",
            code="type_mismatch",
        ) from None


class _TailFile(io.RawIOBase):
    """A file of which only the last bytes are there."""

    def __init__(self, tail: Tail) -> None:
        super().__init__()
        self._tail = tail
        self._at = 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._tail.size}[whence]
        if base + offset < 0:
            raise OSError("before the beginning")
        self._at = base + offset
        return self._at

    def read(self, size: int = -1) -> bytes:
        begin = self._at - (self._tail.size - len(self._tail.bytes))
        if begin < 0:
            raise OSError("these bytes are gone")
        data = self._tail.bytes[begin:] if size < 0 else self._tail.bytes[begin : begin + size]
        self._at += len(data)
        return data
