"""Does a question without a model go from rules to a worded result, or to a decline without a run?"""

from typing import Any

import pytest

from policies.model import Policy
from tests.worker.analysis.sandboxes import FixedSandbox, LocalSandbox
from worker.analysis.answer import answer_question
from worker.analysis.contract import Analysis, Question, Sandbox, TableView

TABLE: dict[str, list[Any]] = {"category": ["Toys", "Books", "Toys"], "revenue": [10.5, 20.25, 30.0]}
PROFILE = {
    "name": "sales",
    "file": "sales.csv",
    "rows": 3,
    "columns": [
        {
            "name": "category", "dtype": "object", "kind": "text", "nulls": 0, "unique": 2, "min": None,
            "max": None, "mean": None, "values": ["Books", "Toys"], "top": [["Toys", 2], ["Books", 1]],
        },
        {
            "name": "revenue", "dtype": "float64", "kind": "number", "nulls": 0, "unique": 3, "min": 10.5,
            "max": 30.0, "mean": 20.25, "values": None, "top": [],
        },
    ],
    "sample": [["Toys", 10.5], ["Books", 20.25], ["Toys", 30.0]],
    "coercions": [],
}  # fmt: skip


async def ask(text: str, sandbox: Sandbox) -> tuple[Analysis, list[str]]:
    stages: list[str] = []

    async def on_stage(stage: str, fields: dict[str, Any]) -> None:
        stages.append(stage)

    question = Question(text, (TableView("sales", PROFILE),))
    return await answer_question(question, sandbox, None, Policy(name="default"), on_stage), stages


async def test_a_question_that_the_rules_know_is_run_and_worded() -> None:
    analysis, stages = await ask("What is the total revenue?", LocalSandbox(TABLE))
    assert (analysis.outcome, analysis.planner, analysis.answer_source) == ("ok", "builtin", "builtin")
    assert analysis.run is not None
    assert "60.75" in (analysis.answer or "")
    assert "revenue" in analysis.understood
    assert "revenue" in (analysis.code or "")
    assert [attempt.outcome for attempt in analysis.attempts] == ["ok"]
    assert stages == ["planning", "running", "interpreting"]


async def test_a_decline_runs_nothing_and_says_what_could_be_asked() -> None:
    sandbox = LocalSandbox(TABLE)
    analysis, stages = await ask("Why is the sky so melancholic tonight?", sandbox)
    assert analysis.outcome == "not_answerable"
    assert analysis.error is not None
    assert analysis.error.message
    assert analysis.error.suggestions
    assert (sandbox.ran, stages) == ([], ["planning"])


@pytest.mark.parametrize("outcome", ["timeout", "oom", "code_error", "engine_error"])
async def test_a_run_that_fails_is_the_outcome(outcome: Any) -> None:
    analysis, _ = await ask("What is the total revenue?", FixedSandbox(outcome, "went wrong"))
    assert analysis.outcome == outcome
    assert analysis.error is not None
    assert (analysis.error.message, analysis.answer) == ("went wrong", None)
    assert analysis.code
