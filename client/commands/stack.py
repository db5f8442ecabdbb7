"""`sandglass up` and `down`: the local stack."""

from __future__ import annotations

import typer

from client.commands.console import say
from client.stack.image import build_image
from client.stack.lifecycle import Up, bring_up, ensure_engine, take_down


def up() -> None:
    """Start the local stack in the background: engine, Redis, worker, gateway."""
    stack = bring_up(say)
    state = "already running" if stack.was_running else "up"
    typer.echo(f"Sandglass is {state}: {stack.config.url}")
    typer.echo(f"key: {stack.config.home / 'key'}")
    typer.echo(_engine_words(stack))


def down() -> None:
    """End all that `sandglass up` started, sandboxes included."""
    typer.echo("Sandglass is down." if take_down(say) else "Sandglass was not running.")


def image() -> None:
    """Build the sandbox image in the engine that the stack uses; quick where it is there."""
    from client.stack.config import load_config

    config = load_config()
    build_image(ensure_engine(config, say), config)


def _engine_words(stack: Up) -> str:
    ours = ", started by this stack" if stack.engine.ours else ""
    return f"engine: {stack.engine.kind} {stack.engine.version} at {stack.engine.url}{ours}"
