"""How is a question answered, from the plan to the words?"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from policies.model import Policy
from store.records import Attempt, JobError
from worker.analysis.contract import Analysis, Decline, Plan, Question, Resumed, Sandbox, StageWriter
from worker.analysis.loop import answer_with_model, declined
from worker.analysis.relevance import decline, irrelevant
from worker.analysis.wording import safe_words, template_words
from worker.models.base import Model
from worker.models.settings import ModelSettings


async def answer_question(
    question: Question,
    sandbox: Sandbox,
    model: Model | None,
    policy: Policy,
    on_stage: StageWriter,
    *,
    settings: ModelSettings | None = None,
    clock: Callable[[], float] = time.monotonic,
    resumed: Resumed | None = None,
) -> Analysis:
    """Answer one question; every way it can go wrong is an `Analysis` with its own outcome.

    Args:
        question: The words, the tables' profiles, the mode, the turns before.
        sandbox: Where the code runs, the same one for all attempts.
        model: Who writes the code; None is the builtin planner.
        policy: How many attempts there are.
        on_stage: Told of each stage, with fields of the job's record (`code`, `attempts` ...).
        settings: Time and token limits of the model; the environment's by default.
        clock: Seconds, for the attempts' times.
        resumed: Approved code, which is run before anybody is asked for other code.
    """
    if why := await asyncio.to_thread(irrelevant, question.text, question.tables):
        return declined(await asyncio.to_thread(decline, why, question.tables), "builtin")
    if model is None:
        return await _answer_builtin(question, sandbox, on_stage, clock, resumed)
    return await answer_with_model(
        question,
        sandbox,
        model,
        policy,
        on_stage,
        settings=settings or ModelSettings(),
        clock=clock,
        resumed=resumed,
    )


async def _answer_builtin(
    question: Question,
    sandbox: Sandbox,
    on_stage: StageWriter,
    clock: Callable[[], float],
    resumed: Resumed | None = None,
) -> Analysis:
    from worker.models.builtin import plan, word

    await on_stage("planning", {"planner": "builtin"})
    # Rules over a wide profile take a while: the lease is renewed on this loop.
    decision = await asyncio.to_thread(plan, question)
    edited = resumed is not None and not _is_plan(decision, resumed)
    if resumed is not None and edited:
        decision = Plan(resumed.code, resumed.language, "builtin")
    if isinstance(decision, Decline):
        return declined(decision, "builtin")
    shown = {"code": decision.code, "language": decision.language, "understood": decision.understood}
    await on_stage("running", shown)
    started = clock()
    run = await sandbox.run(decision.code, decision.language, 1)
    attempt = Attempt(
        number=1,
        code=decision.code,
        language=decision.language,
        outcome=run.outcome,
        error=run.message or None,
        seconds=run.seconds or clock() - started,
    )
    failed = run.outcome != "ok"
    # The rules know how to word what they planned, not what a person wrote in its place.
    words = None
    if not failed:
        template = safe_words(template_words(run.result, run.stdout.text)) if edited else ""
        words = template or word(decision, run.result)
        await on_stage("interpreting", {"attempts": [attempt.model_dump()]})
    return Analysis(
        run.outcome,
        "builtin",
        understood=decision.understood,
        answer=words,
        answer_source="none" if failed else "template" if edited else "builtin",
        code=decision.code,
        language=decision.language,
        run=run,
        attempts=(attempt,),
        error=JobError(code=run.outcome, message=run.message or f"the run ended with {run.outcome}")
        if failed
        else None,
    )


def _is_plan(decision: Plan | Decline, resumed: Resumed) -> bool:
    if isinstance(decision, Decline):
        return False
    return (decision.code, decision.language) == (resumed.code, resumed.language)
