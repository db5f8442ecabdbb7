"""How do tests and demos get a model that says what they wrote down?"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from worker.models.base import (
    REPLY_BYTES_MAX,
    Message,
    ModelError,
    ModelRefusedError,
    ModelReplyError,
    ModelUnavailableError,
    Reply,
)

_SCRIPT_BYTES_MAX = 16 << 20
_ERRORS: dict[str, type[ModelError]] = {
    "unavailable": ModelUnavailableError,
    "refused": ModelRefusedError,
    "reply": ModelReplyError,
}


class Line(BaseModel):
    """One reply of a script; a plain string in the file is a line with that text."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = ""
    delay_seconds: float = Field(0, ge=0, le=3600)
    error: Literal["unavailable", "refused", "reply"] | None = None
    finish: Literal["stop", "length"] = "stop"
    input_tokens: int = Field(0, ge=0)
    output_tokens: int = Field(0, ge=0)
    repeat: bool = False
    """Say this again for every further call."""


_LINES = TypeAdapter(list[str | Line])


class ScriptError(ValueError):
    """A script cannot be read; the message never quotes what the file holds."""


def read_script(source: str) -> list[Line]:
    """Read a script: inline JSON (`[...]`) or the path of a JSON file.

    Raises:
        ScriptError: No such file, too large, not JSON, not a list of replies.
    """
    text = source if source.lstrip().startswith("[") else _read_file(Path(source))
    try:
        lines = _LINES.validate_python(json.loads(text))
    except (ValueError, RecursionError, ValidationError):
        raise ScriptError(
            'a script is a JSON list of strings and {"text", "delay_seconds", "error", "finish", "repeat"}'
        ) from None
    return [Line(text=line) if isinstance(line, str) else line for line in lines]


def _read_file(path: Path) -> str:
    try:
        if path.stat().st_size > _SCRIPT_BYTES_MAX:
            raise ScriptError("the script is too large")
        return path.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise ScriptError(f"cannot read the script {path.name!r}: {type(error).__name__}") from None


class ScriptedModel:
    """Says its lines in order; make one for each job."""

    name = "scripted"

    def __init__(self, lines: Sequence[Line | str]) -> None:
        self._lines = [Line(text=line) if isinstance(line, str) else line for line in lines]
        self._next = 0
        self.asked: list[list[Message]] = []
        """All that it was asked, call by call."""

    async def complete(
        self, messages: Sequence[Message], *, max_output_tokens: int, timeout_seconds: float
    ) -> Reply:
        """See `worker.models.base.Model`."""
        self.asked.append(list(messages))
        line = self._take()
        try:
            async with asyncio.timeout(timeout_seconds):
                await asyncio.sleep(line.delay_seconds)
        except TimeoutError:
            raise ModelUnavailableError(f"scripted did not finish within {timeout_seconds:g} s") from None
        if line.error:
            raise _ERRORS[line.error](line.text or f"scripted: {line.error}")
        if len(line.text.encode("utf-8", "replace")) > REPLY_BYTES_MAX:
            raise ModelReplyError(f"scripted: the reply is larger than {REPLY_BYTES_MAX >> 20} MiB; cut off")
        return Reply(line.text, line.input_tokens, line.output_tokens, line.finish)

    def _take(self) -> Line:
        if self._next >= len(self._lines):
            raise ModelUnavailableError("the script has no further reply")
        line = self._lines[self._next]
        if not line.repeat:
            self._next += 1
        return line
