"""Do both decoders say the same, and what is right, of ever so many hostile streams? One process's share."""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from collections import Counter
from pathlib import Path

from sandbox_image import frames as sandbox
from tests.fuzz.streams import Stream, Taken, World
from worker.sandbox import frames as worker

_STREAMS_OF_A_WORLD = 4000


def main() -> None:
    """Judge `--streams` streams made of `--seed`; print what they came to as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--streams", type=int, required=True)
    asked = parser.parse_args()
    rng = random.Random(asked.seed)  # noqa: S311 - must come again
    outcomes: Counter[str] = Counter()
    world = World(rng)
    for number in range(asked.streams):
        if number % _STREAMS_OF_A_WORLD == 0:
            world = World(rng)
        stream = world.stream()
        try:
            ending = judge(stream, world.key, world.direction)
        except AssertionError as error:
            raise SystemExit(f"seed {asked.seed}, stream {number}, {stream.kind}: {error}") from None
        outcomes[f"{stream.kind} {ending}"] += 1
    sys.stdout.write(json.dumps({"outcomes": outcomes, "peak_kib": peak_kib()}))


def judge(stream: Stream, key: bytes, direction: bytes) -> str:
    """`broken` or `waits`. Raises: AssertionError where a decoder took too much, too little, or differs."""
    got, broken = by_worker(stream.chunks, key, direction)
    other, other_broken = by_sandbox(stream.chunks, key, direction)
    assert broken == other_broken, f"the decoders differ: broken {broken}, {other_broken}"
    assert got == other, f"the decoders differ: {len(got)} and {len(other)} frames"
    assert got == stream.taken, f"{len(got)} frames were taken, not {len(stream.taken)}"
    assert stream.broken in (None, broken), f"broken is {broken}"
    return "broken" if broken else "waits"


def by_worker(chunks: list[bytes], key: bytes, direction: bytes) -> tuple[list[Taken], bool]:
    """What the worker's decoder takes, and whether it refused what came then."""
    decoder = worker.Decoder(key, direction)  # type: ignore[arg-type]
    got: list[Taken] = []
    try:
        for chunk in chunks:
            for frame in decoder.feed(chunk):
                got.append((frame.header, frame.blob))  # noqa: PERF401 - what came before an error counts
    except worker.FrameError:
        try:
            list(decoder.feed(chunks[0]))
        except worker.FrameError:
            return got, True
        raise AssertionError("the worker's decoder went on after an error") from None
    return got, False


def by_sandbox(chunks: list[bytes], key: bytes, direction: bytes) -> tuple[list[Taken], bool]:
    """The same by the sandbox's decoder."""
    reader = sandbox.FrameReader(direction, key)
    got: list[Taken] = []
    try:
        for chunk in chunks:
            reader.feed(chunk)
            while (frame := reader.next()) is not None:
                got.append(frame)
    except sandbox.FrameError:
        try:
            reader.feed(chunks[0])
            reader.next()
        except sandbox.FrameError:
            return got, True
        raise AssertionError("the sandbox's decoder went on after an error") from None
    return got, False


def peak_kib() -> int:
    """The most memory this process ever had (not `ru_maxrss`, which starts at the parent's)."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1])


if __name__ == "__main__":
    main()
