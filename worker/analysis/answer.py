"""How is a question answered, from the plan to the words?"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from policies.model import Policy
from store.records import Attempt, JobError
from worker.analysis.contract import Analysis, Decline, Plan, Question, Resumed, Sandbox, StageWriter
from worker.analysis.loop import answer_with_model, declined, make_meter
from worker.analysis.part_answers import answer_parts
from worker.analysis.parts import split_question
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
    splits: bool = True,
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
        splits: Whether several questions in one are answered one by one.
    """
    settings = settings or ModelSettings()
    meter = make_meter(model, settings) if model is not None else None

    async def answer_one(one: Question, box: Sandbox, stage: StageWriter) -> Analysis:
        if why := await asyncio.to_thread(irrelevant, one.text, one.tables):
            return declined(await asyncio.to_thread(decline, why, one.tables), "builtin")
        if model is None:
            return await _answer_builtin(one, box, stage, clock, resumed)
        return await answer_with_model(
            one, box, model, policy, stage, settings=settings, clock=clock, resumed=resumed, meter=meter
        )

    texts = await asyncio.to_thread(_parts_of, question) if splits and resumed is None else ()
    if not texts:
        return await answer_one(question, sandbox, on_stage)
    answered = await answer_parts(question, texts, sandbox, on_stage, answer_one)
    # Rules that know none of the parts say it of the question as it was asked.
    none = model is None and answered.outcome == "not_answerable"
    return await answer_one(question, sandbox, on_stage) if none else answered


def _parts_of(question: Question) -> tuple[str, ...]:
    """The questions that it holds; none, where the rules read the whole as one and are sure of it."""
    from worker.models.builtin import plan

    texts = split_question(question.text)
    return () if not texts or isinstance(plan(question), Plan) else texts


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
