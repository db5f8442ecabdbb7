"""What came out of one attempt: frames checked, counted, and files spooled to disk as they come."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from policies.model import Policy
from worker.analysis.contract import Produced
from worker.sandbox.frames import Frame, FrameError
from worker.sandbox.results import BadResultError, check_result
from worker.sandbox.text import clean_text

ROLES = frozenset({"figure", "file", "result", "table"})
_TRACEBACK_CHARACTERS = 20_000
_MESSAGE_CHARACTERS = 2_000
_NAME = re.compile(r"[^\w .()+,=@-]")


class TooMuchError(Exception):
    """More bytes or files came than the policy lets out."""


@dataclass
class _OpenFile:
    role: str
    name: str
    mime: str
    path: Path
    stream: BinaryIO
    digest: Any = field(default_factory=hashlib.sha256)
    size_bytes: int = 0


@dataclass
class Collected:
    """All that one attempt said, as far as it may."""

    policy: Policy
    spool: Path
    attempt: int
    file_limit_bytes: int
    head: dict[str, bytearray] = field(default_factory=lambda: {"stdout": bytearray(), "stderr": bytearray()})
    tail: dict[str, bytearray] = field(default_factory=lambda: {"stdout": bytearray(), "stderr": bytearray()})
    result: dict[str, Any] | None = None
    result_refused: str = ""
    error: dict[str, str] | None = None
    produced: list[Produced] = field(default_factory=list)
    profiles: list[dict[str, Any]] = field(default_factory=list)
    end: dict[str, Any] | None = None
    _open: _OpenFile | None = None
    _file_bytes: int = 0

    def take(self, frame: Frame) -> None:
        """Take in one frame.

        Raises:
            FrameError: It may not come here, or is misshapen.
            TooMuchError: A cap of the policy is passed.
        """
        handler = self._handlers().get(frame.type)
        if handler is None:
            raise FrameError(f"a frame of type {frame.type[:40]!r} may not come here")
        if frame.header.get("attempt") != self.attempt:
            raise FrameError("a frame belongs to another attempt")
        if self._open is not None and frame.type != "file":
            raise FrameError("a file was not finished")
        handler(frame)

    def close(self) -> None:
        """Close a file that was cut off."""
        if self._open is not None:
            self._open.stream.close()
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
        kept = (self.tail if frame.header.get("tail") else self.head)[frame.type]
        kept += frame.blob
        output = self.policy.output
        limit = output.stdout_bytes if frame.type == "stdout" else output.stderr_bytes
        if len(self.head[frame.type]) + len(self.tail[frame.type]) > limit:
            raise TooMuchError(f"more {frame.type} than was to be kept")

    def _take_result(self, frame: Frame) -> None:
        try:
            self.result = check_result(frame.header.get("result"), self.policy.output.result_bytes + 4096)
        except BadResultError as error:
            self.result_refused = str(error)

    def _take_error(self, frame: Frame) -> None:
        self.error = {
            "name": _text(frame.header.get("name"), 200),
            "message": _text(frame.header.get("message"), _MESSAGE_CHARACTERS),
            "traceback": _text(frame.header.get("traceback"), _TRACEBACK_CHARACTERS),
        }

    def _take_profile(self, frame: Frame) -> None:
        if not isinstance(frame.header.get("file_id"), str):
            raise FrameError("a profile names no file")
        self.profiles.append({name: frame.header.get(name) for name in ("file_id", "tables", "error")})

    def _take_end(self, frame: Frame) -> None:
        self.end = frame.header

    def _take_file(self, frame: Frame) -> None:
        self._file_bytes += len(frame.blob)
        if self._file_bytes > self.file_limit_bytes:
            raise TooMuchError("more bytes of files than the policy lets out")
        if self._open is None:
            self._open = self._begin_file(frame)
        self._open.stream.write(frame.blob)
        self._open.digest.update(frame.blob)
        self._open.size_bytes += len(frame.blob)
        if frame.header.get("last") is True:
            self._finish_file(self._open)

    def _begin_file(self, frame: Frame) -> _OpenFile:
        role, name = frame.header.get("role"), frame.header.get("name")
        if role not in ROLES or not isinstance(name, str):
            raise FrameError("a file has no name or no known role")
        if role != "table" and len(self.produced) >= self.policy.output.artifact_count + 1:
            raise TooMuchError("more files than the policy lets out")
        self.spool.mkdir(parents=True, exist_ok=True)
        path = self.spool / f"{self.attempt}-{len(self.produced)}"
        mime = _text(frame.header.get("mime") or "application/octet-stream", 100)
        return _OpenFile(str(role), safe_name(name), mime, path, path.open("wb"))

    def _finish_file(self, file: _OpenFile) -> None:
        file.stream.close()
        self._open = None
        self.produced.append(
            Produced(
                file.name, file.role, file.mime, str(file.path), file.size_bytes, file.digest.hexdigest()
            )
        )


def safe_name(name: str) -> str:
    """The last part of `name`, without what a shell, a header or a file system could take amiss."""
    last = clean_text(name).replace("\\", "/").rsplit("/", 1)[-1]
    return _NAME.sub("_", last).strip(" .")[:120] or "file"


def _text(value: Any, limit: int) -> str:
    return clean_text(value)[:limit] if isinstance(value, str) else ""
