"""What does a JSON request say: read under a byte cap, after the key was checked, and validated strictly."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from python_multipart.multipart import parse_options_header

from gateway.errors import (
    BadRequestError,
    InvalidRequestError,
    TooLargeError,
    TooSlowError,
    UnsupportedTypeError,
    explain,
)
from gateway.limits import JSON_BODY_SECONDS, MAX_JSON_BYTES

BodyModel = TypeVar("BodyModel", bound=BaseModel)


def json_body(model: type[BodyModel]) -> Callable[[Request], Awaitable[BodyModel]]:
    """A dependency that reads and checks the body. Unlike FastAPI's own, it comes after authentication."""

    async def read(request: Request) -> BodyModel:
        _require_json(request)
        return validated(model, _parsed(await _bytes(request)))

    return read


def validated(model: type[BodyModel], value: Any) -> BodyModel:
    """`value` as `model`.

    Raises:
        InvalidRequestError: It is not; the fields are named.
    """
    if not isinstance(value, dict):
        raise InvalidRequestError("the body must be a JSON object")
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise InvalidRequestError(explain([dict(item) for item in error.errors()])) from None


def json_request(model: type[BaseModel], examples: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The OpenAPI entry of a JSON body."""
    shown = {name: {"value": value} for name, value in examples.items()}
    schema = model.model_json_schema()
    whole = _inlined(schema, schema.pop("$defs", {}))
    content = {"application/json": {"schema": whole, "examples": shown}}
    return {"requestBody": {"required": True, "content": content}}


def _inlined(schema: Any, definitions: dict[str, Any]) -> Any:
    """The schema with its `$defs` in place: in an OpenAPI page a reference to them would lead nowhere."""
    if isinstance(schema, list):
        return [_inlined(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    return {name: _inlined(item, definitions) for name, item in schema.items()}


def _require_json(request: Request) -> None:
    kind, _ = parse_options_header(request.headers.get("content-type", "").encode("latin-1", "replace"))
    if kind.strip() != b"application/json":
        raise UnsupportedTypeError("send the body as JSON, with Content-Type: application/json")


async def _bytes(request: Request) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(JSON_BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_JSON_BYTES:
                    raise TooLargeError(f"a JSON body may have {MAX_JSON_BYTES} bytes")
    except TimeoutError:
        raise TooSlowError(f"the body did not come within {JSON_BODY_SECONDS:.0f} s") from None
    return bytes(body)


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except UnicodeDecodeError:
        raise BadRequestError("the body is not UTF-8", code="malformed_json") from None
    except RecursionError:
        raise BadRequestError("the body is nested too deeply", code="malformed_json") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise BadRequestError(
            f"the body is not JSON: {error.msg} at {where}", code="malformed_json"
        ) from None
    except ValueError:
        raise BadRequestError("the body holds a number that is none", code="malformed_json") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)
