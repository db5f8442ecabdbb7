"""Is a call tried again when that helps, as often as allowed, and never beyond its time?"""

import asyncio

import pytest

from worker.models.base import ModelRefusedError, ModelUnavailableError
from worker.models.retry import Backoff, complete_with_retries


class Clock:
    """Time that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Call:
    """Raises what it was given, in order, then answers."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.count = 0

    async def __call__(self) -> str:
        self.count += 1
        if self.errors:
            raise self.errors.pop(0)
        return "reply"


def backoff(clock: Clock, retries: int = 2) -> Backoff:
    return Backoff(
        retries=retries, base_seconds=1, longest_seconds=3, sleep=clock.sleep, clock=clock, dice=lambda: 1.0
    )


def passing(wait: float | None = None) -> ModelUnavailableError:
    return ModelUnavailableError("busy", transient=True, retry_after_seconds=wait)


async def test_a_passing_error_is_tried_again_after_a_growing_bounded_wait() -> None:
    clock, call = Clock(), Call(passing(), passing(), passing())
    assert (
        await complete_with_retries(call, backoff=backoff(clock, 3), timeout_seconds=60, name="m") == "reply"
    )
    assert clock.slept == [1, 2, 3]


async def test_the_retries_end() -> None:
    clock, call = Clock(), Call(*[passing()] * 9)
    with pytest.raises(ModelUnavailableError):
        await complete_with_retries(call, backoff=backoff(clock), timeout_seconds=60, name="m")
    assert call.count == 3


async def test_what_does_not_pass_is_not_tried_again() -> None:
    call = Call(ModelRefusedError("wrong key"))
    with pytest.raises(ModelRefusedError):
        await complete_with_retries(call, backoff=backoff(Clock()), timeout_seconds=60, name="m")
    assert call.count == 1


async def test_the_wait_that_the_provider_asks_for_is_kept_to() -> None:
    clock = Clock()
    await complete_with_retries(Call(passing(7.5)), backoff=backoff(clock), timeout_seconds=60, name="m")
    assert clock.slept == [7.5]


async def test_a_wait_beyond_the_deadline_is_not_begun() -> None:
    clock, call = Clock(), Call(passing(90))
    with pytest.raises(ModelUnavailableError, match="90 s"):
        await complete_with_retries(call, backoff=backoff(clock), timeout_seconds=60, name="m")
    assert (clock.slept, call.count) == ([], 1)


async def test_jitter_stays_between_half_and_whole() -> None:
    assert Backoff(base_seconds=1, dice=lambda: 0.0).wait_seconds(1, None) == 0.5
    assert Backoff(base_seconds=1, dice=lambda: 1.0).wait_seconds(1, None) == 1.0


async def test_a_hanging_call_ends_with_its_time() -> None:
    async def hang() -> str:
        await asyncio.Event().wait()
        return "never"

    with pytest.raises(ModelUnavailableError, match=r"within 0\.05 s"):
        await complete_with_retries(hang, backoff=Backoff(), timeout_seconds=0.05, name="m")
