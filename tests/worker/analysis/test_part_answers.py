"""Are several questions in one answered each by itself, and does one that fails lose no other?"""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from policies.model import Policy
from store.records import Language
from tests.worker.analysis.sandboxes import LocalSandbox
from tests.worker.analysis.test_answer import GOOD, TABLE, Stages, ask, run
from worker.analysis.answer import answer_question
from worker.analysis.contract import Analysis, RunResult
from worker.analysis.part_answers import part_notes
from worker.engines.base import PipeClosedError
from worker.models.scripted import Line

TWO = "What is the total revenue? How many categories are there?"
COUNT = "result = df['category'].nunique()"
SUM_WORDS, COUNT_WORDS = "The total is 60.75.", "There are 2 categories."
OK = [GOOD, SUM_WORDS, COUNT, COUNT_WORDS]


async def builtin(text: str, sandbox: Any = None) -> Analysis:
    box = sandbox or LocalSandbox(TABLE)
    return await answer_question(ask(text), box, None, Policy(name="default"), Stages())


async def test_each_part_has_its_own_code_result_and_words() -> None:
    sandbox = LocalSandbox(TABLE)
    analysis, model, stages = await run(OK, sandbox, ask(TWO))
    assert analysis.outcome == "ok"
    assert [part.analysis.outcome for part in analysis.parts] == ["ok", "ok"]
    results = [part.analysis.run.result["value"] for part in analysis.parts]  # type: ignore[union-attr, index]
    assert results == [60.75, 2]
    assert analysis.answer == (
        f"1. What is the total revenue: {SUM_WORDS}\n2. How many categories are there: {COUNT_WORDS}"
    )
    assert analysis.code == (
        "# 1. What is the total revenue?\nresult = df['revenue'].sum()\n\n"
        f"# 2. How many categories are there?\n{COUNT}"
    )
    assert [attempt.number for attempt in analysis.attempts] == [1, 2]
    assert len(model.asked) == analysis.usage["calls"] == 4
    assert TWO in model.asked[0][1].content
    assert model.asked[2][1].content.endswith("Answer only this one of them:\nHow many categories are there?")
    assert SUM_WORDS not in model.asked[2][1].content, "it stands alone"
    assert stages.seen[-1][1]["attempts"][0]["code"] == "result = df['revenue'].sum()"


async def test_a_part_that_points_back_is_told_of_the_part_before() -> None:
    _, model, _ = await run(OK, question=ask("What is the total revenue? What is its share of Toys?"))
    told = model.asked[2][1].content
    assert SUM_WORDS in told
    assert '"value": 60.75' in told


async def test_a_later_part_does_not_go_on_with_what_was_asked_before_all_of_them() -> None:
    question = replace(
        ask("What is the total revenue? Show monthly."), history=(("What is the average revenue?", "20.25."),)
    )
    analysis, model, _ = await run(OK, question=question)
    assert len(analysis.parts) == 2
    assert "20.25." in model.asked[0][1].content
    assert "20.25." not in model.asked[2][1].content


async def test_a_part_that_fails_is_said_and_loses_no_other() -> None:
    bad = Line(text="result = df['profit'].sum()")
    analysis, _, _ = await run([bad, bad, COUNT, COUNT_WORDS], question=ask(TWO), attempts=2)
    assert analysis.outcome == "ok"
    assert [part.analysis.outcome for part in analysis.parts] == ["code_error", "ok"]
    assert "1. What is the total revenue: not answered: scripted wrote code 2 times" in (
        analysis.answer or ""
    )
    assert COUNT_WORDS in (analysis.answer or "")
    assert part_notes(analysis)[0].startswith("part 1 was not answered: scripted wrote code")
    assert [attempt.number for attempt in analysis.attempts] == [1, 2, 3]
    assert analysis.error is None


