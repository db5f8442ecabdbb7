"""Which groups, filters, order and polite words may stand around the core of a question?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from worker.models.builtin import lexicon
from worker.models.builtin.bounds import bounds
from worker.models.builtin.filters import (
    ARTICLE,
    boolean_phrase,
    condition,
    date_phrase,
    dated_column,
    held,
    missing,
    missing_condition,
    named_year,
    seq_second,
    value_phrase,
    values,
)
from worker.models.builtin.frame import Dim, Filter
from worker.models.builtin.grammar import (
    Context,
    Parser,
    alt,
    applied,
    bound,
    constant,
    listed,
    meaning,
    memo,
    opt,
    phrase,
    seq,
)
from worker.models.builtin.mentions import column
from worker.models.builtin.row_nouns import row_noun
from worker.models.builtin.schema import Column


@dataclass(frozen=True)
class Groups:
    """Columns or periods to group by; `per` is set where the word was `per`, which may mean a ratio."""

    dims: tuple[Dim, ...]
    per: bool = False


@dataclass(frozen=True)
class Order:
    """The order of groups that was asked for."""

    ascending: bool


@dataclass(frozen=True)
class Filters:
    """Conditions that must all hold; `where` is set if the word was `where`, which is always about rows."""

    filters: tuple[Filter, ...]
    where: bool = False


_DAYLESS = lexicon.CLOCK_WORDS | set(lexicon.PERIODS)
"""Words of a date column by whose days nobody groups."""


def dim() -> Parser:
    """Match what can be grouped by: a column, or a period of the date column."""
    return alt(
        applied(column("text", "boolean", "number"), lambda c: Dim(c.name)),
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
        for found in context.table.of_kind("date"):
            own = found.starts_periods and period == found.words[0]
            if (named is None or named[1].name == found.name) and not own:
                yield Dim(found.name, period)

    named = opt(seq(phrase("of", "of the"), column("date")))
    return bound(seq(opt_calendar(), named), make)


def opt_calendar() -> Parser:
    """Match a period's name with or without `calendar` before it."""
    return applied(seq(opt(phrase("calendar")), period_word()), lambda v: v[1])


def groups() -> Parser:
    """Match `by category and region`, `for each month`."""
    plain = (
        "by", "for each", "for every", "in each", "in every", "within each", "grouped by", "group by",
        "broken down by", "split by", "of each", "at each", "from each", "by each", "for each of the",
        "across each", "on each", "for the different", "for all the different",
    )  # fmt: skip
    opening = alt(
        applied(phrase(*plain), lambda _: False), applied(phrase("per", "each", "every"), lambda _: True)
    )
    article = opt(phrase("the", "each"))
    again = phrase("and", "and by", "and per", "and for each", "and each", "by", "per", "&", ",", "for each")
    second = opt(seq(again, article, dim()))

    def make(_: Context, parts: tuple[Any, ...]) -> Iterator[Groups]:
        per, _article, first, more = parts
        dims = (first,) if more is None else (first, more[2])
        if len(set(dims)) == len(dims):
            yield Groups(dims, per)

    return bound(seq(opening, article, dim(), second), make)


def filters() -> Parser:
    """Match any phrase that keeps some rows."""
    where = phrase(
        "where", "with", "whose", "having", "have", "has", "had", "when", "that have", "that has",
        "which have",
        "which has", "who have", "for which", "where the", "with the", "whose the", "with a", "with an",
        "have a", "that had", "and", "in which", "if", "are", "have an", "has a",
    )  # fmt: skip
    named = bound(seq(column("text"), values()), lambda c, v: [held(*v[1])] if v[0] == v[1][0] else [])
    conditions = alt(bounds(), applied(alt(condition(), named), lambda one: (one,)))
    such_rows = applied(
        seq(
            where,
            listed(
                seq_second(opt(phrase("the", "a", "where")), conditions),
                "and",
                "and with",
                "and where",
                "but",
            ),
        ),
        lambda v: Filters(
            tuple(one for part in v[1] for one in part), where=v[0].startswith(("where", "when", "for which"))
        ),
    )
    being = phrase(
        "that are", "which are", "who are", "that were", "which were", "that is", "which is", "who is", "are",
        "were", "is", "who were", "that was", "are in", "that are in", "are from", "that are from",
        "which are from", "which are in", "come from", "that come from", "were in", "were from", "is in",
    )  # fmt: skip
    negated_being = phrase(
        "that are not", "which are not", "who are not", "that were not", "are not", "were not", "is not",
        "are not in", "are not from", "that are not in", "that are not from", "which are not from",
        "which are not in", "were not in", "were not from", "is not in", "is not from",
    )  # fmt: skip
    place = phrase(
        "in", "for", "from", "of", "at", "within", "among", "on", "inside", "only for", "only in", "with",
        "by",
        "just for", "belonging to", "limited to",
    )  # fmt: skip
    without = phrase(
        "except", "except for", "excluding", "other than", "not in", "not from", "not for", "outside",
        "but not", "apart from", "ignoring", "leaving out", "not counting", "outside of", "not", "not at",
    )  # fmt: skip
    noun_filter = seq_second(phrase("for", "of", "among", "in", "from"), adjectives_and_noun())
    return alt(
        such_rows,
        applied(seq_second(alt(being, place), value_phrase()), _single),
        applied(seq_second(alt(negated_being, without), value_phrase(negated=True)), _single),
        applied(seq_second(being, boolean_phrase()), _single),
        bound(
            seq(phrase("not"), column("boolean")), lambda c, v: [_single(Filter(v[1].name, "=", (False,)))]
        ),
        applied(
            seq_second(phrase("that are", "which are", "are", "is", "who are"), missing_condition()), _single
        ),
        applied(seq_second(phrase("without", "without a", "without an"), missing_end()), _single),
        applied(seq_second(opt(phrase("dated", "that are")), date_phrase()), _single),
        applied(seq_second(phrase("in", "for", "with", "within", "from"), dated_column()), _single),
        applied(seq_second(phrase("in", "for", "of", "in the", "during"), named_year()), _single),
        noun_filter,
    )


