"""What does a compute job do? It runs the SQL of a named operation: a model's, or the predefined one."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import Any

from store.operations import ColumnError, table_with
from store.records import Attempt, JobError, Table
from worker.analysis.contract import Analysis, Question, RunResult, Sandbox, TableView
from worker.analysis.loop import answer_with_model
from worker.analysis.wording import safe_words, template_words
from worker.analyze import LazySandbox, end, resumed, tables_of
from worker.answers import AnswerKey, keep_key, key_of, stored_answer
from worker.approval import approval_given, gated
from worker.compute_sql import Wanted, left_out, misfit, sql_for, twin
from worker.context import JobContext
from worker.ending import JobFailedError, ending
from worker.models.base import Model
from worker.models.choose import choose_model, resolve_spec
from worker.tables import session_of

_SAME = 1e-9
"""Relative: sums of the same numbers in another order differ by less."""
_GROUPS_SAID = 10


@dataclass(frozen=True)
class _Task:
    """What is to be computed, by which SQL, and where."""

    wanted: Wanted
    sql: str
    sandbox: Sandbox


async def compute(context: JobContext) -> dict[str, Any]:
    """Compute the request's operation. Raises: JobFailedError, EngineError, ApprovalNeededError."""
    job, runtime = context.job, context.runtime
    spec = resolve_spec(job.request.model, runtime.models)
    model = choose_model(spec, runtime.models)
    table = await _table(context)
    wanted = _wanted(context, table)
    sql = sql_for(wanted)
    if reason := misfit(wanted) or twin(wanted):
        fields = {"planner": "builtin", "code": sql, "language": "sql", "understood": wanted.words}
        return ending("not_answerable", reason, error_code="incompatible", **fields)
    key = await key_of(context, spec, [table])
    stored = await stored_answer(context, key)
    if stored is not None:
        return stored
    if note := left_out(wanted):
        context.notes.append(note)
    task = _Task(wanted, sql, gated(job, LazySandbox(context, [table])))
    analysis = await _answer(context, task, model)
    return keep_key(context, await end(context, analysis, [table]), key)


async def stored_under(context: JobContext) -> AnswerKey | None:
    """What the value is stored under. Raises: JobFailedError, UnknownModelError."""
    spec = resolve_spec(context.job.request.model, context.runtime.models)
    return await key_of(context, spec, [await _table(context)])


async def _table(context: JobContext) -> Table:
    request = context.job.request
    tables = await tables_of(context)
    hidden = (await session_of(context)).hidden
    try:
        return table_with(tables, hidden, request.table, request.column or "", request.by)
    except ColumnError as error:
        raise JobFailedError("not_answerable", str(error), code="unknown_column") from None


def _wanted(context: JobContext, table: Table) -> Wanted:
    request = context.job.request
    return Wanted(table.profile, table.name, request.column or "", request.operation or "", request.by)


async def _answer(context: JobContext, task: _Task, model: Model | None) -> Analysis:
    given = approval_given(context.job.approval)
    if model is None or (given is not None and given.code == task.sql):
        return await _predefined(context, task)
    question = Question(
        text=task.wanted.question,
        tables=(TableView(task.wanted.table, dict(task.wanted.profile)),),
        mode="sql",
    )
    analysis = await answer_with_model(
        question,
        task.sandbox,
        model,
        context.policy,
        context.stage,
        settings=context.runtime.models,
        clock=time.monotonic,
        resumed=resumed(context.job),
    )
    if analysis.outcome != "ok" or analysis.run is None:
        said = analysis.error.message if analysis.error is not None else analysis.outcome
        context.notes.append(f"the predefined SQL was run, as {analysis.planner} gave none that did: {said}")
        return await _predefined(context, task, analysis)
    if not context.job.request.approve:  # else the check would be code that nobody saw
        own = await _predefined(context, task, analysis)
        if own.outcome == "ok" and own.run is not None and not _same(own.run.result, analysis.run.result):
            context.notes.append(
                f"the predefined SQL's result is shown: that of {analysis.planner} was another one, by\n"
                f"{analysis.code}"
            )
            return own
    return _as_value(analysis, task.wanted)


async def _predefined(context: JobContext, task: _Task, before: Analysis | None = None) -> Analysis:
    attempts = before.attempts if before is not None else ()
    shown = {"planner": "builtin", "code": task.sql, "language": "sql", "understood": task.wanted.words}
    await context.stage("running", shown)
    run = await task.sandbox.run(task.sql, "sql", len(attempts) + 1)
    attempt = Attempt(
        number=len(attempts) + 1,
        code=task.sql,
        language="sql",
        outcome=run.outcome,
        error=run.message or None,
        seconds=run.seconds,
    )
    analysis = Analysis(
        run.outcome,
        "builtin",
        understood=task.wanted.words,
        answer_source="builtin" if run.outcome == "ok" else "none",
        code=task.sql,
        language="sql",
        run=run,
        attempts=(*attempts, attempt),
        usage=before.usage if before is not None else {},
    )
    return _as_value(analysis, task.wanted) if run.outcome == "ok" else _failed(analysis, run)


def _failed(analysis: Analysis, run: RunResult) -> Analysis:
    said = run.message or f"the run ended with {run.outcome}"
    return replace(analysis, error=JobError(code=run.outcome, message=said))


def _as_value(analysis: Analysis, wanted: Wanted) -> Analysis:
    """The analysis with a table of one cell as one value, and with words if it has none."""
    assert analysis.run is not None  # noqa: S101 - outcome ok has a run
    cells = _cells(analysis.run.result)
    result = analysis.run.result
    if cells is not None and len(cells) == 1 and len(cells[0]) == 1:
        result = {"type": "scalar", "value": cells[0][0]}
    words = analysis.answer or safe_words(_words(result, wanted))
    run = replace(analysis.run, result=result)
    return replace(analysis, run=run, answer=words, understood=analysis.understood or wanted.words)


def _words(result: dict[str, Any] | None, wanted: Wanted) -> str:
    cells = _cells(result) or []
    if wanted.by is None or not cells or any(len(row) != 2 for row in cells):
        said = template_words(result, "").removeprefix("The result is ")
        return f"The {wanted.words}, is {said}"
    pairs = [f"{key} {_shown(value)}" for key, value in cells[:_GROUPS_SAID]]
    more = f", and {len(cells) - _GROUPS_SAID:,} more" if len(cells) > _GROUPS_SAID else ""
    return f"The {wanted.words}: {', '.join(pairs)}{more}."


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.10g}"
    return "none" if value is None else f"{value:,}" if type(value) is int else str(value)


def _cells(result: dict[str, Any] | None) -> list[list[Any]] | None:
    """The rows of a result; None: it has none."""
    if result is None:
        return None
    if result.get("type") == "scalar":
        return [[result.get("value")]]
    value = result.get("value")
    return value.get("rows") if result.get("type") == "table" and isinstance(value, dict) else None


def _same(own: dict[str, Any] | None, other: dict[str, Any] | None) -> bool:
    mine, theirs = _cells(own), _cells(other)
    if mine is None or theirs is None or len(mine) != len(theirs):
        return False
    return all(
        len(left) == len(right) and all(_close(*pair) for pair in zip(left, right, strict=True))
        for left, right in zip(mine, theirs, strict=True)
    )


def _close(left: Any, right: Any) -> bool:
    numbers = isinstance(left, int | float) and isinstance(right, int | float)
    return left == right or (numbers and math.isclose(left, right, rel_tol=_SAME, abs_tol=1e-12))
