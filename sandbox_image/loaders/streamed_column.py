"""Which type has a column whose cells pass by piece by piece, and what is written of it meanwhile?"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pyarrow.compute as compute

from .dates import NOT_HELD, date_hypotheses
from .decide import NONE_WILL_DO, Column, Decision, Finding, decided
from .examine import Examined, examine
from .hypotheses import TEXT, Hypothesis, is_missing, trim
from .preference import FileStyle
from .readings import candidates
from .wishes import SHOWN_WORDS, Wishes

_ROUNDS = 8


@dataclass
class _Tally:
    hypothesis: Hypothesis
    violations: int = 0
    present: int = 0
    words: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)


@dataclass
class StreamedColumn:
    """One column through all passes over its file."""

    index: int
    name: str
    sample: set[str]
    wishes: Wishes
    learned: int = 0
    seen_whole: bool = True
    """The readings under test were tested on every cell of this pass so far."""
    written: Hypothesis | None = None
    """The reading whose values are being written; None: nothing sure enough."""
    settled: bool = False
    decision: Decision | None = None
    forced: str = ""
    """Why it is text whatever its cells are."""
    _tallies: list[_Tally] = field(default_factory=list)

    def begin_pass(self) -> None:
        """Forget the counts, keep what was learned."""
        if not self._tallies:
            self._propose(self._offered())
        self._propose([tally.hypothesis for tally in self._tallies])
        self.seen_whole = True

    def give_up(self) -> None:
        """After too many surprises it is text."""
        self._propose([self.wishes.text])

    def test(self, engine: duckdb.DuckDBPyConnection, cells: Any) -> dict[str, Examined]:
        """Try what is under test on the next cells; the typed ones of each reading, by its key."""
        while True:
            found = {}
            for tally in self._tallies:
                each = examine(engine, cells, tally.hypothesis)
                found[tally.hypothesis.key] = each
                tally.violations += each.violations
                tally.present += each.present
                tally.words += each.words
                tally.dropped += each.dropped
            examples = {cell for each in found.values() for cell in each.examples}
            if self._fitting() or self._tells_nothing(examples):
                break
            self._learn(examples)
        if NONE_WILL_DO in self.sample:
            ends = compute.min_max(cells).as_py().values()
            self.sample |= {trim(cell) for cell in ends if cell}
        return found

    def typed(self, engine: duckdb.DuckDBPyConnection, cells: Any, found: dict[str, Examined]) -> Any:
        """The cells as what is being written; None: they are not that, or nothing is."""
        if self.written is None:
            return None
        each = found.get(self.written.key) or examine(engine, cells, self.written)
        return each.typed

    def fitting(self) -> list[Hypothesis]:
        """The readings that no cell has spoken against."""
        return [tally.hypothesis for tally in self._fitting()]

    def guess(self, style: FileStyle) -> Hypothesis:
        """What it most likely is, by what has passed."""
        return TEXT if self.forced or not self._fitting() else self._decided(style).hypothesis

    def decide(self, style: FileStyle) -> Decision:
        """What it is, once every cell was tested; settled if that is what was written."""
        if not self._fitting():
            self._learn(set())
            self.decision = Decision(self.index)
            return self.decision
        decision = self._decided(style)
        if self.wishes.is_forced(self.index):
            dropped = next(tally.dropped for tally in self._fitting())
            decision.dropped = dict(dropped.most_common(SHOWN_WORDS))
            if rest := sum(dropped.values()) - sum(decision.dropped.values()):
                decision.dropped[f"{len(dropped) - SHOWN_WORDS} other texts"] = rest
        elif decision.hypothesis.key == "text" and not decision.warnings:
            cells = {cell for cell in self.sample if not is_missing(cell)} - {NONE_WILL_DO}
            if date_hypotheses(cells):
                decision.warnings.append(f"kept as text: {NOT_HELD}")
        if self.forced:
            decision.fall_back_to_text(self.forced)
        self.settled = self.seen_whole and self.written is not None and self.written == decision.hypothesis
        self.decision = decision
        return decision

    def _decided(self, style: FileStyle) -> Decision:
        findings = [
            Finding(tally.hypothesis, tally.violations, tally.present, 0, dict(tally.words))
            for tally in self._tallies
        ]
        return decided(
            Column(self.index, self.sample, findings=findings),
            style,
            self.name,
            self.wishes.is_forced(self.index),
        )

    def _offered(self) -> list[Hypothesis]:
        return self.wishes.offered(self.index, self.sample, candidates)

    def _fitting(self) -> list[_Tally]:
        return [tally for tally in self._tallies if tally.violations == 0]

    def _tells_nothing(self, examples: set[str]) -> bool:
        """Whether there were only words so far that are missing among values, and text among text."""
        return all(tally.hypothesis.key == "empty" for tally in self._tallies) and all(
            map(is_missing, examples)
        )

    def _learn(self, examples: set[str]) -> None:
        if examples <= self.sample:
            # The form fits and the value does not (30 February, beyond int64): no other form would do.
            self.sample.add(NONE_WILL_DO)
        self.sample |= examples
        self.learned += 1
        self.seen_whole = False
        self.written = None
        self._propose([self.wishes.text] if self.learned > _ROUNDS else self._offered())

    def _propose(self, hypotheses: list[Hypothesis]) -> None:
        self._tallies = [_Tally(hypothesis) for hypothesis in hypotheses]


def file_style(columns: list[StreamedColumn], delimiter: str) -> FileStyle:
    """What the columns say together about the file's habits."""
    style = FileStyle(delimiter=delimiter)
    for column in columns:
        style.learn(column.fitting())
    return style
