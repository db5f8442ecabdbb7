"""What is done with a task that waits for nobody else: it is shown, or its code is asked about."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

import click
import typer

from client.api import Sandglass
from client.commands.console import FAILED, err, finish, follow, out, print_json
from client.errors import ApiError
from client.job_view import awaiting_view

AWAITING = "awaiting_approval"


def settle(client: Sandglass, record: dict[str, Any], as_json: bool, save: Path | None) -> None:
    """Show a task that has ended; one that waits for an approval is asked about where somebody is there."""
    while record.get("state") == AWAITING:
        if as_json:
            print_json(record)
            return
        console = out()
        console.print(awaiting_view(record, coloured=console.is_terminal))
        if not sys.stdin.isatty():
            return
        if not _ask(client, record):
            return
        record = follow(client, str(record["task_id"]))
    finish(client, record, as_json, save)


def _ask(client: Sandglass, record: dict[str, Any]) -> bool:
    """Have the person decide; False: the task was rejected, or is left waiting."""
    answer = typer.prompt("run it? [y]es, [n]o, [e]dit, [l]ater", default="l", err=True).strip().lower()[:1]
    if answer == "n":
        client.reject(str(record["task_id"]))
        typer.echo("rejected: nothing was run")
        return False
    if answer == "e":
        edited = click.edit((record.get("approval") or {}).get("code", ""), extension=_ending(record))
        return approve_shown(client, record, edited)
    return approve_shown(client, record, None) if answer == "y" else False


def approve_shown(client: Sandglass, record: dict[str, Any], code: str | None) -> bool:
    """Approve the code of this record, or `code` in its place: no other that may wait by now."""
    shown = str((record.get("approval") or {}).get("code", ""))
    seen = hashlib.sha256(shown.encode("utf-8", "replace")).hexdigest()
    try:
        client.approve(str(record["task_id"]), code=code, seen=seen)
    except ApiError as error:
        if error.code != "bad_code":
            raise
        err().print(str(error), style="red", markup=False)
        if not sys.stdin.isatty():
            raise typer.Exit(FAILED) from None
    return True


def _ending(record: dict[str, Any]) -> str:
    return ".sql" if (record.get("approval") or {}).get("language") == "sql" else ".py"
