"""How does a task's record look in a terminal: stages, words, table, code, files?"""

from __future__ import annotations

import unicodedata
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from client.web_view import web_lines, web_text

SHOWN_ROWS = 30
_SHOWN_STREAM_LINES = 40
_STAGE_WORDS = {
    "queued": "waiting for a worker",
    "profiling": "reading the files",
    "planning": "writing code",
    "running": "running the code in a sandbox",
    "repairing": "mending the code",
    "interpreting": "putting the result into words",
    "awaiting_approval": "waiting for your approval of the code",
}


def plain(text: object) -> str:
    """Text without control characters: what code printed must not steer the terminal."""
    return "".join(
        char if char in "\n\t" or unicodedata.category(char) not in {"Cc", "Cf", "Cs"} else "\ufffd"
        for char in str(text)
    )


def stage_words(record: dict[str, Any]) -> str:
    """What is happening now, for a person."""
    stage = str(record.get("stage", ""))
    attempts = record.get("attempts") or []
    words = _STAGE_WORDS.get(stage, plain(stage) or "waiting")
    reading = (record.get("timings") or {}).get("reading")
    if stage == "profiling" and reading and reading.get("of_bytes"):
        share = int(100 * reading["read_bytes"] / reading["of_bytes"])
        again = f", pass {reading['pass']}" if reading["pass"] > 1 else ""
        words += f" ({share} % of {plain(str(reading['file']))}{again})"
    return f"{words} (attempt {len(attempts) + 1})" if stage == "repairing" and attempts else words


def cell(value: object) -> str:
    """One value as it is shown; a missing one is a dash."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.2f}"
    return plain(value)


def result_view(result: dict[str, Any] | None) -> RenderableType | None:
    """The typed result as a table or a line; None: there is none, or the figure is told of elsewhere."""
    if not result:
        return None
    kind, value = result.get("type"), result.get("value")
    if kind == "table" and isinstance(value, dict):
        columns = [str(name) for name in value.get("columns", [])]
        return _table(columns, value.get("rows", []), result)
    if kind == "series" and isinstance(value, dict):
        rows = [
            [key, item] for key, item in zip(value.get("index", []), value.get("values", []), strict=False)
        ]
        return _table(["", str(value.get("name") or "value")], rows, result)
    if kind == "scalar":
        return Text(cell(value), style="bold")
    if kind == "chart":
        return None
    return Text(plain(value))


def code_view(record: dict[str, Any], *, coloured: bool) -> RenderableType | None:
    """The code, highlighted in a terminal, as it is in a pipe; None: none was written."""
    if not record.get("code"):
        return None
    code = plain(record["code"]).rstrip("\n")
    if not coloured:
        return Text(code)
    language = str(record.get("language") or "python")
    return Syntax(code, language, theme="ansi_dark", background_color="default", word_wrap=True)


def stream_view(record: dict[str, Any], name: str) -> RenderableType | None:
    """What was printed to stdout or stderr; None: nothing."""
    stream = record.get(name) or {}
    text = plain(stream.get("text", "")).rstrip("\n")
    if not text:
        return None
    lines = text.split("\n")
    notes = [f"... {len(lines) - _SHOWN_STREAM_LINES} more lines"] if len(lines) > _SHOWN_STREAM_LINES else []
    if stream.get("truncated"):
        notes.append(f"(cut: {stream.get('bytes', 0):,} bytes were printed)")
    return Text("\n".join(lines[:_SHOWN_STREAM_LINES] + notes))


def attempts_view(record: dict[str, Any]) -> RenderableType | None:
    """The attempts, where there was more than one."""
    attempts = record.get("attempts") or []
    if len(attempts) < 2:
        return None
    lines = [
        plain(f"attempt {item.get('number')}: {item.get('outcome')}")
        + (
            f": {plain(item['error']).strip().splitlines()[-1]}"
            if str(item.get("error") or "").strip()
            else ""
        )
        for item in attempts
    ]
    return Text("\n".join(lines), style="dim")


def notes_view(record: dict[str, Any]) -> RenderableType | None:
    """What was left out: a file that could not be read, output over a limit."""
    notes = record.get("notes") or []
    return Text("\n".join(f"note: {plain(note)}" for note in notes), style="yellow") if notes else None


def show_success(console: Console, record: dict[str, Any]) -> None:
    """Words, result, code: a task that went well."""
    if record.get("answer"):
        console.print(Text(plain(record["answer"]), style="bold green"), soft_wrap=True)
    if record.get("understood"):
        console.print(Text(f"understood: {plain(record['understood'])}", style="dim"), soft_wrap=True)
    view = result_view(record.get("result"))
    printed = stream_view(record, "stdout")
    is_printed_text = (record.get("result") or {}).get("type") == "text" and printed is not None
    _block(console, None, None if is_printed_text else view)
    _block(console, "printed", printed)
    _block(console, _code_title(record), code_view(record, coloured=console.is_terminal))
    _block(console, None, attempts_view(record))
    _block(console, None, web_text([plain(line) for line in web_lines(record)]))
    _block(console, None, notes_view(record))


def show_failure(console: Console, record: dict[str, Any]) -> None:
    """Outcome, reason, suggestions, and what there is of code and output: a task that did not."""
    error = record.get("error") or {}
    outcome = record.get("outcome") or record.get("state") or "failed"
    reason = plain(error.get("message") or "no reason was given")
    console.print(Text(f"{plain(outcome)}: {reason}", style="bold red"), soft_wrap=True)
    suggestions = error.get("suggestions") or []
    if suggestions:
        console.print(Text("you could ask:"))
        console.print(Group(*[Text(f"  - {plain(item)}") for item in suggestions]))
    _block(console, "printed", stream_view(record, "stdout"))
    _block(console, "stderr", stream_view(record, "stderr"))
    _block(console, _code_title(record), code_view(record, coloured=console.is_terminal))
    _block(console, None, attempts_view(record))
    _block(console, None, web_text([plain(line) for line in web_lines(record)]))
    _block(console, None, notes_view(record))


def _code_title(record: dict[str, Any]) -> str:
    planner = record.get("planner")
    return f"code ({plain(planner)})" if planner else "code"


def _block(console: Console, title: str | None, view: RenderableType | None) -> None:
    if view is None:
        return
    console.print()
    if title:
        console.print(Text(title, style="dim"))
    # Text is not folded at the terminal's width, so that it can be copied as it is.
    console.print(view, soft_wrap=isinstance(view, Text))


def _table(columns: list[str], rows: list[list[Any]], result: dict[str, Any]) -> RenderableType:
    table = Table(show_edge=False, pad_edge=False)
    for position, name in enumerate(columns):
        numeric = all(isinstance(row[position], int | float) or row[position] is None for row in rows)
        # A Text, because a column may be named like rich's own mark-up.
        table.add_column(Text(plain(name)), justify="right" if numeric and rows else "left", overflow="fold")
    for row in rows[:SHOWN_ROWS]:
        table.add_row(*[Text(cell(value)) for value in row])
    total = _rows_in_all(result, len(rows))
    if total > min(len(rows), SHOWN_ROWS):
        return Group(table, Text(f"... {total - min(len(rows), SHOWN_ROWS):,} more rows", style="dim"))
    return table


def _rows_in_all(result: dict[str, Any], inline: int) -> int:
    shape = result.get("shape")
    return max(inline, int(shape[0])) if isinstance(shape, list) and shape else inline
