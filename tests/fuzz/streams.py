"""What may come over the pipe from somebody who lies: streams of bytes, each with what must become of it?"""

from __future__ import annotations

import hashlib
import json
import random
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fuzz.headers import bad_header, good_header, odd_header

HEADER_LIMIT, BLOB_LIMIT = 2 << 20, 1 << 20
SEQUENCES = 4
_POOL = 40
_LENGTHS = struct.Struct(">II")
Taken = tuple[dict[str, Any], bytes]


@dataclass(frozen=True)
class Stream:
    """Bytes as they come. `taken` is all that may come out; `broken`: whether it must end in an error."""

    kind: str
    chunks: list[bytes]
    taken: list[Taken]
    broken: bool | None = None
    """None: it may as well wait for more."""


def sealed(key: bytes, direction: bytes, sequence: int, header: bytes, blob: bytes = b"") -> bytes:
    """A genuine frame: docs/architecture.md (The pipe) written a third time, to judge the other two."""
    body = _LENGTHS.pack(len(header), len(blob)) + header + blob
    said = direction + sequence.to_bytes(8, "big") + body
    return body + hashlib.blake2b(said, key=key, digest_size=16).digest()


@dataclass
class Frames:
    """Some frames of one sort, sealed for each of the first sequence numbers."""

    headers: list[bytes]
    blobs: list[bytes]
    sealed: list[list[bytes]]
    taken: list[Taken] = field(default_factory=list)


