"""A million hostile frame streams through both decoders, on all cores."""

import json
import os
import secrets
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.fuzz.streams import KINDS

STREAMS = 1_000_000
PEAK_BYTES = 128 << 20
"""Of one process: the interpreter, its stock of frames, and both decoders with the largest frame there is."""
ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.timeout(280)
def test_a_million_hostile_streams_end_as_they_must_in_both_decoders() -> None:
    processes = os.cpu_count() or 1
    shares = [STREAMS // processes + (number < STREAMS % processes) for number in range(processes)]
    first = int(os.environ.get("FUZZ_SEED") or secrets.randbelow(1 << 32))
    print(f"FUZZ_SEED={first}")  # noqa: T201 - pytest shows it when the test fails
    command = [sys.executable, "-m", "tests.fuzz.million"]
    running = [
        subprocess.Popen(
            [*command, "--seed", str(first + number), "--streams", str(share)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number, share in enumerate(shares)
    ]
    try:
        said = [process.communicate(timeout=240) for process in running]
    finally:
        for process in running:
            process.kill()
            process.communicate()
    assert [error for _, error in said] == [""] * processes
    reports = [json.loads(out) for out, _ in said]
    outcomes = sum((Counter(report["outcomes"]) for report in reports), Counter())
    assert outcomes.total() == STREAMS
    assert max(report["peak_kib"] for report in reports) * 1024 <= PEAK_BYTES
    by_kind = Counter({kind.__name__: 0 for kind in KINDS})
    for name, count in outcomes.items():
        by_kind[name.split()[0]] += count
    assert min(by_kind.values()) >= 20, by_kind
    # Not all is refused: a decoder that took nothing would pass all the rest.
    assert outcomes["genuine waits"] + outcomes["odd waits"] > STREAMS // 20
    assert sum(count for name, count in outcomes.items() if name.endswith(" broken")) > STREAMS // 2
