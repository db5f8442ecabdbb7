"""In which forms is a conversation given away?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gateway.exports.conversation import Conversation
from gateway.exports.notebook import notebook
from gateway.exports.report import report
from gateway.exports.script import script
from gateway.exports.workbook import workbook

__all__ = ["FORMS", "Conversation", "Form"]


@dataclass(frozen=True)
class Form:
    """One form: who writes it, and whether it needs the tables."""

    write: Callable[[Conversation], bytes]
    runs: bool
    """It is a program: it needs the data."""


FORMS = {
    "ipynb": Form(notebook, runs=True),
    "py": Form(script, runs=True),
    "xlsx": Form(workbook, runs=False),
    "html": Form(report, runs=False),
}
