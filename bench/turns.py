"""In which order are kinds measured, so that whatever else the machine does meets all of them alike?"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from bench.command import Say


def turns(kinds: Collection[str], rounds: int, say: Say) -> Iterator[tuple[str, bool]]:
    """Each kind once a round, first every other time; and whether the round counts.

    The one before the first, which warms files up, does not.
    """
    for number in range(rounds + 1):
        for kind in sorted(kinds, reverse=number % 2 == 0):
            yield kind, number > 0
        say(f"round {number} of {rounds}")
