"""What a test heard of numbers that were said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from worker.metrics.bounds import Bounds
from worker.metrics.record import say_to
from worker.metrics.tally import Tally
from worker.models.settings import ModelSettings

Said = list[tuple[str, float, dict[str, str]]]


@contextmanager
def heard() -> Iterator[Said]:
    """All numbers that are said inside of it."""
    said: Said = []
    say_to(lambda name, value, labels: said.append((name, value, labels)))
    try:
        yield said
    finally:
        say_to(None)


def a_tally(**models: object) -> Tally:
    """One of a worker with the three policies that come along."""
    return Tally(Bounds(ModelSettings(**models), ["default", "strict", "live-data"]))  # type: ignore[arg-type]


def samples(tally: Tally) -> dict[str, float]:
    """Every sample by its name and its labels' values in brackets."""
    return {
        sample.name + "".join(f"[{value}]" for value in sample.labels.values()): sample.value
        for family in tally.registry.collect()
        for sample in family.samples
    }
