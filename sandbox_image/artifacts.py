"""Which files may leave the container: regular ones in the output folder, within the policy's caps?"""

from __future__ import annotations

import mimetypes
import os
import stat
import time
import unicodedata
from collections.abc import Iterator
from typing import Any

from .frames import MAX_BLOB_BYTES
from .pipe import Pipe

_DROPPED_LIMIT = 100
_WALK_SECONDS = 3.0
"""Below the worker's grace; a hundred thousand files take half a second."""
_DEPTH_LIMIT = 16
_NAME_LIMIT = 200
_MIME = {
    ".parquet": "application/vnd.apache.parquet",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".csv": "text/csv",
    ".json": "application/json",
    ".md": "text/markdown",
}


class Budget:
    """What may still leave in this attempt, and what had to stay."""

    def __init__(self, count: int, size_bytes: int) -> None:
        self._count = self._count_left = count
        self._bytes_left = size_bytes
        self._names: set[str] = set()
        self.dropped: list[dict[str, str]] = []
        """The first ones by name."""
        self.dropped_count = 0
        """All of them."""

    def take(self, size_bytes: int) -> str | None:
        """Reserve room for one file; gives back the reason when there is none."""
        if self._count_left <= 0:
            return f"more files than artifact_count allows ({self._count})"
        if size_bytes > self._bytes_left:
            return f"{size_bytes:,} bytes; {self._bytes_left:,} of artifact_bytes are left"
        self._count_left -= 1
        self._bytes_left -= size_bytes
        return None

    def drop(self, name: str, reason: str) -> None:
        """Note what stays inside, and why."""
        self.dropped_count += 1
        if len(self.dropped) < _DROPPED_LIMIT:
            self.dropped.append({"name": safe_name(name), "reason": reason[:200]})

    def unique(self, name: str) -> str:
        """`name` made safe, with a number where it was given before."""
        safe = safe_name(name)
        stem, dot, suffix = safe.rpartition(".")
        if not stem:
            stem, dot, suffix = safe, "", ""
        unique, count = safe, 2
        while unique in self._names:
            unique, count = f"{stem}_{count}{dot}{suffix}", count + 1
        self._names.add(unique)
        return unique


def safe_name(name: str) -> str:
    """`name` without directories, control characters, and leading dots; never empty."""
    if len(name) > 4 * _NAME_LIMIT:  # a name of megabytes would take minutes in what follows
        name = name[: 2 * _NAME_LIMIT] + name[-2 * _NAME_LIMIT :]
    plain = unicodedata.normalize("NFC", name).replace("/", "__").replace("\\", "_")
    kept = "".join(char if char.isprintable() else "_" for char in plain).lstrip(". ").rstrip()
    return _shorten(kept) or "file"


def _shorten(name: str) -> str:
    while len(name.encode("utf-8", "replace")) > _NAME_LIMIT:
        stem, dot, suffix = name.rpartition(".")
        name = f"{stem[:-1]}{dot}{suffix}" if stem and len(suffix) < 20 else name[:-1]
    return name


def mime_of(name: str) -> str:
    """The type of a file by its name."""
    suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122 - a name, not a path
    return _MIME.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"


def send_outputs(pipe: Pipe, attempt: int, directory: str, budget: Budget) -> None:
    """Send every file under `directory` as a frame of role `file`, within the budget."""
    try:
        root = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        budget.drop(directory, f"cannot be opened: {error.strerror}")
        return
    try:
        until = time.monotonic() + _WALK_SECONDS
        for name, parent, entry in _walk(root, "", budget, 0):
            if time.monotonic() > until:
                budget.drop(name, f"the output folder was not walked in {_WALK_SECONDS:g} s; it and more")
                return
            _send_output(pipe, attempt, name, parent, entry, budget)
    finally:
        os.close(root)


def _walk(directory: int, prefix: str, budget: Budget, depth: int) -> Iterator[tuple[str, int, str]]:
    """Each entry that is no directory: its whole name, the open directory it is in, its last name."""
    try:
        entries = sorted(os.listdir(directory))  # noqa: PTH208 - by descriptor, so that no link is followed
    except OSError as error:
        budget.drop(prefix, f"cannot be listed: {error.strerror}")
        return
    for entry in entries:
        name = f"{prefix}{entry}"
        try:
            is_directory = stat.S_ISDIR(os.lstat(entry, dir_fd=directory).st_mode)
            if not is_directory:
                yield name, directory, entry
                continue
            if depth >= _DEPTH_LIMIT:
                budget.drop(name, "directories nested too deep")
                continue
            inner = os.open(entry, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=directory)
        except OSError as error:
            budget.drop(name, f"cannot be read: {error.strerror}")
            continue
        try:
            yield from _walk(inner, f"{name}/", budget, depth + 1)
        finally:
            os.close(inner)


def _send_output(pipe: Pipe, attempt: int, name: str, parent: int, entry: str, budget: Budget) -> None:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        reason = _why_not(os.lstat(entry, dir_fd=parent))
        if reason:
            budget.drop(name, reason)
            return
        file = os.open(entry, flags, dir_fd=parent)
    except OSError as error:
        budget.drop(name, f"cannot be read: {error.strerror}")
        return
    try:
        opened = os.fstat(file)
        reason = _why_not(opened) or budget.take(opened.st_size)
        if reason:
            budget.drop(name, reason)
            return
        safe = budget.unique(name)
        header = {"type": "file", "attempt": attempt, "role": "file", "name": safe, "mime": mime_of(safe)}
        send_descriptor(pipe, header, file, opened.st_size)
    finally:
        os.close(file)


def _why_not(found: os.stat_result) -> str | None:
    """Why this is no file that may leave; None when it may."""
    if stat.S_ISREG(found.st_mode):
        return None if found.st_nlink == 1 else "a hard link"
    kinds = {stat.S_IFLNK: "a link", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
    return kinds.get(stat.S_IFMT(found.st_mode), "a device")


def send_descriptor(pipe: Pipe, header: dict[str, Any], file: int, size_bytes: int) -> None:
    """Send at most `size_bytes` of an open file as frames; a file that shrank ends early."""
    left, index = size_bytes, 0
    while True:
        chunk = os.read(file, min(MAX_BLOB_BYTES, left)) if left else b""
        left -= len(chunk)
        last = left == 0 or not chunk
        pipe.send(header | {"index": index, "last": last}, chunk)
        index += 1
        if last:
            return
