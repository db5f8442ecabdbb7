"""`sandglass approve` and `reject`: whether code that waits may run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from client.api import Sandglass
from client.commands.ask import JsonFlag, SaveFolder, read_code
from client.commands.console import FAILED, fail, follow, print_json
from client.commands.settling import AWAITING, approve_shown, settle
from client.commands.tasks import TaskId


def approve(
    task_id: TaskId,
    code: Annotated[
        Path | None,
        typer.Option("--code", metavar="FILE", help="Run this in its place; - is stdin."),
    ] = None,
    as_json: JsonFlag = False,
    save: SaveFolder = None,
) -> None:
    """Let the code of a task run, wait for it, and show what came of it."""
    with Sandglass() as client:
        record = client.status(task_id)
        if record.get("state") != AWAITING:
            fail(f"task {task_id} does not wait for an approval: it is {record.get('state')}", FAILED)
        approve_shown(client, record, read_code(str(code)) if code is not None else None)
        settle(client, follow(client, task_id), as_json, save)


def reject(
    task_id: TaskId,
    reason: Annotated[str, typer.Option("--reason", help="Kept with the task.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Do not let the code of a task run; the task ends."""
    with Sandglass() as client:
        record = client.reject(task_id, reason)
    if as_json:
        print_json(record)
    else:
        typer.echo("rejected: nothing was run")
