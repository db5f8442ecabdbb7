"""`sandglass doctor`: what is wrong with this stack, and how is it mended?"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer
from rich.text import Text

from client.commands.ask import JsonFlag
from client.commands.console import out, print_json
from client.render import plain
from client.stack.config import load_config, read_remembered

if TYPE_CHECKING:
    from client.doctor.judge import Check

_STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red"}


def doctor(as_json: JsonFlag = False) -> None:
    """Check each part of the local stack, limits from inside a sandbox included. Exit code 1 if one fails."""
    from client.doctor.examine import examine
    from client.doctor.judge import exit_status

    config = load_config()
    kept = read_remembered(config.home)
    checks = []
    for check in examine(config, kept.engine_url if kept else ""):
        checks.append(check)
        if not as_json:
            _show(check)
    if as_json:
        print_json({"healthy": exit_status(checks) == 0, "checks": [asdict(check) for check in checks]})
    raise typer.Exit(exit_status(checks))


def _show(check: Check) -> None:
    line = Text(f"{check.level:<5}", style=_STYLES[check.level])
    line.append(f"{check.name:<22} ", style="bold")
    line.append(plain(check.message), style="default")
    if check.fix and check.level != "ok":
        line.append(f"\n     {'':<22} mend: {plain(check.fix)}", style="default")
    out().print(line, soft_wrap=True)
