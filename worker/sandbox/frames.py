"""How are frames written and read on the worker's side of the pipe?

The format stands in docs/architecture.md (The pipe). `sandbox_image/frames.py` is its twin on purpose: that
side is a separate program under another licence, and nothing that it says is believed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

HEADER_LIMIT_BYTES = 2 << 20
BLOB_LIMIT_BYTES = 1 << 20
ZERO_KEY = bytes(32)

Direction = Literal[b"W", b"S"]
_LENGTHS = struct.Struct(">II")
_SEQUENCE = struct.Struct(">Q")
_MAC_BYTES = 16


class FrameError(Exception):
    """The bytes are not what the other side may send: wrong size, mac, order or shape."""


@dataclass(frozen=True)
class Frame:
    """One message: a header with a `type`, and raw bytes."""

    header: dict[str, Any]
    blob: bytes = b""

    @property
    def type(self) -> str:
        """What kind of message it is."""
        return str(self.header["type"])


@dataclass
class _Signer:
    key: bytes
    direction: Direction
    sequence: int = field(default=0)

    def sign(self, lengths: bytes, header: bytes, blob: bytes) -> bytes:
        mac = hashlib.blake2b(key=self.key, digest_size=_MAC_BYTES)
        for part in (self.direction, _SEQUENCE.pack(self.sequence), lengths, header, blob):
            mac.update(part)
        self.sequence += 1
        return mac.digest()


class Encoder:
    """Makes frames of one direction, in order. `key` may be changed between frames."""

    def __init__(self, key: bytes, direction: Direction = b"W") -> None:
        self._signer = _Signer(key, direction)

    def use_key(self, key: bytes) -> None:
        """Sign all later frames with `key`."""
        self._signer.key = key

    def encode(self, header: dict[str, Any], blob: bytes = b"") -> bytes:
        """One frame as bytes. Raises: FrameError when it is larger than a frame may be."""
        packed = json.dumps(header, ensure_ascii=False, allow_nan=False).encode("utf-8", "surrogatepass")
        if len(packed) > HEADER_LIMIT_BYTES or len(blob) > BLOB_LIMIT_BYTES:
            raise FrameError(f"a frame of {len(packed)} + {len(blob)} bytes is over the limit")
        lengths = _LENGTHS.pack(len(packed), len(blob))
        return b"".join((lengths, packed, blob, self._signer.sign(lengths, packed, blob)))


class Decoder:
    """Reads frames of one direction from bytes as they come. Memory is bounded by one frame."""

    def __init__(self, key: bytes, direction: Direction = b"S") -> None:
        self._signer = _Signer(key, direction)
        self._buffer = bytearray()
        self._dead = False

    def use_key(self, key: bytes) -> None:
        """Check all later frames with `key`."""
        self._signer.key = key

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that are whole now. Raises: FrameError; the stream is dead after that."""
        if self._dead:
            raise FrameError("the stream broke before")
        self._buffer += data
        try:
            while (frame := self._next()) is not None:
                yield frame
        except FrameError:
            self._dead = True
            self._buffer.clear()
            raise

    def _next(self) -> Frame | None:
        if len(self._buffer) < _LENGTHS.size:
            return None
        header_bytes, blob_bytes = _LENGTHS.unpack_from(self._buffer)
        if header_bytes > HEADER_LIMIT_BYTES or blob_bytes > BLOB_LIMIT_BYTES:
            raise FrameError(f"a frame of {header_bytes} + {blob_bytes} bytes is over the limit")
        end = _LENGTHS.size + header_bytes + blob_bytes
        if len(self._buffer) < end + _MAC_BYTES:
            return None
        whole = bytes(self._buffer[: end + _MAC_BYTES])
        del self._buffer[: end + _MAC_BYTES]
        lengths, packed = whole[: _LENGTHS.size], whole[_LENGTHS.size : _LENGTHS.size + header_bytes]
        blob, mac = whole[_LENGTHS.size + header_bytes : end], whole[end:]
        if not hmac.compare_digest(mac, self._signer.sign(lengths, packed, blob)):
            raise FrameError("a frame's mac is wrong")
        return Frame(_parse_header(packed), blob)


def _parse_header(packed: bytes) -> dict[str, Any]:
    try:
        # As text: of bytes, `json` would guess UTF-16 and UTF-32 too. Lone surrogates are those of the code.
        text = packed.decode("utf-8", "surrogatepass")
        header = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise FrameError(f"a frame's header is not JSON: {error}") from None
    if not isinstance(header, dict) or not isinstance(header.get("type"), str):
        raise FrameError("a frame's header is not an object with a type")
    return header


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number
