"""`sandglass export`: a session's questions and answers as a file."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from client.api import Sandglass
from client.artifacts import free_path
from client.commands.console import fail
from client.commands.tasks import SessionArgument


class Form(StrEnum):
    """What the gateway writes."""

    ipynb = "ipynb"
    py = "py"
    xlsx = "xlsx"
    html = "html"


def export(
    session_id: SessionArgument,
    form: Annotated[
        Form, typer.Option("--format", help="A notebook, a script, a workbook or a page.")
    ] = Form.html,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to; else a free name here.")
    ] = None,
) -> None:
    """Save a session's questions, answers, code, results and figures as one file."""
    path = output or free_path(Path(), f"sandglass-{session_id[:8]}.{form}")
    part = path.with_name(f"{path.name}.part")
    try:
        with Sandglass() as client, part.open("wb") as file:
            size = client.export(session_id, form, file)
        part.replace(path)
    except OSError as error:
        fail(f"cannot write {path}: {error.strerror}")
    finally:
        part.unlink(missing_ok=True)
    typer.echo(f"saved {path} ({size:,} bytes)")
