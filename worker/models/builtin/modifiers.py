"""Which groups, filters, order and polite words may stand around the core of a question?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from worker.models.builtin import lexicon
from worker.models.builtin.bounds import bounds, in_column
from worker.models.builtin.chart_words import chart_as
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
from worker.models.builtin.frame import Filter
from worker.models.builtin.grammar import (
    Context,
    Parser,
    alt,
    applied,
    bound,
    constant,
    listed,
    memo,
    opt,
    phrase,
    seq,
)
from worker.models.builtin.groups import groups
from worker.models.builtin.kinds import kinds
from worker.models.builtin.mentions import column
from worker.models.builtin.other_words import of_several_years
from worker.models.builtin.row_nouns import other_noun, row_noun
from worker.models.builtin.schema import Column


@dataclass(frozen=True)
class Order:
    """The order of groups that was asked for."""

    ascending: bool


@dataclass(frozen=True)
class Filters:
    """Conditions that must all hold; `where` is set if the word was `where`, which is always about rows."""

    filters: tuple[Filter, ...]
    where: bool = False


def filters() -> Parser:
    """Match any phrase that keeps some rows."""
    where = phrase(
        "where", "with", "whose", "having", "have", "has", "had", "when", "that have", "that has",
        "which have",
        "which has", "who have", "for which", "where the", "with the", "whose the", "with a", "with an",
        "have a", "that had", "and", "in which", "if", "are", "have an", "has a", "were", "was", "is",
        "who are",
        "that are", "who were", "that were",
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
        "is from", "was from", "are of", "is of", "that are of", "were of", "belong to",
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
        "not on",
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
        applied(seq_second(alt(phrase("that", "who", "which"), _after_noun), happened()), _single),
        bound(seq(phrase("in", "for", "during", "of"), phrase(*lexicon.MONTHS)), _month_number),
        applied(seq_second(phrase("without", "without a", "without an"), missing_end()), _single),
        applied(seq_second(opt(phrase("dated", "that are")), date_phrase()), _single),
        applied(seq_second(phrase("in", "for", "with", "within", "from"), dated_column()), _single),
        applied(seq_second(phrase("in", "for", "of", "in the", "during"), named_year()), _single),
        noun_filter,
        applied(kinds(), _single),
        applied(in_column(), Filters),
    )


def happened() -> Parser:
    """Match `survived`, `did not return`: a flag that is called by a verb in the past."""

    def past(context: Context, at: int) -> Iterator[tuple[Column, int]]:
        for found, end in column("boolean")(context, at):
            if len(found.words) == 1 and found.words[0].endswith("ed") and len(found.words[0]) > 5:
                yield found, end

    return applied(past, lambda found: Filter(found.name, "=", (True,)))


def _after_noun(context: Context, at: int) -> Iterator[tuple[None, int]]:
    """Match nothing, right behind a word for a row."""
    if at and any(end == at for _, end in row_noun()(context, at - 1)):
        yield None, at


def _month_number(context: Context, v: tuple[Any, ...]) -> Iterator[Filters]:
    """Yield the filter that `in May` sets to a column of months in numbers, where there are no dates."""
    months = [c for c in context.table.of_kind("number") if c.calendar and c.stems[-1] == "month"]
    within = [
        c for c in months if isinstance(c.low, int) and isinstance(c.high, int) and 0 < c.low <= c.high < 13
    ]
    if len(within) == 1 and not of_several_years(context.table.columns):
        yield _single(Filter(within[0].name, "=", (lexicon.MONTHS[v[1]],)))


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
    verbs = (f"{be} {verb}" for be in ("was", "were", "are", "have been") for verb in lexicon.VERBS)
    return applied(phrase(*lexicon.CLOSINGS, *verbs), lambda _: None)


def table_named() -> Parser:
    """Match `in the orders table`, `in sales.csv`; the value is None."""

    def named(context: Context, at: int) -> Iterator[Any]:
        words = context.table.words
        if words and tuple(context.norm(at + step) for step in range(len(words))) == words:
            yield None, at + len(words)

    kinds = opt(phrase("table", "data", "dataset", "file", "data set", ". csv"))
    return applied(
        seq(
            phrase(
                "in",
                "of",
                "from",
                "for",
                "in the",
                "of the",
                "from the",
                "are in",
                "are in the",
                "are there in",
                "are there in the",
                "does the",
            ),
            named,
            kinds,
        ),
        lambda _: None,
    )


def of_other(kept: Parser) -> Parser:
    """Match `from customers in Germany`: a filter about the table that is looked up."""
    opening = phrase(
        "for", "of", "from", "by", "among", "to", "with", "made by", "placed by", "bought by", "were made by",
        "was made by", "were placed by", "ordered by", "that were made by", "sold to", "in",
    )  # fmt: skip

    def same(context: Context, v: tuple[Any, ...]) -> Iterator[Filters]:
        if all(context.table.column(one.column).home == v[2] for one in v[3].filters):
            yield v[3]

    article = opt(phrase("the", "all", "all the"))
    kind = applied(seq(adjectives(), other_noun()), lambda v: (v[1], Filters(v[0])))
    described = bound(
        seq(opening, article, kind), lambda c, v: same(c, (*v[:2], *v[2])) if v[2][1].filters else []
    )
    return alt(bound(seq(opening, article, other_noun(), kept), same), described)


def modifiers() -> Parser:
    """Match everything that may follow (or lead) a core; the value is a tuple without the empty ones."""
    plain = memo(filters())
    kinds = alt(groups(), plain, order(), closing(), table_named(), of_other(plain), chart_as())
    one = memo(seq_second(opt(phrase(",")), kinds))

    def chain(context: Context, at: int) -> Iterator[Any]:
        yield (), at
        for value, after in one(context, at):
            for rest, end in whole(context, after):
                yield ((value, *rest) if value is not None else rest), end

    whole = memo(chain)
    return whole
