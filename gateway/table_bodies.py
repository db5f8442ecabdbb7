"""How does a client say which columns are hidden, and how a table is to be read?"""

from __future__ import annotations

import codecs
import json
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StrictInt, StrictStr, field_validator

from gateway.errors import InvalidRequestError
from gateway.json_body import validated
from gateway.schemas import Body

MAX_HIDDEN_NAMES = 5000
MAX_NAME_CHARACTERS = 500


def _text_encoding(name: str) -> str:
    try:
        # Python's codecs also have some that are no encodings of text, as `zip`.
        "a".encode(codecs.lookup(name).name)
    except (LookupError, ValueError, TypeError, UnicodeError):
        raise ValueError(
            f"{name!r} is no encoding; there are utf-8, utf-16, cp1252, latin-1, shift_jis ..."
        ) from None
    return name


def _one_sign(text: str) -> str:
    if len(text) != 1 or text in '"\r\n\0':
        raise ValueError('must be one character, and neither a quote (") nor a line break')
    return text


Name = Annotated[StrictStr, Field(min_length=1, max_length=MAX_NAME_CHARACTERS)]
Hidden = dict[Name, list[Name]]


class ReadAsBody(Body):
    """How a table is to be read, where the loaders would decide otherwise (docs/reading.md)."""

    encoding: Annotated[StrictStr, Field(max_length=40), AfterValidator(_text_encoding)] | None = None
    delimiter: Annotated[StrictStr, AfterValidator(_one_sign)] | None = None
    header_row: Annotated[StrictInt, Field(ge=-1, le=1_000_000)] | None = None
    header_rows: Annotated[StrictInt, Field(ge=1, le=2)] | None = None
    decimal: Literal[".", ","] | None = None
    date_order: Literal["dmy", "mdy", "ymd"] | None = None
    types: dict[Name, Literal["text", "number", "date", "boolean"]] | None = None
    nulls: Annotated[list[Annotated[StrictStr, Field(max_length=100)]], Field(max_length=200)] | None = None
    totals: Literal["keep", "drop"] | None = None
    key: Name | None = None


class TablePatch(Body):
    """What is to change of a table."""

    read_as: ReadAsBody


class SessionPatch(Body):
    """What is to change of a session: which columns are hidden, by table; `*` is every table."""

    hidden: Hidden

    @field_validator("hidden")
    @classmethod
    def _not_too_many(cls, hidden: Hidden) -> Hidden:
        if len(hidden) + sum(map(len, hidden.values())) > MAX_HIDDEN_NAMES:
            raise ValueError(f"more than {MAX_HIDDEN_NAMES} names")
        return {table: list(dict.fromkeys(columns)) for table, columns in hidden.items()}


def hidden_field(text: str | None) -> dict[str, list[str]]:
    """The form field `hidden`, JSON as in the body of `PATCH /sessions/{id}`; empty where there is none.

    Raises:
        InvalidRequestError: It is no such JSON.
    """
    if text is None:
        return {}
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidRequestError('hidden: not JSON; write {"orders": ["email"], "*": ["ssn"]}') from None
    return validated(SessionPatch, {"hidden": value}).hidden
