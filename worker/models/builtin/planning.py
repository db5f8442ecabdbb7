"""Is there one table and one reading for a question, and what is said if not?"""

from __future__ import annotations

from collections.abc import Iterator

from worker.analysis.contract import Decline, Plan, Question, TableView
from worker.models.builtin.code import write
from worker.models.builtin.describing import describe
from worker.models.builtin.following import is_read_alone, settle
from worker.models.builtin.frame import Frame
from worker.models.builtin.joined import joins_text
from worker.models.builtin.reader import read
from worker.models.builtin.schema import Column, Table, read_table, table_noun
from worker.models.builtin.sql import why_not, write_sql
from worker.models.builtin.tokens import is_made_up, stem, tokenize

MAX_CHARACTERS = 2000
MAX_TABLES = 200
MAX_SUGGESTED_FROM = 5
"""Suggestions are about so many tables at most."""
MAX_CHECKED = 30
_ROWS_IN_MEMORY = 5_000_000
_DRAWN = frozenset({"trend", "frequency", "histogram"})
"""Kinds whose figure is drawn although nobody says chart."""
"""With so many tables a suggestion is tried against every one, with more against its own, which it names."""


def plan_question(question: Question) -> Plan | Decline:
    """Return code for the one sure reading of `question`, or the reason why there is none."""
    tables = tuple(read_table(view, first=at == 0) for at, view in enumerate(question.tables))
    if not tables:
        return Decline("There is no table to ask about: add a file first.")
    if len(question.text) > MAX_CHARACTERS:
        return _declined(f"the question is longer than {MAX_CHARACTERS} characters", question)
    if not any(token.kind != "sign" for token in tokenize(question.text)):
        return _declined("the question is empty", question)
    if len(tables) > MAX_TABLES:
        return _declined(f"there are more than {MAX_TABLES} tables to choose from", question)
    found, before = settle(question.text, tables, question.joins, question.history)
    if isinstance(found, str):
        return _declined(found, question)
    return _planned(found.frame, found.table, question, before)


def needs_no_history(question: Question) -> bool:
    """Return whether `question` has one sure reading, and the same without the questions before it."""
    if len(question.text) > MAX_CHARACTERS or not 0 < len(question.tables) <= MAX_TABLES:
        return False
    tables = tuple(read_table(view, first=at == 0) for at, view in enumerate(question.tables))
    return is_read_alone(question.text, tables, question.joins, question.history)


def _planned(frame: Frame, table: Table, question: Question, before: str) -> Plan | Decline:
    understood = describe(frame, table)
    template: dict[str, object] = {
        "kind": frame.kind,
        "unit": " %" if frame.kind.startswith("share") or frame.kind == "growth" else "",
        "filtered": bool(frame.filters),
        "counts": bool(frame.filters) and any(agg.function == "count" for agg in frame.aggs),
        "whole": frame.kind in {"rank", "mode", "difference", "ratio", "describe", "shape"},
        "table": table.name,
    }
    named = [table.column(agg.column) for agg in frame.aggs if agg.column and agg.function != "nunique"]
    if named and all(column.id_like for column in named):
        template["names"] = True
    if frame.kind == "unique" and table.column(frame.columns[0]).id_like:
        template["names"] = True
    if frame.kind in {"rows", "top_rows"}:
        template["numbered"] = [c.name for c in table.of_kind("number") if c.id_like]
    if frame.kind == "trend":
        template["period"] = frame.dims[0].period or frame.dims[0].column
    if table.lookups:
        understood += joins_text(table)
    elif len(question.tables) > 1:
        understood += f" (table {table.name})"
    if before:
        understood += f' (going on with "{before}")'
    if question.mode == "sql":
        sql = write_sql(frame, table)
        if sql is None:
            return _declined(f"{why_not(frame)}; ask it in pandas mode", question)
        return Plan(sql, "sql", "builtin", understood, template)
    if question.mode == "auto" and table.rows > _ROWS_IN_MEMORY and frame.kind not in _DRAWN:
        # DuckDB reads so many rows bit by bit; as a DataFrame they may not fit into the sandbox.
        sql = None if frame.chart else write_sql(frame, table)
        if sql is not None:
            return Plan(sql, "sql", "builtin", understood, template)
    return Plan(write(frame, table), "python", "builtin", understood, template)


