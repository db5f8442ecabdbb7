"""How does a conversation become a Jupyter notebook that runs?"""

from __future__ import annotations

import base64
import html
import json
import re
from typing import Any

from gateway.exports.conversation import PLOTLY, PNG, Conversation, Figure, Step, Turn
from gateway.exports.grid import as_grid, plain_text
from gateway.exports.program import FRESH, LIBRARIES, body, opening, prelude

_ROWS_SHOWN = 50
_MARKS = re.compile(r"([\\`*_{}\[\]()#+\-.!|~$>])")


def notebook(conversation: Conversation) -> bytes:
    """The notebook (format 4.5): tables, then each question with its code, result and figures."""
    cells = [
        _markdown(_introduction(conversation)),
        _code(prelude(conversation), [], hidden=True),
        _code(opening(conversation), [], hidden=True),
    ]
    for turn in conversation.turns:
        cells += _cells(turn)
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    content = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python"},
        },
        "cells": cells,
    }
    return json.dumps(content, ensure_ascii=False, indent=1).encode("utf-8", "replace")


def _introduction(conversation: Conversation) -> str:
    tables = [
        f"- `{table.name}`: {table.rows:,} rows of {escaped(table.file)}" for table in conversation.tables
    ]
    notes = [f"- {escaped(note)}" for note in conversation.left_out]
    return "\n".join(
        [
            "# Questions and answers",
            f"Made by Sandglass from session `{conversation.session_id}`. The code below needs "
            f"`pip install {LIBRARIES}` (and scipy, statsmodels or scikit-learn where a question used them).",
            "",
            *tables,
            *notes,
        ]
    )


def _cells(turn: Turn) -> list[dict[str, Any]]:
    asked = f"## {turn.number}. {escaped(turn.title)}"
    words = turn.trouble or turn.answer
    cells = [_markdown("\n\n".join(part for part in (asked, escaped(words)) if part))]
    drawn = [_figure(figure) for figure in turn.figures]
    for place, step in enumerate(turn.steps):
        if step.question:
            cells.append(_markdown(f"### {escaped(step.question)}\n\n{escaped(step.answer)}"))
        cells.append(_step(step, drawn if place == len(turn.steps) - 1 else []))
    return cells


def _step(step: Step, drawn: list[dict[str, Any]]) -> dict[str, Any]:
    written = body(step)
    if written is None or not step.ok:
        # Shown, but not run: it did not work there either.
        return _markdown(f"This code gave no answer:\n\n{_fenced(step.code)}")
    return _code(f"{FRESH}\n{written}\nresult", [*_result(step.result), *drawn])


def _fenced(code: str) -> str:
    longest = max((len(run) for run in re.findall("`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{code}\n{fence}"


def _result(result: dict[str, Any] | None) -> list[dict[str, Any]]:
    if result is None or result.get("type") == "chart":
        return []
    data: dict[str, Any] = {"text/plain": plain_text(result)}
    grid = as_grid(result)
    if grid is not None:
        head = "".join(f"<th>{html.escape(name)}</th>" for name in grid.columns)
        rows = "".join(
            "<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row) + "</tr>"
            for row in grid.rows[:_ROWS_SHOWN]
        )
        data["text/html"] = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    return [{"output_type": "execute_result", "execution_count": None, "metadata": {}, "data": data}]


def _figure(figure: Figure) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if figure.mime == PNG:
        data[PNG] = base64.b64encode(figure.content).decode("ascii")
    elif figure.mime == PLOTLY:
        try:
            data[PLOTLY] = json.loads(figure.content)
        except ValueError:
            data["text/plain"] = f"{figure.name}: no plotly figure"
    return {"output_type": "display_data", "metadata": {}, "data": data}


def escaped(text: str) -> str:
    """Text that Markdown shows as it is: no markup, no link, no formula."""
    return _MARKS.sub(r"\\\1", html.escape(text, quote=False))


def _markdown(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def _code(source: str, outputs: list[dict[str, Any]], *, hidden: bool = False) -> dict[str, Any]:
    metadata = {"jupyter": {"source_hidden": True}} if hidden else {}
    return {
        "cell_type": "code",
        "metadata": metadata,
        "execution_count": None,
        "source": source,
        "outputs": outputs,
    }
