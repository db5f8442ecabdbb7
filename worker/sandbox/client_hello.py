"""Which host does a TLS client ask for? Its first message, read without doing any TLS."""

from __future__ import annotations

LIMIT_BYTES = 32 << 10
_RECORD_BYTES = 16 << 10
_RECORDS = 256
"""All are read anew with each piece that comes: of many tiny ones that would take minutes."""
_HANDSHAKE, _CLIENT_HELLO, _HOST_NAME, _SERVER_NAME = 22, 1, 0, 0
_HIDDEN = frozenset({0xFE0D, 0xFFCE})
"""Encrypted ClientHello and its forerunner: the name that counts would be another one than can be read."""


class BadHelloError(ValueError):
    """These bytes are no ClientHello that names its host; the message says why, and begins with `it`."""


def server_name(data: bytes) -> str | None:
    """The one host that a ClientHello names, in lower case; None: it is not whole yet.

    Raises:
        BadHelloError: It is not TLS, names none or many, or hides the one that counts.
    """
    hello = _message(data)
    if hello is None:
        return None
    fields = _Fields(hello)
    fields.take(2 + 32)
    for length_bytes in (1, 2, 1):  # session, ciphers, compressions
        fields.block(length_bytes)
    extensions = _Fields(fields.block(2) if fields.left else b"")
    if fields.left:
        raise BadHelloError("it is misshapen")
    found: dict[int, bytes] = {}
    while extensions.left:
        kind = extensions.number(2)
        if kind in found:
            raise BadHelloError("it has the same extension twice")
        found[kind] = extensions.block(2)
    if _HIDDEN & found.keys():
        raise BadHelloError("it hides the name of its host (ECH)")
    if _SERVER_NAME not in found:
        raise BadHelloError("it names no host (SNI)")
    return _one_name(found[_SERVER_NAME])


def _message(data: bytes) -> bytes | None:
    body, at, records = bytearray(), 0, 0
    while at < len(data):
        records += 1
        if records > _RECORDS:
            raise BadHelloError("it comes in too many pieces")
        head = data[at : at + 5]
        if head[0] != _HANDSHAKE or (len(head) > 1 and head[1] != 3):
            raise BadHelloError("it is not TLS")
        length = int.from_bytes(head[3:5], "big")
        if len(head) == 5 and not 0 < length <= _RECORD_BYTES:
            raise BadHelloError("it is not TLS")
        body += data[at + 5 : at + 5 + length]
        at += 5 + length
        if body and body[0] != _CLIENT_HELLO:
            raise BadHelloError("it does not begin with a ClientHello")
        need = 4 + int.from_bytes(body[1:4], "big")
        if need > LIMIT_BYTES or len(data) > 2 * LIMIT_BYTES:
            raise BadHelloError(f"it is larger than {LIMIT_BYTES >> 10} KiB")
        if len(head) < 5 or at > len(data):
            return None
        if len(body) > max(need, 4) and len(body) >= 4:
            raise BadHelloError("it goes on after its ClientHello")
        if len(body) >= 4 and len(body) == need:
            return bytes(body[4:])
    return None


def _one_name(extension: bytes) -> str:
    outer = _Fields(extension)
    entries = _Fields(outer.block(2))
    kind, name = entries.number(1), entries.block(2)
    if outer.left or entries.left or kind != _HOST_NAME:
        raise BadHelloError("it names more than one host")
    try:
        return name.decode("ascii").lower()
    except UnicodeDecodeError:
        raise BadHelloError("it names a host that is not ASCII") from None


class _Fields:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, count: int) -> bytes:
        if count > self.left:
            raise BadHelloError("it is misshapen")
        self._at += count
        return self._data[self._at - count : self._at]

    def number(self, count: int) -> int:
        return int.from_bytes(self.take(count), "big")

    def block(self, length_bytes: int) -> bytes:
        return self.take(self.number(length_bytes))
