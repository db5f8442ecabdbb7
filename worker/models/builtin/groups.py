"""By which columns and periods does a question ask to group?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from worker.models.builtin import lexicon
from worker.models.builtin.filters import seq_second
from worker.models.builtin.frame import Dim
from worker.models.builtin.grammar import Context, Parser, alt, applied, bound, meaning, opt, phrase, seq
from worker.models.builtin.kinds import two_kinds
from worker.models.builtin.mentions import column
from worker.models.builtin.row_nouns import other_noun
from worker.models.builtin.schema import Column


@dataclass(frozen=True)
class Groups:
    """Columns or periods to group by; `per` is set where the word was `per`, which may mean a ratio."""

    dims: tuple[Dim, ...]
    per: bool = False


_DAYLESS = lexicon.CLOCK_WORDS | set(lexicon.PERIODS)
"""Words of a date column by whose days nobody groups."""


def dim() -> Parser:
    """Match what can be grouped by: a column, or a period of the date column."""
    return alt(
        bound(
            seq(phrase("number of"), column("number")),
            lambda c, v: [Dim(v[1].name)] if v[1].whole and v[1].words[-1] != v[1].stems[-1] else [],
        ),
        bound(
            seq(
                column("text", "boolean", "number"), opt(seq(phrase("of the", "of each", "of"), other_noun()))
            ),
            lambda c, v: [Dim(v[0].name)] if v[1] is None or v[0].home == v[1][1] else [],
        ),
        bound(
            column("date"),
            lambda c, v: [] if _DAYLESS & set(v.words) and not v.starts_periods else [Dim(v.name, "day")],
        ),
        period_dim(),
    )


def period_word() -> Parser:
    """Match `month`, `months`; the value is `month`."""
    words: dict[str, tuple[str, ...]] = {name: (name, name + "s") for name in lexicon.PERIODS}
    return meaning(words)


def period_dim() -> Parser:
    """Match `month`, or `month of order_date`."""

    def make(context: Context, parts: tuple[Any, ...]) -> Iterator[Dim]:
        period, named = parts
        for found in _meant(context, named):
            own = found.starts_periods and period == found.words[0]
            if (named is None or named[1].name == found.name) and not own:
                yield Dim(found.name, period)

    named = opt(seq(phrase("of", "of the"), column("date")))
    return bound(seq(opt_calendar(), named), make)


def _meant(context: Context, named: Any) -> tuple[Column, ...]:
    return context.table.dated if named is None else context.table.of_kind("date")


def opt_calendar() -> Parser:
    """Match a period's name with or without `calendar` before it."""
    return applied(seq(opt(phrase("calendar")), period_word()), lambda v: v[1])


def _had(v: tuple[Any, ...]) -> tuple[Any, ...]:
    return v[:4]


def groups() -> Parser:
    """Match `by category and region`, `for each month`."""
    plain = (
        "by", "for each", "for every", "in each", "in every", "within each", "grouped by", "group by",
        "broken down by", "split by", "of each", "at each", "from each", "by each", "for each of the",
        "across each", "on each", "for the different", "for all the different", "are on each", "are in each",
        "are there on each", "are there at each", "are there in each", "does each", "do the different",
    )  # fmt: skip
    opening = alt(
        applied(phrase(*plain), lambda _: False), applied(phrase("per", "each", "every"), lambda _: True)
    )
    article = opt(phrase("the", "each"))
    having = opt(phrase("have", "has"))
    again = phrase("and", "and by", "and per", "and for each", "and each", "by", "per", "&", ",", "for each")
    second = opt(seq(again, article, dim()))

    def make(_: Context, parts: tuple[Any, ...]) -> Iterator[Groups]:
        per, _article, first, more = parts
        dims = (first,) if more is None else (first, more[2])
        if len(set(dims)) == len(dims):
            yield Groups(dims, per)

    apart = seq_second(phrase("for", "of", "between", "among", "by", "of the", "for the"), two_kinds())
    return alt(
        bound(applied(seq(opening, article, dim(), second, having), _had), make),
        bound(apart, lambda c, found: [] if found.nulls else [Groups((Dim(found.name),))]),
    )
