"""Is a question surely complete by itself, whatever was asked before it?"""

from __future__ import annotations

from dataclasses import replace

from worker.analysis.contract import Question
from worker.analysis.history import depends_on_history
from worker.analysis.parts import split_question


def stands_alone(question: Question) -> bool:
    """Whether the rules read it without the turns before, and no otherwise with them.

    What only a model can read is not sure: a model is told the turns, and may go on with them.
    """
    if _is_read_the_same(question):
        return True
    parts = split_question(question.text)
    return bool(parts) and all(
        not depends_on_history(part) and _is_read_the_same(replace(question, text=part)) for part in parts
    )


def _is_read_the_same(question: Question) -> bool:
    from worker.models.builtin import reads_alone

    return reads_alone(question)
