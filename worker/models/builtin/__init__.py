"""Which code answers a plain question about tables, with no model to ask (docs/builtin-planner.md)?"""

from __future__ import annotations

from worker.analysis.contract import Decline, Plan, Question, TableView
from worker.models.builtin.planning import needs_no_history, plan_question, suggest_questions
from worker.models.builtin.wording import word

__all__ = ["plan", "reads_alone", "suggest", "word"]


def plan(question: Question) -> Plan | Decline:
    """Return code for the one sure reading of `question`, or the reason why there is none."""
    return plan_question(question)


def reads_alone(question: Question) -> bool:
    """Return whether `question` has one sure reading, and the same without the questions before it."""
    return needs_no_history(question)


def suggest(tables: tuple[TableView, ...]) -> tuple[str, ...]:
    """Return up to three questions about `tables` that `plan` answers."""
    return suggest_questions(tables)
