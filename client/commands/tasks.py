"""`sandglass status`, `cancel` and `sessions`: what there is, and how it stands."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from client.api import Sandglass
from client.commands.ask import JsonFlag, SaveFolder
from client.commands.console import fail, finish, follow, out, print_json
from client.job_view import awaiting_view
from client.render import cell, plain, stage_words

TaskId = Annotated[str, typer.Argument(metavar="TASK_ID", show_default=False)]
SessionArgument = Annotated[str, typer.Argument(metavar="SESSION_ID", show_default=False)]

sessions = typer.Typer(help="List, show or delete sessions.", no_args_is_help=False)


def status(
    task_id: TaskId,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until it has ended.")] = False,
    as_json: JsonFlag = False,
    save: SaveFolder = None,
) -> None:
    """How a task stands, and what came of it."""
    with Sandglass() as client:
        record = follow(client, task_id) if wait else client.status(task_id)
        if record.get("state") in {"queued", "running", "awaiting_approval"}:
            if as_json:
                print_json(record)
            elif record["state"] == "awaiting_approval":
                console = out()
                console.print(awaiting_view(record, coloured=console.is_terminal))
            else:
                typer.echo(f"{record['state']}: {stage_words(record)}")
            return
        finish(client, record, as_json, save)


def cancel(task_id: TaskId, as_json: JsonFlag = False) -> None:
    """Stop a task and its sandbox."""
    with Sandglass() as client:
        record = client.cancel(task_id)
    if as_json:
        print_json(record)
    elif record.get("state") in {"succeeded", "failed"}:
        fail(f"task {task_id} had ended already: {record['state']}", code=1)
    else:
        typer.echo(
            "cancelled" if record.get("state") == "cancelled" else "cancelling: its sandbox is being ended"
        )


@sessions.callback(invoke_without_command=True)
def _default(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_sessions()


@sessions.command("list")
def list_sessions(as_json: JsonFlag = False) -> None:
    """The sessions, the newest first."""
    with Sandglass() as client:
        rows = client.sessions()
    if as_json:
        print_json(rows)
        return
    if not rows:
        typer.echo('no sessions yet; sandglass ask FILE "QUESTION" makes one')
        return
    table = Table("session", "created", "files", show_edge=False, pad_edge=False)
    for row in rows:
        names = ", ".join(plain(file.get("name", "")) for file in row.get("files", []))
        table.add_row(row["session_id"], str(row.get("created_at", ""))[:19], Text(names))
    out().print(table)


@sessions.command("show")
def show_session(session_id: SessionArgument, as_json: JsonFlag = False) -> None:
    """One session: its tables with their columns, and what was asked."""
    with Sandglass() as client:
        session = client.session(session_id)
    if as_json:
        print_json(session)
        return
    console = out()
    for file in session.get("files", []):
        if file.get("error"):
            console.print(Text(f"{plain(file['name'])}: {plain(file['error'])}", style="red"))
    for item in session.get("tables", []):
        console.print(Text(_table_title(item), style="bold"))
        console.print(_columns(item.get("profile", {})))
    for line in _together(session):
        console.print(Text(line))
    for task in session.get("tasks", []):
        words = _task_words(task)
        console.print(Text(f"{task['task_id']}  {task.get('outcome') or task['state']}  {words}"))


@sessions.command("delete")
def delete_session(session_id: SessionArgument) -> None:
    """Delete a session: its files, tables, tasks and artifacts."""
    with Sandglass() as client:
        client.delete_session(session_id)
    typer.echo(f"deleted {session_id}")


def _task_words(task: dict[str, Any]) -> str:
    if not task.get("operation"):
        return plain(task.get("question") or task.get("kind"))
    by = f" by {plain(task['by'])}" if task.get("by") else ""
    value = f" = {cell(task['result'].get('value'))}" if task.get("result") else ""
    return f"{plain(task['operation'])} of {plain(task.get('column'))}{by}{value}"


def _together(session: dict[str, Any]) -> list[str]:
    """What there is to say of the tables together."""
    hidden = [
        f"{plain(table)}.{plain(name)}"
        for table, names in session.get("hidden", {}).items()
        for name in names
    ]
    lines = [f"hidden: {', '.join(hidden)}"] if hidden else []
    for join in session.get("joins", []):
        left, right = (
            plain(f"{join[f'{side}_table']}.{join[f'{side}_column']}") for side in ("left", "right")
        )
        lines.append(f"join: {left} = {right} ({plain(join['kind']).replace('_', ' ')})")
    return lines + [f"you could ask: {plain(question)}" for question in session.get("suggestions", [])]


def _table_title(item: dict[str, Any]) -> str:
    profile = item.get("profile", {})
    return f"{plain(item.get('name'))}: {profile.get('rows', 0):,} rows of {plain(profile.get('file', ''))}"


def _columns(profile: dict[str, Any]) -> Table:
    heads = ("column", "kind", "meaning", "missing", "distinct", "from", "to")
    table = Table(*heads, show_edge=False, pad_edge=False)
    for column in profile.get("columns", []):
        names = ("name", "kind", "semantic", "nulls", "unique", "min", "max")
        table.add_row(*[Text(cell(column.get(name))) for name in names])
    return table
