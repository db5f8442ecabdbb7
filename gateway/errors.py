"""What can go wrong for a client: one tree of errors, each with its code, status and words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from gateway.json_reply import JSONReply
from store.base import StoreUnavailableError

_MAX_MESSAGE_CHARACTERS = 2000


class ApiError(Exception):
    """Base of all errors that a client sees. `message` says what was wrong and what to do."""

    status: ClassVar[int] = 500
    code: str = "internal"
    retry_after_seconds: int | None = None

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code

    @property
    def headers(self) -> dict[str, str]:
        """Headers that belong to this error."""
        if self.retry_after_seconds is None:
            return {}
        return {"Retry-After": str(self.retry_after_seconds)}


class BadRequestError(ApiError):
    """The request is not HTTP, JSON or multipart as it claims to be."""

    status = 400
    code = "bad_request"


class UnauthorizedError(ApiError):
    """No key, or not one that is known."""

    status = 401
    code = "unauthorized"

    @property
    def headers(self) -> dict[str, str]:
        """Names the scheme, as RFC 6750 asks."""
        return {"WWW-Authenticate": 'Bearer realm="sandglass"'}


class NotFoundError(ApiError):
    """There is no such thing, or it is another tenant's."""

    status = 404
    code = "not_found"


class TooSlowError(ApiError):
    """The body stopped coming."""

    status = 408
    code = "too_slow"


class ConflictError(ApiError):
    """The idempotency key was used for another request, or the task is not in a state for this."""

    status = 409
    code = "idempotency_conflict"


class TooLargeError(ApiError):
    """More bytes than allowed."""

    status = 413
    code = "too_large"


class UnsupportedTypeError(ApiError):
    """A kind of body or file that is not taken."""

    status = 415
    code = "unsupported_type"


class InvalidRequestError(ApiError):
    """Well-formed, and not allowed: the message names the field."""

    status = 422
    code = "invalid_request"


class TooManyJobsError(ApiError):
    """The tenant has as many unfinished jobs as it may have."""

    status = 429
    code = "too_many_jobs"
    retry_after_seconds = 5


class TooManyUploadsError(ApiError):
    """The tenant has as many unused upload grants as it may have."""

    status = 429
    code = "too_many_uploads"
    retry_after_seconds = 60


class QueueUnavailableError(ApiError):
    """Redis does not answer; nothing was kept."""

    status = 503
    code = "queue_unavailable"
    retry_after_seconds = 5

    def __init__(self) -> None:
        super().__init__(
            "the queue (Redis) does not answer, so no job can start; nothing was kept, try again"
        )


class StoreDownError(ApiError):
    """The store does not answer."""

    status = 503
    code = "store_unavailable"
    retry_after_seconds = 5

    def __init__(self) -> None:
        super().__init__("the store does not answer or its disk is full; try again")


_KNOWN: tuple[type[ApiError], ...] = (
    BadRequestError,
    UnauthorizedError,
    NotFoundError,
    TooSlowError,
    ConflictError,
    TooLargeError,
    UnsupportedTypeError,
    InvalidRequestError,
    TooManyJobsError,
    QueueUnavailableError,
)
_HTTP_CODES = {404: "route_not_found", 405: "method_not_allowed"}


def error_reply(error: ApiError, request_id: str) -> Response:
    """The one shape of every error."""
    message = printable(error.message)
    body = {"error": {"code": error.code, "message": message, "request_id": request_id}}
    return JSONReply(body, status_code=error.status, headers=error.headers)


def printable(text: str) -> str:
    """`text` as it may stand in an error: no lone surrogates or control characters, and not endless."""
    shown = "".join(
        char if char.isprintable() else repr(char)[1:-1] for char in text[:_MAX_MESSAGE_CHARACTERS]
    )
    return shown if len(text) <= _MAX_MESSAGE_CHARACTERS else f"{shown}..."


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI entries for the errors that a route may give, each with an example."""
    docs: dict[int | str, dict[str, Any]] = {}
    kinds: tuple[type[ApiError], ...] = (*_KNOWN, ApiError)
    for kind in kinds:
        if kind.status in statuses:
            example = {"code": kind.code, "message": (kind.__doc__ or "").strip(), "request_id": "4f1c..."}
            docs[kind.status] = {
                "description": (kind.__doc__ or "").strip(),
                "content": {
                    "application/json": {
                        "schema": {"$ref": "#/components/schemas/ErrorBody"},
                        "example": {"error": example},
                    }
                },
            }
    return docs


def install_handlers(app: FastAPI) -> None:
    """Give every error of `app` the one shape."""
    app.add_exception_handler(ApiError, _on_api_error)
    app.add_exception_handler(StoreUnavailableError, _on_store_unavailable)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RequestValidationError, _on_parameters)


def explain(items: Sequence[Mapping[str, Any]]) -> str:
    """Pydantic's errors as one line that names each field; never echoes what was sent."""
    return "; ".join(_explain_one(item) for item in items[:5])


def _explain_one(item: Mapping[str, Any]) -> str:
    where = ".".join(str(part)[:100] for part in item["loc"]) or "body"
    if item["type"] == "extra_forbidden":
        return f"{where}: unknown field"
    if item["type"] == "missing":
        return f"{where}: missing"
    return f"{where}: {str(item['msg']).removeprefix('Value error, ')}"


def _request_id(request: Request) -> str:
    return str(request.scope.get("sandglass.request_id", ""))


async def _on_api_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)  # noqa: S101 - registered for this class only
    return error_reply(error, _request_id(request))


async def _on_store_unavailable(request: Request, error: Exception) -> Response:
    structlog.get_logger("gateway").warning("store_unavailable", error=str(error))
    return error_reply(StoreDownError(), _request_id(request))


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
    code = _HTTP_CODES.get(error.status_code, "bad_request")
    target = f"{request.method} {request.url.path}"
    messages = {
        "route_not_found": f"there is no {target}; see /openapi.json",
        "method_not_allowed": f"{target}: this method is not allowed here; see /openapi.json",
    }
    body = {
        "error": {
            "code": code,
            "message": printable(messages.get(code, str(error.detail))),
            "request_id": _request_id(request),
        }
    }
    return JSONReply(body, status_code=error.status_code, headers=dict(error.headers or {}))


async def _on_parameters(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class only
    items = [{**item, "loc": item["loc"][1:] or item["loc"]} for item in error.errors()]
    return error_reply(InvalidRequestError(explain(items)), _request_id(request))
