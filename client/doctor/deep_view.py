"""How is shown what comes of the cases: a line for each as it comes, then a table and a count?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from client.render import plain

_STYLES = {"held": "green", "not held": "bold red", "listed": "yellow", "not testable": "dim"}
_ORDER = ("not held", "listed", "not testable")


def show_start(console: Console, start: dict[str, Any]) -> None:
    """What is probed."""
    engine = start["engine"]
    runtime = (engine["runtime_version"].splitlines() or [""])[0]
    console.print(
        plain(
            f"{len(start['cases'])} cases on {engine['name']} {engine['version']}, {runtime}, "
            f"policy {start['policy']}"
        ),
        markup=False,
    )


def case_line(said: dict[str, Any]) -> Text:
    """One case, when it is through."""
    line = Text(f"{said['word']:<13}", style=_STYLES.get(said["word"], ""))
    line.append(f"{said['case_id']:<9}", style="bold")
    line.append(f"{plain(said['title'])}", style="default")
    line.append(f"  {said['seconds']:.1f} s", style="dim")
    return line


def show_table(console: Console, verdicts: Iterable[dict[str, Any]]) -> None:
    """All that is not simply held, with what was seen or the reason."""
    rows = [said for word in _ORDER for said in verdicts if said["word"] == word]
    if not rows:
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("case", "verdict", "what was seen, or why"):
        table.add_column(name, overflow="fold")
    for said in rows:
        about = Text(plain(said["title"]), style="bold")
        about.append(f"\n{plain(said['seen'])}", style="default")
        table.add_row(said["case_id"], Text(said["word"], style=_STYLES[said["word"]]), about)
    console.print()
    console.print(table)


def count_line(counts: dict[str, int]) -> str:
    """The closing line."""
    parts = [f"{counts.get(word, 0)} {word}" for word in ("held", *_ORDER)]
    return f"{sum(counts.values())} cases: {', '.join(parts)}"
