"""How does a model get from a question to a result: plan, run, repair, words?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from policies.model import Policy
from store.records import Attempt, JobError, Language, Outcome
from worker.analysis.contract import Analysis, Decline, Question, Resumed, RunResult, Sandbox, StageWriter
from worker.analysis.interpret import put_into_words
from worker.analysis.meter import Meter, TokenBudgetError
from worker.analysis.planner import Draft, write_code
from worker.analysis.prompts import (
    CODE_CHARS_MAX,
    TRACEBACK_CHARS_MAX,
    plan_messages,
    repair_messages,
    trim_traceback,
)
from worker.analysis.relevance import decline, declined_by_model
from worker.analysis.repair import describe_failure, is_repairable
from worker.analysis.schema_choice import tell_tables
from worker.analysis.sizes import size_of
from worker.models.base import Message, Model, ModelError, ModelReplyError
from worker.models.settings import ModelSettings

BROKEN_CODE_CHARS_MAX = 20_000
"""Kept of code that does not parse."""
SAID_LEAST_CHARS = 600
"""Of a reply that went wrong, a model sees so much in any case."""


def make_meter(model: Model, settings: ModelSettings) -> Meter:
    """Of one job: all its questions share its tokens."""
    return Meter(
        model,
        timeout_seconds=settings.model_timeout_seconds,
        max_output_tokens=settings.max_output_tokens,
        max_total_tokens=settings.max_total_tokens,
        context_tokens=settings.context_tokens(model.name),
    )


async def answer_with_model(
    question: Question,
    sandbox: Sandbox,
    model: Model,
    policy: Policy,
    on_stage: StageWriter,
    *,
    settings: ModelSettings,
    clock: Callable[[], float],
    resumed: Resumed | None = None,
    meter: Meter | None = None,
) -> Analysis:
    """Let `model` write code until it runs, at most `policy.limits.attempts` times, and word the result.

    `meter` is the job's, where it asks the model for more than this question.
    """
    meter = meter or make_meter(model, settings)
    language: Language = "sql" if question.mode == "sql" else "python"
    attempts = policy.limits.attempts
    loop = _Loop(question, sandbox, meter, attempts, on_stage, clock, language, settings.schema_tokens)
    if resumed is not None:
        loop.approved, loop.language, loop.attempts = resumed.code, resumed.language, list(resumed.attempts)
    return await loop.answer()


def declined(decision: Decline, planner: str, usage: dict[str, Any] | None = None) -> Analysis:
    """A question that is not answered: nothing ran, and the reason is the answer."""
    error = JobError(code=decision.outcome, message=decision.reason, suggestions=list(decision.suggestions))
    source: Literal["builtin", "model"] = "model" if usage else "builtin"
    return Analysis(
        decision.outcome,
        planner,
        answer=decision.reason,
        answer_source=source,
        usage=usage or {},
        error=error,
    )


@dataclass
class _Loop:
    question: Question
    sandbox: Sandbox
    meter: Meter
    attempts_max: int
    on_stage: StageWriter
    clock: Callable[[], float]
    language: Language
    schema_tokens: int
    attempts: list[Attempt] = field(default_factory=list)
    code: str | None = None
    """The last code that there was, run or not."""
    schema_usage: dict[str, Any] = field(default_factory=dict)
    run: RunResult | None = None
    approved: str | None = None
    """Code that is run first, in place of what the model would say."""

    async def answer(self) -> Analysis:
        await self.on_stage("planning", {"planner": self.meter.model.name})
        asked: list[Message] = []
        messages = asked
        while True:
            try:
                if not asked and self.approved is None:
                    messages = asked = await self._ask_for_code()
                said, trouble = await self._attempt(messages)
            except TokenBudgetError as error:
                return self._failed(self._last_outcome(), str(error))
            except ModelError as error:
                return self._failed("model_unavailable", self._explain_model(error))
            if self.run is not None and not trouble:
                return await self._finish(self.run)
            # Once there was code, the model has taken the question to be about the data.
            if self.code is None and (why := declined_by_model(said)):
                decision = await asyncio.to_thread(decline, why, self.question.tables)
                return declined(decision, self.meter.model.name, self._usage("model"))
            if len(self.attempts) >= self.attempts_max:
                return self._failed(self._last_outcome(), self._explain_attempts(trouble))
            asked = asked or await self._ask_for_code()
            messages = self._ask_again(asked, said, trouble)
            await self.on_stage("repairing", self._shown())

    async def _ask_for_code(self) -> list[Message]:
        told = await tell_tables(self.meter, self.question, self.language, self.schema_tokens)
        self.schema_usage = told.usage
        return plan_messages(self.question, self.language, told.text, self.meter.prompt_tokens_max)

    def _ask_again(self, asked: list[Message], said: str, trouble: str) -> list[Message]:
        room = self.meter.bytes_left(asked, CODE_CHARS_MAX + TRACEBACK_CHARS_MAX)
        trouble = trim_traceback(trouble, min(TRACEBACK_CHARS_MAX, room // 2))
        said_max = max(room - size_of(trouble), SAID_LEAST_CHARS)
        return repair_messages(asked, said, trouble, self.language, said_max)

    async def _attempt(self, messages: list[Message]) -> tuple[str, str]:
        """One reply and, if code came of it, its run: what was said, and what to mend (empty: nothing)."""
        if self.approved is not None:
            code, self.approved = self.approved, None
            return code, await self._run(code)
        started = self.clock()
        try:
            draft = await write_code(self.meter, messages, self.language)
        except ModelReplyError as error:
            draft = Draft("", None)
            self._note(None, "no_code", str(error), self.clock() - started)
            return draft.said, f"{error}. Return only code, and keep it short."
        if self.code is None and declined_by_model(draft.said):
            return draft.said, "declined"
        if draft.found is None:
            self._note(None, "no_code", draft.trouble, self.clock() - started)
            return draft.said, draft.trouble
        if draft.trouble:
            self.code = draft.found.code[:BROKEN_CODE_CHARS_MAX]
            self._note(self.code, "code_error", draft.trouble, self.clock() - started)
            return draft.said, draft.trouble
        return draft.found.code, await self._run(draft.found.code)

    async def _run(self, code: str) -> str:
        self.code = code
        await self.on_stage("running", self._shown())
        started = self.clock()
        run = await self.sandbox.run(code, self.language, len(self.attempts) + 1)
        self._note(code, run.outcome, run.message or None, run.seconds or self.clock() - started)
        self.run = run
        return describe_failure(run) if is_repairable(run) else ""

    async def _finish(self, run: RunResult) -> Analysis:
        if run.outcome != "ok":
            return self._failed(run.outcome, run.message or f"the run ended with {run.outcome}")
        await self.on_stage("interpreting", self._shown())
        words = await put_into_words(self.meter, self.question, self.code or "", run)
        return self._analysis(
            "ok", answer=words.text, answer_source=words.source, usage=self._usage(words.source, words.note)
        )

    def _failed(self, outcome: Outcome, message: str) -> Analysis:
        error = JobError(code=outcome, message=trim_traceback(message))
        return self._analysis(outcome, error=error, usage=self._usage("none"))

    def _analysis(self, outcome: Outcome, **fields: Any) -> Analysis:
        return Analysis(
            outcome,
            self.meter.model.name,
            code=self.code,
            language=self.language,
            run=self.run,
            attempts=tuple(self.attempts),
            **fields,
        )

    def _usage(self, answer_source: str, note: str = "") -> dict[str, Any]:
        usage = {**self.meter.usage, **self.schema_usage, "answer_source": answer_source}
        return {**usage, "answer_note": note} if note else usage

    def _shown(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "language": self.language,
            "attempts": [attempt.model_dump() for attempt in self.attempts],
            "usage": self.meter.usage,
        }

    def _note(self, code: str | None, outcome: Outcome, error: str | None, seconds: float) -> None:
        number = len(self.attempts) + 1
        self.attempts.append(
            Attempt(
                number=number,
                code=code,
                language=self.language,
                outcome=outcome,
                error=trim_traceback(error) if error else None,
                seconds=round(seconds, 6),
            )
        )

    def _last_outcome(self) -> Outcome:
        return "code_error" if self.code is not None else "no_code"

    def _explain_attempts(self, trouble: str) -> str:
        count = len(self.attempts)
        times = "once" if count == 1 else f"{count} times"
        reason = self.attempts[-1].error or trouble
        if self.code is None:
            return f"{self.meter.model.name} was asked {times} and wrote no code: {reason}"
        return f"{self.meter.model.name} wrote code {times}, none of it ran: {reason}"

    def _explain_model(self, error: ModelError) -> str:
        return (
            f"{error}. The builtin planner was not used in its place; to ask it, set the model to `builtin` "
            "(in the request, or SANDGLASS_MODEL)."
        )
