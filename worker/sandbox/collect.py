"""What came out of one attempt: frames checked, counted, and files spooled to disk as they come."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from typing import Any

from policies.model import Policy
from store.text import clean_text, normalized
from worker.analysis.contract import Produced
from worker.sandbox.end_frame import End, parse_end
from worker.sandbox.frames import Frame, FrameError
from worker.sandbox.profiles import PARTS_MAX, BadProfileError, check_profile
from worker.sandbox.results import BadResultError, check_result

ROLES = frozenset({"figure", "file", "result", "table"})
_TRACEBACK_CHARACTERS = 20_000
_MESSAGE_CHARACTERS = 2_000
_NAME = re.compile(r"[^\w .()+,=@-]")
_NAME_BYTES = 200
_PART = re.compile(r"[a-z_][a-z0-9_]{0,119}\.p\d{1,2}\.parquet")
_PARQUET = "application/vnd.apache.parquet"
_TIMES_BEGUN = 60
"""A part is begun anew in each round of feeding, at most."""
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)
_CHUNK_BYTES_MIN = 4096
"""Of a chunk that is not a file's last: many tiny ones would cost the worker more than their bytes."""


DISK_FULL = "the disk of this stack is full; have room made, run it again"


class TooMuchError(Exception):
    """More bytes or files came than the policy lets out."""


@dataclass
class _OpenFile:
    role: str
    said_name: str
    name: str
    mime: str
    path: Path
    stream: FileIO | None = None
    """None: the worker's disk is full; what comes of the file is counted and let go."""
    digest: Any = field(default_factory=hashlib.sha256)
    size_bytes: int = 0


