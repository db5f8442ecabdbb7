"""What passes between the parts of an analysis: tables seen, plans, runs, and what may go wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from store.records import Attempt, JobError, Language, Mode, Outcome, Stream


@dataclass(frozen=True)
class TableView:
    """A table as a planner sees it: never the data, only its profile (docs/architecture.md, Profile)."""

    name: str
    profile: dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """Code to run, and what the planner took the question to mean."""

    code: str
    language: Language
    planner: str
    """Who wrote it: `builtin`, `ollama:llama3.1`, `scripted`."""
    understood: str = ""
    template: dict[str, Any] = field(default_factory=dict)
    """What the builtin planner needs to word the answer; empty for models."""


@dataclass(frozen=True)
class Decline:
    """No code: why, and what could be asked instead (up to three questions that can be answered)."""

    reason: str
    suggestions: tuple[str, ...] = ()
    outcome: Outcome = "not_answerable"


@dataclass(frozen=True)
class Produced:
    """A figure, file or full result table that came out of the sandbox; `path` is a spooled file."""

    name: str
    role: str
    mime: str
    path: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class RunResult:
    """What one run of code came to, as the worker judges it."""

    outcome: Outcome
    message: str = ""
    """For a person; empty when `ok`."""
    result: dict[str, Any] | None = None
    stdout: Stream = field(default_factory=Stream)
    stderr: Stream = field(default_factory=Stream)
    traceback: str = ""
    produced: tuple[Produced, ...] = ()
    seconds: float = 0.0
    facts: dict[str, Any] = field(default_factory=dict)


class Sandbox(Protocol):
    """Where code runs. Attempts share state while the code's process lives."""

    async def run(self, code: str, language: Language, number: int) -> RunResult:
        """Run `code` as attempt `number`; never raises for what the code does.

        Raises:
            EngineError: No sandbox can be had, or it was gone before the code began.
            PolicyError: The policy cannot be read, or its `ca_file` cannot.
        """


@dataclass(frozen=True)
class Join:
    """Columns of two tables that name the same things, so that rows of one belong to rows of the other."""

    left_table: str
    left_column: str
    right_table: str
    right_column: str
    kind: Literal["one_to_one", "many_to_one"]
    """The right column is a key of its table: each left row has at most one right row."""
    coverage: float
    """Share (0 to 1) of the left column's different values that the right column is known to have."""


@dataclass(frozen=True)
class Turn:
    """An earlier question of the session, and what came of it."""

    question: str
    answer: str
    result: dict[str, Any] | None = None
    code: str | None = None
    language: Language | None = None


@dataclass(frozen=True)
class Question:
    """One question with all that a planner may know."""

    text: str
    tables: tuple[TableView, ...]
    mode: Mode = "auto"
    history: tuple[tuple[str, str], ...] = ()
    """Earlier (question, answer) pairs, at most ten, the oldest first."""
    joins: tuple[Join, ...] = ()
    """How the tables belong together, found from their profiles."""
    whole: str = ""
    """What was asked, where `text` is a part of it."""
    hosts: tuple[str, ...] = ()
    """What the policy's allow-list says that code may reach by http and https."""
    turns: tuple[Turn, ...] = ()
    """The same turns with their results and code; empty where only the words are known."""


@dataclass(frozen=True)
class Resumed:
    """Code that a person has approved, to be run as it is, and what was tried before it."""

    code: str
    language: Language
    attempts: tuple[Attempt, ...] = ()


StageWriter = Callable[[str, dict[str, Any]], Awaitable[None]]
"""Called with the new stage (`planning`, `running`, `repairing`, `interpreting`) and fields to store."""


@dataclass(frozen=True)
class Analysis:
    """What came of a question: all that the job's record takes over from it."""

    outcome: Outcome
    planner: str
    understood: str = ""
    answer: str | None = None
    answer_source: Literal["builtin", "model", "template", "none"] = "none"
    """Who worded the answer; `template`: the model failed, or said numbers that the result does not hold."""
    code: str | None = None
    """The last code that was written."""
    language: Language | None = None
    run: RunResult | None = None
    """The last run, if there was one."""
    attempts: tuple[Attempt, ...] = ()
    usage: dict[str, Any] = field(default_factory=dict)
    error: JobError | None = None
    parts: tuple[AnalysisPart, ...] = ()
    """Where the question held several: what came of each. `run` is then None."""


@dataclass(frozen=True)
class AnalysisPart:
    """One of several questions, and what came of it."""

    question: str
    analysis: Analysis
