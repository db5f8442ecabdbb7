"""How does any part of the worker say a number? By one call, which never waits and never fails."""

from __future__ import annotations

from collections.abc import Callable

Sink = Callable[[str, float, dict[str, str]], None]
_sink: Sink | None = None


def say_to(sink: Sink | None) -> None:
    """From now on this process' numbers go to `sink`; None: nowhere."""
    global _sink
    _sink = sink


def say(name: str, value: float = 1.0, **labels: str) -> None:
    """Add to a counter, put into a histogram, or set a gauge: which of them, `names` says.

    Args:
        name: One of `worker.metrics.names`.
        value: What is added, observed or set.
        labels: All that the metric has; what is not of a known set is shown as `other`.
    """
    if _sink is not None:
        _sink(name, value, labels)
