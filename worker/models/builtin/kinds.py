"""Which kind of rows do words such as `smokers`, `non-smokers` and `over 18` keep, with no column named?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from worker.models.builtin import lexicon, row_words
from worker.models.builtin.filters import ARTICLE, seq_second, values
from worker.models.builtin.frame import Dim, Filter
from worker.models.builtin.grammar import (
    Context,
    Found,
    Parser,
    alt,
    bound,
    meaning,
    opt,
    phrase,
    seq,
)
from worker.models.builtin.mentions import column, named_columns, number
from worker.models.builtin.row_nouns import row_noun
from worker.models.builtin.schema import Column
from worker.models.builtin.tokens import stem

OLDEST = 120
"""Nobody means years of age by a higher number."""
phrase("non")


def flag_kind() -> Parser:
    """Match the plural of a flag's name (`smokers`, `non-smokers`); the value is a filter."""
    inner = column("boolean")

    def parse(context: Context, at: int) -> Iterator[Found]:
        negated = context.norm(at) == "non"
        found = named_columns(context, at + 1, at + 2) if negated and context.norm(at + 1) else []
        pairs = [(one, at + 2) for one in found] if len(found) == 1 else [] if negated else inner(context, at)
        for one, end in pairs:
            spoken = context.norm(end - 1)
            plural = spoken and spoken != stem(spoken) and one.stems[-1:] == (stem(spoken),)
            if plural and one.kind == "boolean" and not (negated and one.nulls):
                yield Filter(one.name, "=", (not negated,)), end

    return parse


def two_flags() -> Parser:
    """Match `smokers and non-smokers`; the value is the flag's column."""
    joint = phrase("and", "or", "versus", "vs", "than", "and the", "compared to", "compared with")

    def same(context: Context, v: tuple[Any, ...]) -> Iterator[Column]:
        if v[0].column == v[2].column and v[0] != v[2]:
            yield context.table.column(v[0].column)

    return bound(seq(flag_kind(), joint, flag_kind()), same)


def two_kinds() -> Parser:
    """Match `smokers and non-smokers`, `men and women`; the value is the column that tells them apart."""
    return alt(two_flags(), bound(values(common=False), _both_sexes))


def _both_sexes(_: Context, pair: tuple[Column, tuple[str, ...]]) -> Iterator[Column]:
    if pair[0].sexed and len(set(pair[1])) == 2:
        yield pair[0]


def kinds_apart(found: Column) -> tuple[Dim, tuple[Filter, ...]]:
    """Return the group that tells two kinds apart, and the filter that leaves out rows of neither."""
    return Dim(found.name), (Filter(found.name, "present"),) if found.nulls else ()


def of_age() -> Parser:
    """Match `were under 18`, `aged over 65` behind a word for persons, where there is one column of ages."""
    compare = meaning({op: texts for op, texts in lexicon.COMPARISONS.items() if op != "!="})
    aged = phrase("are", "were", "who are", "who were", "aged", "who are aged", "were aged", "are aged")
    years = opt(phrase("years old", "years", "years of age"))

    def make(context: Context, v: tuple[Any, ...]) -> Iterator[Filter]:
        ages = [c for c in context.table.of_kind("number") if "age" in c.stems]
        if len(ages) == 1 and ages[0].stems == ("age",) and v[3] <= OLDEST:
            yield Filter(ages[0].name, v[2], (v[3],))

    return bound(seq(_behind_persons, aged, compare, number(), years), make)


def _behind_persons(context: Context, at: int) -> Iterator[tuple[None, int]]:
    """Match nothing, right behind a word for persons that is one for a row."""
    persons = row_words.PERSON_NOUNS | row_words.DEATHS
    said = context.norm(at - 1) if at else ""
    person = stem(said) in persons and any(end == at for _, end in row_noun()(context, at - 1))
    if person or (said in lexicon.SEXES and any(c.sexed for c in context.table.of_kind("text"))):
        yield None, at


def kinds() -> Parser:
    """Match `for smokers`, `of the non-smokers`, `were under 18`; the value is a filter."""
    place = phrase("for", "of", "among", "from", "by", "only for", "are")
    return alt(seq_second(place, seq_second(ARTICLE, flag_kind())), of_age())
