"""What are the parts of a multipart body: read from the stream as they come, never held whole."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from gateway.errors import (
    BadRequestError,
    InvalidRequestError,
    TooLargeError,
    UnsupportedTypeError,
)
from gateway.paced_body import paced

_OVERHEAD_BYTES = 1 << 20
"""Room for boundaries, part headers and fields beside the files' own bytes."""


@dataclass
class Part:
    """One part: a form field, or a file if it has a file name."""

    name: str
    file_name: str | None


@dataclass
class _Data:
    chunk: bytes


@dataclass
class _End:
    """The part, or the whole body, is complete."""

    of_body: bool = False


@dataclass
class _Collector:
    """Takes the parser's callbacks down as events, in order."""

    events: deque[Part | _Data | _End] = field(default_factory=deque)
    headers: dict[bytes, bytes] = field(default_factory=dict)
    header_name: bytes = b""
    header_value: bytes = b""

    def on_part_begin(self) -> None:
        self.headers = {}

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self.header_name += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self.header_value += data[start:end]

    def on_header_end(self) -> None:
        self.headers[self.header_name.lower()] = self.header_value
        self.header_name = self.header_value = b""

    def on_headers_finished(self) -> None:
        kind, options = parse_options_header(self.headers.get(b"content-disposition"))
        if kind.strip() != b"form-data" or b"name" not in options:
            raise BadRequestError(
                "a part of the multipart body has no Content-Disposition: form-data with a name"
            )
        file_name = options.get(b"filename")
        self.events.append(
            Part(
                name=options[b"name"].decode("utf-8", "replace"),
                file_name=None if file_name is None else file_name.decode("utf-8", "replace"),
            )
        )

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        self.events.append(_Data(data[start:end]))

    def on_part_end(self) -> None:
        self.events.append(_End())

    def on_end(self) -> None:
        self.events.append(_End(of_body=True))


class MultipartBody:
    """Pulls parts out of the request one after the other; `chunks` are those of the part that came last."""

    def __init__(self, request: Request, max_bytes: int) -> None:
        """Check what the headers promise.

        Raises:
            UnsupportedTypeError: Not multipart/form-data.
            BadRequestError: No boundary.
            TooLargeError: The body says it is larger than `max_bytes` and its overhead.
        """
        self._max_bytes = max_bytes
        self._limit = max_bytes + _OVERHEAD_BYTES
        length = request.headers.get("content-length", "")
        if length.isdecimal() and int(length) > self._limit:
            raise too_large(max_bytes)
        self._collector = _Collector()
        self._parser = _parser(request, self._collector)
        self._stream = paced(request)
        self._received = 0
        self._ended = False

    async def parts(self) -> AsyncIterator[Part]:
        """Each part's name and file name.

        Raises:
            BadRequestError: The body is not the multipart it says it is, or ends early.
            TooLargeError: More bytes came than allowed, whatever the headers said.
        """
        while (event := await self._next()) is not None:
            if isinstance(event, Part):
                yield event

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes of the part that came last. Raises as `parts`."""
        while True:
            event = await self._next()
            if not isinstance(event, _Data):
                return
            yield event.chunk

    async def text(self, part: Part, limit_bytes: int) -> str:
        """A form field as text.

        Raises:
            InvalidRequestError: Not UTF-8, or longer than `limit_bytes`.
        """
        value = bytearray()
        async for chunk in self.chunks():
            value += chunk
            if len(value) > limit_bytes:
                raise InvalidRequestError(f"{part.name}: longer than {limit_bytes} bytes")
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            raise InvalidRequestError(f"{part.name}: not UTF-8") from None

    async def _next(self) -> Part | _Data | _End | None:
        while not self._collector.events:
            if self._ended:
                raise BadRequestError("the multipart body ends before its last boundary")
            await self._read()
        event = self._collector.events.popleft()
        if isinstance(event, _End) and event.of_body:
            self._collector.events.appendleft(event)
            return None
        return event

    async def _read(self) -> None:
        chunk = await anext(self._stream, b"")
        if not chunk:
            self._ended = True
            return
        self._received += len(chunk)
        if self._received > self._limit:
            raise too_large(self._max_bytes)
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise BadRequestError(f"the body is not valid multipart/form-data: {error}") from None


def too_large(max_bytes: int) -> TooLargeError:
    """The one message for too many bytes; names the cap."""
    return TooLargeError(f"the files of one request may have {max_bytes} bytes together; these have more")


def _parser(request: Request, collector: _Collector) -> MultipartParser:
    kind, options = parse_options_header(request.headers.get("content-type", "").encode("latin-1", "replace"))
    if kind.strip() != b"multipart/form-data":
        raise UnsupportedTypeError("send the files as multipart/form-data, in fields named files")
    boundary = options.get(b"boundary")
    if not boundary:
        raise BadRequestError("the Content-Type has no multipart boundary")
    try:
        return MultipartParser(
            boundary,
            {
                "on_part_begin": collector.on_part_begin,
                "on_header_field": collector.on_header_field,
                "on_header_value": collector.on_header_value,
                "on_header_end": collector.on_header_end,
                "on_headers_finished": collector.on_headers_finished,
                "on_part_data": collector.on_part_data,
                "on_part_end": collector.on_part_end,
                "on_end": collector.on_end,
            },
        )
    except FormParserError as error:
        raise BadRequestError(f"the Content-Type's boundary is not usable: {error}") from None
