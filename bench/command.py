"""How does a benchmark end: facts, a table and its targets on stdout, and an exit status that says it all?"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from bench.errors import BenchError
from bench.targets import Target, missed

Say = Callable[[str], None]


@dataclass(frozen=True)
class Findings:
    """What one benchmark found."""

    facts: list[str]
    table: list[str]
    targets: list[Target]


def measure_or_exit(measure: Callable[[Say], Findings]) -> NoReturn:
    """Run `measure`, print what it found, end: 0 all reached, 1 a target missed, 2 not measured, and why.

    Args:
        measure: Is given a function for lines of progress, which go to stderr.
    """
    try:
        found = measure(_say)
    except BenchError as error:
        _say(f"bench: {error}")
        sys.exit(2)
    print("\n".join([*found.facts, "", *found.table, "", *(target.line for target in found.targets)]))
    sys.exit(1 if missed(found.targets) else 0)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
