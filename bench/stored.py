"""How fast is a stored answer, alone and beside questions that run code? `python -m bench.stored`.

Each answer is timed from its request to its record, over a kept-alive connection for each client.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.command import Findings, Say, measure_rounds_or_exit
from bench.errors import BenchError
from bench.samples import Sample, percentile
from bench.table import align, duration
from bench.targets import Target
from client.api import Sandglass
from client.errors import ClientError

CLIENTS = 4
_EXAMPLE = Path(__file__).parents[1] / "client" / "examples" / "seattle-weather.csv"
STORED_P95_SECONDS = 0.02281
"""The p95 of the seed's answers from its cache, alone."""
_COLUMNS = ("precipitation", "temp_max", "temp_min", "wind")
_FUNCTIONS = ("average", "median", "maximum", "minimum")
QUESTIONS = tuple(f"What is the {f} {c} by weather?" for f, c in itertools.product(_FUNCTIONS, _COLUMNS))
HEADINGS = ("what", "n", "p50", "p95", "worst")
_PAUSE_SECONDS = 1.5
_WAIT_SECONDS = 120


def main() -> None:
    """Measure, print the table, end with 1 where a stored answer takes longer than the seed's."""
    measure_rounds_or_exit("stored", __doc__, 5, "how often the 16 questions are asked in each way", measure)


def measure(rounds: int, say: Say) -> Findings:
    """Ask every question once, then again and again in four ways. Raises: BenchError."""
    try:
        with _session() as session_id:
            found = _measure(session_id, rounds, say)
    except ClientError as error:
        raise BenchError(str(error)) from error
    lines = [_line(name, Sample(tuple(seconds))) for name, seconds in found.items()]
    p95 = percentile(found["stored, 1 client"], 95)
    target = Target("stored answer, 1 client, p95", p95 * 1000, STORED_P95_SECONDS * 1000, "ms")
    return Findings([f"{len(QUESTIONS)} questions, {rounds} rounds"], align([HEADINGS, *lines]), [target])


def _measure(session_id: str, rounds: int, say: Say) -> dict[str, list[float]]:
    with Sandglass() as api:
        say("fresh, 1 client paced")
        fresh = _paced(api, session_id)
        say("stored, 1 client")
        alone = [_asked(api, session_id, question, cache=True) for question in QUESTIONS * rounds]
    say(f"stored, {CLIENTS} clients")
    crowd = _by_clients(lambda api, question: [_asked(api, session_id, question, cache=True)], rounds)
    say(f"fresh and stored in turn, {CLIENTS} clients")
    mixed = _by_clients(
        lambda api, question: [_asked(api, session_id, question, cache=cache) for cache in (False, True)],
        max(1, rounds // 2),
    )
    return {
        "fresh, 1 client paced": fresh,
        "stored, 1 client": alone,
        f"stored, {CLIENTS} clients": [seconds for seconds, *_ in crowd],
        f"fresh, {CLIENTS} clients, in turn with stored": [seconds for seconds, _ in mixed],
        f"stored, {CLIENTS} clients, in turn with fresh": [seconds for _, seconds in mixed],
    }


@contextmanager
def _session() -> Iterator[str]:
    with Sandglass() as api:
        made = api.create_session([_EXAMPLE])
        session_id = str(made["session_id"])
        try:
            api.wait_for(made["task_id"], limit_seconds=_WAIT_SECONDS)
            yield session_id
        finally:
            api.delete_session(session_id)


def _paced(api: Sandglass, session_id: str) -> list[float]:
    found = []
    for question in QUESTIONS:
        time.sleep(_PAUSE_SECONDS)
        found.append(_asked(api, session_id, question, cache=False))
    return found


def _by_clients(ask: Callable[[Sandglass, str], list[float]], rounds: int) -> list[list[float]]:
    def one(at: int) -> list[list[float]]:
        with Sandglass() as api:
            return [ask(api, question) for question in (QUESTIONS * rounds)[at::CLIENTS]]

    with ThreadPoolExecutor(CLIENTS) as pool:
        return [times for found in pool.map(one, range(CLIENTS)) for times in found]


def _asked(api: Sandglass, session_id: str, question: str, *, cache: bool) -> float:
    started = time.perf_counter()
    task = api.analyze(session_id, question, model="builtin", cache=cache)
    record: dict[str, Any] = dict(api.wait_for(task["task_id"], limit_seconds=_WAIT_SECONDS))
    seconds = time.perf_counter() - started
    if record["outcome"] != "ok" or record["cached"] is not cache:
        raise BenchError(f"{question}: {record['outcome']}, cached {record['cached']}: {record['error']}")
    return seconds


def _line(name: str, sample: Sample) -> tuple[str, ...]:
    p95 = percentile(sample.seconds, 95)
    return (name, str(sample.count), duration(sample.median), duration(p95), duration(sample.worst))


if __name__ == "__main__":
    main()
