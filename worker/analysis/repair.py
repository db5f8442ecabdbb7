"""Which failures is a model asked to mend, and what is it told?"""

from __future__ import annotations

from store.records import Outcome
from worker.analysis.contract import RunResult

_REPAIRABLE: frozenset[Outcome] = frozenset({"code_error"})


def is_repairable(run: RunResult) -> bool:
    """A wrong program may be mended; a timeout, an end of memory or a lost sandbox is final."""
    return run.outcome in _REPAIRABLE


def describe_failure(run: RunResult) -> str:
    """What the model is shown of a failed run."""
    return run.traceback or run.message or run.stderr.text or run.outcome
