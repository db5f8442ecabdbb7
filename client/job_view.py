"""How do cached answers, parts, replays and code that waits for an approval look in a terminal?"""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from client.render import code_view, plain, result_view


def cached_view(record: dict[str, Any]) -> RenderableType | None:
    """That nothing was run for this answer; None: something was."""
    if not record.get("cached"):
        return None
    return Text(f"from the cache: the answer of task {plain(record.get('cached_from'))}", style="dim")


def parts_view(record: dict[str, Any], *, coloured: bool) -> RenderableType | None:
    """Each part of a question that held several; None: it held one."""
    blocks: list[RenderableType] = []
    for number, part in enumerate(record.get("parts") or [], 1):
        blocks.append(Text(f"{number}. {plain(part.get('question', ''))}", style="bold"))
        said = part.get("answer") or part.get("error") or part.get("outcome")
        blocks.append(Text(f"   {plain(said)}"))
        for view in (result_view(part.get("result")), code_view(part, coloured=coloured)):
            if view is not None:
                blocks.append(view)
    return Group(*blocks) if blocks else None


def replay_view(record: dict[str, Any]) -> RenderableType | None:
    """What running code again came to; None: the task is no replay."""
    replay = record.get("replay")
    if not replay:
        return None
    head = "the same" if replay.get("same") else "NOT the same"
    lines = [f"replay of {plain(replay.get('of'))}: {head}"]
    lines += [f"  - {plain(one)}" for one in replay.get("differences") or []]
    return Text("\n".join(lines), style="green" if replay.get("same") else "bold red")


def approval_line(record: dict[str, Any]) -> str:
    """Who let the code run, or did not; empty where nobody was asked."""
    approval = record.get("approval") or {}
    if approval.get("state") == "rejected" and approval.get("reason"):
        return f"rejected: {plain(approval['reason'])}"
    if approval.get("state") == "approved":
        return "approved, with code of your own" if approval.get("edited") else "approved as it was"
    return ""


def awaiting_view(record: dict[str, Any], *, coloured: bool) -> RenderableType:
    """Code that waits: what it is, and how one decides."""
    task_id = plain(record.get("task_id"))
    waiting = record.get("approval") or record
    code = code_view(waiting, coloured=coloured) or Text("(no code)")
    understood = record.get("understood")
    lines: list[RenderableType] = [Text("This code waits for your approval:", style="bold")]
    if understood:
        lines.append(Text(f"understood: {plain(understood)}", style="dim"))
    lines += [
        Text(),
        code,
        Text(),
        Text(f"run it:       sandglass approve {task_id}"),
        Text(f"change it:    sandglass approve {task_id} --code FILE"),
        Text(f"do not run it: sandglass reject {task_id}"),
    ]
    return Group(*lines)
