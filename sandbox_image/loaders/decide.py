"""Which type has each column, judged by all of its cells?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import duckdb

from .dates import COMPACT, NOT_HELD, date_hypotheses
from .hypotheses import TEXT, TEXT_NULLS, Hypothesis, is_missing, trim, trimmed
from .names import is_code, is_number_of_things
from .nearly import Nearly, find_nearly
from .preference import FileStyle, choose
from .read_as import ReadAs
from .readings import candidates as candidates
from .staging import TextTable
from .wide import chunks
from .wishes import Wishes

_SAMPLE_ROWS = 2_000
_SAMPLE_VALUES = 500
_ROUNDS = 8
_HISTOGRAMS = 16
NONE_WILL_DO = "\x00"


@dataclass
class Decision:
    """What a column is, and what the reading did to its cells."""

    index: int
    hypothesis: Hypothesis = TEXT
    nulls: dict[str, int] = field(default_factory=dict)
    """The words that were taken for missing, as written, with their counts."""
    present: int = 0
    warnings: list[str] = field(default_factory=list)
    dropped: dict[str, int] = field(default_factory=dict)
    """Cells that are not what a person said the column is, with their counts."""
    nearly: Nearly | None = None
    """What a column of text would be but for a few cells."""

    @property
    def expression(self) -> str:
        """SQL: the typed value of the column's cells."""
        raw = f"c{self.index}"
        return self.hypothesis.expression(raw, trimmed(raw), words=bool(self.nulls))

    def fall_back_to_text(self, why: str) -> None:
        """Keep the cells as they are; only what a text column takes for missing is missing then."""
        self.hypothesis = TEXT
        self.warnings = [f"kept as text: {why}"]
        self.nulls = {word: count for word, count in self.nulls.items() if word in TEXT_NULLS}


@dataclass
class Column:
    """A column on its way to a decision."""

    index: int
    sample: set[str]
    candidates: list[Hypothesis] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    examples: set[str] = field(default_factory=set)
    settled: bool = False


@dataclass
class Finding:
    """What the cells of a column said about one reading."""

    hypothesis: Hypothesis
    violations: int
    present: int
    null_words: int
    nulls: dict[str, int] = field(default_factory=dict)


def decide(engine: duckdb.DuckDBPyConnection, table: TextTable, wanted: ReadAs) -> list[Decision]:
    """Guess by a sample, check on every cell, and guess again with the cells that spoke against it."""
    wishes = Wishes(wanted, table)
    columns = _sampled(engine, table)
    for _ in range(_ROUNDS):
        waiting = [column for column in columns if not column.settled]
        if not waiting:
            break
        for column in waiting:
            column.candidates = wishes.offered(column.index, column.sample, candidates)
        _examine(engine, table, waiting)
        for column in waiting:
            column.settled = any(finding.violations == 0 for finding in column.findings)
        refuted = [column for column in waiting if not column.settled]
        _find_examples(engine, table, refuted)
        for column in refuted:
            _learn(column)
    for column in columns:
        if not column.settled:
            column.candidates = [wishes.text]
            _examine(engine, table, [column])
    _count_null_words(engine, table, columns)
    style = _style(columns, table)
    decisions = [
        decided(column, style, table.columns[column.index], wishes.is_forced(column.index))
        for column in columns
    ]
    _look_again(engine, table, columns, decisions, wishes)
    return decisions


def _look_again(
    engine: duckdb.DuckDBPyConnection,
    table: TextTable,
    columns: list[Column],
    decisions: list[Decision],
    wishes: Wishes,
) -> None:
    """Say why columns that look like values are text, and what a person's word made missing."""
    for column, decision in zip(columns, decisions, strict=True):
        if wishes.is_forced(column.index):
            decision.dropped = wishes.dropped(engine, column.index, decision.hypothesis)
        elif decision.hypothesis.key == "text" and not decision.warnings:
            if date_hypotheses({cell for cell in column.sample if not is_missing(cell)} - {NONE_WILL_DO}):
                decision.warnings.append(f"kept as text: {NOT_HELD}")
            else:
                decision.nearly = find_nearly(engine, table, column.index, column.sample, candidates)
                decision.warnings += [decision.nearly.said] if decision.nearly else []


def sampled_cells(engine: duckdb.DuckDBPyConnection, table: TextTable) -> list[set[str]]:
    """Of each column, the cells by which its type is guessed first."""
    return [column.sample for column in _sampled(engine, table)]


def _sampled(engine: duckdb.DuckDBPyConnection, table: TextTable) -> list[Column]:
    columns = [Column(index, set()) for index in range(len(table.columns))]
    for chunk in chunks(columns):
        names = ", ".join(f"c{column.index}" for column in chunk)
        rows = engine.execute(f"SELECT {names} FROM {table.scan} LIMIT {_SAMPLE_ROWS}")  # noqa: S608
        while batch := rows.fetchmany(200):
            for column, cells in zip(chunk, zip(*batch, strict=True), strict=True):
                if len(column.sample) < _SAMPLE_VALUES:
                    column.sample.update(trim(cell) for cell in cells if cell)
    return columns


