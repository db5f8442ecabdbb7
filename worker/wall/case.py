"""What is a case of abuse: its id, its words, its probe, and the verdict that the probe comes to?"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from worker.engines.base import EngineError
from worker.wall.known import Known

if TYPE_CHECKING:
    from worker.wall.wall import Wall

Word = Literal["held", "not held", "listed", "not testable"]
Probe = Callable[["Wall"], Awaitable[Known | str | None]]
CASE_SECONDS = 90.0


class NotHeldError(Exception):
    """The wall did not hold; the message says what was seen."""


class NotTestableError(Exception):
    """Here this cannot be looked at; the message says what is missing."""


@dataclass(frozen=True)
class Case:
    """One case. Its probe ends (held, with a remark or without), gives what is known (listed), or raises."""

    case_id: str
    title: str
    probe: Probe
    seconds: float = CASE_SECONDS


@dataclass(frozen=True)
class Verdict:
    """What became of one case. `seen` says what was seen, or why it is listed or not testable."""

    case_id: str
    title: str
    word: Word
    seen: str
    seconds: float


REGISTERED: dict[str, Case] = {}


def case(case_id: str, title: str, seconds: float = CASE_SECONDS) -> Callable[[Probe], Probe]:
    """Put a probe into the registry."""

    def register(probe: Probe) -> Probe:
        if case_id in REGISTERED:
            raise ValueError(f"there are two cases {case_id}")
        REGISTERED[case_id] = Case(case_id, title, probe, seconds)
        return probe

    return register


def expect(held: object, seen: str) -> None:
    """Raise NotHeldError with what was seen, unless it holds."""
    if not held:
        raise NotHeldError(seen)


def expect_only(seen: Iterable[object], allowed: Iterable[object], what: str) -> None:
    """Every one of `seen` must be one of `allowed`; there must be one at all."""
    seen = list(seen)
    strange = [each for each in seen if each not in set(allowed)]
    expect(seen and not strange, f"{what}: {', '.join(map(str, strange[:8])) or 'nothing was seen'}")


async def probe(case: Case, wall: Wall) -> Verdict:
    """Probe one case under its clock; every way it can go is a verdict."""
    started = time.monotonic()
    word, seen = await _judge(case, wall)
    return Verdict(case.case_id, case.title, word, seen, round(time.monotonic() - started, 2))


async def _judge(case: Case, wall: Wall) -> tuple[Word, str]:
    try:
        async with asyncio.timeout(case.seconds):
            found = await case.probe(wall)
    except NotHeldError as error:
        return "not held", str(error)
    except NotTestableError as error:
        return "not testable", str(error)
    except PermissionError as error:
        return "not testable", f"this user may not read {error.filename}: run it as root on the engine's host"
    except TimeoutError:
        return "not held", f"the probe came to no end within {case.seconds:g} s"
    except EngineError as error:
        return "not held", f"no sandbox could be probed: {error}"
    except Exception as error:
        # What the sandbox says is hostile, so a probe that stumbles over it has seen something strange.
        return "not held", f"the probe failed: {type(error).__name__}: {error}"
    return ("listed", found.reason) if isinstance(found, Known) else ("held", found or "")
