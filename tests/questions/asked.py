"""What is one entry of the corpus: questions that mean the same, and their truth?"""

from __future__ import annotations

from dataclasses import dataclass

from tests.questions.truth import Compute


@dataclass(frozen=True)
class Asked:
    """Questions about one file that have one true answer."""

    file: str
    truth: Compute
    named: str
    """Words that the planner's `understood` must hold: the columns, values and bounds that count."""
    questions: tuple[str, ...]


def asked(file: str, truth: Compute, named: str, *questions: str) -> Asked:
    return Asked(file, truth, named, questions)
