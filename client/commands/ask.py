"""`sandglass ask` and `exec`: a question, or code, and what came of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from client.api import Sandglass
from client.commands.console import fail, finish, follow
from client.commands.hidden_words import parse_hidden
from client.commands.settling import settle

FORMATS = ("csv", "tsv", "txt", "json", "xlsx", "xls")

JsonFlag = Annotated[bool, typer.Option("--json", help="Print the status record only.")]
SaveFolder = Annotated[
    Path | None, typer.Option("--save", metavar="DIR", help="Download the artifacts to here.")
]
SessionId = Annotated[
    str | None, typer.Option("--session", metavar="ID", help="Use the tables of this session.")
]
PolicyName = Annotated[str | None, typer.Option("--policy", help="The limits to run under.")]
ModelName = Annotated[str | None, typer.Option("--model", help="As ollama:llama3.1; else the server's own.")]
ModeName = Annotated[str | None, typer.Option("--mode", help="auto, pandas or sql.")]
NoCacheFlag = Annotated[bool, typer.Option("--no-cache", help="Run anew what was answered before.")]


def ask(
    words: Annotated[list[str], typer.Argument(metavar='FILE... "QUESTION"', show_default=False)],
    as_json: JsonFlag = False,
    model: ModelName = None,
    policy: PolicyName = None,
    mode: ModeName = None,
    session: SessionId = None,
    save: SaveFolder = None,
    approve: Annotated[bool, typer.Option("--approve", help="See the code before it runs.")] = False,
    no_cache: NoCacheFlag = False,
    direct: Annotated[
        bool, typer.Option("--direct", help="Put the files straight into the blob store, for large ones.")
    ] = False,
    hide: Annotated[
        list[str] | None, typer.Option(help="TABLE.COLUMN that neither model nor code sees; may be repeated.")
    ] = None,
) -> None:
    """Ask a question of tables: csv, tsv, txt, json, xlsx, xls, gz, zip; --session adds files to it."""
    question, files = words[-1], [Path(word) for word in words[:-1]]
    _check_words(question, files, session)
    options: dict[str, Any] = {"model": model, "policy": policy, "mode": mode}
    options |= {"approve": approve or None, "cache": False if no_cache else None}
    hidden = parse_hidden(hide or [])
    if hidden and not files:
        fail("--hide goes with files; for those of a session: sandglass sessions hide ID TABLE.COLUMN")
    with Sandglass() as client:
        task_id = _submit(client, question, files, session, options, hidden, direct)
        settle(client, follow(client, task_id), as_json, save)


def execute(
    source: Annotated[
        str, typer.Argument(metavar="[FILE|-]", help="A file of code; - is standard input.")
    ] = "-",
    as_json: JsonFlag = False,
    language: Annotated[str | None, typer.Option(help="python or sql; else by the file's name.")] = None,
    policy: PolicyName = None,
    session: SessionId = None,
    save: SaveFolder = None,
) -> None:
    """Run code in a sandbox, without a model."""
    code = read_code(source)
    if not code.strip():
        fail("there is no code to run")
    chosen = language or ("sql" if source.lower().endswith(".sql") else "python")
    with Sandglass() as client:
        task = client.execute(code, chosen, session_id=session, policy=policy)
        finish(client, follow(client, str(task["task_id"])), as_json, save)


def _check_words(question: str, files: list[Path], session: str | None) -> None:
    for file in files:
        if not file.exists():
            fail(f"no such file: {file}")
        if not file.is_file():
            fail(f"not a file: {file}")
    if not question.strip():
        fail("the question is empty")
    looks_like_file = Path(question).suffix.lower().lstrip(".") in FORMATS and " " not in question
    if looks_like_file or (len(question) < 256 and Path(question).is_file()):
        fail(f'the question is missing: sandglass ask {question} "QUESTION"')
    if not files and session is None:
        fail('no table: sandglass ask FILE... "QUESTION", or give --session ID')


def _submit(
    client: Sandglass,
    question: str,
    files: list[Path],
    session: str | None,
    options: dict[str, Any],
    hidden: dict[str, list[str]],
    direct: bool,
) -> str:
    try:
        uploads = [client.upload(file) for file in files] if direct else []
        sent = [] if direct else files
        if session is None:
            made = client.one_shot(sent, question, uploads, hidden=hidden, **options)
            return str(made["task_id"])
        for file in sent:
            await_profile(client, str(client.add_file(session, file, hidden)["task_id"]))
        for upload_id in uploads:
            await_profile(client, str(client.add_uploads(session, [upload_id], hidden)["task_id"]))
        return str(client.analyze(session, question, **options)["task_id"])
    except PermissionError as error:
        fail(f"cannot read {error.filename}")


def await_profile(client: Sandglass, task_id: str) -> None:
    """Wait until uploaded files are read; ends the command if none could be."""
    record = follow(client, task_id)
    if record.get("state") != "succeeded":
        error = record.get("error") or {}
        fail(f"{record.get('outcome')}: {error.get('message', 'the file could not be read')}", code=1)


def read_code(source: str) -> str:
    """The code in a file, or in standard input for `-`; ends the command if there is none to be read."""
    try:
        if source == "-":
            code = sys.stdin.read()
            code.encode()  # a byte that is no UTF-8 was read as a lone surrogate
            return code.removeprefix("\ufeff")
        return Path(source).read_text("utf-8-sig")
    except FileNotFoundError:
        fail(f"no such file: {source}")
    except UnicodeError:
        fail(f"not UTF-8 text: {source}")
    except OSError as error:
        fail(f"cannot read {source}: {error.strerror}")
