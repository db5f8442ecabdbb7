"""How are several questions that stand in one answered, so that one that fails loses none of the others?"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from store.records import Attempt, JobError, Language, Outcome
from worker.analysis.contract import Analysis, AnalysisPart, Question, RunResult, Sandbox, StageWriter, Turn
from worker.analysis.history import TURNS_KEPT, depends_on_history
from worker.engines.base import EngineError

AnswerOne = Callable[[Question, Sandbox, StageWriter], Awaitable[Analysis]]
_LAST: frozenset[Outcome] = frozenset({"model_unavailable", "runner_lost", "engine_error"})
"""After these the next part would only wait for the same end."""
_LOST = "The sandbox was gone before this part could run."


@dataclass(frozen=True)
class _Numbered:
    """The same sandbox; the attempts of this part are numbered after those of the parts before."""

    sandbox: Sandbox
    before: int

    async def run(self, code: str, language: Language, number: int) -> RunResult:
        return await self.sandbox.run(code, language, self.before + number)


async def answer_parts(
    question: Question,
    texts: tuple[str, ...],
    sandbox: Sandbox,
    on_stage: StageWriter,
    answer_one: AnswerOne,
) -> Analysis:
    """Answer each of `texts` by itself, in one sandbox; the parts before are history to one that points back.

    Raises:
        EngineError: No sandbox can be had, and no part was answered.
    """
    parts: list[AnalysisPart] = []
    attempts: list[Attempt] = []
    for text in texts:
        stopped = parts[-1].analysis if parts and parts[-1].analysis.outcome in _LAST else None
        if stopped is not None:
            analysis = Analysis(stopped.outcome, stopped.planner, error=stopped.error, usage=stopped.usage)
        else:
            one = _part_of(question, text, parts)
            box, stage = _Numbered(sandbox, len(attempts)), _stage(on_stage, tuple(attempts))
            try:
                analysis = await answer_one(one, box, stage)
            except EngineError:
                if not any(part.analysis.outcome == "ok" for part in parts):
                    raise
                lost = JobError(code="runner_lost", message=_LOST)
                analysis = Analysis("runner_lost", parts[-1].analysis.planner, error=lost)
        attempts += _renumbered(analysis.attempts, len(attempts))
        parts.append(AnalysisPart(text, analysis))
    return _merged(parts, tuple(attempts))


def part_notes(analysis: Analysis) -> list[str]:
    """For the job's record: which parts have no answer, and why."""
    if analysis.outcome != "ok":
        return []
    return [
        f"part {number} was not answered: {_reason(part.analysis)}"
        for number, part in enumerate(analysis.parts, 1)
        if part.analysis.outcome != "ok"
    ]


def _part_of(question: Question, text: str, before: list[AnalysisPart]) -> Question:
    # A part that stands alone is not to be read as going on with the one before it.
    pointed_at = before if depends_on_history(text) else []
    answered = [part for part in pointed_at if part.analysis.answer and part.analysis.outcome == "ok"]
    turns = [
        Turn(
            part.question,
            part.analysis.answer or "",
            part.analysis.run.result if part.analysis.run else None,
            part.analysis.code,
            part.analysis.language,
        )
        for part in answered
    ]
    known = question.turns or tuple(Turn(asked, answer) for asked, answer in question.history)
    if before and not pointed_at:
        known = ()  # still less with what was asked before all of them
    all_turns = (*known, *turns)[-TURNS_KEPT:]
    pairs = tuple((turn.question, turn.answer) for turn in all_turns)
    return replace(question, text=text, whole=question.text, history=pairs, turns=all_turns)


def _stage(on_stage: StageWriter, before: tuple[Attempt, ...]) -> StageWriter:
    async def write(stage: str, fields: dict[str, Any]) -> None:
        if "attempts" in fields:
            own = [Attempt.model_validate(row) for row in fields["attempts"]]
            rows = [*before, *_renumbered(own, len(before))]
            fields = {**fields, "attempts": [row.model_dump() for row in rows]}
        await on_stage(stage, fields)

    return write


def _renumbered(attempts: list[Attempt] | tuple[Attempt, ...], before: int) -> list[Attempt]:
    return [one.model_copy(update={"number": before + one.number}) for one in attempts]


def _merged(parts: list[AnalysisPart], attempts: tuple[Attempt, ...]) -> Analysis:
    each = [part.analysis for part in parts]
    answered = [one for one in each if one.outcome == "ok"]
    failed = [one for one in each if one.outcome not in ("ok", "not_answerable")] or each
    outcome: Outcome = "ok" if answered else failed[0].outcome
    languages = [one.language for one in each if one.language]
    sources = [one.answer_source for one in answered]
    usage = dict(each[-1].usage)
    if notes := [note for one in each if (note := one.usage.get("answer_note"))]:
        usage["answer_note"] = "; ".join(dict.fromkeys(notes))
    words = "\n".join(_words(number, part) for number, part in enumerate(parts, 1))
    return Analysis(
        outcome,
        each[0].planner,
        understood="; ".join(one.understood for one in each if one.understood),
        answer=words if answered or outcome == "not_answerable" else None,
        answer_source="template" if "template" in sources else sources[0] if sources else "none",
        code=_code(parts),
        language=languages[0] if languages else None,
        attempts=attempts,
        usage=usage,
        error=None if answered else _error(parts, failed[0], outcome),
        parts=tuple(parts),
    )


def _words(number: int, part: AnalysisPart) -> str:
    said = (
        part.analysis.answer if part.analysis.outcome == "ok" else f"not answered: {_reason(part.analysis)}"
    )
    return f"{number}. {part.question.rstrip(' .?')}: {said}"


def _reason(analysis: Analysis) -> str:
    return analysis.error.message if analysis.error else analysis.outcome.replace("_", " ")


def _error(parts: list[AnalysisPart], failed: Analysis, outcome: Outcome) -> JobError:
    reasons = [f"{number}. {_reason(part.analysis)}" for number, part in enumerate(parts, 1)]
    suggestions = failed.error.suggestions if failed.error else []
    return JobError(
        code=outcome, message="No part was answered: " + " ".join(reasons), suggestions=suggestions
    )


def _code(parts: list[AnalysisPart]) -> str | None:
    """The code of all parts, one after the other, each under its question."""
    pieces = []
    for number, part in enumerate(parts, 1):
        if part.analysis.code is not None:
            sign = "--" if part.analysis.language == "sql" else "#"
            end = ";" if part.analysis.language == "sql" else ""
            pieces.append(f"{sign} {number}. {' '.join(part.question.split())}\n{part.analysis.code}{end}")
    return "\n\n".join(pieces) or None
