"""What does a client get that does not speak HTTP: the one shape of every error, as from the app itself."""

from __future__ import annotations

from uuid import uuid4

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from gateway.errors import BadRequestError, error_reply
from gateway.middleware import INERT

_MESSAGE = "this is no HTTP/1.1 request: a line, a header or the length of the body is malformed"


class JsonErrorProtocol(HttpToolsProtocol):
    """uvicorn's own protocol, but for its plain-text answer to bytes that it cannot parse."""

    def send_400_response(self, msg: str) -> None:
        """Answer and close; uvicorn's `msg` is in its log."""
        request_id = uuid4().hex
        reply = error_reply(BadRequestError(_MESSAGE), request_id)
        reply.headers.update({**INERT, "X-Request-ID": request_id, "Connection": "close"})
        lines = [name + b": " + value + b"\r\n" for name, value in reply.raw_headers]
        self.transport.write(b"".join([STATUS_LINE[400], *lines, b"\r\n", bytes(reply.body)]))
        self.transport.close()
