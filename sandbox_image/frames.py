"""How is one message put on the pipe, and what makes a message that came out of it genuine?"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import struct
from typing import Any, NoReturn

ZERO_KEY = bytes(32)
FROM_WORKER = b"W"
FROM_SANDBOX = b"S"
MAX_HEADER_BYTES = 2 << 20
MAX_BLOB_BYTES = 1 << 20
_LENGTHS = struct.Struct(">II")
_SEQUENCE = struct.Struct(">Q")
_MAC_BYTES = 16


class FrameError(ValueError):
    """The bytes are no frame of this pipe: too long, not JSON, without a type, or with a wrong mac."""


class FrameWriter:
    """Makes the frames of one direction; the sequence number counts them."""

    def __init__(self, direction: bytes, key: bytes = ZERO_KEY) -> None:
        self._direction = direction
        self.key = key
        self._sequence = 0

    def encode(self, header: dict[str, Any], blob: bytes = b"") -> bytes:
        """One frame as bytes.

        Raises:
            FrameError: The header or the blob is longer than a frame may carry, or the header is no JSON.
        """
        try:
            text = json.dumps(header, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        except (ValueError, RecursionError) as error:
            raise FrameError(f"a header cannot be written as JSON: {error}") from None
        encoded = text.encode("utf-8", "backslashreplace")
        if len(encoded) > MAX_HEADER_BYTES or len(blob) > MAX_BLOB_BYTES:
            raise FrameError(f"frame too long: header {len(encoded)} bytes, blob {len(blob)} bytes")
        lengths = _LENGTHS.pack(len(encoded), len(blob))
        mac = _mac(self.key, self._direction, self._sequence, lengths, encoded, blob)
        self._sequence += 1
        return b"".join((lengths, encoded, blob, mac))


class FrameReader:
    """Takes the bytes of one direction as they come and gives back whole, genuine frames."""

    def __init__(self, direction: bytes, key: bytes = ZERO_KEY) -> None:
        self._direction = direction
        self.key = key
        self._sequence = 0
        self._buffer = bytearray()
        self._dead = False

    def feed(self, data: bytes) -> None:
        """Add bytes that were read."""
        if not self._dead:
            self._buffer += data

    def next(self) -> tuple[dict[str, Any], bytes] | None:
        """The next frame, or None while it is not all there.

        Raises:
            FrameError: What comes next can never be a frame of this pipe; the stream is dead after that.
        """
        if self._dead:
            raise FrameError("the stream broke before")
        try:
            return self._next()
        except FrameError:
            self._dead = True
            self._buffer.clear()
            raise

    def _next(self) -> tuple[dict[str, Any], bytes] | None:
        if len(self._buffer) < _LENGTHS.size:
            return None
        header_bytes, blob_bytes = _LENGTHS.unpack_from(self._buffer)
        if header_bytes > MAX_HEADER_BYTES or blob_bytes > MAX_BLOB_BYTES:
            raise FrameError(f"frame too long: header {header_bytes} bytes, blob {blob_bytes} bytes")
        blob_at = _LENGTHS.size + header_bytes
        mac_at = blob_at + blob_bytes
        end = mac_at + _MAC_BYTES
        if len(self._buffer) < end:
            return None
        with memoryview(self._buffer) as view:
            lengths, encoded = bytes(view[: _LENGTHS.size]), bytes(view[_LENGTHS.size : blob_at])
            blob, mac = bytes(view[blob_at:mac_at]), bytes(view[mac_at:end])
        del self._buffer[:end]
        if not hmac.compare_digest(
            mac, _mac(self.key, self._direction, self._sequence, lengths, encoded, blob)
        ):
            raise FrameError(f"wrong mac on frame {self._sequence}")
        self._sequence += 1
        return _parse_header(encoded), blob


def _parse_header(encoded: bytes) -> dict[str, Any]:
    try:
        # As text: of bytes, `json` would guess UTF-16 and UTF-32 too. Lone surrogates are those of the code.
        text = encoded.decode("utf-8", "surrogatepass")
        header = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise FrameError(f"header is not JSON: {error}") from None
    if not isinstance(header, dict) or not isinstance(header.get("type"), str):
        raise FrameError("header is not an object with a string `type`")
    return header


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _mac(key: bytes, direction: bytes, sequence: int, lengths: bytes, encoded: bytes, blob: bytes) -> bytes:
    digest = hashlib.blake2b(key=key, digest_size=_MAC_BYTES)
    for part in (direction, _SEQUENCE.pack(sequence), lengths, encoded, blob):
        digest.update(part)
    return digest.digest()
