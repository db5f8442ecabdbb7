"""Is the frame that ends an attempt one: every field of its kind, every number possible?"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from worker.sandbox.frames import FrameError

Count = Field(0, ge=0, lt=1 << 62)


class Dropped(BaseModel):
    """A file that stayed inside, and why."""

    model_config = ConfigDict(strict=True, frozen=True)

    name: str = Field(max_length=400)
    reason: str = Field(max_length=400)


class End(BaseModel):
    """The runner's word on how an attempt ended, and the facts it read for it (docs/architecture.md)."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    status: Literal["ok", "error", "timeout", "oom", "output_limit", "killed"]
    signal: int | None = Field(None, ge=0, le=128)
    exit_code: int | None = Field(None, ge=0, le=255)
    stdout_bytes: int = Count
    stderr_bytes: int = Count
    cpu_seconds: float | None = Field(None, ge=0, le=1e9)
    dropped: list[Dropped] = Field(default_factory=list, max_length=200)
    dropped_count: int = Count
    oom_kills: int = Count
    pids_refused: int = Count
    files_full: bool = False
    disk_full: list[Literal["/work", "/tmp", "/dev/shm"]] = Field(default_factory=list, max_length=3)  # noqa: S108
    hung_up: bool = False
    flooded: Literal["", "stdout", "stderr", "messages"] = ""


def parse_end(header: dict[str, Any]) -> End:
    """The frame as a record.

    Raises:
        FrameError: A field is missing, of the wrong kind, or no number that can be.
    """
    try:
        return End.model_validate(header)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part)[:40] for part in first["loc"])
        raise FrameError(f"the end of an attempt has a wrong {where}") from None
