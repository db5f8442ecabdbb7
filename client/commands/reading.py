"""`sandglass sessions read-as` and `hide`: how a table is read, and what of it nobody else sees."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from client.api import Sandglass
from client.commands.ask import JsonFlag
from client.commands.console import fail, finish, follow
from client.commands.hidden_words import parse_hidden
from client.commands.tasks import SessionArgument

_NUMBERS = ("header_row", "header_rows")
_TYPES = "types."


def add_to(sessions: typer.Typer) -> None:
    """Make them commands of `sandglass sessions`."""
    sessions.command("read-as")(read_as)
    sessions.command("hide")(hide)


def read_as(
    session_id: SessionArgument,
    table: Annotated[str, typer.Argument(metavar="TABLE", show_default=False)],
    settings: Annotated[list[str] | None, typer.Argument(metavar="NAME=VALUE...", show_default=False)] = None,
    as_json: JsonFlag = False,
) -> None:
    """Read a table again as you say: delimiter=';' decimal=, types.zip=text; nothing: as at first."""
    said = parse_read_as(settings or [])
    with Sandglass() as client:
        task = client.read_as(session_id, table, said)
        finish(client, follow(client, str(task["task_id"])), as_json, None)


def hide(
    session_id: SessionArgument,
    columns: Annotated[
        list[str] | None, typer.Argument(metavar="TABLE.COLUMN...", show_default=False)
    ] = None,
    nothing: Annotated[bool, typer.Option("--nothing", help="Hide nothing any more.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Hide columns from model and code, these and no others; `*.COLUMN` is hidden in every table."""
    if bool(columns) == nothing:
        fail("name columns as TABLE.COLUMN, or say --nothing")
    with Sandglass() as client:
        task = client.hide(session_id, parse_hidden(columns or []))
        finish(client, follow(client, str(task["task_id"])), as_json, None)


def parse_read_as(settings: list[str]) -> dict[str, Any]:
    """`NAME=VALUE` words as the body of a request; the gateway judges the values."""
    said: dict[str, Any] = {}
    for word in settings:
        name, equals, value = word.partition("=")
        if not equals:
            fail(f"{word}: write NAME=VALUE, as delimiter=';'")
        if name.startswith(_TYPES):
            said.setdefault("types", {})[name.removeprefix(_TYPES)] = value
        elif name == "nulls":
            said[name] = value.split(",")
        elif name == "delimiter":
            said[name] = "\t" if value in ("tab", "\\t") else value
        elif name in _NUMBERS:
            said[name] = int(value) if value.lstrip("-").isdecimal() else value
        else:
            said[name] = value
    return said
