"""`sandglass batch`: many questions of the same tables at once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from client.api import Sandglass
from client.commands.ask import (
    FORMATS,
    JsonFlag,
    ModelName,
    ModeName,
    NoCacheFlag,
    PolicyName,
    await_profile,
)
from client.commands.console import FAILED, fail, follow, out, print_json
from client.render import plain

_SESSION = re.compile(r"[0-9a-f]{32}")
_MOST = 50
"""Questions of one call."""


def batch(
    words: Annotated[list[str], typer.Argument(metavar="SESSION|FILE... QUESTIONS.txt", show_default=False)],
    as_json: JsonFlag = False,
    model: ModelName = None,
    policy: PolicyName = None,
    mode: ModeName = None,
    no_cache: NoCacheFlag = False,
) -> None:
    """Ask the questions of a file, one in each line, of a session or of files; `#` begins a comment."""
    *tables, questions_file = words
    questions = _questions(Path(questions_file))
    options = {"model": model, "policy": policy, "mode": mode, "cache": False if no_cache else None}
    with Sandglass() as client:
        session_id = _session(client, tables)
        tasks = [
            task
            for at in range(0, len(questions), _MOST)
            for task in client.batch(session_id, questions[at : at + _MOST], **options)["tasks"]
        ]
        records = [follow(client, str(task["task_id"])) for task in tasks]
    if as_json:
        print_json(records)
    else:
        _show(records, session_id)
    raise typer.Exit(0 if all(record.get("state") == "succeeded" for record in records) else FAILED)


def _questions(file: Path) -> list[str]:
    if file.suffix.lower().lstrip(".") in FORMATS and file.suffix.lower() != ".txt":
        fail(f"the questions are missing: sandglass batch {file} QUESTIONS.txt")
    try:
        lines = [line.strip() for line in file.read_text("utf-8-sig").splitlines()]
    except FileNotFoundError:
        fail(f"no such file: {file}")
    except UnicodeError:
        fail(f"not UTF-8 text: {file}")
    except OSError as error:
        fail(f"cannot read {file}: {error.strerror}")
    questions = [line for line in lines if line and not line.startswith("#")]
    return questions or fail(f"there is no question in {file}")


def _session(client: Sandglass, tables: list[str]) -> str:
    if not tables:
        fail("no table: sandglass batch SESSION|FILE... QUESTIONS.txt")
    if len(tables) == 1 and _SESSION.fullmatch(tables[0]):
        return tables[0]
    files = [Path(name) for name in tables]
    for file in files:
        if not file.is_file():
            fail(f"no such file, and no session: {file}")
    made = client.create_session(files)
    await_profile(client, str(made["task_id"]))
    return str(made["session_id"])


def _show(records: list[dict[str, Any]], session_id: str) -> None:
    table = Table("question", "outcome", "answer", "task", show_edge=False, pad_edge=False)
    for record in records:
        error = record.get("error") or {}
        words = record.get("answer") or error.get("message") or ""
        cached = " (cached)" if record.get("cached") else ""
        outcome = f"{record.get('outcome') or record.get('state')}{cached}"
        cells = (record.get("question"), outcome, words, record.get("task_id"))
        table.add_row(*[Text(plain(value)) for value in cells])
    out().print(table)
    typer.echo(f"session {session_id}", err=True)
