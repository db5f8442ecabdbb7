"""Which words stand for a row of the table?"""

from __future__ import annotations

from collections.abc import Iterator

from worker.models.builtin import lexicon
from worker.models.builtin.grammar import Context, Found, Parser, memo
from worker.models.builtin.schema import Column, Table
from worker.models.builtin.tokens import stem


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
    if found.rate_like or found.summed:
        return False
    return found.stems[-1] in lexicon.COUNT_WORDS | {noun} or found.stems[0] in lexicon.COUNT_WORDS


def is_row(context: Context, spoken: tuple[str, ...]) -> bool:
    """Whether every row surely is one `spoken`: the table is called so, or has one id of it in each row."""
    table = context.table
    ids = [c for c in table.columns if c.stems in {(*spoken, "id"), (*spoken, "number"), (*spoken, "no")}]
    named = tuple(stem(word) for word in table.words if not word.isdigit())[-len(spoken) :] == spoken
    for found in ids:
        if found.unique < table.rows or found.nulls:
            if named:
                context.blame(
                    f'"{spoken[-1]}" may mean a row or a {found.name}: ask for rows or unique {found.name}'
                )
            return False
    if not ids and not named:
        return False
    counted = [c for c in table.of_kind("number") if not c.id_like and _counts(c, spoken[-1])]
    if counted:
        context.blame(
            f'"{spoken[-1]}" may mean a row or what {counted[0].name} counts: ask for rows to count rows'
        )
        return False
    same = [c for c in table.columns if c.stems == spoken or c.stems == (*spoken, "name")]
    if any(c.unique < table.rows - c.nulls for c in same):
        context.blame(
            f'"{spoken[-1]}" may mean a row or a {same[0].name}: ask for rows or for unique {same[0].name}'
        )
        return False
    return True
