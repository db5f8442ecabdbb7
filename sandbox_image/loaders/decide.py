"""Which type has each column, judged by all of its cells?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
import duckdb

from .dates import date_hypotheses
from .hypotheses import TEXT, TEXT_NULLS, Hypothesis, boolean_hypotheses, is_missing, trim, trimmed
from .numbers import number_hypotheses
from .preference import FileStyle, choose
from .staging import TextTable

_SAMPLE_ROWS = 2_000
_SAMPLE_VALUES = 500
_ROUNDS = 8
_AGGREGATES = 1_500
# Beyond this, float64, which pandas makes of whole numbers with gaps, would change a number.
_EXACT_IN_FLOAT = 2**53


@dataclass
class Decision:
    """What a column is, and what the reading did to its cells."""

    index: int
    hypothesis: Hypothesis = TEXT
    nulls: dict[str, int] = field(default_factory=dict)
    """The words that were taken for missing, as written, with their counts."""
    present: int = 0
    warnings: list[str] = field(default_factory=list)

    @property
    def expression(self) -> str:
        """SQL: the typed value of the column's cells."""
        return self.hypothesis.expression(f"c{self.index}", trimmed(f"c{self.index}"))


@dataclass
class _Column:
    index: int
    sample: set[str]
    candidates: list[Hypothesis] = field(default_factory=list)
    findings: list[_Finding] = field(default_factory=list)
    settled: bool = False


@dataclass
class _Finding:
    hypothesis: Hypothesis
    violations: int
    examples: list[str]
    present: int
    nulls: dict[str, int]
    extent: float | None


def decide(engine: duckdb.DuckDBPyConnection, table: TextTable) -> list[Decision]:
    """Guess by a sample, check on every cell, and guess again with the cells that spoke against it."""
    columns = _sampled(engine, table)
    for _ in range(_ROUNDS):
        waiting = [column for column in columns if not column.settled]
        if not waiting:
            break
        for column in waiting:
            column.candidates = candidates(column.sample)
        _examine(engine, table, waiting)
        for column in waiting:
            _judge(column)
    for column in columns:
        if not column.settled:
            column.candidates = [TEXT]
            _examine(engine, table, [column])
    style = _style(columns, table)
    return [_decision(column, style) for column in columns]


def candidates(sample: set[str]) -> list[Hypothesis]:
    """The readings that no cell of the sample speaks against, the plainest first; text if there is none."""
    cells = {cell for cell in sample if not is_missing(cell)}
    if not cells:
        return [TEXT]
    found = [*boolean_hypotheses(cells), *number_hypotheses(cells), *date_hypotheses(cells)]
    return list(found) or [TEXT]


def _sampled(engine: duckdb.DuckDBPyConnection, table: TextTable) -> list[_Column]:
    columns = [_Column(index, set()) for index in range(len(table.columns))]
    rows = engine.execute(f"SELECT * FROM {table.scan} LIMIT {_SAMPLE_ROWS}")  # noqa: S608 - our own scan
    while batch := rows.fetchmany(200):
        for column, cells in zip(columns, zip(*batch, strict=True), strict=False):
            if len(column.sample) < _SAMPLE_VALUES:
                column.sample.update(trim(cell) for cell in cells if cell)
    return columns


def _examine(engine: duckdb.DuckDBPyConnection, table: TextTable, columns: list[_Column]) -> None:
    for column in columns:
        column.findings = []
    for chunk in _chunks(columns):
        pairs = [(column, hypothesis) for column in chunk for hypothesis in column.candidates]
        selected = ", ".join(_aggregates(column.index, hypothesis) for column, hypothesis in pairs)
        names = ", ".join(
            f"c{column.index}, {trimmed(f'c{column.index}')} AS t{column.index}" for column in chunk
        )
        row = engine.execute(f"SELECT {selected} FROM (SELECT {names} FROM {table.scan})").fetchone()  # noqa: S608
        assert row is not None  # noqa: S101 - an aggregate has one row
        for number, (column, hypothesis) in enumerate(pairs):
            violations, examples, present, nulls, extent = row[number * 5 : number * 5 + 5]
            kept = [example for example in examples or [] if example is not None]
            column.findings.append(
                _Finding(hypothesis, violations, kept, present, dict(nulls or {}), extent),
            )


def _chunks(columns: list[_Column]) -> Iterator[list[_Column]]:
    chunk: list[_Column] = []
    size = 0
    for column in columns:
        chunk.append(column)
        size += 5 * len(column.candidates)
        if size >= _AGGREGATES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _aggregates(index: int, hypothesis: Hypothesis) -> str:
    raw, t = f"c{index}", f"t{index}"
    missing = hypothesis.missing(t)
    present = f"{raw} IS NOT NULL AND NOT {missing}"
    against = f"{present} AND NOT {hypothesis.holds(t)}"
    extent = "NULL"
    if hypothesis.sql_type == "BIGINT":
        value = hypothesis.value.replace("{t}", t)
        extent = f"max(abs(CASE WHEN {present} THEN {value} END::DOUBLE))"
    if hypothesis.kind == "text":
        violations, examples = "0", "NULL"
    else:
        violations = f"count(*) FILTER ({against})"
        examples = ", ".join(f"{function}({t}) FILTER ({against})" for function in ("first", "min", "max"))
        examples = f"[{examples}]"
    return (
        f"{violations}, {examples}, count(*) FILTER ({present}), "
        f"histogram({t}) FILTER ({raw} IS NOT NULL AND {missing}), {extent}"
    )


def _judge(column: _Column) -> None:
    if any(finding.violations == 0 for finding in column.findings):
        column.settled = True
        return
    seen = len(column.sample)
    for finding in column.findings:
        column.sample.update(finding.examples)
    if len(column.sample) == seen:
        # The form fits and the value does not (30 February, beyond int64): no other form would do.
        column.sample.add("\x00")


def _style(columns: list[_Column], table: TextTable) -> FileStyle:
    style = FileStyle(delimiter=str(table.read_as.get("delimiter", "")))
    for column in columns:
        style.learn([finding.hypothesis for finding in column.findings if finding.violations == 0])
    return style


def _decision(column: _Column, style: FileStyle) -> Decision:
    fitting = [finding for finding in column.findings if finding.violations == 0]
    hypothesis, warnings = choose([finding.hypothesis for finding in fitting], column.sample, style)
    finding = next((finding for finding in fitting if finding.hypothesis is hypothesis), fitting[0])
    decision = Decision(column.index, hypothesis, finding.nulls, finding.present, warnings)
    if hypothesis is TEXT and finding.hypothesis is not TEXT:
        # Chosen for want of evidence: only what a text column takes for missing is missing then.
        decision.nulls = _as_text(finding.nulls)
    if finding.extent is not None and finding.extent > _EXACT_IN_FLOAT and finding.nulls:
        decision.hypothesis = TEXT
        decision.warnings = ["kept as text: with cells missing, whole numbers beyond 2**53 would lose digits"]
        decision.nulls = _as_text(finding.nulls)
    return decision


def _as_text(nulls: dict[str, int]) -> dict[str, int]:
    return {word: count for word, count in nulls.items() if word in TEXT_NULLS}
