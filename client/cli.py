"""What can be typed after `sandglass`?"""

from __future__ import annotations

import sys

import typer

from client.commands import ask, batch, compute, decide, export, reading, stack, tasks
from client.commands.blobs import blobs
from client.commands.console import MISUSED
from client.commands.doctor import doctor
from client.commands.keys import keys
from client.errors import ClientError, WrongKeyError
from client.render import plain
from client.settings import find_url

app = typer.Typer(
    name="sandglass",
    help="Questions about tables, answered by code that runs in a throwaway container.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(stack.up)
app.command()(stack.down)
app.command()(ask.ask)
app.command("exec")(ask.execute)
app.command()(tasks.status)
app.command()(tasks.cancel)
app.command()(decide.approve)
app.command()(decide.reject)
app.command()(batch.batch)
app.command()(compute.compute)
app.command()(compute.replay)
app.command()(export.export)
reading.add_to(tasks.sessions)
app.add_typer(tasks.sessions, name="sessions")
app.add_typer(keys, name="keys")
app.add_typer(blobs, name="blobs")
app.command()(doctor)
app.command()(stack.image)


def main() -> None:
    """Run the command line; every error that is ours is one line, exit code 2."""
    try:
        app()
    except ClientError as error:
        sys.exit(_tell(error))


def _tell(error: ClientError) -> int:
    message = str(error)
    if isinstance(error, WrongKeyError):
        message = (
            f"{find_url()} does not accept this key; set SANDGLASS_KEY to a good one "
            "(the local stack's is in .sandglass/key)"
        )
    typer.echo(f"sandglass: {plain(message)}", err=True)
    return MISUSED


if __name__ == "__main__":
    main()
