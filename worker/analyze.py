"""What does an analyze job do? It answers a question about the session's tables."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from store.records import Job, Language, Table
from worker.analysis.answer import answer_question
from worker.analysis.contract import Analysis, Question, Resumed, RunResult, TableView, Turn
from worker.analysis.history import TURNS_KEPT, depends_on_history
from worker.analysis.joins import find_joins
from worker.analysis.standing import stands_alone
from worker.answers import AnswerKey, keep_key, key_of, plain_question, stored_answer
from worker.approval import approval_given, gated, planner_of
from worker.context import JobContext
from worker.ending import JobFailedError, ending
from worker.execute import run_fields
from worker.models.choose import choose_model, resolve_spec
from worker.part_fields import part_fields
from worker.profile import not_hidden
from worker.session_facts import write_facts
from worker.tables import doubts, put_tables, read_files, session_of, session_tables

_JOBS_LOOKED_AT = 30


@dataclass
class LazySandbox:
    """Taken at the first run, so that a question that is declined costs none."""

    context: JobContext
    tables: list[Table]

    async def run(self, code: str, language: Language, number: int) -> RunResult:
        if self.context.sandbox is None:
            await put_tables(self.context, self.tables)
        sandbox = await self.context.take_sandbox()
        run = await sandbox.run(code, language, number)
        self.context.mark("run_seconds", run.seconds)
        return run


async def analyze(context: JobContext) -> dict[str, Any]:
    """Answer the request's question. Raises: JobFailedError, EngineError."""
    changes = await _answer(context)
    if context.job.request.file_ids:
        await write_facts(context)
    return changes


async def stored_under(context: JobContext) -> AnswerKey | None:
    """What the answer is stored under. Raises: JobFailedError, UnknownModelError."""
    return (await _asked(context))[2]


async def _asked(context: JobContext) -> tuple[list[Table], Question, AnswerKey | None]:
    runtime = context.runtime
    tables = await tables_of(context)
    question = _question(context, tables, await _turns(context))
    spec = resolve_spec(context.job.request.model, runtime.models)
    return tables, question, await key_of(context, spec, tables, await _turns_that_count(question))


async def _answer(context: JobContext) -> dict[str, Any]:
    job, runtime = context.job, context.runtime
    model = choose_model(resolve_spec(job.request.model, runtime.models), runtime.models)
    if resumed(job) is not None:
        await _refuse_if_hidden_since(context)
    tables, question, key = await _asked(context)
    stored = await stored_answer(context, key)
    if stored is not None:
        return stored
    analysis = await answer_question(
        question,
        gated(job, LazySandbox(context, tables)),
        model,
        context.policy,
        context.stage,
        settings=runtime.models,
        resumed=resumed(job),
        splits=not job.request.approve,  # a person approves one piece of code
    )
    return keep_key(context, await end(context, analysis, tables), key)


def _question(context: JobContext, tables: list[Table], turns: tuple[Turn, ...]) -> Question:
    views = tuple(TableView(table.name, table.profile) for table in tables)
    return Question(
        text=context.job.request.question or "",
        tables=views,
        mode=context.job.request.mode,
        history=tuple((turn.question, turn.answer) for turn in turns),
        turns=turns,
        joins=find_joins(views),
        hosts=context.policy.egress.hosts if context.policy.egress else (),
    )


async def _turns_that_count(question: Question) -> tuple[Turn, ...]:
    """Those of the turns before that the answer may depend on."""
    if depends_on_history(question.text):
        return question.turns
    asked = plain_question(question.text)
    others = tuple(turn for turn in question.turns if plain_question(turn.question) != asked)
    # "split by region" has no word that points back, and goes on with what was asked before all the same.
    return others if others and not await asyncio.to_thread(stands_alone, question) else ()


async def _refuse_if_hidden_since(context: JobContext) -> None:
    """Code and errors from before something was hidden may tell a model of it. Raises: JobFailedError."""
    hidden_at = (await session_of(context)).hidden_at
    if hidden_at is not None and hidden_at > context.job.created_at:
        raise JobFailedError(
            "not_answerable",
            "Columns were hidden while this waited to be approved. Ask again.",
            code="hidden_since",
        )


def resumed(job: Job) -> Resumed | None:
    """The approved code that the job goes on with; None: it begins."""
    given = approval_given(job.approval)
    return Resumed(given.code, given.language, tuple(job.attempts)) if given is not None else None


async def tables_of(context: JobContext) -> list[Table]:
    """The tables that the job is about. Raises: JobFailedError."""
    job = context.job
    if job.session_id is None:
        raise JobFailedError("not_answerable", "There is no table: upload a file first.", code="no_table")
    if job.request.file_ids and job.approval is None:  # before an approval they were read already
        await context.stage("profiling")
        tables = await read_files(context, job.session_id, job.request.file_ids)
        if (await session_of(context)).hidden:
            # Where code runs, the originals must never have been: another sandbox gets the tables.
            context.release()
            context.notes += await not_hidden(context)
        return tables
    tables = await session_tables(context)
    if not tables:
        files = await context.runtime.store.list_files(job.tenant_id, job.session_id)
        reasons = " ".join(file.error for file in files if file.error)
        raise JobFailedError("bad_file", f"This session has no table that could be read. {reasons}".strip())
    context.notes += doubts(tables)
    return tables


async def _turns(context: JobContext) -> tuple[Turn, ...]:
    """The session's last answered questions, the oldest first; none from before something was hidden."""
    job, hidden_at = context.job, (await session_of(context)).hidden_at
    jobs = await context.runtime.store.list_jobs(job.tenant_id, job.session_id or "", limit=_JOBS_LOOKED_AT)
    turns = [
        Turn(earlier.request.question, earlier.answer, earlier.result, earlier.code, earlier.language)
        for earlier in jobs
        if earlier.kind == "analyze" and earlier.state == "succeeded" and earlier.created_at < job.created_at
        if earlier.request.question and earlier.answer
        if hidden_at is None or earlier.created_at > hidden_at
    ]
    return tuple(reversed(turns[:TURNS_KEPT]))


async def end(context: JobContext, analysis: Analysis, tables: list[Table]) -> dict[str, Any]:
    """The end of a job whose question was answered, or was not."""
    fields: dict[str, Any] = {
        "planner": planner_of(context.job, analysis.planner, analysis.code),
        "understood": analysis.understood or None,
        "answer": analysis.answer or None,
        "code": analysis.code,
        "language": analysis.language,
        "attempts": list(analysis.attempts),
        "usage": {**analysis.usage, "answer_source": analysis.answer_source},
    }
    if analysis.parts:
        fields |= await part_fields(context, analysis)
    if analysis.run is not None:
        fields |= await run_fields(context, analysis.run)
    if analysis.run is not None or any(part.analysis.run for part in analysis.parts):
        data = {table.name: table.sha256 for table in tables}
        fields["receipt"] = await context.receipt(data, analysis.code)
    changes = ending(analysis.outcome, **fields)
    if analysis.outcome != "ok" and analysis.error is not None:
        changes["error"] = analysis.error
    return changes
