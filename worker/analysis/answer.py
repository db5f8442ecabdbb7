"""How is a question answered, from the plan to the words?"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from policies.model import Policy
from store.records import Attempt, JobError
from worker.analysis.contract import Analysis, Decline, Question, Sandbox, StageWriter
from worker.analysis.loop import answer_with_model, declined
from worker.analysis.relevance import decline, irrelevant
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
    """
    if why := await asyncio.to_thread(irrelevant, question.text, question.tables):
        return declined(await asyncio.to_thread(decline, why, question.tables), "builtin")
    if model is None:
        return await _answer_builtin(question, sandbox, on_stage, clock)
    return await answer_with_model(
        question, sandbox, model, policy, on_stage, settings=settings or ModelSettings(), clock=clock
    )


async def _answer_builtin(
    question: Question, sandbox: Sandbox, on_stage: StageWriter, clock: Callable[[], float]
) -> Analysis:
    from worker.models.builtin import plan, word

    await on_stage("planning", {"planner": "builtin"})
    # Rules over a wide profile take a while: the lease is renewed on this loop.
    decision = await asyncio.to_thread(plan, question)
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
    if not failed:
        await on_stage("interpreting", {"attempts": [attempt.model_dump()]})
    return Analysis(
        run.outcome,
        "builtin",
        understood=decision.understood,
        answer=None if failed else word(decision, run.result),
        answer_source="none" if failed else "builtin",
        code=decision.code,
        language=decision.language,
        run=run,
        attempts=(attempt,),
        error=JobError(code=run.outcome, message=run.message or f"the run ended with {run.outcome}")
        if failed
        else None,
    )