@dataclass
class Collected:
    """All that one attempt said, as far as it may."""

    policy: Policy
    spool: Path
    attempt: int
    file_limit_bytes: int
    asked: frozenset[str] = frozenset()
    """Ids of the files that are to be read; of code, that is none."""
    fed: frozenset[str] = frozenset()
    """Those of them that are sent while they are read: their tables come in parts, side by side."""
    head: dict[str, bytearray] = field(default_factory=lambda: {"stdout": bytearray(), "stderr": bytearray()})
    tail: dict[str, bytearray] = field(default_factory=lambda: {"stdout": bytearray(), "stderr": bytearray()})
    result: dict[str, Any] | None = None
    result_refused: str = ""
    error: dict[str, str] | None = None
    produced: list[Produced] = field(default_factory=list)
    profiles: list[dict[str, Any]] = field(default_factory=list)
    end: End | None = None
    unkept: list[dict[str, str]] = field(default_factory=list)
    """Files that came and found no room on the worker's disk."""
    _open: _OpenFile | None = None
    _parts: dict[str, _OpenFile] = field(default_factory=dict)
    _parts_begun: int = 0
    _file_bytes: int = 0
    _tables_due: set[str] = field(default_factory=set)
    """Files of tables that the last profile promised."""

    def take(self, frame: Frame) -> None:
        """Take in one frame.

        Raises:
            FrameError: It may not come here, or is misshapen.
            TooMuchError: A cap of the policy is passed.
        """
        handler = self._handlers().get(frame.type)
        if handler is None:
            raise FrameError(f"a frame of type {frame.type[:40]!r} may not come here")
        if type(frame.header.get("attempt")) is not int or frame.header["attempt"] != self.attempt:
            raise FrameError("a frame belongs to another attempt")
        if self._open is not None and frame.type != "file":
            raise FrameError("a file was not finished")
        handler(frame)

    def close(self) -> None:
        """Close files that were cut off."""
        for part in self._parts.values():
            self._let_go(part)
        self._parts.clear()
        if self._open is not None:
            self._let_go(self._open)
            self._open = None

    def _handlers(self) -> dict[str, Callable[[Frame], None]]:
        return {
            "stdout": self._take_output,
            "stderr": self._take_output,
            "result": self._take_result,
            "error": self._take_error,
            "file": self._take_file,
            "profile": self._take_profile,
            "end": self._take_end,
        }

    def _take_output(self, frame: Frame) -> None:
        if not frame.blob:
            raise FrameError("an output frame without output")
        kept = (self.tail if frame.header.get("tail") else self.head)[frame.type]
        kept += frame.blob
        output = self.policy.output
        limit = output.stdout_bytes if frame.type == "stdout" else output.stderr_bytes
        if len(self.head[frame.type]) + len(self.tail[frame.type]) > limit:
            raise TooMuchError(
                f"more {frame.type} came than policy {self.policy.name!r} keeps ({limit:,} bytes)"
            )

    def _take_result(self, frame: Frame) -> None:
        if self.result is not None or self.result_refused:
            raise FrameError("a second result")
        try:
            self.result = check_result(frame.header.get("result"), self.policy.output.result_bytes + 4096)
        except BadResultError as error:
            self.result_refused = str(error)

    def _take_error(self, frame: Frame) -> None:
        if self.error is not None:
            raise FrameError("a second error")
        self.error = {
            "name": _text(frame.header.get("name"), 200),
            "message": _text(frame.header.get("message"), _MESSAGE_CHARACTERS),
            "traceback": _text(frame.header.get("traceback"), _TRACEBACK_CHARACTERS),
        }

    def _take_profile(self, frame: Frame) -> None:
        try:
            profile = check_profile(frame.header)
        except BadProfileError as error:
            raise FrameError(f"a profile is misshapen: {error}") from None
        if profile["file_id"] not in self.asked - {known["file_id"] for known in self.profiles}:
            raise FrameError("a profile of a file that was not asked for, or a second one")
        self.profiles.append(profile)
        if profile["file_id"] not in self.fed:
            self._tables_due = {f"{table['name']}.parquet" for table in profile["tables"] or ()}

    def _take_end(self, frame: Frame) -> None:
        self.end = parse_end(frame.header)

    def _take_file(self, frame: Frame) -> None:
        self._file_bytes += len(frame.blob)
        if self._file_bytes > self.file_limit_bytes:
            raise TooMuchError(
                f"more bytes of files came than policy {self.policy.name!r} lets out "
                f"({self.file_limit_bytes:,})"
            )
        last = frame.header.get("last") is True
        if not last and len(frame.blob) < _CHUNK_BYTES_MIN:
            raise FrameError("a file comes in chunks that are too small")
        if frame.header.get("role") == "part":
            self._take_part(frame, last=last)
            return
        if self._open is None:
            self._open = self._begin_file(frame)
        elif (frame.header.get("role"), frame.header.get("name")) != (self._open.role, self._open.said_name):
            raise FrameError("a file was not finished")
        self._write(self._open, frame.blob)
        if last:
            self._finish_file(self._open)

    def _take_part(self, frame: Frame, *, last: bool) -> None:
        """Parts grow side by side, and one that begins anew takes the place of what came of it before."""
        name, index = frame.header.get("name"), frame.header.get("index")
        if not self.fed or not isinstance(name, str) or not _PART.fullmatch(name) or self._open is not None:
            raise FrameError("a part that may not come here")
        part = self._parts.get(name)
        if index == 0:
            self._parts_begun += 1
            names = {*self._parts, *(one.name for one in self.produced), name}
            if len(names) > PARTS_MAX * len(self.fed) or self._parts_begun > _TIMES_BEGUN * len(names):
                raise TooMuchError("more parts of tables came than a reader of files writes")
            if part is not None:
                self._let_go(part)
            for earlier in [one for one in self.produced if one.name == name]:
                Path(earlier.path).unlink(missing_ok=True)
                self.produced.remove(earlier)
            self.spool.mkdir(parents=True, exist_ok=True)
            part = self._parts[name] = _OpenFile("part", name, name, _PARQUET, self.spool / name)
            part.stream = part.path.open("wb", buffering=0)
        if part is None:
            raise FrameError("a part that was not begun")
        self._write(part, frame.blob)
        if last:
            del self._parts[name]
            self._finish_file(part)

    def _begin_file(self, frame: Frame) -> _OpenFile:
        role, name = frame.header.get("role"), frame.header.get("name")
        if not isinstance(role, str) or role not in ROLES or not isinstance(name, str):
            raise FrameError("a file has no name or no known role")
        if (role == "table") != bool(self.asked) or (role == "table" and name not in self._tables_due):
            raise FrameError(f"a file of role {role} that may not come here")
        self._tables_due.discard(name)
        count = len(self.produced) + len(self.unkept)
        if role != "table" and count >= self.policy.output.artifact_count + 1:
            raise TooMuchError(
                f"more files came than policy {self.policy.name!r} lets out "
                f"({self.policy.output.artifact_count})"
            )
        mime = _text(frame.header.get("mime") or "application/octet-stream", 100)
        file = _OpenFile(role, name, safe_name(name), mime, self.spool / f"{self.attempt}-{count}")
        with self._disk_may_be_full(file):
            self.spool.mkdir(parents=True, exist_ok=True)
            file.stream = file.path.open("wb", buffering=0)
        return file

    def _write(self, file: _OpenFile, blob: bytes) -> None:
        file.digest.update(blob)
        file.size_bytes += len(blob)
        if file.stream is not None:
            with self._disk_may_be_full(file):
                left = memoryview(blob)
                while left:
                    left = left[file.stream.write(left) :]

    @contextlib.contextmanager
    def _disk_may_be_full(self, file: _OpenFile) -> Iterator[None]:
        """Go on without a file that the worker's disk has no room for; a table must be had."""
        try:
            yield
        except OSError as error:
            if file.role in ("table", "part") or not disk_is_full(error):
                raise
            self._let_go(file)

    def _let_go(self, file: _OpenFile) -> None:
        if file.stream is not None:
            file.stream.close()
            file.stream = None
        file.path.unlink(missing_ok=True)

    def _finish_file(self, file: _OpenFile) -> None:
        self._open = None if file is self._open else self._open
        if file.stream is None:
            self.unkept.append({"name": file.name, "reason": DISK_FULL})
            return
        file.stream.close()
        self.produced.append(
            Produced(
                file.name, file.role, file.mime, str(file.path), file.size_bytes, file.digest.hexdigest()
            )
        )


def safe_name(name: str) -> str:
    """The last part of `name`, without what a shell, a header or a file system could take amiss."""
    last = normalized("NFC", clean_text(name)).replace("\\", "/").rsplit("/", 1)[-1]
    safe = _NAME.sub("_", last).strip(" .")[:120]
    safe = safe.encode()[:_NAME_BYTES].decode("utf-8", "ignore").strip(" .") or "file"
    return f"_{safe}" if _RESERVED.match(safe) else safe


def disk_is_full(error: OSError) -> bool:
    """Whether it was for want of room on the worker's disk."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def _text(value: Any, limit: int) -> str:
    return clean_text(value)[:limit] if isinstance(value, str) else ""