async def test_a_part_that_is_not_about_the_data_is_declined_alone() -> None:
    analysis, model, _ = await run(
        [GOOD, SUM_WORDS], question=ask("What is the total revenue? Tell me a joke")
    )
    assert [part.analysis.outcome for part in analysis.parts] == ["ok", "not_answerable"]
    assert analysis.outcome == "ok"
    assert len(model.asked) == 2


async def test_it_fails_only_if_no_part_is_answered() -> None:
    analysis, _, _ = await run([Line(text="no", repeat=True)], question=ask(TWO), attempts=2)
    assert analysis.outcome == "no_code"
    assert analysis.error is not None
    assert "1. scripted was asked 2 times" in analysis.error.message
    assert (analysis.answer, part_notes(analysis)) == (None, [])


async def test_a_model_that_went_down_is_not_asked_for_the_next_part() -> None:
    analysis, model, _ = await run([Line(error="unavailable"), *OK], question=ask(TWO))
    assert analysis.outcome == "model_unavailable"
    assert len(model.asked) == 1


async def test_all_parts_share_the_tokens_of_the_job() -> None:
    line = Line(text=GOOD, repeat=True, input_tokens=1500)
    analysis, model, _ = await run([line], question=ask(TWO), max_total_tokens=2000)
    assert len(model.asked) == 2
    assert analysis.parts[1].analysis.outcome == "no_code"
    assert "2,000 tokens" in (analysis.answer or "")


@dataclass
class Ending(LocalSandbox):
    """Is gone from its second run on."""

    numbers: list[int] = field(default_factory=list)

    async def run(self, code: str, language: Language, number: int) -> RunResult:
        self.numbers.append(number)
        if len(self.numbers) > 1:
            raise PipeClosedError("gone")
        return await super().run(code, language, number)


async def test_a_sandbox_that_ends_does_not_take_the_first_answer_along() -> None:
    analysis, _, _ = await run(OK, box := Ending(TABLE), ask(TWO))
    assert analysis.outcome == "ok"
    assert [part.analysis.outcome for part in analysis.parts] == ["ok", "runner_lost"]
    assert box.numbers == [1, 2]


async def test_the_builtin_planner_answers_parts_too() -> None:
    sandbox = LocalSandbox(TABLE)
    analysis = await builtin(TWO, sandbox)
    assert analysis.outcome == "ok"
    assert [part.analysis.outcome for part in analysis.parts] == ["ok", "ok"]
    assert (analysis.answer_source, len(sandbox.ran)) == ("builtin", 2)
    assert "60.75" in (analysis.answer or "")


async def test_what_the_rules_read_as_one_is_not_split() -> None:
    analysis = await builtin("the sum of revenue and the average of revenue")
    assert analysis.parts == () or analysis.outcome == "ok"


async def test_parts_that_the_rules_do_not_know_are_declined_as_one_question() -> None:
    sandbox = LocalSandbox(TABLE)
    analysis = await builtin("What is the flavour? How many foos are there?", sandbox)
    assert (analysis.outcome, analysis.parts, sandbox.ran) == ("not_answerable", (), [])


@pytest.mark.parametrize("mode", ["sql"])
async def test_parts_in_sql_are_queries_one_after_the_other(mode: str) -> None:
    replies = ["SELECT sum(revenue) AS total FROM sales", SUM_WORDS, "SELECT 2 AS n", COUNT_WORDS]
    analysis, _, _ = await run(replies, question=ask(TWO, mode=mode))
    assert analysis.language == "sql"
    assert analysis.code == (
        "-- 1. What is the total revenue?\nSELECT sum(revenue) AS total FROM sales;\n\n"
        "-- 2. How many categories are there?\nSELECT 2 AS n;"
    )


async def test_without_splitting_it_is_one_question() -> None:
    sandbox = LocalSandbox(TABLE)
    analysis = await answer_question(ask(TWO), sandbox, None, Policy(name="default"), Stages(), splits=False)
    assert analysis.parts == ()
