"""How does a conversation become one HTML page that needs nothing else?"""

from __future__ import annotations

import base64
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, Template

from gateway.exports.conversation import PNG, Conversation, Figure
from gateway.exports.grid import as_grid, shown

_ROWS_SHOWN = 100


def report(conversation: Conversation) -> bytes:
    """The page: questions, answers, results, figures as data, code, receipts; no script, nothing loaded."""
    page = _template().render(
        conversation=conversation, grid=as_grid, shown=_readable, picture=_picture, rows_shown=_ROWS_SHOWN
    )
    return page.encode("utf-8", "replace")


@cache
def _template() -> Template:
    source = (Path(__file__).parent / "report.html").read_text("utf-8")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(source)


def _readable(value: Any) -> str:
    """A value to be read, not computed with: six digits of a fraction; whole numbers as they are."""
    if isinstance(value, float) and not value.is_integer():
        return f"{value:,.2f}" if 1e5 <= abs(value) < 1e15 else f"{value:.6g}"
    return str(int(value)) if isinstance(value, float) and abs(value) < 1e15 else shown(value)


def _picture(figure: Figure) -> str:
    if figure.mime != PNG:
        return ""
    return f"data:{PNG};base64,{base64.b64encode(figure.content).decode('ascii')}"
