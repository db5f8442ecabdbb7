"""`sandglass up`, `down` and `image`: the local stack.

What these need (container SDK, store, Redis) is imported when they run: the other commands start quickly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from client.commands.console import say

if TYPE_CHECKING:
    from client.stack.lifecycle import Up


def up() -> None:
    """Start the local stack in the background: engine, Redis, worker, gateway."""
    from client.stack.lifecycle import bring_up

    stack = bring_up(say)
    state = "already running" if stack.was_running else "up"
    typer.echo(f"Sandglass is {state}: {stack.config.url}")
    typer.echo(f"key: {stack.config.home / 'key'}")
    typer.echo(_engine_words(stack))
    typer.echo(stack.gvisor.words)


def down() -> None:
    """End all that `sandglass up` started, sandboxes included."""
    from client.stack.lifecycle import take_down

    typer.echo("Sandglass is down." if take_down(say) else "Sandglass was not running.")


def image() -> None:
    """Build both images in the engine that the stack uses; quick where they are there."""
    from client.stack.lifecycle import make_image

    make_image(say)


def _engine_words(stack: Up) -> str:
    ours = ", started by this stack" if stack.engine.ours else ""
    return f"engine: {stack.engine.kind} {stack.engine.version} at {stack.engine.url}{ours}"
