"""What do requests and answers look like: the examples of the OpenAPI page."""

from __future__ import annotations

from typing import Any

ID = "0b7e5a2c9d3f4e61a8b2c4d6e8f01234"
TASK = "5f2d8c1b7a904e3f96b1d3c5a7e9f002"
AT = "2026-11-21T12:00:00Z"

FILE: dict[str, Any] = {
    "file_id": "9a1c3e5f7b2d4f6081a3c5e7f9b1d305",
    "name": "sales.csv",
    "format": "csv",
    "size_bytes": 52340,
    "sha256": "3f0a" + "0" * 60,
    "created_at": AT,
    "error": None,
}
ACCEPTED: dict[str, Any] = {"task_id": TASK, "session_id": ID, "status_url": f"/status/{TASK}"}
UPLOADED: dict[str, Any] = {**ACCEPTED, "files": [FILE]}
ANALYZE: dict[str, dict[str, Any]] = {
    "a question": {"question": "What is the total revenue by category?"},
    "all fields": {
        "question": "Plot the monthly revenue trend",
        "mode": "pandas",
        "policy": "strict",
        "model": "ollama:llama3.1",
        "cache": False,
        "approve": True,
    },
}
BATCH: dict[str, dict[str, Any]] = {
    "two questions": {
        "questions": ["What is the total revenue by category?", "What is the average price?"],
        "mode": "sql",
    }
}
BATCHED: dict[str, Any] = {
    "session_id": ID,
    "tasks": [
        {
            "task_id": TASK,
            "status_url": f"/status/{TASK}",
            "question": "What is the total revenue by category?",
        },
        {"task_id": ID, "status_url": f"/status/{ID}", "question": "What is the average price?"},
    ],
}
COMPUTE: dict[str, dict[str, Any]] = {
    "an average": {"column": "revenue", "operation": "average"},
    "for each category": {"table": "sales", "column": "revenue", "operation": "std", "by": "category"},
}
APPROVE: dict[str, dict[str, Any]] = {
    "as it is": {},
    "other code": {"code": 'result = df["revenue"].sum()', "seen": "3f0a" + "0" * 60},
}
REJECT: dict[str, dict[str, Any]] = {"with a reason": {"reason": "It counts cancelled orders."}}
HIDE: dict[str, dict[str, Any]] = {
    "some columns": {"hidden": {"orders": ["email"], "*": ["ssn"]}},
    "none": {"hidden": {}},
}
READ_AS: dict[str, dict[str, Any]] = {
    "a European file": {"read_as": {"delimiter": ";", "decimal": ",", "date_order": "dmy"}},
    "as the loaders decide": {"read_as": {}},
}
HIDDEN_FIELD: dict[str, Any] = {
    "type": "string",
    "description": 'Columns that are never read, as JSON: {"orders": ["email"], "*": ["ssn"]}',
}
EXECUTE: dict[str, dict[str, Any]] = {
    "python": {"code": "print(1)"},
    "sql over a session": {"code": "SELECT count(*) AS n FROM sales", "language": "sql", "session_id": ID},
}
GRANT: dict[str, dict[str, Any]] = {
    "a file": {"name": "sales.csv", "size_bytes": 52340},
    "with its hash": {"name": "sales.csv", "size_bytes": 52340, "sha256": "3f0a" + "0" * 60},
}
GRANTED: dict[str, Any] = {
    "upload_id": ID,
    "method": "PUT",
    "url": f"/uploads/{ID}",
    "headers": {"Content-Type": "application/octet-stream", "Content-Length": "52340"},
    "expires_at": AT,
    "use_before": "2026-11-22T12:00:00Z",
}
UPLOADS_FIELD: dict[str, Any] = {
    "type": "array",
    "items": {"type": "string"},
    "description": "The upload_id of files that were put by themselves; they come behind those of files.",
}
STATUS: dict[str, Any] = {
    "task_id": TASK,
    "session_id": ID,
    "kind": "analyze",
    "state": "succeeded",
    "stage": "done",
    "outcome": "ok",
    "question": "What is the total revenue by category?",
    "mode": "auto",
    "policy": "default",
    "model": None,
    "planner": "builtin",
    "understood": "the sum of revenue for each category",
    "answer": "Toys has the largest total revenue, 1234.5.",
    "result": {
        "type": "series",
        "value": {"name": "revenue", "index": ["Toys", "Food"], "values": [1234.5, 99.0]},
        "shape": [2],
    },
    "code": 'result = df.groupby("category")["revenue"].sum()',
    "language": "python",
    "stdout": {"text": "", "bytes": 0, "truncated": False},
    "stderr": {"text": "", "bytes": 0, "truncated": False},
    "attempts": [],
    "artifacts": [],
    "egress": [
        {
            "attempt": 1,
            "host": "data.example.org",
            "port": 443,
            "scheme": "https",
            "method": "CONNECT",
            "allowed": False,
            "reason": "it is not listed; listed are api.example.org",
            "address": None,
            "sent_bytes": 0,
            "received_bytes": 0,
            "seconds": 0.0,
        }
    ],
    "timings": {},
    "usage": {},
    "receipt": {},
    "error": None,
    "notes": [],
    "cached": False,
    "cached_from": None,
    "approval": None,
    "parts": [],
    "replay": None,
    "column": None,
    "operation": None,
    "by": None,
    "table": None,
    "cancel_requested": False,
    "created_at": AT,
    "started_at": AT,
    "finished_at": AT,
}


def shown(status: int, description: str, example: Any) -> dict[int | str, dict[str, Any]]:
    """An OpenAPI response with its example."""
    return {status: {"description": description, "content": {"application/json": {"example": example}}}}


def bytes_shown(description: str) -> dict[int | str, dict[str, Any]]:
    """An OpenAPI response of plain bytes."""
    return {200: {"description": description, "content": {"application/octet-stream": {}}}}


def files_form(fields: dict[str, Any] | None = None, required: list[str] | None = None) -> dict[str, Any]:
    """The OpenAPI entry of a multipart body with `files`, `uploads` and text fields."""
    files = {"type": "array", "items": {"type": "string", "format": "binary"}}
    schema = {
        "type": "object",
        "properties": {"files": files, "uploads": UPLOADS_FIELD, **(fields or {})},
        "anyOf": [{"required": ["files"]}, {"required": ["uploads"]}],
        "required": required or [],
        "additionalProperties": False,
    }
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}
