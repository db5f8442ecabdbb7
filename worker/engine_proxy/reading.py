"""How is a client's request read: one, whole, of bounded size and in bounded time, or refused?"""

from __future__ import annotations

import asyncio
import re

import h11

from worker.engine_proxy.calls import Refused
from worker.engine_proxy.judge import BODY_BYTES, Request

HEAD_BYTES = 32 << 10
REQUEST_SECONDS = 10.0
_READ_BYTES = 64 << 10
_HEAD = re.compile(rb"[A-Z]+ [!-~]+ HTTP/1\.1(?:\r\n[!-9;-~]+:[ \t]*[\x20-\x7e\t]*)+")
_LENGTH = re.compile(rb"(?im)^content-length:[ \t]*([^\r\n]*?)[ \t]*\r?$")


class BadRequestError(Exception):
    """It cannot be read as one plain request."""

    def __init__(self, reason: str, head: h11.Request | None = None, status: int = 400) -> None:
        super().__init__(reason)
        self.refused = Refused(reason, status)
        self.method = head.method.decode("latin-1") if head else ""
        self.target = head.target.decode("latin-1") if head else ""


async def read_request(reader: asyncio.StreamReader, seconds: float = REQUEST_SECONDS) -> Request | None:
    """The one request of a connection; None: it ended before there was any.

    Raises:
        BadRequestError: It is not one plain request of HTTP/1.1, not small enough, or not there in time.
    """
    conn = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_BYTES)
    try:
        async with asyncio.timeout(seconds):
            head, came = await _head(conn, reader)
            if not isinstance(head, h11.Request):
                return None
            _check(head)
            _check_lines(came, head)
            body = await _body(conn, reader, head)
    except TimeoutError:
        raise BadRequestError(f"no whole request came within {seconds:g} s", status=408) from None
    except h11.RemoteProtocolError as error:
        raise BadRequestError(f"this is no request: {error}") from None
    headers = tuple((name.decode("ascii"), value.decode("latin-1")) for name, value in head.headers)
    return Request(head.method.decode("ascii"), head.target.decode("latin-1"), headers, body)


def _check(head: h11.Request) -> None:
    if head.http_version != b"1.1":
        raise BadRequestError("HTTP/1.1 is spoken here, nothing else", head)
    lines = list(head.headers)
    # h11 counts only heads that come in pieces.
    if len(head.target) + sum(len(name) + len(value) for name, value in lines) > HEAD_BYTES:
        raise BadRequestError(f"its head is larger than {HEAD_BYTES >> 10} KiB", head, 431)
    names = [name for name, _ in lines]
    if b"transfer-encoding" in names:
        raise BadRequestError("a body is sent with Content-Length, never in chunks", head)
    if b"expect" in names:
        raise BadRequestError("the header expect is refused", head)
    length = dict(lines).get(b"content-length", b"0")
    if int(length) > BODY_BYTES:
        raise BadRequestError(f"the body is larger than {BODY_BYTES >> 10} KiB", head, 413)


def _check_lines(came: bytes, head: h11.Request) -> None:
    """Refuse what h11 forgives: bare line feeds, folded lines, two lengths."""
    lines = came.partition(b"\r\n\r\n")[0]
    lengths = _LENGTH.findall(lines)
    if not _HEAD.fullmatch(lines) or len(lengths) > 1 or not all(length.isdigit() for length in lengths):
        raise BadRequestError("its head is not in the one plain form of HTTP/1.1", head)


async def _body(conn: h11.Connection, reader: asyncio.StreamReader, head: h11.Request) -> bytes:
    body = bytearray()
    while isinstance(event := await _event(conn, reader), h11.Data):
        body += event.data
    if not isinstance(event, h11.EndOfMessage):
        raise BadRequestError("its body has no end", head)
    if conn.trailing_data[0]:
        raise BadRequestError("one request goes over one connection, and nothing behind it", head)
    return bytes(body)


async def _head(conn: h11.Connection, reader: asyncio.StreamReader) -> tuple[object, bytes]:
    """The first event, and all the bytes that came until then."""
    came = bytearray()
    while (event := conn.next_event()) is h11.NEED_DATA:
        data = await reader.read(_READ_BYTES)
        came += data
        conn.receive_data(data)
    return event, bytes(came)


async def _event(conn: h11.Connection, reader: asyncio.StreamReader) -> object:
    while (event := conn.next_event()) is h11.NEED_DATA:
        conn.receive_data(await reader.read(_READ_BYTES))
    return event