def _examine(engine: duckdb.DuckDBPyConnection, table: TextTable, columns: list[Column]) -> None:
    """Count, for each candidate of each column, the cells that are there and those that speak against it."""
    for column in columns:
        column.findings = []
    for chunk in chunks(columns):
        pairs = [(column, hypothesis) for column in chunk for hypothesis in column.candidates]
        selected = ", ".join(_counts(column.index, hypothesis) for column, hypothesis in pairs)
        row = engine.execute(f"SELECT {selected} FROM {_prepared(table, pairs)}").fetchone()  # noqa: S608
        assert row is not None  # noqa: S101 - an aggregate has one row
        for number, (column, hypothesis) in enumerate(pairs):
            column.findings.append(Finding(hypothesis, *row[number * 3 : number * 3 + 3]))


def _prepared(table: TextTable, pairs: Sequence[tuple[Column, Hypothesis]]) -> str:
    """SQL for `FROM`: trimmed cells (t), and whether a value is there (p), each worked out once."""
    indexes = sorted({column.index for column, _ in pairs})
    cells = ", ".join(f"{trimmed(f'c{index}')} AS t{index}" for index in indexes)
    flags = {
        _flag(column.index, each): f"t{column.index} IS NOT NULL AND NOT {each.missing(f't{column.index}')}"
        for column, each in pairs
    }
    named = ", ".join(f"{sql} AS {name}" for name, sql in flags.items())
    return f"(SELECT *, {named} FROM (SELECT {cells} FROM {table.scan}))"  # noqa: S608


def _flag(index: int, hypothesis: Hypothesis) -> str:
    return f"{'q' if hypothesis.kind == 'text' else 'p'}{index}"


def _counts(index: int, hypothesis: Hypothesis) -> str:
    flag, t = _flag(index, hypothesis), f"t{index}"
    against = "0" if hypothesis.key == "text" else f"count(*) FILTER ({flag} AND NOT {hypothesis.holds(t)})"
    return f"{against}, count(*) FILTER ({flag}), count(*) FILTER ({t} <> '' AND NOT {flag})"


def _find_examples(engine: duckdb.DuckDBPyConnection, table: TextTable, columns: list[Column]) -> None:
    """Fetch some of the cells that speak against every candidate of a column."""
    pairs = [(column, finding.hypothesis) for column in columns for finding in column.findings]
    for chunk in chunks(pairs):
        selected = ", ".join(
            f"{function}(t{column.index}) FILTER "
            f"({_flag(column.index, each)} AND NOT {each.holds(f't{column.index}')})"
            for column, each in chunk
            for function in ("first", "min", "max")
        )
        row = engine.execute(f"SELECT {selected} FROM {_prepared(table, chunk)}").fetchone() or ()  # noqa: S608
        for number, (column, _) in enumerate(chunk):
            column.examples.update(cell for cell in row[number * 3 : number * 3 + 3] if cell is not None)


def _count_null_words(engine: duckdb.DuckDBPyConnection, table: TextTable, columns: list[Column]) -> None:
    """Which words were taken for missing, and how often; asked only of the columns that have some."""
    found = [
        (column.index, finding)
        for column in columns
        for finding in column.findings
        if finding.violations == 0 and finding.null_words
    ]
    # Each histogram takes some MiB at once, however few words it counts.
    for chunk in chunks(found, _HISTOGRAMS):
        counted = ", ".join(
            f"histogram(t{index}) FILTER ({finding.hypothesis.missing(f't{index}')} AND t{index} <> '')"
            for index, finding in chunk
        )
        names = ", ".join(f"{trimmed(f'c{index}')} AS t{index}" for index in {index for index, _ in chunk})
        row = engine.execute(f"SELECT {counted} FROM (SELECT {names} FROM {table.scan})").fetchone()  # noqa: S608
        for (_, finding), words in zip(chunk, row or (), strict=True):
            finding.nulls = dict(words or {})


def _learn(column: Column) -> None:
    if column.examples <= column.sample:
        # The form fits and the value does not (30 February, beyond int64): no other form would do.
        column.sample.add(NONE_WILL_DO)
    column.sample |= column.examples


def _style(columns: list[Column], table: TextTable) -> FileStyle:
    style = FileStyle(delimiter=str(table.read_as.get("delimiter", "")))
    for column in columns:
        style.learn([finding.hypothesis for finding in column.findings if finding.violations == 0])
    return style


def decided(column: Column, style: FileStyle, name: str, forced: bool) -> Decision:
    """What the column called `name` is, of the readings that no cell speaks against."""
    fitting = [finding for finding in column.findings if finding.violations == 0]
    readings = [finding.hypothesis for finding in fitting]
    if len(readings) > 1 and is_number_of_things(name):
        # 20240131 is a date, unless the column is called a number.
        readings = [each for each in readings if each.key != COMPACT]
    hypothesis, warnings = choose(readings, column.sample, style)
    finding = next((finding for finding in fitting if finding.hypothesis is hypothesis), fitting[0])
    decision = Decision(column.index, hypothesis, finding.nulls, finding.present, warnings)
    if hypothesis is TEXT and finding.hypothesis is not TEXT:
        decision.fall_back_to_text(warnings[0])
    if hypothesis.kind == "number" and not forced and is_code(name, column.sample):
        decision.fall_back_to_text("a code, by the column's name; read_as.types makes a number of it")
    return decision
