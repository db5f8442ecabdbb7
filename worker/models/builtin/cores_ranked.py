"""Which groups or rows come out on top? The readings with `which`, `top N` and `highest`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from worker.models.builtin import lexicon
from worker.models.builtin.cores import aggregates
from worker.models.builtin.filters import ARTICLE, seq_second, value_phrase
from worker.models.builtin.frame import Agg, Dim, Frame
from worker.models.builtin.grammar import Context, Found, Parser, alt, applied, bound, opt, phrase, seq
from worker.models.builtin.groups import period_dim
from worker.models.builtin.mentions import column, whole_number
from worker.models.builtin.modifiers import adjectives
from worker.models.builtin.row_nouns import day_column, row_noun
from worker.models.builtin.schema import Column, Table

_MOST = applied(phrase(*lexicon.MOST), lambda _: False)
_LEAST = applied(phrase(*lexicon.LEAST), lambda _: True)
_SUPERLATIVE = alt(_MOST, _LEAST)
_ABOUT = opt(seq_second(phrase("of", "in", "for"), value_phrase()))
_HAS = phrase(
    "has", "have", "had", "with", "has got", "generated", "generates", "generate", "made", "makes", "earned",
    "earns", "brought in", "brings in", "produced", "produces", "shows", "showed", "that has", "that have",
    "recorded", "accounts for", "achieved", "having", "that had", "reached", "hit", "received", "saw",
    "experienced", "scored", "reached the", "whose", "are", "do we have", "are there",
)  # fmt: skip
_RANKED_BY = phrase(
    "by", "by the", "in terms of", "based on", "ranked by", "according to", "sorted by", "ordered by", "in",
    "when ranked by",
)  # fmt: skip


def subject() -> Parser:
    """Match what is ranked: a column, a period of the date column, or rows (None)."""
    rows = applied(seq(adjectives(), row_noun()), lambda v: (None, v[0]))
    columns = applied(column("text", "number", "boolean"), lambda c: (Dim(c.name), ()))
    dates = bound(
        column("date"),
        lambda c, found: [(Dim(found.name, "day"), ())] if day_column(c.table) == found else [],
    )
    periods = applied(period_dim(), lambda d: (d, ()))

    def parse(context: Context, at: int) -> Iterator[Found]:
        day = context.norm(at) in {"day", "days"} and day_column(context.table)
        one = [((Dim(day.name, "day"), ()), at + 1)] if day else []
        named = [*columns(context, at), *dates(context, at), *one]
        yield from named
        ends = {end for _, end in named}
        yield from (found for found in rows(context, at) if found[1] not in ends)
        days = {end for _, end in one}
        yield from (found for found in periods(context, at) if found[1] not in days)

    return parse


def measure() -> Parser:
    """Match what is ranked by; the value is `(Agg or None, Column or None)`."""
    explicit = bound(aggregates(), lambda c, aggs: [(aggs[0], None)] if len(aggs) == 1 else [])
    rows = applied(
        seq(opt(phrase("number of", "count of", "total number of", "the number of")), row_noun()),
        lambda _: (Agg("count"), None),
    )
    count = bound(phrase("count", "frequency"), _count_of_rows)
    unique = applied(
        seq(phrase(*lexicon.DISTINCT), column("text")), lambda v: (Agg("nunique", v[1].name), None)
    )
    bare = applied(seq(column("number", "date"), opt(phrase("value", "values"))), lambda v: (None, v[0]))
    return alt(explicit, rows, count, unique, bare)


def _count_of_rows(context: Context, word: str) -> Iterator[tuple[Agg, None]]:
    """Yield a count of rows, unless a column is called so."""
    called = [found.name for found in context.table.columns if word in found.words]
    if called:
        context.blame(f'"{word}" may mean the number of rows or {called[0]}: ask for "number of rows"')
    else:
        yield Agg("count"), None


def ranked_frames(
    context: Context, who: tuple[Dim | None, tuple[Any, ...]], what: tuple[Agg | None, Column | None], *,
    limit: int, ascending: bool, most: bool = False,
) -> Iterator[Frame]:  # fmt: skip
    """Yield the one sure reading of ranking `who` by `what`, or blame what is not sure."""
    dim, filters = who
    agg, by = what
    if dim is None:
        if by is not None and not (by.id_like and not by.calendar):
            yield Frame("top_rows", columns=(by.name,), limit=limit, ascending=ascending, filters=filters)
        return
    if agg is not None:
        if agg.column != dim.column or agg.function == "count":
            yield Frame("rank", (agg,), (dim,), limit=limit, ascending=ascending)
        return
    if by is None or by.name == dim.column:
        return
    named = context.table.column(dim.column)
    if dim.period == "day" and day_column(context.table) == named:
        yield Frame("top_rows", columns=(by.name, named.name), limit=limit, ascending=ascending)
    elif dim.period is None and named.kind in {"text", "number"} and _one_row_each(context, named):
        yield Frame("top_rows", columns=(by.name, named.name), limit=limit, ascending=ascending)
    elif (by.additive and not by.summed and not (ascending and _below_zero(by))) or (most and _amount(by)):
        yield Frame("rank", (Agg("sum", by.name),), (dim,), limit=limit, ascending=ascending)
    elif limit == 1 and dim.period is None and by.rate_like and by.stems[-1] in lexicon.PEAK_WORDS:
        yield Frame("top_rows", columns=(by.name, named.name), limit=1, ascending=ascending)
    elif dim.period is None and panels(context.table, named):
        yield Frame(
            "top_rows", columns=(by.name, named.name), limit=limit, ascending=ascending, which="panel"
        )
    else:
        context.blame(
            f"there are several rows for each {dim.period or named.name}: say whether its total, average or "
            f"highest {by.name} is meant"
        )


def panels(table: Table, named: Column) -> list[Column]:
    """Return the columns of times in each of which every `named` has one row, as far as can be seen."""
    times = [c for c in table.columns if (c.calendar or c.kind == "date") and not c.nulls]
    full = named.nulls == 0 and not named.home and not named.id_like
    return [
        c for c in times if full and c.name != named.name and c.unique * named.unique == table.rows > c.unique
    ]


def _amount(by: Column) -> bool:
    """Whether "the most" of it is the highest sum: a number of things, or a mass."""
    plural = by.words[-1] != by.stems[-1] or by.stems[-1] in lexicon.MASS_WORDS
    sure = not (by.id_like or by.rate_like or by.level_like or by.of_one_unit or _below_zero(by))
    stock = set(by.stems) & (lexicon.STOCK_WORDS | {"unique", "distinct"})
    return by.kind == "number" and plural and sure and not stock


def _below_zero(by: Column) -> bool:
    """Whether the lowest may be the most negative value as well as the lowest sum."""
    return isinstance(by.low, int | float) and by.low < 0


def _one_row_each(context: Context, named: Column) -> bool:
    return named.nulls == 0 and named.unique == context.table.rows


def which_frame() -> Parser:
    """Match `which category has the highest total revenue`, `the 3 cities with the lowest average price`."""

    def make(context: Context, parts: tuple[Any, ...]) -> Iterator[Frame]:
        limit, who, _has, _the, (ascending, most), what = parts
        if limit is None and _plural(context, who):
            context.blame("it is not said how many: ask for the top 5, for example")
            return
        yield from ranked_frames(context, who, what, limit=limit or 1, ascending=ascending, most=most)

    opening = opt(phrase("which", "which is", "which are", "in which", "which of the", "name the"))
    superlative = alt(
        applied(phrase("most"), lambda _: (False, True)),
        applied(phrase("fewest", "least"), lambda _: (True, True)),
        applied(_SUPERLATIVE, lambda ascending: (ascending, False)),
    )
    full = seq(opt(whole_number()), subject_seen(), _HAS, ARTICLE, superlative, measure())
    asked = applied(seq(opening, ARTICLE, full), lambda v: v[2])
    is_highest = seq(
        phrase("which", "in which", "for which", "on which", "at which"),
        subject(),
        phrase("is", "are", "was", "were"),
        measure(),
        _ABOUT,
        ARTICLE,
        _SUPERLATIVE,
    )
    when = seq(
        phrase("when was", "when were", "when is", "when did we have"), ARTICLE, column("number"), _ABOUT,
        opt(phrase("at its")), ARTICLE, _SUPERLATIVE,
    )  # fmt: skip
    return alt(
        bound(when, _when),
        bound(asked, make),
        bound(is_highest, _is_highest),
    )


def _is_highest(context: Context, v: tuple[Any, ...]) -> Iterator[Frame]:
    for frame in ranked_frames(context, v[1], v[3], limit=1, ascending=v[6]):
        yield replace(frame, filters=(*frame.filters, *([v[4]] if v[4] else [])))


def _when(context: Context, v: tuple[Any, ...]) -> Iterator[Frame]:
    times = [c for c in context.table.columns if c.kind == "date" or (c.calendar and c.stems[-1] == "year")]
    own = [c for c in times if _one_row_each(context, c)]
    if v[3] and v[2].rate_like and v[2].stems[-1] in lexicon.PEAK_WORDS and len(times) == 1:
        own = times
    if len(own) == 1 and not v[2].id_like:
        filters = (v[3],) if v[3] else ()
        yield Frame("top_rows", columns=(v[2].name, own[0].name), limit=1, ascending=v[6], filters=filters)


def top_frame() -> Parser:
    """Match `top 5 products by revenue`, `bottom three cities by average price`, `top product by profit`."""
    end = alt(applied(phrase("top", "best", "highest", "largest"), lambda _: False),
              applied(phrase("bottom", "worst", "lowest", "smallest"), lambda _: True))  # fmt: skip

    def make(context: Context, parts: tuple[Any, ...]) -> Iterator[Frame]:
        ascending, limit, (who, _by, what) = parts
        if limit is None and _plural(context, who):
            context.blame("it is not said how many: ask for the top 5, for example")
            return
        if limit != 0:
            yield from ranked_frames(context, who, what, limit=limit or 1, ascending=ascending)

    number_first = applied(seq(whole_number(), end), lambda v: (v[1], v[0]))
    number_last = seq(end, opt(whole_number()))
    ranked = seq(subject_seen(), _RANKED_BY, ARTICLE, measure())
    with_highest = seq(
        subject_seen(), phrase("with the highest", "with the most", "having the highest"), ARTICLE, measure()
    )
    body = applied(alt(ranked, with_highest), lambda v: (v[0], v[1], v[3]))
    joined = applied(seq(alt(number_first, number_last), body), lambda v: (v[0][0], v[0][1], v[1]))
    return alt(bound(joined, make), highest_values(number_first, number_last))


def subject_seen() -> Parser:
    """Match a subject; the value also tells whether it was said in the plural."""
    inner = subject()

    def parse(context: Context, at: int) -> Iterator[Any]:
        for (dim, filters), end in inner(context, at):
            yield Seen((dim, filters), _is_plural(context.norm(end - 1))), end

    return parse


def _is_plural(word: str) -> bool:
    return word.endswith("s") and word not in {"species", "series"}


class Seen(tuple):  # type: ignore[type-arg]
    """A subject `(dim, filters)` that remembers whether it was plural."""

    plural: bool

    def __new__(cls, pair: tuple[Any, ...], plural: bool) -> Seen:
        made = super().__new__(cls, pair)
        made.plural = plural
        return made


def _plural(_: Context, who: Any) -> bool:
    return bool(getattr(who, "plural", False))


def highest_values(*heads: Parser) -> Parser:
    """Match `5 highest prices`, `top 5 prices`: the rows with the highest values."""

    def make(_: Context, parts: tuple[Any, ...]) -> Iterator[Frame]:
        (ascending, limit), found = parts
        if limit and not found.id_like:
            yield Frame("top_rows", columns=(found.name,), limit=limit, ascending=ascending)

    return bound(seq(alt(*heads), column("number")), make)
