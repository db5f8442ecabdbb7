"""Which words stand for a row of the table?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from worker.models.builtin import lexicon, row_words
from worker.models.builtin.grammar import Context, Found, Parser, memo
from worker.models.builtin.schema import Column, Table, date_span
from worker.models.builtin.tokens import stem

_SHORT_LEAST = 3
SURELY_NUMBERED = 20
"""From so many rows on, numbers from 1 to the number of rows are no coincidence."""


def _row_nouns_at(context: Context, at: int) -> Iterator[Found]:
    for size in (1, 2, 3):
        if at + size > len(context.tokens):
            return
        spoken = tuple(stem(context.norm(at + step)) for step in range(size))
        if size == 1 and spoken[0] in lexicon.ROW_NOUNS:
            yield spoken[0], at + 1
        elif all(spoken) and is_row(context, spoken):
            yield " ".join(spoken), at + size


_ROW_NOUN = memo(_row_nouns_at)


def row_noun() -> Parser:
    """Match a word for a row: `rows`, `records`, or the table's own name where a row surely is one."""
    return _ROW_NOUN


def counting_column(table: Table) -> Column | None:
    """Return the column that says how many of a thing one row stands for, if there is one."""
    return next((c for c in table.of_kind("number") if not c.id_like and _counts(c, "count")), None)


def _counts(found: Column, noun: str) -> bool:
    """Whether the column may say how many of `noun` one row stands for."""
    if found.rate_like or found.summed or not found.whole:
        return False
    if found.words == (noun,) and noun not in lexicon.COUNT_WORDS:
        return False
    # `acc` in a table of accidents may be how many there were.
    short = len(found.words) == 1 and len(found.words[0]) >= _SHORT_LEAST and noun.startswith(found.words[0])
    return short or found.stems[-1] in lexicon.COUNT_WORDS | {noun} or found.stems[0] in lexicon.COUNT_WORDS


def _one_each(found: Column, table: Table) -> bool:
    """Whether each row has a value of its own, so that rows and values are as many under any condition."""
    own = found.nulls == 0 and found.unique == table.rows
    if found.calendar or found.starts_periods:
        return own
    if found.kind == "number":
        return own and table.rows >= SURELY_NUMBERED and (found.low, found.high) == (1, table.rows)
    return own and found.kind == "text"


def day_column(table: Table) -> Column | None:
    """Return the date column that has a day of its own in each row, if there is one."""
    for found in table.of_kind("date"):
        span = date_span(found)
        clock = any(str(end)[10:].strip("T0:.") for end in (found.low, found.high))
        own = found.nulls == 0 and found.unique == table.rows > 0
        if own and span and not clock and table.rows <= (span[1] - span[0]).days + 1:
            return found
    return None


def _is_day(table: Table, spoken: tuple[str, ...]) -> bool:
    """Whether rows and days of the calendar are as many, as no day is left out."""
    found = day_column(table)
    span = date_span(found) if found and len(table.of_kind("date")) == 1 else None
    if (
        span is None
        or spoken not in {("day",), ("date",)}
        or any(spoken[-1] in c.stems for c in table.of_kind("number"))
    ):
        return False
    return table.rows == (span[1] - span[0]).days + 1


def _is_sign(table: Table, spoken: tuple[str, ...]) -> bool:
    """Whether the columns tell that each row surely is one `spoken`: a person has a sex and an age."""
    if len(spoken) != 1 or counting_column(table) is not None:
        return False
    stems = {word for column in table.columns for word in column.stems if not column.home}
    repeated = any(c.stems[-1:] == ("id",) and c.unique < table.rows for c in table.columns if not c.home)
    if repeated or (spoken[0] in stems and spoken[0] not in row_words.DEATHS):
        return False
    if spoken[0] in row_words.DEATHS:
        persons = {"age", "sex", "gender"} & stems
        return bool(persons) and any("death" in c.stems and not c.nulls for c in table.of_kind("date"))
    if spoken[0] in {"company", "firm"} and not any(
        c.stems == ("name",) and _one_each(c, table) for c in table.columns
    ):
        return False
    return any(spoken[0] in nouns and len(signs & stems) > 1 for nouns, signs in row_words.ROW_SIGNS)


def _same_rows(table: Table, spoken: tuple[str, ...]) -> bool:
    """Whether `spoken` is another word for what the table is called after."""
    own = [stem(word) for word in table.words if not word.isdigit()][-1:]
    known = any(spoken[-1] in column.stems for column in table.columns)
    return len(spoken) == 1 and bool(own) and not known and spoken[0] in row_words.SAME_ROWS.get(own[0], ())


def is_row(context: Context, spoken: tuple[str, ...]) -> bool:
    """Whether every row surely is one `spoken`: the table is called so, or has one id of it in each row."""
    table = context.table
    ids = [c for c in table.columns if c.stems in {(*spoken, "id"), (*spoken, "number"), (*spoken, "no")}]
    named = tuple(stem(word) for word in table.words if not word.isdigit())[-len(spoken) :] == spoken
    named = named or _same_rows(table, spoken)
    if named and spoken[-1] in lexicon.REUSED_NUMBERS:
        ids = [c for c in ids if c.stems[-1] == "id"]
    for found in ids:
        if found.unique < table.rows or found.nulls:
            if named:
                context.blame(
                    f'"{spoken[-1]}" may mean a row or a {found.name}: ask for rows or unique {found.name}'
                )
            return False
    same = [c for c in table.columns if c.stems in {spoken, (*spoken, "name")}]
    if any(_one_each(c, table) for c in same):
        return True
    if not ids and not named:
        return _is_day(table, spoken) or _is_sign(table, spoken)
    counted = [c for c in table.of_kind("number") if not c.id_like and _counts(c, spoken[-1])]
    if counted:
        context.blame(
            f'"{spoken[-1]}" may mean a row or what {counted[0].name} counts: ask for rows to count rows'
        )
        return False
    if spoken[-1] not in lexicon.REUSED_NUMBERS and any(c.unique < table.rows - c.nulls for c in same):
        context.blame(
            f'"{spoken[-1]}" may mean a row or a {same[0].name}: ask for rows or for unique {same[0].name}'
        )
        return False
    return True


def other_noun() -> Parser:
    """Match the word for a row of a table that is looked up (`customers`); the value is that table."""

    def parse(context: Context, at: int) -> Iterator[Any]:
        for one in context.table.lookups:
            noun = next((c.noun for c in context.table.columns if c.home == one.table), ())
            spoken = tuple(stem(context.norm(at + step)) for step in range(len(noun)))
            if noun and spoken == noun:
                yield one.table, at + len(noun)

    return parse
