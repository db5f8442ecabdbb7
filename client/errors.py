"""What may go wrong on the client's side, in words for the person at the terminal."""

from __future__ import annotations


class ClientError(Exception):
    """Base of all that the client and its commands raise on purpose; the message says what to do."""


class StackError(ClientError):
    """The local stack could not be started, stopped or found."""


class UnreachableError(ClientError):
    """Nothing answers at the gateway's address."""


class ApiError(ClientError):
    """The gateway answered with an error.

    Attributes:
        status: The HTTP status.
        code: The server's error code, as `unauthorized` or `unknown_session`.
        message: The server's message.
        request_id: What to look for in the gateway's log; empty when the server gave none.
    """

    def __init__(self, status: int, code: str, message: str, request_id: str = "") -> None:
        self.status = status
        self.code = code
        self.message = message
        self.request_id = request_id
        super().__init__(f"{message} ({code}, HTTP {status})")


class WrongKeyError(ApiError):
    """The gateway does not accept this key (401, 403)."""


class NotFoundError(ApiError):
    """No such session, task, file or artifact for this key (404)."""


class RefusedError(ApiError):
    """The request itself is wrong: a bad field, too many bytes, a wrong type (other 4xx)."""


class BusyError(ApiError):
    """Too many requests, or a part of the server is down for now (429, 503), after all retries."""


class ServerError(ApiError):
    """The gateway failed (5xx), or what answers is no Sandglass gateway."""


class TookTooLongError(ClientError):
    """The task did not end within the time the caller gave it; it goes on at the server."""


def error_for(status: int, code: str, message: str, request_id: str = "") -> ApiError:
    """The typed error for an HTTP status."""
    kinds: dict[int, type[ApiError]] = {
        401: WrongKeyError,
        403: WrongKeyError,
        404: NotFoundError,
        429: BusyError,
        503: BusyError,
    }
    kind = kinds.get(status, ServerError if status >= 500 else RefusedError)
    return kind(status, code, message, request_id)
