"""`sandglass compute` and `replay`: a named operation over a column, and a task's code once more."""

from __future__ import annotations

from typing import Annotated

import typer

from client.api import Sandglass
from client.commands.ask import JsonFlag, PolicyName, SaveFolder
from client.commands.console import FAILED, finish, follow, out, print_json
from client.commands.settling import settle
from client.commands.tasks import SessionArgument, TaskId
from client.job_view import replay_view


def compute(
    session_id: SessionArgument,
    column: Annotated[str, typer.Argument(show_default=False)],
    operation: Annotated[
        str,
        typer.Argument(
            help="average, sum, std, count, median, min, max, variance, range, count_distinct or nulls.",
            show_default=False,
        ),
    ],
    by: Annotated[str | None, typer.Option("--by", metavar="COLUMN", help="For each value of it.")] = None,
    table: Annotated[str | None, typer.Option("--table", help="Where several tables have it.")] = None,
    model: Annotated[str | None, typer.Option(help="Who writes the SQL; else the server's own.")] = None,
    policy: PolicyName = None,
    approve: Annotated[bool, typer.Option("--approve", help="See the SQL before it runs.")] = False,
    as_json: JsonFlag = False,
    save: SaveFolder = None,
) -> None:
    """Compute an operation over a column of a session, by SQL that is shown."""
    options = {"by": by, "table": table, "model": model, "policy": policy, "approve": approve or None}
    with Sandglass() as client:
        task = client.compute(session_id, column, operation, **options)
        settle(client, follow(client, str(task["task_id"])), as_json, save)


def replay(task_id: TaskId, as_json: JsonFlag = False, save: SaveFolder = None) -> None:
    """Run a task's code again on the same data; exit code 1 if not the same came out."""
    with Sandglass() as client:
        record = follow(client, str(client.replay(task_id)["task_id"]))
        view = replay_view(record)
        if record.get("state") != "succeeded" or view is None or save is not None:
            finish(client, record, as_json, save)
    if as_json:
        print_json(record)
    else:
        out().print(view, soft_wrap=True)
    raise typer.Exit(0 if (record.get("replay") or {}).get("same") else FAILED)
