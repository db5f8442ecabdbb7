"""What do all commands share: consoles, exit codes, a task waited for and shown?"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from client.api import SETTLED, Sandglass
from client.artifacts import save_artifacts
from client.errors import ClientError
from client.job_view import approval_line, cached_view, parts_view, replay_view
from client.render import plain, show_failure, show_success, stage_words

FAILED = 1
"""The task ended, but not well."""
MISUSED = 2
"""The command could not do its work: a missing file, no gateway, a wrong key."""
INTERRUPTED = 130
_PIPED_COLUMNS = 160
"""A file or a pipe has no width; rich would take 80 and fold every table."""
_STAGE_POLL_SECONDS = 1.0


def out() -> Console:
    """For answers."""
    wide = not sys.stdout.isatty() and "COLUMNS" not in os.environ
    return Console(highlight=False, width=_PIPED_COLUMNS if wide else None)


def err() -> Console:
    """For stages and errors, so that stdout holds answers only."""
    return Console(stderr=True, highlight=False)


def say(line: str) -> None:
    """One line of progress."""
    typer.echo(plain(line), err=True)


def fail(message: str, code: int = MISUSED) -> NoReturn:
    """End with one line that says what is wrong."""
    typer.echo(f"sandglass: {plain(message)}", err=True)
    raise typer.Exit(code)


def follow(client: Sandglass, task_id: str) -> dict[str, Any]:
    """Wait for a task with its stages shown; Ctrl-C cancels it."""
    console = err()
    try:
        if not console.is_terminal:
            return client.wait_for(task_id, on_stage=_say_stage, wait_seconds=_STAGE_POLL_SECONDS)
        with console.status("sending") as status:
            return client.wait_for(
                task_id,
                on_stage=lambda record: status.update(escape(stage_words(record))),
                wait_seconds=_STAGE_POLL_SECONDS,
            )
    except KeyboardInterrupt:
        client.cancel(task_id)
        fail(f"cancelled task {task_id}", INTERRUPTED)


def _say_stage(record: dict[str, Any]) -> None:
    if record.get("state") not in SETTLED:
        say(f"... {stage_words(record)}")


def print_json(record: Any) -> None:
    """The record, and nothing else, on stdout."""
    sys.stdout.write(json.dumps(record, indent=2, ensure_ascii=False) + "\n")


def finish(client: Sandglass, record: dict[str, Any], as_json: bool, save: Path | None) -> NoReturn:
    """Show an ended task, save its artifacts if asked to, and exit by how it went."""
    artifacts = record.get("artifacts") or []
    saved = save_artifacts(client, artifacts, save) if save is not None else []
    good = record.get("state") == "succeeded"
    if as_json:
        print_json(record)
    else:
        console = out()
        (show_success if good else show_failure)(console, record)
        _show_more(console, record)
        _tell_artifacts(artifacts, saved)
        _tell_where(record)
    raise typer.Exit(0 if good else FAILED)


def _show_more(console: Console, record: dict[str, Any]) -> None:
    parts = parts_view(record, coloured=console.is_terminal)
    for view in (parts, replay_view(record), cached_view(record)):
        if view is not None:
            console.print()
            console.print(view, soft_wrap=True)
    if line := approval_line(record):
        console.print(line, style="dim", markup=False)


def _tell_artifacts(artifacts: list[dict[str, Any]], saved: list[Path]) -> None:
    if not artifacts:
        return
    typer.echo()
    if saved:
        for path in saved:
            typer.echo(f"saved {path}")
        return
    for artifact in artifacts:
        size = artifact.get("size_bytes") or 0
        typer.echo(f"{artifact.get('role', 'file')}: {plain(artifact.get('name', ''))} ({size:,} bytes)")
    typer.echo("(keep them with --save DIR)")


def _tell_where(record: dict[str, Any]) -> None:
    parts = [f"task {record.get('task_id')}"]
    if record.get("session_id"):
        parts.append(f"session {record['session_id']}")
    total = (record.get("timings") or {}).get("total_seconds")
    if isinstance(total, int | float):
        parts.append(f"{total:.2f} s")
    err().print(", ".join(parts), style="dim", markup=False)


__all__ = ["FAILED", "MISUSED", "ClientError", "err", "fail", "finish", "follow", "out", "print_json", "say"]
