"""What do sandboxes come to in numbers: starts, how many there are, what went through their pipes?"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from worker.engines.base import (
    EngineError,
    EngineRefusedError,
    EngineUnavailableError,
    EngineUnfitError,
    ImageMissingError,
)
from worker.metrics.record import say

_RESULTS: tuple[tuple[type[EngineError], str], ...] = (
    (ImageMissingError, "image_missing"),
    (EngineUnfitError, "unfit"),
    (EngineUnavailableError, "unavailable"),
    (EngineRefusedError, "refused"),
    (EngineError, "failed"),
)
"""The first that fits."""
_alive: set[str] = set()


@dataclass
class Traffic:
    """What went through one pipe."""

    sent_bytes: int = 0
    sent_frames: int = 0
    received_bytes: int = 0
    received_frames: int = 0


@dataclass
class Start:
    """One sandbox that is being made; `engine` is known once it was chosen."""

    engine: str = "none"


@contextmanager
def starting(policy: str) -> Iterator[Start]:
    """Time and count the making of a sandbox; one that is called off is not counted."""
    start, began = Start(), time.monotonic()
    try:
        yield start
    except EngineError as error:
        result = next(word for kind, word in _RESULTS if isinstance(error, kind))
        say("sandglass_sandbox_starts", engine=start.engine, policy=policy, result=result)
        raise
    say("sandglass_sandbox_starts", engine=start.engine, policy=policy, result="ok")
    say("sandglass_sandbox_start_seconds", time.monotonic() - began, engine=start.engine, policy=policy)


def sandbox_made(container_id: str) -> None:
    """There is one more."""
    _alive.add(container_id)
    say("sandglass_sandboxes_alive", len(_alive))


def sandbox_gone(container_id: str, traffic: Traffic) -> None:
    """It was destroyed; a second time counts nothing."""
    if container_id not in _alive:
        return
    _alive.discard(container_id)
    say("sandglass_sandboxes_alive", len(_alive))
    say("sandglass_pipe_bytes", traffic.sent_bytes, direction="sent")
    say("sandglass_pipe_bytes", traffic.received_bytes, direction="received")
    say("sandglass_pipe_frames", traffic.sent_frames, direction="sent")
    say("sandglass_pipe_frames", traffic.received_frames, direction="received")
