"""What may the code's process say, and what of it is passed on?"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Any

from .artifacts import Budget, send_descriptor
from .feed import Feed
from .frames import MAX_BLOB_BYTES, FrameError
from .layout import IN_DIR
from .pipe import Pipe
from .streams import Capture

MESSAGE_LIMIT = 20_000
"""Of one run. Figures make most of them, and `artifact_count` lets few out."""
_TEXT_LIMIT = 50_000
_ROLES = {"figure": re.compile(r"figure-\d{1,5}\.(png|plotly\.json)"), "result": re.compile(r"result\.csv")}
_TABLE_NAME = re.compile(r"[a-z_][a-z0-9_]{0,119}")
_PART_NAME = re.compile(r"[a-z_][a-z0-9_]{0,119}\.p\d{1,2}\.parquet")
_RESULT_TYPES = frozenset({"scalar", "table", "series", "chart", "text", "json"})


class RunListener:
    """Hears a process that runs code: one result or one error, figures, the whole result as CSV."""

    def __init__(self, pipe: Pipe, attempt: int, output: dict[str, Any], budget: Budget) -> None:
        self.failed = False
        self.flooded = False
        self._pipe = pipe
        self._attempt = attempt
        self._result_bytes = output["result_bytes"]
        self._budget = budget
        self._answered = False
        self._messages_left = MESSAGE_LIMIT
        self._file: dict[str, Any] | None = None
        self._left = 0

    def hear(self, header: dict[str, Any], blob: bytes) -> None:
        """Pass on what is in order; anything else ends the process.

        Raises:
            FrameError: The message is none that a run may send.
        """
        kind = header["type"]
        self._messages_left -= 1
        if self._messages_left < 0:
            self.flooded = True
            raise FrameError(f"more than {MESSAGE_LIMIT} messages")
        if kind == "file":
            self._file_chunk(header, blob)
        elif kind == "dropped":
            self._budget.drop(_text(header, "name"), _text(header, "reason"))
        elif kind in ("result", "error") and not self._answered:
            self._answered = True
            self._result(header) if kind == "result" else self._error(header)
        else:
            raise FrameError(f"message {kind!r} is not in order")

    def finish(self, stdout: Capture) -> None:
        """Where the code gave no value, what it printed is the result."""
        if self._answered or not stdout.total_bytes:
            return
        text = bytes(stdout.head + (b"\n...\n" if stdout.truncated else b"") + stdout.tail())
        kept = text[: self._result_bytes - 200].decode("utf-8", "replace").rstrip("\n")
        result: dict[str, Any] = {"type": "text", "value": kept}
        if stdout.truncated or len(text) > self._result_bytes - 200:
            result["truncated"] = True
        self._send({"type": "result", "result": result})

    def _result(self, header: dict[str, Any]) -> None:
        result = header.get("result")
        if not isinstance(result, dict) or _text(result, "type") not in _RESULT_TYPES:
            raise FrameError("a result without a known type")
        self._send({"type": "result", "result": result})

    def _error(self, header: dict[str, Any]) -> None:
        self.failed = True
        fields = {key: _text(header, key)[:_TEXT_LIMIT] for key in ("name", "message", "traceback")}
        self._send({"type": "error", **fields})

    def _file_chunk(self, header: dict[str, Any], blob: bytes) -> None:
        if self._file is None:
            self._open_file(header)
        assert self._file is not None  # noqa: S101 - for the type checker
        self._left -= len(blob)
        last = header.get("last") is True
        if header.get("name") != self._file["name"] or self._left < 0 or last != (self._left == 0):
            raise FrameError("chunks of a file are not in order")
        if not last and len(blob) != MAX_BLOB_BYTES:
            raise FrameError("a chunk of a file that is not full")
        if self._file["passed"]:
            sent = {key: self._file[key] for key in ("role", "name", "mime", "index")}
            self._send({"type": "file", **sent, "last": last}, blob)
            self._file["index"] += 1
        if last:
            self._file = None

    def _open_file(self, header: dict[str, Any]) -> None:
        role, name, size = _text(header, "role"), _text(header, "name"), header.get("size")
        pattern = _ROLES.get(role)
        if pattern is None or not pattern.fullmatch(name) or type(size) is not int or size < 0:
            raise FrameError("a file that a run may not send")
        mimes = {".png": "image/png", ".csv": "text/csv", ".json": "application/vnd.plotly.v1+json"}
        reason = self._budget.take(size)
        if reason:
            self._budget.drop(name, reason)
        elif self._budget.unique(name) != name:
            raise FrameError("the same file twice")
        mime = mimes[Path(name).suffix]
        self._file = {"role": role, "name": name, "mime": mime, "index": 0, "passed": reason is None}
        self._left = size

    def _send(self, header: dict[str, Any], blob: bytes = b"") -> None:
        self._pipe.send(header | {"attempt": self._attempt}, blob)


class LoadListener:
    """Hears a process that reads files: one profile for each, and takes the Parquet that lies behind it."""

    def __init__(
        self, pipe: Pipe, attempt: int, files: list[dict[str, Any]], directory: Path, feed: Feed | None = None
    ) -> None:
        self.failed = False
        self.flooded = False
        self._pipe = pipe
        self._attempt = attempt
        self._waiting = {file["file_id"]: file["path"] for file in files}
        self._fed = {file["file_id"] for file in files if file.get("fed")}
        self._directory = directory
        self._feed = feed
        self._indexes: dict[str, int] = {}

    def hear(self, header: dict[str, Any], blob: bytes) -> None:
        """Pass on one profile with its tables, or the error that stopped the reading.

        Raises:
            FrameError: The message is none that a load may send.
        """
        if header["type"] == "error" and not self.failed:
            self.failed = True
            fields = {key: _text(header, key)[:_TEXT_LIMIT] for key in ("name", "message", "traceback")}
            self._pipe.send({"type": "error", "attempt": self._attempt, **fields})
            return
        if self._feed is not None and header["type"] in ("feed_start", "feed_used", "part"):
            self._hear_fed(self._feed, header, blob)
            return
        file_id = _text(header, "file_id") if header["type"] == "profile" else ""
        path = self._waiting.pop(file_id, None)
        if path is None:
            raise FrameError(f"message {header['type']!r} is not in order")
        base = {"type": "profile", "attempt": self._attempt, "file_id": file_id}
        tables = header.get("tables")
        if not isinstance(tables, list):
            self._pipe.send(base | {"error": _bad_file(header.get("error"))})
            return
        names = [_table_name(table) for table in tables]
        self._pipe.send(base | {"tables": tables})
        if file_id in self._fed:  # its parts have left before
            return
        for name in names:
            self._send_table(f"{name}.parquet")
        if f"{path}" not in {f"{name}.parquet" for name in names}:
            (IN_DIR / path).unlink(missing_ok=True)  # read; `/work` is memory

    def finish(self, stdout: Capture) -> None:
        """Nothing is left to say."""

    def _hear_fed(self, feed: Feed, header: dict[str, Any], blob: bytes) -> None:
        """Of a file that is fed: a round begins, some of it was used, or some of a part is there."""
        if header["type"] == "feed_start":
            feed.start(_text(header, "file_id"), header.get("round"))
            return
        if header["type"] == "feed_used":
            size = header.get("bytes")
            if type(size) is not int:
                raise FrameError("feed_used is no count of bytes")
            feed.used(size)
            return
        name = _text(header, "name")
        if _text(header, "file_id") not in self._fed or not _PART_NAME.fullmatch(name):
            raise FrameError("a part that a load may not send")
        last = header.get("last") is True
        if not last and len(blob) != MAX_BLOB_BYTES:
            raise FrameError("a chunk of a part that is not full")
        index = 0 if header.get("first") is True else self._indexes.get(name, 0) + 1
        self._indexes[name] = index
        sent = {"role": "part", "name": name, "mime": "application/vnd.apache.parquet", "index": index}
        self._pipe.send({"type": "file", "attempt": self._attempt, **sent, "last": last}, blob)

    def _send_table(self, name: str) -> None:
        """Send a table that lies in the directory as a regular file, and keep it for a run to come."""
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            file = os.open(self._directory / name, flags)
        except OSError as error:
            raise FrameError(f"{name} cannot be read: {error.strerror}") from None
        try:
            found = os.fstat(file)
            if not stat.S_ISREG(found.st_mode):
                raise FrameError(f"{name} is not a regular file")
            mime = "application/vnd.apache.parquet"
            header = {"type": "file", "attempt": self._attempt, "role": "table", "name": name, "mime": mime}
            send_descriptor(self._pipe, header, file, found.st_size)
        finally:
            os.close(file)
        (self._directory / name).rename(IN_DIR / name)


def _bad_file(error: Any) -> dict[str, str]:
    if not isinstance(error, dict):
        raise FrameError("a profile with neither tables nor an error")
    return {"code": _text(error, "code")[:100], "message": _text(error, "message")[:2000]}


def _table_name(table: Any) -> str:
    name = table.get("name") if isinstance(table, dict) else None
    if not isinstance(name, str) or not _TABLE_NAME.fullmatch(name):
        raise FrameError("a table without a proper name")
    return name


def _text(header: dict[str, Any], key: str) -> str:
    value = header.get(key)
    if not isinstance(value, str):
        raise FrameError(f"{key} is not text")
    return value
