"""How many plain questions are answered, how many wrongly, and how fast? `python -m bench.questions`.

No model is used. The questions are those of tests/questions, their truth is computed by plain loops.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from bench.command import Findings, Say, measure_or_exit
from bench.errors import BenchError
from bench.samples import Sample
from bench.table import align, duration
from bench.targets import Target
from client.api import Sandglass
from client.errors import ClientError

HEADINGS = ("table", "questions", "answered", "wrong", "p50", "worst", "from the cache, p50")
_CLIENTS = 4
_LEAST_ANSWERED = 0.6


@dataclass(frozen=True)
class Asking:
    """One question about one file, and what its answer must say."""

    file: str
    question: str
    truth: Any


@dataclass
class Asked:
    """What came of the questions about one file."""

    count: int = 0
    answered: int = 0
    wrong: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    """From the request to the answer, of answered questions."""
    cached_seconds: list[float] = field(default_factory=list)


def main() -> None:
    """Ask all, print a line for each table, end with 1 where one is wrong or too few are answered."""
    parser = argparse.ArgumentParser(prog="python -m bench.questions", description=__doc__)
    parser.add_argument("--mode", choices=("pandas", "sql"), default="pandas")
    parser.add_argument("--of-each", type=int, default=0, help="so many of each table; 0: all")
    given = parser.parse_args()
    measure_or_exit(lambda say: measure(given.mode, given.of_each, say))


def measure(mode: str, of_each: int, say: Say) -> Findings:
    """Ask every question of the running stack, then each answered one again. Raises: BenchError."""
    found: dict[str, Asked] = {}
    try:
        with Sandglass() as api:
            for file, askings in sorted(corpus().items()):
                say(f"{file}: {len(askings)} questions")
                found[file] = _ask_file(api, askings[: of_each or None], mode)
    except ClientError as error:
        raise BenchError(str(error)) from error
    for file, asked in found.items():
        for line in asked.wrong:
            say(f"WRONG {file}: {line}")
    count, answered = (sum(getattr(a, name) for a in found.values()) for name in ("count", "answered"))
    wrong = sum(len(asked.wrong) for asked in found.values())
    targets = [
        Target("questions answered without a model", answered / count, _LEAST_ANSWERED, "", "at least"),
        Target("wrong answers", wrong, 0, ""),
    ]
    facts = [f"{count} questions over {len(found)} tables, mode {mode}, {_CLIENTS} clients"]
    return Findings(facts, table_of(found), targets)


def table_of(found: dict[str, Asked]) -> list[str]:
    """A line for each table, and one for all."""
    whole = Asked()
    for asked in found.values():
        whole.count += asked.count
        whole.answered += asked.answered
        whole.wrong += asked.wrong
        whole.seconds += asked.seconds
        whole.cached_seconds += asked.cached_seconds
    return align([HEADINGS, *(_line(file, asked) for file, asked in found.items()), _line("all", whole)])


def _line(name: str, asked: Asked) -> Sequence[str]:
    times = Sample(tuple(asked.seconds)) if asked.seconds else None
    cached = Sample(tuple(asked.cached_seconds)) if asked.cached_seconds else None
    return (
        name,
        str(asked.count),
        f"{asked.answered} ({asked.answered / asked.count:.0%})" if asked.count else "0",
        str(len(asked.wrong)),
        duration(times.median if times else None),
        duration(times.worst if times else None),
        duration(cached.median if cached else None),
    )


def corpus() -> dict[str, list[Asking]]:
    """The questions of the tests by file, each once."""
    from tests.questions.rows import rows_of
    from tests.questions.test_questions import CORPUS

    found: dict[str, list[Asking]] = defaultdict(list)
    for one in CORPUS:
        truth = one.truth(rows_of(one.file))
        found[one.file] += [Asking(one.file, question, truth) for question in one.questions]
    return found


def _ask_file(api: Sandglass, askings: Sequence[Asking], mode: str) -> Asked:
    from tests.questions.rows import path_of

    made = api.create_session([path_of(askings[0].file)])
    try:
        _ended(api, made["task_id"])
        asked = Asked(count=len(askings))
        with ThreadPoolExecutor(_CLIENTS) as pool:
            for asking, records in zip(
                askings,
                pool.map(lambda one: _twice(api, made["session_id"], one, mode), askings),
                strict=True,
            ):
                _judge(asked, asking, records)
        return asked
    finally:
        api.delete_session(made["session_id"])


def _twice(api: Sandglass, session_id: str, asking: Asking, mode: str) -> list[tuple[dict[str, Any], float]]:
    """The record of the question asked anew and, where it was answered, asked again."""
    found = []
    for cache in (False, True):
        started = time.perf_counter()
        task = api.analyze(session_id, asking.question, mode=mode, model="builtin", cache=cache)
        record = _ended(api, task["task_id"])
        found.append((record, time.perf_counter() - started))
        if record["outcome"] != "ok":
            break
    return found


def _judge(asked: Asked, asking: Asking, records: list[tuple[dict[str, Any], float]]) -> None:
    from tests.questions.agreement import disagreement

    record, seconds = records[0]
    if record["outcome"] == "not_answerable":
        return
    if record["outcome"] != "ok":
        asked.wrong.append(f"{asking.question}: {record['outcome']}: {record['error']}")
        return
    asked.answered += 1
    asked.seconds.append(seconds)
    if wrong := disagreement(record["result"], asking.truth):
        asked.wrong.append(f"{asking.question}: {wrong}")
    again, cached_seconds = records[1]
    if again["result"] != record["result"]:
        asked.wrong.append(f"{asking.question}: asked again, it came to something else")
    elif again["cached"]:
        asked.cached_seconds.append(cached_seconds)


def _ended(api: Sandglass, task_id: str) -> dict[str, Any]:
    return dict(api.wait_for(task_id, limit_seconds=300))


if __name__ == "__main__":
    main()
