"""What of a run did not come out, in words for its client?"""

from __future__ import annotations

from store.text import clean_text
from worker.analysis.contract import RunResult

_NAMES_SHOWN = 3
_REASONS_SHOWN = 10
_NAME_CHARACTERS = 120
_REASON_CHARACTERS = 200


def left_out(run: RunResult) -> list[str]:
    """Lines: a result that was refused, each reason that files stayed inside, how many more files did."""
    lines = [run.message] if run.outcome == "ok" and run.message else []
    # The names were chosen by the code that ran; cleaned alone, lest an escape in one swallow what follows.
    rows = [
        (clean_text(row["name"])[:_NAME_CHARACTERS], clean_text(row["reason"])[:_REASON_CHARACTERS])
        for row in run.facts.get("dropped", [])
    ]
    by_reason: dict[str, list[str]] = {}
    for name, reason in rows:
        by_reason.setdefault(reason, []).append(name)
    told = list(by_reason.items())[:_REASONS_SHOWN]
    lines += [f"left out: {_listed(names)} ({reason})" for reason, names in told]
    count = max(len(rows), run.facts.get("dropped_count", 0))
    more = count - sum(len(names) for _, names in told)
    return lines + ([f"left out: {more:,} more files"] if more else [])


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return ", ".join(names[:_NAMES_SHOWN]) + more
