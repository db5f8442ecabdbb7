"""How does a benchmark end: facts, a table and its targets on stdout, and an exit status that says it all?"""

from __future__ import annotations

import argparse
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


def measure_rounds_or_exit(
    name: str,
    about: str | None,
    rounds: int,
    what: str,
    measure: Callable[[int, Say], Findings],
    option: str = "--rounds",
) -> NoReturn:
    """As `measure_or_exit`, of a benchmark whose only option is how often it measures.

    Args:
        name: The module's, for `--help`.
        about: What `--help` says of it.
        rounds: How often, where `option` is not given.
        what: What `--help` says of the option.
        measure: Is given the number as well.
        option: What the option is called.
    """
    parser = argparse.ArgumentParser(prog=f"python -m bench.{name}", description=about)
    parser.add_argument(option, type=int, default=rounds, help=what, dest="rounds")
    asked = parser.parse_args().rounds
    if asked < 1:
        parser.error(f"{option} must be above 0")
    measure_or_exit(lambda say: measure(asked, say))


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