def missing_end() -> Parser:
    """Match the column of `without a city`."""
    return bound(column("text", "date"), lambda c, found: missing(c, (found, None)))


def _single(found: Filter) -> Filters:
    return Filters((found,))


def adjectives_and_noun() -> Parser:
    """Match `completed orders`, `active customers`, or the bare noun (no filter)."""
    return applied(seq(ARTICLE, adjectives(), row_noun()), lambda v: Filters(v[1]))


def adjectives() -> Parser:
    """Match values and boolean columns that stand before a noun; the value is a tuple of filters."""

    def make(_: Context, parts: tuple[Any, ...]) -> Iterator[tuple[Filter, ...]]:
        not_, found = parts
        if found is None:
            if not_ is None:
                yield ()
            return
        if isinstance(found, Column):
            yield (Filter(found.name, "=", (not_ is None,)),)
            return
        holder, texts = found
        one = len(texts) == 1
        operation = ("=" if one else "in") if not_ is None else ("!=" if one else "not in")
        yield (Filter(holder.name, operation, tuple(sorted(set(texts)))),)

    def same(_: Context, parts: tuple[Any, ...]) -> Iterator[Any]:
        if parts[1] is None or parts[1].name == parts[0][0].name:
            yield parts[0]

    held = bound(seq(values(common=False), opt(column("text"))), same)
    single = bound(seq(opt(phrase("not")), opt(alt(held, column("boolean")))), make)
    plain = bound(seq(constant(phrase(""), None), alt(held, column("boolean"))), make)

    def together(_: Context, pair: tuple[Any, ...]) -> Iterator[tuple[Filter, ...]]:
        if pair[0][0].column != pair[1][0].column:
            yield (*pair[0], *pair[1])

    return alt(single, bound(seq(plain, plain), together))


def order() -> Parser:
    """Match `largest first`, `sorted descending`."""
    falling = phrase(
        "largest first", "highest first", "biggest first", "descending", "in descending order", "desc",
        "sorted descending", "sorted in descending order", "from highest to lowest", "from high to low",
        "from largest to smallest", "sorted from highest to lowest", "sorted from largest to smallest",
        "ordered from highest to lowest",
    )  # fmt: skip
    rising = phrase(
        "smallest first", "lowest first", "ascending", "in ascending order", "asc", "sorted ascending",
        "sorted in ascending order", "from lowest to highest", "from low to high", "from smallest to largest",
        "sorted from lowest to highest", "sorted from smallest to largest",
    )  # fmt: skip
    return alt(applied(falling, lambda _: Order(False)), applied(rising, lambda _: Order(True)))


def closing() -> Parser:
    """Match polite words and `in the data`, which change nothing; the value is None."""
    return applied(phrase(*lexicon.CLOSINGS), lambda _: None)


def table_named() -> Parser:
    """Match `in the orders table`, `in sales.csv`; the value is None."""

    def named(context: Context, at: int) -> Iterator[Any]:
        words = context.table.words
        if words and tuple(context.norm(at + step) for step in range(len(words))) == words:
            yield None, at + len(words)

    kinds = opt(phrase("table", "data", "dataset", "file", "data set", ". csv"))
    return applied(
        seq(phrase("in", "of", "from", "for", "in the", "of the", "from the"), named, kinds), lambda _: None
    )


def modifiers() -> Parser:
    """Match everything that may follow (or lead) a core; the value is a tuple without the empty ones."""
    one = memo(seq_second(opt(phrase(",")), alt(groups(), filters(), order(), closing(), table_named())))

    def chain(context: Context, at: int) -> Iterator[Any]:
        yield (), at
        for value, after in one(context, at):
            for rest, end in whole(context, after):
                yield ((value, *rest) if value is not None else rest), end

    whole = memo(chain)
    return whole