class World:
    """One key and direction, and the frames that its streams are made of."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.key = rng.randbytes(32)
        self.direction, self.other = rng.choice(((b"S", b"W"), (b"W", b"S")))
        self.good = self._frames([good_header(rng) for _ in range(_POOL)], parse=True)
        self.odd = self._frames([odd_header(rng) for _ in range(_POOL)], parse=True)
        self.bad = self._frames([bad_header(rng) for _ in range(_POOL)], parse=False)

    def _frames(self, headers: list[bytes], parse: bool) -> Frames:
        blobs = [self.rng.randbytes(self.rng.choice((0, 0, 1, 30, 300))) for _ in headers]
        pairs = list(zip(headers, blobs, strict=True))
        made = [[sealed(self.key, self.direction, n, *pair) for n in range(SEQUENCES)] for pair in pairs]
        taken = [(json.loads(h.decode("utf-8", "surrogatepass")), b) for h, b in pairs] if parse else []
        return Frames(headers, blobs, made, taken)

    def stream(self) -> Stream:
        """The next hostile stream: genuine frames first, then something that is none, then perhaps more."""
        rng, good = self.rng, self.good
        picks = [int(rng.random() * _POOL) for _ in range(int(rng.random() * 3))]
        before = b"".join(good.sealed[pick][n] for n, pick in enumerate(picks))
        kind = KINDS[int(rng.random() * len(KINDS))]
        if kind is large and rng.random() > 0.002:
            kind = noise
        bytes_, broken, more = kind(self, len(picks))
        after = good.sealed[0][len(picks) + 1] if rng.random() < 0.5 and len(picks) < SEQUENCES - 1 else b""
        if broken is False or kind is splice:  # what comes after could make it whole
            after = b""
        taken = [good.taken[pick] for pick in picks] + more
        return Stream(kind.__name__, cut(rng, before + bytes_ + after), taken, broken)


def cut(rng: random.Random, data: bytes) -> list[bytes]:
    """`data` in pieces: mostly whole, often in a few, sometimes byte by byte."""
    draw = rng.random()
    if draw < 0.6 or not data:
        return [data]
    if draw > 0.9 and len(data) < 600:
        return [data[at : at + 1] for at in range(len(data))]
    return cut_at(data, [int(rng.random() * len(data)) for _ in range(int(rng.random() * 4) + 1)])


def cut_at(data: bytes, places: list[int]) -> list[bytes]:
    """`data` in pieces that begin at these places."""
    begins = sorted({0, *places})
    return [data[at:to] for at, to in zip(begins, [*begins[1:], len(data)], strict=True)]


Made = tuple[bytes, bool | None, list[Taken]]
"""The hostile bytes, whether they must break the stream, and what of them is genuine all the same."""


def _pick(world: World, n: int) -> bytes:
    return world.good.sealed[int(world.rng.random() * _POOL)][n]


def genuine(world: World, n: int) -> Made:
    pick = int(world.rng.random() * _POOL)
    return world.good.sealed[pick][n], False, [world.good.taken[pick]]


def odd(world: World, n: int) -> Made:
    pick = int(world.rng.random() * _POOL)
    return world.odd.sealed[pick][n], False, [world.odd.taken[pick]]


def bad(world: World, n: int) -> Made:
    return world.bad.sealed[int(world.rng.random() * _POOL)][n], True, []


def noise(world: World, n: int) -> Made:
    return world.rng.randbytes(int(world.rng.random() * 200)), None, []


def framed_noise(world: World, n: int) -> Made:
    rng = world.rng
    header, blob = int(rng.random() * 60), int(rng.random() * 60)
    return _LENGTHS.pack(header, blob) + rng.randbytes(header + blob + 16), True, []


def bit_flip(world: World, n: int) -> Made:
    frame = bytearray(_pick(world, n))
    bit = int(world.rng.random() * len(frame) * 8)
    frame[bit >> 3] ^= 1 << (bit & 7)
    return bytes(frame), None, []


def byte_change(world: World, n: int) -> Made:
    whole = _pick(world, n)
    frame = bytearray(whole)
    for _ in range(3):
        frame[int(world.rng.random() * len(frame))] = int(world.rng.random() * 256)
    return (bytes(frame), None, []) if frame != whole else no_mac(world, n)


def splice(world: World, n: int) -> Made:
    one, two = _pick(world, n), _pick(world, n)
    at = int(world.rng.random() * len(one))
    made = one[:at] + two[at:]
    if made.startswith((one, two)):
        made = made[:8] + bytes([made[8] ^ 1]) + made[9:]
    return made, None, []


def truncated(world: World, n: int) -> Made:
    frame = _pick(world, n)
    return frame[: int(world.rng.random() * len(frame))], False, []


def replay(world: World, n: int) -> Made:
    again = int(world.rng.random() * n) if n else 1
    return _pick(world, again), True, []


def reorder(world: World, n: int) -> Made:
    return _pick(world, n + 1) + _pick(world, n), True, []


def echo(world: World, n: int) -> Made:
    pick = int(world.rng.random() * _POOL)
    return sealed(world.key, world.other, n, world.good.headers[pick], world.good.blobs[pick]), True, []


def other_key(world: World, n: int) -> Made:
    pick = int(world.rng.random() * _POOL)
    key = bytes(32) if world.rng.random() < 0.5 else world.rng.randbytes(32)
    return sealed(key, world.direction, n, world.good.headers[pick], world.good.blobs[pick]), True, []


def no_mac(world: World, n: int) -> Made:
    return _pick(world, n)[:-16] + bytes(16), True, []


def length_lie(world: World, n: int) -> Made:
    frame = _pick(world, n)
    header, blob = _LENGTHS.unpack_from(frame)
    shift = int(world.rng.random() * 40) - 20 or 1
    lie = (header + shift, blob - shift) if world.rng.random() < 0.5 else (header + shift, blob)
    return _LENGTHS.pack(*(part % (1 << 32) for part in lie)) + frame[8:], None, []


def length_huge(world: World, n: int) -> Made:
    over = int(world.rng.random() * 2**31)
    lie = (HEADER_LIMIT + 1 + over, 0) if world.rng.random() < 0.5 else (5, BLOB_LIMIT + 1 + over)
    return _LENGTHS.pack(*lie) + world.rng.randbytes(8), True, []


def length_zero(world: World, n: int) -> Made:
    if world.rng.random() < 0.5:
        return bytes(24), True, []
    return sealed(world.key, world.direction, n, b"", b"blob"), True, []


def large(world: World, n: int) -> Made:
    """At the very limits, genuine: rare, as each costs megabytes."""
    header = b'{"type":"x","v":"' + b"v" * (HEADER_LIMIT - 19) + b'"}'
    blob = bytes(BLOB_LIMIT)
    taken: list[Taken] = [({"type": "x", "v": "v" * (HEADER_LIMIT - 19)}, blob)]
    return sealed(world.key, world.direction, n, header, blob), False, taken


KINDS: tuple[Callable[[World, int], Made], ...] = (
    *(
        genuine,
        odd,
        bad,
        noise,
        framed_noise,
        bit_flip,
        byte_change,
        splice,
        truncated,
        replay,
        reorder,
        echo,
    ),
    *(other_key, no_mac, length_lie, length_huge, length_zero, large),
)
