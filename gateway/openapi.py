"""What does /openapi.json say of errors: the one shape that is sent, in place of FastAPI's own."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from gateway.schemas import ErrorBody, ErrorDetail

_NEVER_SENT = ("HTTPValidationError", "ValidationError")


def describe_errors(app: FastAPI) -> None:
    """Have `app.openapi()` tell the truth about errors."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            _correct(made())
        assert app.openapi_schema is not None  # noqa: S101 - made() keeps it
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _correct(schema: dict[str, Any]) -> None:
    """Add the schemas of errors; drop the 422 that FastAPI adds to every route with a path parameter."""
    schemas = schema.setdefault("components", {}).setdefault("schemas", {})
    reference = "#/components/schemas/{model}"
    body = ErrorBody.model_json_schema(ref_template=reference)
    body.pop("$defs", None)
    schemas["ErrorBody"] = body
    schemas["ErrorDetail"] = ErrorDetail.model_json_schema(ref_template=reference)
    for name in _NEVER_SENT:
        schemas.pop(name, None)
    for path in schema.get("paths", {}).values():
        for call in path.values():
            if _NEVER_SENT[0] in str(call["responses"].get("422", "")):
                del call["responses"]["422"]