def _declined(reason: str, question: Question) -> Decline:
    suggestions = suggest_questions(question.tables, near=question.text)
    return Decline(f"I am not sure enough to answer: {reason}.", suggestions)


def suggest_questions(tables: tuple[TableView, ...], near: str = "") -> tuple[str, ...]:
    """Return up to three questions about `tables` that are surely answered, those close to `near` first."""
    read_tables = tuple(read_table(view, first=at == 0) for at, view in enumerate(tables))
    few = len(tables) <= MAX_CHECKED
    found: list[str] = []
    spoken = frozenset(stem(token.norm) for token in tokenize(near) if token.kind == "word")
    nearest = sorted(read_tables, key=lambda table: -_nearness(table, spoken)) if spoken else read_tables
    for table in nearest[:MAX_SUGGESTED_FROM]:
        for text in _candidates(table, several=len(tables) > 1, spoken=spoken):
            if text not in found and _answered(text, read_tables if few else (table,)):
                found.append(text)
            if len(found) == 3:
                return tuple(found)
    return tuple(found)


def _answered(text: str, tables: tuple[Table, ...]) -> bool:
    readings = [read(text, table) for table in tables]
    sure = sum(reading.frame is not None for reading in readings)
    return sure == 1 and not any(reading.several for reading in readings)


def _nearness(table: Table, spoken: frozenset[str]) -> float:
    """Return how much of the question is about the table: its name, and its columns by their names."""
    own = 2.0 if spoken & set(table_noun(table.words)) else 0.0
    return own + sum(_named_in(column, spoken) for column in table.columns)


def _named_in(column: Column, spoken: frozenset[str]) -> float:
    """Return which part of the words of a column's name are in the question."""
    return len(spoken.intersection(column.stems)) / len(column.stems) if column.stems else 0.0


def _nearest(columns: list[Column], spoken: frozenset[str]) -> list[Column]:
    return sorted(columns, key=lambda column: -_named_in(column, spoken))


def _candidates(table: Table, *, several: bool, spoken: frozenset[str]) -> Iterator[str]:
    where = f" in {table.name}" if several else ""
    has_names = not all(is_made_up(column.name) for column in table.columns)
    numbers = [c for c in table.of_kind("number") if c.unique and not c.id_like]
    numbers = [c for c in numbers if not (has_names and is_made_up(c.name))]
    texts = [c for c in table.of_kind("text") if 1 < c.unique <= 50 and not c.id_like]
    numbers, texts = _nearest(numbers, spoken), _nearest(texts, spoken)
    meant = [c for c in numbers if _named_in(c, spoken) == 1]
    if len(meant) > 1:
        pair = f"{_quoted(meant[0].name)} and {_quoted(meant[1].name)}"
        yield f"What is the correlation between {pair}{where}?"
    for number in meant[:1]:
        yield from (f"What is the {_measure(number)} by {_quoted(one.name)}{where}?" for one in texts[:1])
        if table.years:
            yield f"Show the {_measure(number)} over the years{where}"
        yield f"Show the distribution of {_quoted(number.name)}{where}"
    for group in texts[:2]:
        for number in numbers[:2]:
            yield f"What is the {_measure(number)} by {_quoted(group.name)}{where}?"
    for dated in table.of_kind("date")[:1]:
        for number in numbers[:1]:
            yield f"Show the {_measure(number)} by month of {_quoted(dated.name)}{where}"
    for number in numbers[:2]:
        yield f"What is the median of {_quoted(number.name)}{where}?"
    for group in texts[:1]:
        yield f"What is the most common {_quoted(group.name)}{where}?"
    yield f"How many rows are there{where}?"
    yield f"How many missing values are there per column{where}?"
    yield f"Show the first 5 rows{where}"


def _measure(number: Column) -> str:
    # A sum of lengths or ages says nothing: only what surely adds up is added up.
    return f"{'total' if number.additive else 'average'} of {_quoted(number.name)}"


def _quoted(name: str) -> str:
    """Return the name as it can be asked for: with quotes where it is more than plain words."""
    if name.replace("_", "").replace(" ", "").isalnum() and "`" not in name:
        return name
    return f"`{name}`"
