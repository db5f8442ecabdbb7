"""What does the record of a job keep of the parts of its question?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from store.records import Part, Stream
from worker.analysis.contract import Analysis, Produced, RunResult
from worker.analysis.part_answers import part_notes
from worker.artifacts import free_name, keep_artifacts, with_chart
from worker.context import JobContext
from worker.left_out import left_out

RESULTS_BYTES_MAX = 6_000_000
"""Of all parts together: a job is one document of the store, which may have 16 MB."""


async def part_fields(context: JobContext, analysis: Analysis) -> dict[str, Any]:
    """The parts with their results, all artifacts, and what was printed; keeps the artifacts."""
    runs = [part.analysis.run for part in analysis.parts]
    produced, names = files_of(runs)
    artifacts = await keep_artifacts(context, produced)
    context.notes += part_notes(analysis)
    for run in runs:
        context.notes += left_out(run) if run is not None else []
    parts: list[Part] = []
    left = RESULTS_BYTES_MAX
    for number, (part, renamed) in enumerate(zip(analysis.parts, names, strict=True), 1):
        one = part.analysis
        result = with_chart(named(one.run.result if one.run else None, renamed), artifacts)
        left -= len(json.dumps(result, ensure_ascii=False, default=str).encode("utf-8", "replace"))
        if left < 0:
            result = None
            context.notes.append(f"left out: the result of part {number} (the parts are too large together)")
        parts.append(
            Part(
                question=part.question,
                outcome=one.outcome,
                understood=one.understood or None,
                answer=one.answer or None,
                result=result,
                code=one.code,
                language=one.language,
                error=one.error.message if one.error else None,
            )
        )
    results = [part.result for part in parts if part.outcome == "ok" and part.result is not None]
    return {
        "parts": parts,
        "result": results[0] if results else None,
        "artifacts": artifacts,
        "stdout": joined([run.stdout for run in runs if run is not None]),
        "stderr": joined([run.stderr for run in runs if run is not None]),
    }


def files_of(runs: Sequence[RunResult | None]) -> tuple[list[Produced], list[dict[str, str]]]:
    """All files under names of their own, and for each part what its names have become.

    What an earlier part wrote is still there in a later one, and comes out again: it is kept once.
    """
    taken: set[str] = set()
    seen: set[tuple[str, str, str]] = set()
    produced: list[Produced] = []
    names: list[dict[str, str]] = []
    for run in runs:
        renamed: dict[str, str] = {}
        for one in run.produced if run is not None else ():
            mark = (one.role, one.name, one.sha256)
            if one.role == "file" and mark in seen:
                continue
            seen.add(mark)
            renamed[one.name] = free_name(one.name, taken)
            produced.append(replace(one, name=renamed[one.name]))
        names.append(renamed)
    return produced, names


def named(result: dict[str, Any] | None, names: dict[str, str]) -> dict[str, Any] | None:
    """`result`, if it is a chart by the name that its figure is kept under."""
    if result is None or result.get("type") != "chart":
        return result
    return {**result, "name": names.get(result["name"], result["name"])}


def joined(streams: list[Stream]) -> Stream:
    """What all parts printed, as one stream."""
    return Stream(
        text="\n".join(stream.text.rstrip("\n") for stream in streams if stream.text),
        bytes=sum(stream.bytes for stream in streams),
        truncated=any(stream.truncated for stream in streams),
    )
