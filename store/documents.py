"""How does a record become a document of plain values, and come back from it unharmed?

Two forms. `to_json` is one JSON text (SQLite keeps that). `to_document` is a flat dict, in which every field
that may hold a client's own names (a result, a profile) is a JSON string: a column called `a.b` or `$set`
then never becomes a key that MongoDB would read as a path or an operator.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from store.records import TERMINAL, Job, Record, Session, Table

R = TypeVar("R", bound=Record)

JSON_FIELDS: Mapping[type[Record], frozenset[str]] = {
    Session: frozenset({"hidden", "joins", "suggestions"}),
    Table: frozenset({"profile", "parts", "hidden"}),
    Job: frozenset(
        {
            "request",
            "result",
            "stdout",
            "stderr",
            "attempts",
            "artifacts",
            "egress",
            "timings",
            "usage",
            "receipt",
            "error",
            "notes",
            "approval",
            "parts",
            "replay",
        }
    ),
}
"""Fields that are not one plain value."""

OPEN_FIELDS = frozenset(
    {
        "stage",
        "outcome",
        "planner",
        "understood",
        "answer",
        "result",
        "code",
        "language",
        "stdout",
        "stderr",
        "attempts",
        "artifacts",
        "egress",
        "timings",
        "usage",
        "receipt",
        "error",
        "notes",
        "cached",
        "cached_from",
        "answer_key",
        "approval",
        "parts",
        "replay",
    }
)
"""What a job's owner may write; all else moves by the store's own verbs."""

_ADAPTERS: Mapping[str, TypeAdapter[Any]] = {
    name: TypeAdapter(Job.model_fields[name].rebuild_annotation()) for name in OPEN_FIELDS | {"state"}
}


SESSION_FIELDS = frozenset({"hidden", "hidden_at", "joins", "suggestions"})
"""What of a session may be written after it was made."""


def check_session_changes(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Give a session's changes as plain Python values.

    Raises:
        ValueError: A field is not there, may not be written, or has a value of the wrong type.
    """
    if unknown := sorted(changes.keys() - SESSION_FIELDS):
        raise ValueError(f"fields that cannot be changed here: {', '.join(unknown)}")
    whole = Session.model_validate({"tenant_id": "", **changes}).model_dump()
    return {name: whole[name] for name in changes}


def checked_text(name: str, value: object) -> str:
    """Return `value` if it is a string that every store can compare with.

    A dict here would be a query operator to MongoDB, so this guards every value that goes into a filter.

    Raises:
        TypeError: It is not a string.
    """
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string, not {type(value).__name__}")
    return value.encode("utf-8", "backslashreplace").decode("utf-8")


def to_milliseconds(moment: datetime) -> datetime:
    """Give the moment in UTC, cut to milliseconds, so that it reads back the same from any store.

    Raises:
        ValueError: It has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone; use utc_now()")
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def dump_json(value: object) -> str:
    """Write JSON that any reader takes: NaN and infinities become null, lone surrogates U+FFFD."""
    try:
        text = _dumps(value)
        text.encode()
    except ValueError:  # NaN, or UnicodeEncodeError; looked for only now because both are rare
        text = _dumps(_clean(value))
    return text


def _dumps(value: object) -> str:
    return json.dumps(
        value, allow_nan=False, ensure_ascii=False, separators=(",", ":"), default=_moment_as_text
    )


def _moment_as_text(value: object) -> str:
    if isinstance(value, datetime):
        return to_milliseconds(value).isoformat()
    raise TypeError(f"{type(value).__name__} cannot be kept as JSON")


def to_json(record: Record) -> str:
    """Write the whole record as one JSON text."""
    return dump_json(
        {
            name: to_milliseconds(value).isoformat() if isinstance(value, datetime) else value
            for name, value in record.model_dump().items()
        }
    )


def from_json(kind: type[R], text: str) -> R:
    """Read what `to_json` wrote; a field that this version does not know is left out."""
    return _known(kind, json.loads(text))


def to_document(record: Record) -> dict[str, Any]:
    """Make a flat dict of plain values; fields that are None are left out."""
    nested = JSON_FIELDS.get(type(record), frozenset())
    values = {name: value for name, value in record.model_dump().items() if value is not None}
    return {name: _plain(value, name in nested) for name, value in values.items()}


def from_document(kind: type[R], document: Mapping[str, Any]) -> R:
    """Read what `to_document` made; a field that this version does not know is left out."""
    nested = JSON_FIELDS.get(kind, frozenset())
    return _known(
        kind,
        {
            name: json.loads(value) if name in nested and value is not None else value
            for name, value in document.items()
        },
    )


def changes_to_document(changes: Mapping[str, Any], kind: type[Record] = Job) -> dict[str, Any]:
    """Make checked changes of a record flat, as `to_document` does; None stays, as it clears a field."""
    nested = JSON_FIELDS[kind]
    return {name: None if value is None else _plain(value, name in nested) for name, value in changes.items()}


def check_changes(changes: Mapping[str, Any], *, ends: bool) -> dict[str, Any]:
    """Give a job's changes as plain Python values.

    Args:
        changes: Values by field of `Job`: plain ones, or the models of store/records.py.
        ends: They end the job, so `state` must be there and terminal; else it must not be there.

    Raises:
        ValueError: A field is not there, is not the owner's to write, or has a value of the wrong type.
    """
    allowed = OPEN_FIELDS | {"state"} if ends else OPEN_FIELDS
    if unknown := sorted(changes.keys() - allowed):
        raise ValueError(f"fields that cannot be changed here: {', '.join(unknown)}")
    if ends and changes.get("state") not in TERMINAL:
        raise ValueError(f"state must be one of {', '.join(sorted(TERMINAL))}, not {changes.get('state')!r}")
    return {name: _checked(name, value) for name, value in changes.items()}


def _checked(name: str, value: object) -> Any:
    adapter = _ADAPTERS[name]
    try:
        return adapter.dump_python(adapter.validate_python(value))
    except ValidationError:
        pass  # a lone surrogate from a hostile sandbox must not keep a job from ending
    try:
        return adapter.dump_python(adapter.validate_python(_clean(value)))
    except ValidationError as error:
        raise ValueError(f"{name}: {error.errors()[0]['msg']}") from error


def _known(kind: type[R], values: Mapping[str, Any]) -> R:
    return kind.model_validate({name: value for name, value in values.items() if name in kind.model_fields})


def _plain(value: Any, nested: bool) -> Any:
    if nested:
        return dump_json(value)
    if isinstance(value, datetime):
        return to_milliseconds(value)
    return _clean(value)


def _clean(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_clean(str(key)): _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return value
